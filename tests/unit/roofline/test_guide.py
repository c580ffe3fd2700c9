"""The example family of CONTRIBUTING.md, read from there and run as written."""

import re
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from roofline import Deployment, Model, Workload, estimate
from roofline.reading import families

NAME = "guide_example"
CONFIG: dict[str, Any] = {
    "model_type": "pooled",
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 6,
    "num_attention_heads": 16,
    "num_key_value_heads": 4,
    "vocab_size": 32_000,
    "tie_word_embeddings": False,
    "pool_size": 8,
}


@pytest.fixture
def model(root: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    """A model of the example family, whose module stands beside the real ones for the test."""
    guide = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    block = re.search(r"```python\n(.*?)\n   ```", guide, re.DOTALL)
    assert block is not None
    module = types.ModuleType(f"{families.__name__}.{NAME}")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(re.sub(r"(?m)^   ", "", block.group(1)), module.__dict__)
    monkeypatch.setattr(families, "MODULES", (*families.MODULES, NAME))
    monkeypatch.setattr(families, NAME, module, raising=False)
    return Model.from_config(CONFIG)


def test_every_parameter_is_counted(model: Model) -> None:
    layer = 2 * 1024 * 1024 + 2 * 1024 * 256 + 3 * 1024 * 4096 + 2 * 1024
    assert model.total_params == 6 * layer + 2 * 32_000 * 1024 + 1024


def test_the_cache_grows_by_one_entry_in_eight_tokens(model: Model) -> None:
    entry = 6 * 2 * 256 * 2
    assert [model.kv_bytes(tokens) for tokens in (7, 8, 800)] == [0, entry, 100 * entry]


def test_an_estimate_needs_nothing_else(model: Model) -> None:
    result = estimate(model, Deployment(), Workload(input_tokens=2048, output_tokens=256, concurrency=8))
    assert result.fits
    assert result.tpot_s > 0

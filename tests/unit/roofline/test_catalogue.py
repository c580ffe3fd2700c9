"""The bundled configs: published values, every family readable, nothing that a parser would miss."""

import json

import pytest

from roofline.catalogue import CATALOGUE
from roofline.errors import UnsupportedArchitecture
from roofline.model import Model

FAMILIES = {
    "gqa-dense",
    "gqa-moe",
    "mha-dense",
    "mla-dense",
    "mla-moe",
    "sparse-mla-moe",
    "compressed-moe",
    "sliding",
    "sliding-moe",
    "chunked-moe",
    "hybrid-gdn",
    "hybrid-gdn-moe",
    "hybrid-kda-moe",
    "hybrid-mamba",
    "hybrid-mamba-moe",
    "mamba",
    "per-layer-dense",
}


def published(facts, entry, suffix=""):
    path = facts / "configs" / f"{entry.name.replace('/', '--')}{suffix}.json"
    return json.loads(path.read_text(encoding="utf-8"))


def assert_inside(part, whole, path):
    """Every value of ``part`` stands unchanged in ``whole``."""
    if isinstance(part, dict):
        for key, value in part.items():
            assert_inside(value, whole[key], f"{path}.{key}")
    elif isinstance(part, list):
        assert len(part) == len(whole), path
        for index, value in enumerate(part):
            assert_inside(value, whole[index], f"{path}[{index}]")
    else:
        assert part == whole, path


def test_has_the_models_that_people_ask_for():
    assert len(CATALOGUE) >= 50
    for name in (
        "meta-llama/Llama-3.1-8B",
        "deepseek-ai/DeepSeek-V3.1",
        "Qwen/Qwen3-235B-A22B",
        "openai/gpt-oss-120b",
        "mistralai/Mixtral-8x7B-v0.1",
    ):
        assert name in CATALOGUE


def test_every_family_is_there_and_no_other():
    assert {entry.family for entry in CATALOGUE.values()} == FAMILIES


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_entry_says_where_and_when(name):
    entry = CATALOGUE[name]
    assert entry.source
    assert len(entry.date) == 10
    assert entry.config["model_type"]


@pytest.mark.parametrize("name", CATALOGUE)
def test_values_are_the_published_ones(name, facts):
    entry = CATALOGUE[name]
    assert_inside(entry.config, published(facts, entry), name)
    if entry.sidecar is not None:
        assert entry.sidecar == published(facts, entry, "_hf_quant_config")


def test_the_file_is_what_the_tool_makes(facts, root):
    import catalogue

    made = catalogue.render(catalogue.catalogue(facts / "configs"))
    assert made == (root / "py" / "roofline" / "data" / "catalogue.json").read_text(encoding="utf-8")


def readable(entry):
    """The model, or None where the engine refuses the family; the refusal names what was read."""
    try:
        return Model.from_config(entry.config, name=entry.name, sidecar=entry.sidecar)
    except UnsupportedArchitecture as refusal:
        section = entry.config.get("text_config", entry.config)
        assert section.get("model_type", entry.config["model_type"]) in str(refusal)
        return None


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_entry_is_read_as_a_model_or_refused_by_name(name):
    model = readable(CATALOGUE[name])
    if model is not None:
        assert 0 < model.active_params <= model.total_params


def test_no_entry_is_refused():
    assert [name for name, entry in CATALOGUE.items() if readable(entry) is None] == []


@pytest.mark.parametrize("name", CATALOGUE)
def test_dropped_keys_change_nothing(name, facts):
    entry = CATALOGUE[name]
    bundled = readable(entry)
    if bundled is None:
        return
    whole = Model.from_config(published(facts, entry), name=name, sidecar=entry.sidecar)
    for figure in ("total_params", "active_params", "tower_params"):
        assert getattr(bundled, figure) == getattr(whole, figure), figure
    assert bundled.weight_bytes() == whole.weight_bytes()
    for tokens in (100, 10_000, 200_000):
        assert bundled.kv_bytes(tokens) == whole.kv_bytes(tokens)

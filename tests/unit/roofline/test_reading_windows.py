"""Windows in every spelling."""

from typing import Any

import pytest

from roofline import ConfigError
from roofline.reading.keys import Keys
from roofline.reading.windows import alternating, patterned, switched, uniform


def keys(**section: Any) -> Keys:
    return Keys(section, model_type="test")


def test_one_window_for_all() -> None:
    assert uniform(keys(sliding_window=4096), 3) == (4096,) * 3
    assert uniform(keys(sliding_window=None), 3) == (None,) * 3


def test_layer_types_decide_first() -> None:
    section = keys(
        sliding_window=8, sliding_window_pattern=2, layer_types=["full_attention", "sliding_attention", "full"]
    )
    assert patterned(6)(section, 3) == (None, 8, None)


def test_every_sixth_layer_is_global() -> None:
    assert patterned(6)(keys(sliding_window=512), 7) == (512,) * 5 + (None, 512)
    assert patterned(6)(keys(sliding_window=512, sliding_window_pattern=2), 4) == (512, None, 512, None)


def test_letters_repeat_and_the_last_layer_is_global() -> None:
    section = keys(sliding_window=16, sliding_window_pattern="LLG")
    assert patterned(4)(section, 5) == (16, 16, None, 16, None)


def test_even_layers_have_the_window() -> None:
    assert alternating(keys(sliding_window=128), 4) == (128, None, 128, None)


def test_a_window_that_is_switched_off_is_none() -> None:
    off = {"sliding_window": 64, "max_window_layers": 1}
    assert switched(keys(**off, use_sliding_window=False), 3) == (None,) * 3
    assert switched(keys(**off, use_sliding_window=True), 3) == (None, 64, 64)


@pytest.mark.parametrize(
    "section",
    [
        {"sliding_window_pattern": "LXG", "sliding_window": 4},
        {"sliding_window_pattern": 0, "sliding_window": 4},
        {"layer_types": ["sliding_attention"] * 3},
        {"layer_types": ["full_attention"], "sliding_window": 4},
        {"layer_types": ["full_attention", 3, "full_attention"], "sliding_window": 4},
        {"layer_types": ["linear_attention"] * 3, "sliding_window": 4},
        {"sliding_window": -4},
    ],
)
def test_patterns_that_make_no_sense_are_refused(section: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        patterned(6)(keys(**section), 3)

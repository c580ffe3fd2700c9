"""Towers: counted where known, None where the config does not tell, 0 for text models."""

from typing import Any

import pytest

from roofline import Model
from roofline.reading.locate import has_towers
from roofline.reading.towers import TOWERS, tower_params
from roofline.reading.vision import Block, layer_params

TEXT: dict[str, Any] = {
    "model_type": "gemma3_text",
    "hidden_size": 2560,
    "intermediate_size": 10240,
    "num_hidden_layers": 2,
    "sliding_window": 1024,
}
SIGLIP: dict[str, Any] = {
    "hidden_size": 1152,
    "image_size": 896,
    "intermediate_size": 4304,
    "num_hidden_layers": 27,
    "patch_size": 14,
}


def test_gemma3_has_siglip_and_a_projector() -> None:
    model = Model.from_config({"model_type": "gemma3", "text_config": TEXT, "vision_config": SIGLIP})
    assert model.tower_params == 419_816_304
    assert model.weight_bytes() == 2 * (model.total_params + 419_816_304)


@pytest.mark.parametrize("missing", sorted(SIGLIP))
def test_a_tower_that_is_not_described_is_unknown(missing: str) -> None:
    vision = {key: value for key, value in SIGLIP.items() if key != missing}
    assert tower_params({"model_type": "gemma3", "vision_config": vision}, "gemma3_text", 2560) is None


@pytest.mark.parametrize("value", ["x", -1, 1.5, [], {}, 10**30])
def test_a_tower_that_makes_no_sense_is_unknown(value: Any) -> None:
    vision = {**SIGLIP, "num_hidden_layers": value}
    assert tower_params({"model_type": "gemma3", "vision_config": vision}, "gemma3_text", 2560) is None


def test_a_tower_of_another_family_is_unknown() -> None:
    assert tower_params({"model_type": "new_vl", "vision_config": SIGLIP}, "llama", 2560) is None
    assert tower_params({"model_type": "step3p7"}, "step3p7", 4096) is None


def test_text_models_have_none() -> None:
    assert not has_towers({"model_type": "llama"}, "llama")
    assert not has_towers({"model_type": "gemma4", "vision_config": None}, "gemma4_text")
    assert has_towers({"model_type": "step3p7"}, "step3p7")


def test_every_tower_survives_an_empty_config() -> None:
    for kind in TOWERS:
        assert tower_params({"model_type": kind, "vision_config": {"x": 1}}, kind, 64) is None


def test_a_layer_by_hand() -> None:
    assert layer_params(4, 8) == 4 * 16 + 4 * 4 + 2 * 32 + 8 + 4 + 2 * 2 * 4
    bare = Block(attention_bias=False, mlp_bias=False, norm=1, gated=True)
    assert layer_params(4, 8, bare) == 4 * 16 + 3 * 32 + 2 * 4

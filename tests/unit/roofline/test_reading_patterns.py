"""Module lists of quantised checkpoints, in every tongue."""

import pytest

from roofline import ConfigError
from roofline.reading.patterns import Patterns


@pytest.mark.parametrize(
    ("pattern", "index", "name"),
    [
        ("model.layers.3.self_attn.q_proj", 3, "self_attn.q_proj"),
        ("model.layers.3.self_attn", 3, "self_attn.q_proj"),
        ("model.layers.3.self_attn*", 3, "self_attn.q_proj"),
        ("model.layers.3", 3, "mlp.up_proj"),
        ("language_model.model.layers.0*", 0, "mlp.up_proj"),
        ("model.language_model.layers.7.mlp.shared_expert*", 7, "mlp.shared_expert_gate"),
        ("backbone.layers.4.mixer.in_proj", 4, "mixer.in_proj"),
        ("layers.2.ffn.experts", 2, "ffn.experts.*.w1"),
        ("model.layers.*.self_attn", 9, "self_attn.o_proj"),
        ("model.layers.1.mlp.experts.17.gate_proj", 1, "mlp.experts.*.gate_proj"),
        ("gate", 5, "block_sparse_moe.gate"),
        ("*.attn.*", 5, "attn.wq_a"),
        ("*mlp.gate", 5, "mlp.gate"),
        ("re:.*self_attn.*", 5, "self_attn.q_proj"),
        ("re:model\\.layers\\.5\\..*", 5, "mlp.up_proj"),
        ("re:.*mlp\\.(gate|up|gate_up|down)_proj.*", 0, "mlp.gate_proj"),
    ],
)
def test_listed_modules_match(pattern: str, index: int, name: str) -> None:
    assert Patterns([pattern]).match(index, name)


@pytest.mark.parametrize(
    ("pattern", "index", "name"),
    [
        ("model.layers.3.self_attn.q_proj", 4, "self_attn.q_proj"),
        ("model.layers.1*", 10, "mlp.up_proj"),
        ("gate", 5, "mlp.experts.*.gate_proj"),
        ("vision_model.model.layers.0.self_attn.q_proj", 0, "self_attn.q_proj"),
        ("model.visual.blocks.0.attn.proj", 0, "self_attn.o_proj"),
        ("mtp.layers.0*", 0, "mlp.up_proj"),
        ("re:.*mlp\\.(gate|up|gate_up|down)_proj.*", 0, "mlp.experts.*.gate_proj"),
        ("re:model\\.layers\\.5\\..*", 6, "mlp.up_proj"),
        ("lm_head", 0, "mlp.up_proj"),
    ],
)
def test_others_do_not(pattern: str, index: int, name: str) -> None:
    assert not Patterns([pattern]).match(index, name)


@pytest.mark.parametrize("pattern", ["lm_head", "language_model.lm_head", "*lm_head*", "re:.*lm_head"])
def test_the_head_is_outside_the_layers(pattern: str) -> None:
    assert Patterns([pattern]).match_outside("lm_head")


def test_an_empty_list_matches_nothing() -> None:
    assert not Patterns([])
    assert not Patterns([]).match(0, "mlp.up_proj")


@pytest.mark.parametrize("pattern", [3, None, "re:(a+)+", "re:[", "re:.*a.*b.*c.*d.*e.*f", "x" * 501])
def test_what_is_no_pattern_is_refused(pattern: object) -> None:
    with pytest.raises(ConfigError):
        Patterns([pattern])

"""A model from a few numbers: exactly the parameters that were typed, and the published ones where shapes are real."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roofline import CATALOGUE, ConfigError, Model, RooflineError

LLAMA_8B = {
    "total_params": 8_030_261_248,
    "hidden_size": 4096,
    "layers": 32,
    "heads": 32,
    "kv_heads": 8,
    "vocab_size": 128_256,
}
MIXTRAL = {
    "total_params": 46_702_792_704,
    "hidden_size": 4096,
    "layers": 32,
    "heads": 32,
    "kv_heads": 8,
    "vocab_size": 32_000,
    "experts": 8,
    "active_experts": 2,
}


def refused(**arguments):
    with pytest.raises(ConfigError) as refusal:
        Model.manual(**LLAMA_8B | arguments)
    assert refusal.value.hint
    assert refusal.value.code == "invalid-number"
    return str(refusal.value)


def published(name):
    return Model.from_config(CATALOGUE[name].config)


@pytest.mark.parametrize(
    ("numbers", "name"), [(LLAMA_8B, "meta-llama/Llama-3.1-8B"), (MIXTRAL, "mistralai/Mixtral-8x7B-v0.1")]
)
def test_the_numbers_of_a_real_model_give_the_real_model(numbers, name):
    typed, real = Model.manual(**numbers), published(name)
    assert typed.total_params == real.total_params == numbers["total_params"]
    assert typed.active_params == real.active_params
    assert typed.kv_bytes(1000) == real.kv_bytes(1000)
    for precision in ("fp16", "fp8", "fp4"):
        assert typed.weight_bytes(precision) == real.weight_bytes(precision)


def test_the_feed_forward_width_follows_from_the_total():
    """Llama-3.1-8B: 14336."""
    (layer,) = {layer for layer, _ in Model.manual(**LLAMA_8B).layer_groups}
    assert layer.ffn.width == 14336


def test_a_total_that_does_not_divide_is_kept_to_the_last_parameter():
    assert Model.manual(**LLAMA_8B | {"total_params": 8_030_261_999}).total_params == 8_030_261_999


def test_a_total_may_be_a_rounded_float():
    assert Model.manual(**LLAMA_8B | {"total_params": 8.03e9}).total_params == 8_030_000_000


@pytest.mark.parametrize("experts", [0, 1])
def test_no_expert_or_one_is_a_dense_model(experts):
    model = Model.manual(**LLAMA_8B, experts=experts)
    assert model.active_params == model.total_params


def test_all_experts_active_uses_all_parameters():
    model = Model.manual(**MIXTRAL | {"active_experts": 8})
    assert model.active_params == model.total_params


@pytest.mark.parametrize(("given", "head_dim"), [({}, 128), ({"head_dim": 64}, 64)])
def test_the_head_width_is_given_or_follows_from_the_hidden_size(given, head_dim):
    """32 layers of 8 key and 8 value heads in 16 bit."""
    assert Model.manual(**LLAMA_8B, **given).kv_bytes(1) == 32 * 16 * head_dim * 2


def test_a_manual_model_says_what_was_assumed():
    (remark,) = Model.manual(**LLAMA_8B).remarks
    assert "14,336" in remark
    assert "128,256" in remark


@pytest.mark.parametrize("name", ["total_params", "hidden_size", "layers", "heads", "kv_heads", "vocab_size"])
@pytest.mark.parametrize(
    "value", [0, -1, 1.5, True, "32", None, math.nan, math.inf, 10**400, 1e18], ids=lambda v: repr(v)[:12]
)
def test_every_number_is_whole_and_in_range(name, value):
    assert name in refused(**{name: value})


@pytest.mark.parametrize("value", [0, -1, 1.5, "128", math.nan])
def test_the_head_width_is_checked_too(value):
    assert "head_dim" in refused(head_dim=value)


@pytest.mark.parametrize(("experts", "active"), [(8, 0), (8, 9), (0, 2), (8, None), (-1, 0), (10**6, 1)])
def test_active_experts_are_some_of_the_experts(experts, active):
    assert "experts" in refused(experts=experts, active_experts=active)


def test_more_key_value_heads_than_heads_are_refused():
    assert "kv_heads" in refused(kv_heads=64)


def test_heads_share_key_value_heads_evenly():
    assert "multiple of kv_heads" in refused(kv_heads=5)


def test_too_few_parameters_name_what_attention_and_embeddings_take():
    """32 x 41.9 M of attention, 2 x 525 M of embedding and head."""
    assert "2.39 B" in refused(total_params=1_000_000_000)


def test_every_argument_is_named():
    with pytest.raises(TypeError):
        Model.manual(8_030_261_248, 4096, 32, 32, 8)


junk = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.lists(st.integers(), max_size=1)
)


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from([*MIXTRAL, "head_dim"]),
        st.one_of(junk, st.integers(0, 200)),
        max_size=3,
    )
)
def test_nothing_but_our_own_errors_escapes(numbers):
    try:
        model = Model.manual(**MIXTRAL | numbers)
    except RooflineError as error:
        assert error.hint
        return
    assert model.total_params == int((MIXTRAL | numbers)["total_params"])
    assert 0 < model.active_params <= model.total_params

"""Number formats of checkpoints: every form of quantisation, wherever it stands."""

from typing import Any

import pytest

from roofline import ConfigError, Model
from roofline.formats import BF16, FP8, FP8_BLOCK, INT8, MXFP4, MXFP8, NF4, NF4_DOUBLE, NVFP4, Format, Rate
from roofline.weights import Linear, Role

DENSE: dict[str, Any] = {
    "model_type": "qwen3",
    "hidden_size": 256,
    "intermediate_size": 512,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 64,
    "vocab_size": 1000,
    "tie_word_embeddings": False,
}
MOE: dict[str, Any] = {
    **DENSE,
    "model_type": "qwen3_moe",
    "num_experts": 8,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 128,
}


def read(quantization: Any, base: dict[str, Any] = DENSE, sidecar: Any = None) -> Model:
    return Model.from_config({**base, "quantization_config": quantization}, sidecar=sidecar)


def stored(model: Model, name: str, layer: int = 0) -> Format:
    return next(linear.stored for linear in model.layers[layer].weights if linear.name == name)


def head(model: Model) -> Linear:
    return next(linear for linear in model.outside if linear.role is Role.HEAD)


def groups(weights: dict[str, Any], *, activations: bool = True, **more: Any) -> dict[str, Any]:
    group = {"targets": ["Linear"], "weights": weights, "input_activations": {"num_bits": 8} if activations else None}
    return {"quant_method": "compressed-tensors", "config_groups": {"group_0": group}, **more}


@pytest.mark.parametrize(
    ("quantization", "expected"),
    [
        ({"quant_method": "fp8", "weight_block_size": [128, 128]}, FP8_BLOCK),
        ({"quant_method": "fp8", "weight_block_size": None}, FP8),
        ({"quant_method": "fbgemm_fp8"}, FP8),
        ({"quant_algo": "FP8"}, FP8),
        ({"quant_algo": "NVFP4", "group_size": 16}, NVFP4),
        ({"quant_algo": "MXFP8"}, MXFP8),
        (groups({"num_bits": 8, "type": "float", "strategy": "channel"}), FP8),
        (groups({"num_bits": 8, "type": "float", "strategy": "block"}), FP8_BLOCK),
        (groups({"num_bits": 4, "type": "float", "group_size": 16}), NVFP4),
        (groups({"num_bits": 4, "type": "float", "group_size": 32}), MXFP4),
        (groups({"num_bits": 8, "type": "int", "strategy": "channel"}), INT8),
        ({"quant_method": "bitsandbytes", "load_in_8bit": True, "load_in_4bit": False}, INT8),
        ({"quant_method": "bitsandbytes", "load_in_4bit": True}, NF4),
        ({"load_in_4bit": True, "bnb_4bit_use_double_quant": True}, NF4_DOUBLE),
    ],
)
def test_every_form_gives_its_format(quantization: dict[str, Any], expected: Format) -> None:
    model = read(quantization)
    assert stored(model, "mlp.up_proj") == expected
    assert stored(model, "self_attn.q_proj") == expected
    assert head(model).stored is BF16
    assert model.checkpoint.quantized
    assert model.checkpoint.label == expected.label


@pytest.mark.parametrize(
    ("quantization", "bits"),
    [
        ({"quant_method": "awq", "bits": 4, "group_size": 128}, 4 + 16 / 128 + 4 / 128),
        ({"quant_method": "awq", "bits": 4, "group_size": 64, "zero_point": False}, 4 + 16 / 64),
        ({"quant_method": "gptq", "bits": 4, "group_size": 128}, 4 + 16 / 128 + 4 / 128),
        ({"quant_method": "gptq", "bits": 8, "group_size": -1}, 8),
        ({"quant_method": "auto-round", "bits": 4, "group_size": 128}, 4 + 16 / 128 + 4 / 128),
        (groups({"num_bits": 4, "type": "int", "group_size": 32, "symmetric": True}, activations=False), 4.5),
        (groups({"num_bits": 4, "type": "int", "group_size": 128, "symmetric": False}), 4 + 20 / 128),
        ({"quant_algo": "W4A16_AWQ", "group_size": 128}, 4 + 16 / 128),
    ],
)
def test_integers_carry_their_scales(quantization: dict[str, Any], bits: float) -> None:
    assert stored(read(quantization), "mlp.down_proj").bits == bits


def test_weights_alone_multiply_in_16_bit() -> None:
    alone = groups({"num_bits": 4, "type": "float", "group_size": 16}, activations=False)
    assert stored(read(alone), "mlp.up_proj").rate is Rate.BF16
    assert stored(read(alone), "mlp.up_proj").bits == NVFP4.bits
    assert stored(read({"quant_algo": "NVFP4"}), "mlp.up_proj").rate is Rate.FP4


def test_mxfp4_alone_means_experts() -> None:
    model = read({"quant_method": "mxfp4"}, MOE)
    assert stored(model, "mlp.experts.*.up_proj") is MXFP4
    assert stored(model, "self_attn.q_proj") is BF16
    assert stored(model, "mlp.gate") is BF16


def test_ignored_modules_stay_in_16_bit_layer_by_layer() -> None:
    model = read({"quant_method": "fp8", "modules_to_not_convert": ["model.layers.1.self_attn", "lm_head"]})
    assert stored(model, "self_attn.o_proj", 0) is FP8
    assert stored(model, "self_attn.o_proj", 1) is BF16
    assert stored(model, "mlp.up_proj", 1) is FP8
    assert model.layers[0] is model.layers[2]
    assert model.layers[0] is not model.layers[1]


@pytest.mark.parametrize("key", ["ignore", "exclude_modules", "ignored_layers", "llm_int8_skip_modules"])
def test_the_list_has_several_names(key: str) -> None:
    model = read({"quant_algo": "FP8", key: ["*self_attn*"]})
    assert stored(model, "self_attn.o_proj") is BF16
    assert stored(model, "mlp.up_proj") is FP8


def test_routers_and_embeddings_are_never_quantised_by_a_general_rule() -> None:
    model = read({"quant_method": "fp8"}, MOE)
    assert stored(model, "mlp.gate") is BF16
    assert all(linear.stored is BF16 for linear in model.outside)


def test_the_side_file_decides_where_the_config_is_silent() -> None:
    side = {"quantization": {"quant_algo": "NVFP4", "kv_cache_quant_algo": "FP8", "exclude_modules": ["*self_attn*"]}}
    model = Model.from_config(DENSE, sidecar=side)
    assert stored(model, "mlp.up_proj") is NVFP4
    assert stored(model, "self_attn.q_proj") is BF16
    assert model.checkpoint.kv_precision == "fp8"
    assert model.checkpoint.origin == "hf_quant_config.json"


def test_the_config_wins_but_the_side_file_may_add_the_cache() -> None:
    side = {"quantization": {"quant_algo": "NVFP4", "kv_cache_quant_algo": "FP8"}}
    model = read({"quant_method": "fp8"}, sidecar=side)
    assert stored(model, "mlp.up_proj") is FP8
    assert model.checkpoint.kv_precision == "fp8"
    assert model.checkpoint.origin == "quantization_config"
    assert Model.from_config(DENSE).checkpoint.origin == ""


def test_it_may_stand_inside_the_language_config() -> None:
    inner = {**DENSE, "quantization_config": {"quant_method": "fp8"}}
    model = Model.from_config({"model_type": "some_vl", "text_config": inner})
    assert stored(model, "mlp.up_proj") is FP8
    assert model.checkpoint.origin == "quantization_config of the language section"


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ({"kv_cache_scheme": {"num_bits": 8, "type": "float"}}, "fp8"),
        ({"kv_cache_scheme": "FP8"}, "fp8"),
        ({"kv_cache_quant_algo": "FP8"}, "fp8"),
        ({"kv_cache_scheme": None}, None),
        ({}, None),
    ],
)
def test_the_declared_cache_format(declared: dict[str, Any], expected: str | None) -> None:
    model = read({"quant_algo": "FP8", **declared})
    assert model.checkpoint.kv_precision == expected
    share = 1 if expected == "fp8" else 2
    assert model.kv_bytes(1) == 3 * 2 * 2 * 64 * share


def test_a_table_names_each_module_and_the_head() -> None:
    layers = {
        "model.layers.0.mlp.experts": {"quant_algo": "W4A16_NVFP4", "group_size": 16},
        "model.layers.1.mlp.experts.0.up_proj": {"quant_algo": "NVFP4"},
        "model.layers.0.self_attn.q_proj": {"quant_algo": "FP8"},
        "lm_head": {"quant_algo": "NVFP4"},
    }
    model = read({"quant_algo": "MIXED_PRECISION", "quantized_layers": layers}, MOE)
    assert stored(model, "mlp.experts.*.up_proj", 0).bits == NVFP4.bits
    assert stored(model, "mlp.experts.*.up_proj", 1) is NVFP4
    assert stored(model, "mlp.experts.*.down_proj", 1) is BF16
    assert stored(model, "self_attn.q_proj", 0) is FP8
    assert stored(model, "self_attn.k_proj", 0) is BF16
    assert head(model).stored is NVFP4
    assert " + " in model.checkpoint.label


def test_groups_may_name_modules_and_patterns() -> None:
    names = {"targets": ["model.layers.0.mlp.up_proj"], "weights": {"num_bits": 8, "type": "float"}}
    patterns = {"targets": ["re:.*self_attn.*"], "weights": {"num_bits": 4, "type": "float", "group_size": 16}}
    quantization = {"quant_method": "compressed-tensors", "config_groups": {"a": names, "b": patterns}}
    model = read(quantization)
    assert stored(model, "mlp.up_proj").bits == 8
    assert stored(model, "mlp.down_proj") is BF16
    assert stored(model, "self_attn.q_proj", 2).bits == NVFP4.bits


def test_fp8_with_fp4_experts() -> None:
    base = {**MOE, "expert_dtype": "fp4"}
    model = read({"quant_method": "fp8", "weight_block_size": [128, 128]}, base)
    assert stored(model, "mlp.experts.*.gate_proj") is MXFP4
    assert stored(model, "self_attn.q_proj") is FP8_BLOCK


def test_gptq_exceptions_are_negative_expressions() -> None:
    model = read({"quant_method": "gptq", "bits": 4, "group_size": 128, "dynamic": {"-:.*self_attn.*": {}}})
    assert stored(model, "self_attn.q_proj") is BF16
    assert stored(model, "mlp.up_proj").bits < 5


@pytest.mark.parametrize(
    "quantization",
    [
        {"quant_method": "aqlm"},
        {"quant_method": 4},
        {},
        [],
        "fp8",
        {"quant_algo": "NVFP2"},
        {"quant_algo": "MIXED_PRECISION"},
        {"quant_algo": "MIXED_PRECISION", "quantized_layers": {"model.layers.0.mlp.up_proj": {"quant_algo": "?"}}},
        {"quant_method": "compressed-tensors"},
        groups({"num_bits": 3.5}),
        groups({"num_bits": 2, "type": "float"}),
        {"quant_method": "awq", "bits": 400},
    ],
)
def test_what_is_not_understood_is_refused(quantization: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        read(quantization)
    assert caught.value.hint

"""What a model answers about itself, on shapes that can be worked out by hand."""

from typing import Any

import pytest

from roofline import CATALOGUE, DeploymentError, Model, WorkloadError
from roofline.formats import BF16, FP8, FP8_BLOCK, NVFP4
from roofline.weights import Role

LLAMA: dict[str, Any] = {
    "model_type": "llama",
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "vocab_size": 128256,
    "max_position_embeddings": 131072,
    "tie_word_embeddings": False,
}
MLA: dict[str, Any] = {
    "model_type": "deepseek_v3",
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "q_lora_rank": 16,
    "kv_lora_rank": 16,
    "qk_nope_head_dim": 8,
    "qk_rope_head_dim": 8,
    "v_head_dim": 8,
    "vocab_size": 100,
    "n_routed_experts": 8,
    "num_experts_per_tok": 2,
    "n_shared_experts": 1,
    "moe_intermediate_size": 32,
    "first_k_dense_replace": 1,
}


def test_llama_8b() -> None:
    model = Model.from_config(LLAMA, name="llama")
    assert model.total_params == model.active_params == 8_030_261_248
    assert model.kv_bytes(1) == 131_072
    assert model.kv_bytes(1, "fp8") == 65_536
    assert model.weight_bytes() == 2 * 8_030_261_248
    assert model.context_tokens == 131_072
    assert model.tower_params == 0
    assert model.layer_groups == ((model.layers[0], 32),)


def test_a_tied_head_is_counted_once() -> None:
    tied = Model.from_config({**LLAMA, "tie_word_embeddings": True})
    assert tied.tied
    assert tied.total_params == 8_030_261_248 - 128_256 * 4096
    assert [linear.role for linear in tied.outside] == [Role.EMBEDDING]


def test_a_named_format_quantises_linear_layers_only() -> None:
    model = Model.from_config(LLAMA)
    outside = 2 * 128_256 * 4096
    norms = 65 * 4096
    inside = 8_030_261_248 - outside - norms
    assert model.weight_bytes("fp8") == inside + 2 * (outside + norms)
    assert model.weight_bytes("fp4") == inside * 4.5 / 8 + 2 * (outside + norms)
    assert model.weight_bytes("bf16") == model.weight_bytes("fp16") == model.weight_bytes()


def test_fp4_leaves_the_attention_of_mla_and_the_router_in_16_bit() -> None:
    model = Model.from_config(MLA)
    formats = {linear.name: model.format_of(linear, "fp4") for linear in model.layers[1].weights}
    assert formats["self_attn.q_b_proj"] is BF16
    assert formats["mlp.experts.*.up_proj"] is NVFP4
    assert formats["mlp.gate"] is BF16
    assert model.format_of(model.layers[1].weights[0], "fp8") is FP8


def test_a_named_format_requantises_what_the_checkpoint_quantises() -> None:
    quantized = Model.from_config(
        {**LLAMA, "quantization_config": {"quant_method": "fp8", "modules_to_not_convert": ["self_attn"]}}
    )
    formats = {linear.name: quantized.format_of(linear, "fp4") for linear in quantized.layers[0].weights}
    assert formats["mlp.up_proj"] is NVFP4
    assert formats["self_attn.q_proj"] is BF16


COMPRESSED = CATALOGUE["deepseek-ai/DeepSeek-V4-Flash"].config


def test_a_checkpoint_that_is_mostly_of_the_named_width_stays_as_it_is() -> None:
    """4-bit experts beside FP8 attention: what nvidia/DeepSeek-V4-Flash-NVFP4 leaves as well."""
    mixed = Model.from_config(COMPRESSED)
    assert mixed.weight_bytes("fp4") == mixed.weight_bytes("auto")
    formats = {linear.name: mixed.format_of(linear, "fp8") for linear in mixed.layers[2].weights}
    assert formats["ffn.experts.*.w1"] is FP8
    assert formats["attn.wq_b"] is FP8_BLOCK


def test_fp4_leaves_compressed_attention_in_16_bit() -> None:
    plain = Model.from_config({key: value for key, value in COMPRESSED.items() if key != "quantization_config"})
    formats = {linear.name: plain.format_of(linear, "fp4") for linear in plain.layers[2].weights}
    assert formats["attn.wq_b"] is BF16
    assert formats["ffn.experts.*.w1"] is NVFP4
    assert plain.keeps_attention
    assert not Model.from_config(LLAMA).keeps_attention


def test_hyper_connections_are_held_in_fp32() -> None:
    model = Model.from_config(COMPRESSED)
    found = {linear.stored.name for linear in model.layers[0].weights if linear.name.startswith("hc_")}
    assert found == {"fp32"}


def test_active_parameters_leave_out_idle_experts() -> None:
    model = Model.from_config(MLA)
    experts = 8 * 3 * 64 * 32
    assert model.total_params - model.active_params == experts * 6 // 8


def test_routers_correction_buffers_are_no_parameters() -> None:
    router = next(linear for linear in Model.from_config(MLA).layers[1].weights if linear.name == "mlp.gate")
    assert router.params == 64 * 8


@pytest.mark.parametrize("tokens", [-1, float("nan")])
def test_lengths_are_not_negative(tokens: float) -> None:
    with pytest.raises(WorkloadError):
        Model.from_config(LLAMA).kv_bytes(tokens)


@pytest.mark.parametrize("precision", ["int4", "", "FP8"])
def test_unknown_precisions_are_refused(precision: str) -> None:
    model = Model.from_config(LLAMA)
    with pytest.raises(DeploymentError) as caught:
        model.weight_bytes(precision)
    assert caught.value.code == "unsupported-precision"
    with pytest.raises(DeploymentError):
        model.kv_bytes(1, precision)


def test_the_growth_of_a_cache_per_token() -> None:
    assert Model.from_config(LLAMA).kv_bytes_per_token() == 131_072
    assert Model.from_config(LLAMA).kv_bytes_per_token(10**6, "fp8") == 65_536
    window = Model.from_config({**LLAMA, "model_type": "mistral", "sliding_window": 4096})
    assert window.kv_bytes_per_token(4095) == 131_072
    assert window.kv_bytes_per_token(4096) == 0
    with pytest.raises(WorkloadError):
        window.kv_bytes_per_token(-1)


def test_a_compressed_cache_grows_by_its_share_of_an_entry() -> None:
    entry = CATALOGUE["deepseek-ai/DeepSeek-V4-Pro"]
    model = Model.from_config(entry.config, sidecar=entry.sidecar)
    far, step = 2**20, 128
    growth_bytes = model.kv_bytes(far + step) - model.kv_bytes(far)
    assert model.kv_bytes_per_token(far) == pytest.approx(growth_bytes / step)
    assert model.kv_bytes_per_token(far) < model.kv_bytes_per_token() / 5


def test_layers_for_further_tokens_are_declared_not_counted() -> None:
    model = Model.from_config({**LLAMA, "num_nextn_predict_layers": 2})
    assert model.mtp_layers == 2
    assert model.total_params == 8_030_261_248
    assert Model.from_config({**LLAMA, "num_nextn_predict_layers": True}).mtp_layers == 0

"""Figures that anyone can look up: published parameter counts, cache sizes and engine start-up logs."""

from __future__ import annotations

import pytest

from roofline import CATALOGUE, GPUS, Deployment, Model, Workload, estimate

GIB = 2.0**30


def load(name: str) -> Model:
    entry = CATALOGUE[name]
    return Model.from_config(entry.config, name=name, sidecar=entry.sidecar)


def test_llama_8b_has_its_published_parameters_and_cache():
    model = load("meta-llama/Llama-3.1-8B")
    assert model.total_params == 8_030_261_248  # safetensors total on the Hub
    assert model.active_params == model.total_params
    assert model.kv_bytes(1) == 131_072
    assert model.kv_bytes(1000, "fp8") == 65_536_000


@pytest.mark.parametrize("gpu", GPUS)
def test_the_latent_cache_is_copied_on_every_rank(gpu):
    """70,272 B per token: DeepSeek, "Insights into DeepSeek-V3", arXiv 2505.09343, table 1; vLLM start-up logs agree
    per GPU.
    """
    nodes = 8 // GPUS[gpu].gpus_per_node
    deployment = Deployment(gpu=gpu, nodes=max(nodes, 1), tensor_parallel=8, kv_precision="fp16")
    result = estimate(load("deepseek-ai/DeepSeek-V3.1"), deployment, Workload())
    assert result.kv_bytes_per_token_per_gpu == 70_272


def test_grouped_query_heads_are_copied_once_each_rank_has_one():
    """Qwen3-235B: 94 layers, 4 key-value heads of 128: 8 ranks hold twice what 4 do in all."""
    model = load("Qwen/Qwen3-235B-A22B")
    per_gpu = {
        ranks: estimate(model, Deployment(gpu="B200 SXM", tensor_parallel=ranks), Workload()).kv_bytes_per_token_per_gpu
        for ranks in (1, 2, 4, 8)
    }
    whole = 94 * 2 * 4 * 128 * 2
    assert per_gpu == {1: whole, 2: whole / 2, 4: whole / 4, 8: whole / 4}


@pytest.mark.parametrize(
    ("name", "experts", "active", "active_params"),
    [
        ("mistralai/Mixtral-8x7B-v0.1", 8, 2, 12_879_925_248),
        ("openai/gpt-oss-120b", 128, 4, 5_711_982_912),
        ("deepseek-ai/DeepSeek-V3.1", 256, 8, 37_552_282_624),
        ("Qwen/Qwen3-235B-A22B", 128, 8, 22_190_763_520),
    ],
)
def test_experts_are_recognised(name, experts, active, active_params):
    model = load(name)
    blocks = {layer.ffn for layer, _ in model.layer_groups if hasattr(layer.ffn, "experts")}
    assert {(block.experts, block.active_experts) for block in blocks} == {(experts, active)}
    assert model.active_params == active_params


@pytest.mark.parametrize("name", ["meta-llama/Llama-3.1-70B", "Qwen/Qwen2.5-32B-Instruct", "microsoft/phi-4"])
def test_dense_models_use_all_their_parameters(name):
    model = load(name)
    assert model.active_params == model.total_params


@pytest.mark.parametrize("name", ["meta-llama/Llama-3.1-70B", "Qwen/Qwen3-235B-A22B", "deepseek-ai/DeepSeek-V3.1"])
def test_fp4_weights_take_four_and_a_half_bits_where_quantised(name):
    model = load(name)
    quantised = [
        model.format_of(linear, "fp4")
        for layer, _ in model.layer_groups
        for linear in layer.weights
        if model.format_of(linear, "fp4").bits < 8
    ]
    assert quantised
    assert all(4.25 <= chosen.bits <= 4.5 for chosen in quantised)
    assert all(model.format_of(linear, "fp4").bits == 16 for linear in model.outside)


def test_gpt_oss_on_one_h100_starts_only_with_more_memory():
    """Measured by users of vLLM 0.10: 65.97 GiB of weights; negative cache at 0.90, starts at 0.95."""
    model = load("openai/gpt-oss-120b")
    tight = estimate(model, Deployment(gpu="H100 SXM", memory_fraction=0.90), Workload())
    assert tight.weight_bytes_per_gpu / GIB == pytest.approx(65.97, rel=0.01)
    assert not tight.fits
    assert tight.shortfall_bytes_per_gpu > 0
    assert (tight.running, tight.max_concurrency, tight.kv_capacity_tokens) == (0, 0, 0)
    assert tight.ttft_s is None and tight.usd_per_million_tokens is None
    assert estimate(model, Deployment(gpu="H100 SXM", memory_fraction=0.95), Workload()).fits


def test_sequences_that_fit_match_start_up_logs():
    """Llama-3.1-8B BF16 on one H100: 144 of 3,072 tokens; DeepSeek-V3 FP8 TP8 on H200 with a 16-bit cache: 212 (vLLM
    0.18).
    """
    small = estimate(load("meta-llama/Llama-3.1-8B"), Deployment(gpu="H100 SXM"), Workload())
    assert small.max_concurrency == pytest.approx(144, rel=0.03)
    large = estimate(
        load("deepseek-ai/DeepSeek-V3.1"),
        Deployment(gpu="H200 SXM", tensor_parallel=8, kv_precision="fp16"),
        Workload(),
    )
    assert large.max_concurrency == pytest.approx(212, rel=0.03)
    assert large.weight_bytes_per_gpu / GIB == pytest.approx(79.8, rel=0.01)


def test_fp4_on_hopper_is_weight_only_and_says_so():
    model = load("meta-llama/Llama-3.1-70B")
    hopper = estimate(model, Deployment(gpu="H200 SXM", tensor_parallel=2, precision="fp4"), Workload(concurrency=4))
    assert "fp4-weight-only" in {notice.code for notice in hopper.notices}
    blackwell = estimate(model, Deployment(gpu="B200 SXM", tensor_parallel=2, precision="fp4"), Workload(concurrency=4))
    assert "fp4-weight-only" not in {notice.code for notice in blackwell.notices}
    bf16 = estimate(model, Deployment(gpu="H200 SXM", tensor_parallel=2), Workload(concurrency=4))
    assert hopper.prefill_s > 0.9 * bf16.prefill_s  # no arithmetic is saved
    assert hopper.decode_step_s < 0.6 * bf16.decode_step_s  # memory traffic is

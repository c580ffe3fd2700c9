"""Weights on every GPU of a replica, worked by hand from the published widths."""

from functools import cache

import pytest

from roofline import CATALOGUE, Deployment, DeploymentError, Model
from roofline.plan import make_plan, plan_for, split_stages

LLAMA_70B = "meta-llama/Llama-3.1-70B"
DEEPSEEK = "deepseek-ai/DeepSeek-V3.1"
MIXTRAL = "mistralai/Mixtral-8x7B-v0.1"
GIB = 2.0**30


@cache
def load(name):
    entry = CATALOGUE[name]
    return Model.from_config(entry.config, name=name, sidecar=entry.sidecar)


def plan(name, **deployment):
    return plan_for(load(name), Deployment(**deployment))


# Llama-3.1-70B: elements of one layer on one of 8 ranks, without and with its two norms
LAYER_RANK = 8192 * (64 + 8 + 8) * 16 + 8192 * 1024 + 3 * 8192 * 3584
EMBEDDING_RANK = 16032 * 8192


def test_llama_70b_on_eight_ranks():
    """80 layers, embedding and head in 16 bit; norms are whole on every rank."""
    elements = 80 * (LAYER_RANK + 2 * 8192) + 2 * EMBEDDING_RANK + 8192
    assert plan(LLAMA_70B, tensor_parallel=8).weight_bytes_per_gpu == 2 * elements == 17_640_734_720


def test_fp8_keeps_embedding_head_and_norms_in_16_bit():
    elements_16_bit = 80 * 2 * 8192 + 2 * EMBEDDING_RANK + 8192
    laid_out = plan(LLAMA_70B, tensor_parallel=8, precision="fp8")
    assert laid_out.weight_bytes_per_gpu == 80 * LAYER_RANK + 2 * elements_16_bit


def test_nvfp4_takes_four_and_a_half_bits():
    elements_16_bit = 80 * 2 * 8192 + 2 * EMBEDDING_RANK + 8192
    laid_out = plan(LLAMA_70B, gpu="B200 SXM", tensor_parallel=8, precision="fp4")
    assert laid_out.weight_bytes_per_gpu == 80 * LAYER_RANK * 4.5 / 8 + 2 * elements_16_bit


@pytest.mark.parametrize("name", CATALOGUE)
def test_one_gpu_holds_the_model_and_nothing_else(name):
    """SGLang loads experts as they are stored."""
    laid_out = plan(name, engine="SGLang")
    assert laid_out.weight_bytes_per_gpu == laid_out.weight_bytes
    assert laid_out.weight_bytes == pytest.approx(load(name).weight_bytes(), rel=1e-9)


@pytest.mark.parametrize(
    "layout",
    [{"tensor_parallel": 8}, {"attention_data_parallel": 8}, {"tensor_parallel": 2, "attention_data_parallel": 4}],
)
def test_weight_bytes_sum_over_the_replica(layout):
    laid_out = plan(DEEPSEEK, expert_parallel=8, **layout)
    assert laid_out.weight_bytes == 8 * laid_out.weight_bytes_per_gpu


def test_two_stages_have_the_embedding_on_the_first_and_head_and_norm_on_the_last():
    """Llama-3.1-8B: the last stage is the fuller by one norm of 4096."""
    half = 16 * (4096 * (32 + 8 + 8) * 128 + 4096 * 4096 + 3 * 4096 * 14336 + 2 * 4096) + 128256 * 4096
    laid_out = plan("meta-llama/Llama-3.1-8B", pipeline_parallel=2)
    assert laid_out.weight_bytes_per_gpu == 2 * (half + 4096)
    assert laid_out.weight_bytes == 2 * (half + half + 4096) == 2 * 8_030_261_248


def test_a_tied_matrix_is_on_the_first_and_on_the_last_stage():
    """Llama-3.2-1B: 128256 x 2048 elements that one GPU holds once."""
    one = plan("meta-llama/Llama-3.2-1B-Instruct").weight_bytes
    two = plan("meta-llama/Llama-3.2-1B-Instruct", pipeline_parallel=2).weight_bytes
    assert two - one == 2 * 128256 * 2048


def test_an_untied_model_is_only_divided_by_stages():
    assert plan(LLAMA_70B, pipeline_parallel=4).weight_bytes == plan(LLAMA_70B).weight_bytes


def test_layers_that_do_not_divide_make_the_first_stages_longer():
    stages = split_stages(load(LLAMA_70B), 3)
    assert [sum(count for _, count in stage.groups) for stage in stages] == [27, 27, 26]
    assert [(stage.first, stage.last) for stage in stages] == [(True, False), (False, False), (False, True)]


def test_stages_keep_the_order_of_the_layers():
    """DeepSeek-V3 begins with three dense layers: all of them are on the first of four stages."""
    stages = split_stages(load(DEEPSEEK), 4)
    assert [sorted(count for _, count in stage.groups) for stage in stages] == [[3, 13], [15], [15], [15]]


def test_each_stage_caches_its_own_layers():
    laid_out = plan(LLAMA_70B, pipeline_parallel=3)
    assert [sum(count for _, count in caches) for caches in laid_out.stage_caches] == [27, 27, 26]


# Mixtral: attention, router and norms of a layer; one of its eight experts
MIXTRAL_ATTENTION = 4096 * (32 + 8 + 8) * 128 + 4096 * 4096
MIXTRAL_SMALL = 8 * 4096 + 2 * 4096
MIXTRAL_EXPERT = 3 * 4096 * 14336
MIXTRAL_ENDS = 2 * 32000 * 4096


def test_attention_data_parallelism_copies_attention_and_spreads_experts():
    layer = MIXTRAL_ATTENTION + MIXTRAL_SMALL + MIXTRAL_EXPERT
    laid_out = plan(MIXTRAL, attention_data_parallel=8, expert_parallel=8)
    assert laid_out.weight_bytes_per_gpu == 2 * (32 * layer + MIXTRAL_ENDS + 4096)


def test_tensor_parallelism_splits_both():
    layer = MIXTRAL_ATTENTION / 8 + MIXTRAL_SMALL + MIXTRAL_EXPERT
    laid_out = plan(MIXTRAL, tensor_parallel=8, expert_parallel=8)
    assert laid_out.weight_bytes_per_gpu == 2 * (32 * layer + MIXTRAL_ENDS / 8 + 4096)


@pytest.mark.parametrize("expert_parallel", [1, 2, 4, 8])
def test_whole_experts_or_slices_of_all_weigh_the_same(expert_parallel):
    same = plan(MIXTRAL, tensor_parallel=8, expert_parallel=8).weight_bytes_per_gpu
    assert plan(MIXTRAL, tensor_parallel=8, expert_parallel=expert_parallel).weight_bytes_per_gpu == same


def test_what_mla_does_not_shard_is_whole_on_every_rank():
    """DeepSeek-V3 on 8 ranks: down projections, router and norms stay, the rest is an eighth."""
    down = 7168 * (1536 + 512 + 64)
    block = 1 + 4 / 16384  # bytes of an FP8 element with its scale
    router = 7168 * 256
    norms = 2 * 7168 + 1536 + 512
    whole = 61 * (down * block + 2 * norms) + 58 * 2 * router + 2 * 7168
    all_bytes = plan(DEEPSEEK).weight_bytes
    assert plan(DEEPSEEK, tensor_parallel=8).weight_bytes_per_gpu == pytest.approx(
        whole + (all_bytes - whole) / 8, rel=1e-9
    )


# gpt-oss-120b: 36 layers of 128 experts, 2880 wide, biases of gate and up and of down
@pytest.mark.parametrize(
    ("gpu", "ranks", "hidden", "width"),
    [("H100 SXM", 1, 3072, 2944), ("H100 SXM", 2, 3072, 1536), ("B200 SXM", 1, 3072, 3072)],
)
def test_vllm_pads_the_experts_of_gpt_oss(gpu, ranks, hidden, width):
    """4.25 bits for each element of the padded matrices; SGLang, which keeps 2880, is the difference."""
    padded = 36 * 128 * 3 * hidden * width * 4.25 / 8
    plain = 36 * 128 * 3 * 2880 * (2880 / ranks) * 4.25 / 8
    biases = 36 * 128 * 2 * 2 * (width - 2880 / ranks)
    by_vllm = plan("openai/gpt-oss-120b", gpu=gpu, tensor_parallel=ranks).weight_bytes_per_gpu
    by_sglang = plan("openai/gpt-oss-120b", gpu=gpu, tensor_parallel=ranks, engine="SGLang").weight_bytes_per_gpu
    assert by_vllm - by_sglang == pytest.approx(padded - plain + biases, rel=1e-9)


def test_every_block_ends_in_one_reduction():
    laid_out = plan(LLAMA_70B, tensor_parallel=8)
    assert (laid_out.layers, laid_out.moe_layers) == (80, 0)
    assert (laid_out.all_reduces, laid_out.exchanges) == (160, 0)


@pytest.mark.parametrize(
    ("layout", "all_reduces", "exchanges"),
    [
        ({}, 0, 0),
        ({"tensor_parallel": 8}, 122, 0),
        ({"attention_data_parallel": 8}, 0, 58),
        ({"tensor_parallel": 2, "attention_data_parallel": 4}, 64, 58),
    ],
)
def test_experts_over_attention_ranks_exchange_instead(layout, all_reduces, exchanges):
    """DeepSeek-V3: 61 attention blocks, 3 dense and 58 sparse feed-forward blocks."""
    laid_out = plan(DEEPSEEK, **layout)
    assert (laid_out.all_reduces, laid_out.exchanges) == (all_reduces, exchanges)


def test_a_layout_that_does_not_divide_the_heads_is_refused_with_those_that_do():
    with pytest.raises(DeploymentError, match="64 attention heads") as refusal:
        plan(LLAMA_70B, tensor_parallel=6)
    assert refusal.value.code == "tensor-parallel"
    assert refusal.value.hint == "Use 1, 2, 4, 8."


def test_more_expert_ranks_than_experts_are_refused():
    with pytest.raises(DeploymentError, match="8 experts") as refusal:
        plan(MIXTRAL, nodes=2, attention_data_parallel=16, expert_parallel=16)
    assert refusal.value.code == "expert-parallel"
    assert "8" in refusal.value.hint


def test_more_stages_than_layers_are_refused():
    with pytest.raises(DeploymentError, match="32 layers") as refusal:
        plan("meta-llama/Llama-3.1-8B", nodes=5, pipeline_parallel=33)
    assert refusal.value.code == "pipeline-parallel"


def test_a_plan_is_made_once_per_layout():
    model, deployment = load(LLAMA_70B), Deployment(tensor_parallel=4)
    assert plan_for(model, deployment) is plan_for(model, Deployment(tensor_parallel=4, nodes=3, max_running=7))
    assert plan_for(model, deployment) is not plan_for(model, Deployment(tensor_parallel=2))


@pytest.mark.parametrize(
    "other",
    [
        {"tensor_parallel": 2},
        {"pipeline_parallel": 2},
        {"attention_data_parallel": 2},
        {"precision": "fp8"},
        {"engine": "SGLang"},
        {"gpu": "B200 SXM"},
    ],
    ids=str,
)
def test_a_remembered_plan_is_the_one_that_would_be_made(other):
    """gpt-oss differs by every setting: padded by engine and generation."""
    model = load("openai/gpt-oss-20b")
    plan_for(model, Deployment())
    deployment = Deployment(**other)
    assert plan_for(model, deployment) == make_plan(model, deployment)

"""Shapes of every kernel on the fullest GPU, worked by hand from the published widths."""

from functools import cache

import pytest

from roofline import CATALOGUE, Model
from roofline.rows import Core, Sharding, expert_rows, local_matrix, matrix_rows, mixer_rows
from roofline.weights import Role


@cache
def load(name):
    entry = CATALOGUE[name]
    return Model.from_config(entry.config, name=name, sidecar=entry.sidecar)


def matrices(name, ranks=1, expert_ranks=1, expert_slices=1, precision="auto"):
    """Rows by kernel name; every name of these models is unique."""
    rows = matrix_rows(load(name), Sharding(ranks, expert_ranks, expert_slices), precision)
    assert len({row.name for row in rows}) == len(rows)
    return {row.name: row for row in rows}


# Llama-3.1-70B: hidden 8192, 64 + 8 + 8 heads of 128, feed-forward 28672, vocabulary 128256
@pytest.mark.parametrize(
    ("kernel", "inputs", "outputs", "calls"),
    [
        ("qkv", 8192, (64 + 8 + 8) * 128 // 8, 80),
        ("o", 64 * 128 // 8, 8192, 80),
        ("mlp up", 8192, 2 * 28672 // 8, 80),
        ("mlp down", 28672 // 8, 8192, 80),
        ("head", 8192, 128256 // 8, 1),
    ],
)
def test_llama_70b_on_eight_ranks(kernel, inputs, outputs, calls):
    row = matrices("meta-llama/Llama-3.1-70B", ranks=8)[kernel]
    assert (row.depth, row.calls) == (inputs, calls)
    assert row.flop_per_token == 2 * inputs * outputs
    assert row.weight_bytes == 2 * inputs * outputs
    assert row.io_bytes_per_token == 2 * (inputs + outputs)


def test_a_dense_model_has_five_kernels_with_weights():
    rows = matrices("meta-llama/Llama-3.1-70B")
    assert set(rows) == {"qkv", "o", "mlp up", "mlp down", "head"}


def test_fp8_halves_the_bytes_of_layers_and_leaves_the_head():
    rows = matrices("meta-llama/Llama-3.1-70B", ranks=8, precision="fp8")
    assert rows["qkv"].weight_bytes == 8192 * 1280
    assert rows["head"].weight_bytes == 2 * 8192 * 16032


def test_key_value_heads_are_copied_where_ranks_outnumber_them():
    """Qwen3-235B: 64 query heads, 4 key and 4 value heads of 128: a rank of 8 has 8 + 1 + 1."""
    row = matrices("Qwen/Qwen3-235B-A22B", ranks=8)["qkv"]
    assert row.flop_per_token == 2 * 4096 * (8 + 1 + 1) * 128


# DeepSeek-V3: query rank 1536, latent 512 + 64, 128 heads of 128 + 64 and 128
@pytest.mark.parametrize("ranks", [1, 2, 8])
def test_the_down_projections_of_mla_are_whole_on_every_rank(ranks):
    row = matrices("deepseek-ai/DeepSeek-V3.1", ranks=ranks)["qkv_a"]
    assert row.flop_per_token == 2 * 7168 * (1536 + 512 + 64)
    assert row.calls == 61


@pytest.mark.parametrize(
    ("kernel", "inputs", "outputs"),
    [("q_b", 1536, 16 * 192), ("kv_b", 512, 16 * 256), ("o", 16 * 128, 7168)],
)
def test_the_up_projections_of_mla_split_by_heads(kernel, inputs, outputs):
    row = matrices("deepseek-ai/DeepSeek-V3.1", ranks=8)[kernel]
    assert (row.depth, row.flop_per_token) == (inputs, 2 * inputs * outputs)


def test_deepseek_has_three_dense_layers_and_58_with_a_shared_expert():
    rows = matrices("deepseek-ai/DeepSeek-V3.1", ranks=8)
    assert (rows["mlp up"].calls, rows["shared expert up"].calls, rows["router"].calls) == (3, 58, 58)
    assert rows["mlp up"].flop_per_token == 2 * 7168 * 2 * 18432 / 8
    assert rows["shared expert up"].flop_per_token == 2 * 7168 * 2 * 2048 / 8


def test_the_router_is_whole_on_every_rank():
    assert matrices("deepseek-ai/DeepSeek-V3.1", ranks=8)["router"].flop_per_token == 2 * 7168 * 256


def test_routed_experts_are_no_ordinary_matrices():
    assert Role.EXPERT not in {row.role for row in matrices("deepseek-ai/DeepSeek-V3.1").values()}


def test_a_tied_head_multiplies_with_the_embedding():
    """Llama-3.2-1B: hidden 2048, vocabulary 128256."""
    row = matrices("meta-llama/Llama-3.2-1B-Instruct", ranks=2)["head"]
    assert row.role is Role.HEAD
    assert row.flop_per_token == 2 * 2048 * 128256 / 2


def deepseek_experts(expert_ranks, expert_slices):
    (row,) = expert_rows(load("deepseek-ai/DeepSeek-V3.1"), Sharding(8, expert_ranks, expert_slices), "auto")
    return row


@pytest.mark.parametrize(("expert_ranks", "expert_slices"), [(1, 8), (2, 4), (8, 1)])
def test_experts_are_spread_over_ranks_or_sliced(expert_ranks, expert_slices):
    """256 experts of 3 x 7168 x 2048, 8 per token, in 58 layers."""
    row = deepseek_experts(expert_ranks, expert_slices)
    assert (row.experts, row.active, row.calls) == (256, 8, 58)
    assert row.local_experts == 256 // expert_ranks
    assert row.flop_per_assignment == 2 * 3 * 7168 * 2048 / expert_slices


def test_expert_bytes_count_the_scales_of_fp8_blocks():
    """One FP32 scale for 128 x 128 elements: 4/16384 byte each."""
    assert deepseek_experts(8, 1).bytes_per_expert == pytest.approx(3 * 7168 * 2048 * (1 + 4 / 16384), rel=1e-12)


def test_a_rest_of_experts_is_on_the_fullest_rank():
    """8 experts on 3 ranks."""
    (row,) = expert_rows(load("mistralai/Mixtral-8x7B-v0.1"), Sharding(1, 3, 1), "auto")
    assert row.local_experts == 3


def mixers(name, ranks=1):
    return list(mixer_rows(load(name).layer_groups, ranks))


def test_windowed_and_full_layers_are_rows_of_their_own():
    rows = mixers("openai/gpt-oss-120b")
    assert {(row.window_tokens, row.calls) for row in rows} == {(128, 18), (None, 18)}


@pytest.mark.parametrize(("ranks", "heads"), [(1, 8), (2, 4), (8, 1), (16, 1)])
def test_a_rank_has_its_share_of_the_key_value_heads_or_one(ranks, heads):
    (row,) = mixers("meta-llama/Llama-3.1-70B", ranks)
    assert (row.core, row.local_heads) == (Core.ATTENTION, heads)


def test_the_latent_is_one_head_on_every_rank():
    (row,) = mixers("deepseek-ai/DeepSeek-V3.1", 8)
    assert (row.core, row.local_heads, row.calls) == (Core.LATENT, 1, 61)


def test_a_hybrid_has_a_recurrent_core_beside_attention():
    """Qwen3-Next: every fourth of 48 layers attends."""
    rows = mixers("Qwen/Qwen3-Next-80B-A3B-Instruct")
    assert {(row.core, row.calls) for row in rows} == {(Core.ATTENTION, 12), (Core.RECURRENT, 36)}


@pytest.mark.parametrize(("ranks", "width"), [(1, 18432), (8, 2304), (5, 3687)])
def test_a_width_without_heads_is_cut_anywhere(ranks, width):
    linear = next(
        w
        for layer, _ in load("deepseek-ai/DeepSeek-V3.1").layer_groups
        for w in layer.weights
        if w.name == "mlp.up_proj"
    )
    assert local_matrix(linear, Sharding(ranks, 1, 1)) == (7168, width, 1)


@pytest.mark.parametrize(("ranks", "heads"), [(1, 40 + 20), (4, 10 + 2 * 3), (5, 8 + 2 * 2), (20, 2 + 2 * 1)])
def test_a_rest_of_key_value_heads_is_on_the_fullest_rank(ranks, heads):
    """Phi-4: 40 query heads, 10 key and 10 value heads of 128."""
    assert matrices("microsoft/phi-4", ranks)["qkv"].flop_per_token == 2 * 5120 * heads * 128

"""Caches and core work of every mixer: known sizes, and laws that hold for all."""

import math
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roofline.mixers import Cache, GroupedQueryAttention, LatentAttention, Mixer, SparseLatentAttention, attended_pairs
from roofline.mixers.block_sparse import BlockSparseAttention
from roofline.mixers.compressed import CompressedAttention
from roofline.mixers.mamba import Mamba1, Mamba2, ShortConvolution
from roofline.mixers.others import CrossAttention, LinearReplacement, SideBySide
from roofline.mixers.recurrent import GatedDeltaNet, KimiDeltaAttention, LightningAttention


class Work(NamedTuple):
    """Work of a core on one GPU."""

    flop: float
    bytes: float


def decode(mixer: Mixer, context: float, ranks: int, kv_bytes: float) -> Work:
    return Work(*mixer.decode(ranks, kv_bytes)(context))


def prefill(mixer: Mixer, new: float, past: float, ranks: int, kv_bytes: float) -> Work:
    return Work(*mixer.prefill(ranks, kv_bytes)(new, past))


GQA = GroupedQueryAttention(hidden_size=4096, heads=32, kv_heads=8, key_dim=128, value_dim=128)
WINDOW = GroupedQueryAttention(hidden_size=4096, heads=32, kv_heads=8, key_dim=128, value_dim=128, window_tokens=1024)
MLA = LatentAttention(
    hidden_size=7168, heads=128, query_rank=1536, latent_dim=512, nope_dim=128, rope_dim=64, value_dim=128
)
DSA = SparseLatentAttention(
    hidden_size=7168,
    heads=128,
    query_rank=1536,
    latent_dim=512,
    nope_dim=128,
    rope_dim=64,
    value_dim=128,
    index_heads=64,
    index_dim=128,
    top_k=2048,
)
COMPRESSED = CompressedAttention(
    hidden_size=4096,
    heads=64,
    head_dim=512,
    query_rank=1024,
    output_rank=1024,
    output_groups=8,
    window_tokens=128,
    ratio=4,
    index_heads=64,
    index_dim=128,
    top_k=512,
)
BLOCKS = BlockSparseAttention(
    hidden_size=6144,
    heads=64,
    kv_heads=4,
    key_dim=128,
    value_dim=128,
    index_heads=4,
    index_dim=128,
    block_tokens=128,
    top_blocks=16,
)
DELTA = GatedDeltaNet(
    hidden_size=2048, key_heads=16, value_heads=32, key_dim=128, value_dim=128, kernel=4, state_element_bytes=4.0
)
KDA = KimiDeltaAttention(hidden_size=2304, heads=32, head_dim=128, kernel=4, gate_rank=128, decay_rank=128)
LIGHTNING = LightningAttention(hidden_size=6144, heads=64, head_dim=128)
MAMBA2 = Mamba2(hidden_size=2688, heads=64, head_dim=64, state_size=128, groups=8, kernel=4)
MAMBA1 = Mamba1(hidden_size=4096, inner=8192, state_size=16, step_rank=256, kernel=4)
CONVOLUTION = ShortConvolution(hidden_size=2048, kernel=3)
CROSS = CrossAttention(hidden_size=4096, heads=32, kv_heads=8, key_dim=128, value_dim=128)
BOTH = SideBySide(GQA, MAMBA2)
MATRIX = LinearReplacement(hidden_size=4096)

ATTENTION: list[Mixer] = [GQA, WINDOW, MLA, DSA, COMPRESSED, BLOCKS]
RECURRENT: list[Mixer] = [DELTA, KDA, LIGHTNING, MAMBA2, MAMBA1, CONVOLUTION]
ALL: list[Mixer] = [*ATTENTION, *RECURRENT, CROSS, BOTH, MATRIX]

mixers = st.sampled_from(ALL)
lengths = st.integers(1, 200_000)
ranks = st.sampled_from([1, 2, 4, 8])


def kept(mixer: Mixer, tokens: float, element_bytes: float = 2.0, ranks: int = 1) -> float:
    return sum(cache.bytes(tokens, element_bytes, ranks) for cache in mixer.caches())


@pytest.mark.parametrize(
    ("mixer", "tokens", "expected"),
    [
        (GQA, 100, 2 * 8 * 128 * 2 * 100),
        (WINDOW, 5_000, 2 * 8 * 128 * 2 * 1024),
        (MLA, 100, 576 * 2 * 100),
        (DSA, 100, (576 * 2 + 132) * 100),
        (COMPRESSED, 1_001, 512 * 2 * 128 + 250 * (512 * 2 + 64) + 2 * 4 * 2 * 512 * 4),
        (BLOCKS, 100, (2 * 4 * 128 + 128) * 2 * 100),
        (DELTA, 100, 32 * 128 * 128 * 4 + 8192 * 4 * 2),
        (KDA, 100, 32 * 128 * 128 * 2 + 3 * 4096 * 4 * 2),
        (LIGHTNING, 100, 64 * 128 * 128 * 2),
        (MAMBA2, 100, 64 * 64 * 128 * 2 + 6144 * 4 * 2),
        (MAMBA1, 100, 8192 * 16 * 2 + 8192 * 4 * 2),
        (CONVOLUTION, 100, 2048 * 3 * 2),
        (CROSS, 100, 0),
        (MATRIX, 100, 0),
    ],
)
def test_cache_of_one_layer(mixer: Mixer, tokens: int, expected: float) -> None:
    assert kept(mixer, tokens) == expected


def test_layers_that_share_a_cache_still_read_it() -> None:
    shared = GroupedQueryAttention(
        hidden_size=64,
        heads=4,
        kv_heads=2,
        key_dim=16,
        value_dim=16,
        key_projection=False,
        value_projection=False,
        stores=False,
    )
    assert shared.caches() == ()
    assert [linear.name for linear in shared.linears()] == ["self_attn.q_proj", "self_attn.o_proj"]
    assert decode(shared, 100, 1, 2.0).bytes > 2 * 2 * 16 * 2 * 100


def test_heads_split_until_one_is_left_and_latents_are_copied() -> None:
    assert kept(GQA, 100, ranks=8) == kept(GQA, 100) / 8
    assert kept(GQA, 100, ranks=16) == kept(GQA, 100) / 8
    assert kept(MLA, 100, ranks=8) == kept(MLA, 100)


def test_states_split_over_heads() -> None:
    assert kept(DELTA, 100, ranks=8) == kept(DELTA, 100) / 8


def test_fp8_halves_keys_but_not_states_or_index_keys() -> None:
    assert kept(GQA, 100, 1.0) == kept(GQA, 100) / 2
    assert kept(DSA, 100, 1.0) == (576 + 132) * 100
    assert kept(DELTA, 100, 1.0) == kept(DELTA, 100)


def test_compressed_entries_are_whole() -> None:
    assert Cache(elements_per_entry=1, stride_tokens=128).bytes(127, 2.0) == 0
    assert Cache(elements_per_entry=1, stride_tokens=128).bytes(128, 2.0) == 2


@given(st.integers(0, 300), st.integers(0, 300), st.none() | st.integers(1, 400))
def test_pairs_are_counted_one_by_one(new: int, past: int, window: int | None) -> None:
    whole = sum(min(past + i, window or past + i) for i in range(1, new + 1))
    assert attended_pairs(new, past, window) == whole


@given(mixers, lengths, lengths)
def test_caches_never_shrink(mixer: Mixer, one: int, other: int) -> None:
    assert kept(mixer, max(one, other)) >= kept(mixer, min(one, other)) >= 0


@given(mixers, lengths, ranks)
def test_more_ranks_never_mean_more_on_one_gpu(mixer: Mixer, tokens: int, count: int) -> None:
    one, many = decode(mixer, tokens, 1, 2.0), decode(mixer, tokens, count, 2.0)
    assert many.flop <= one.flop
    assert many.bytes <= one.bytes
    whole, part = prefill(mixer, tokens, 0, 1, 2.0), prefill(mixer, tokens, 0, count, 2.0)
    assert part.flop <= whole.flop
    assert part.bytes <= whole.bytes
    assert kept(mixer, tokens, ranks=count) <= kept(mixer, tokens)


@given(mixers, lengths, lengths)
def test_longer_contexts_never_cost_less(mixer: Mixer, one: int, other: int) -> None:
    short, long = decode(mixer, min(one, other), 1, 2.0), decode(mixer, max(one, other), 1, 2.0)
    assert long.flop >= short.flop >= 0
    assert long.bytes >= short.bytes >= 0


@given(st.sampled_from(RECURRENT), lengths, lengths)
def test_recurrent_layers_cost_the_same_at_any_context(mixer: Mixer, one: int, other: int) -> None:
    assert decode(mixer, one, 1, 2.0) == decode(mixer, other, 1, 2.0)


@given(st.sampled_from(RECURRENT), st.integers(1, 10_000))
def test_recurrent_prompts_cost_in_proportion(mixer: Mixer, tokens: int) -> None:
    one, two = prefill(mixer, tokens, 0, 1, 2.0), prefill(mixer, 2 * tokens, 0, 1, 2.0)
    assert two.flop == pytest.approx(2 * one.flop)


@given(st.sampled_from([GQA, WINDOW, MLA]), st.integers(1, 3_000), st.integers(0, 3_000))
def test_a_prompt_in_two_parts_costs_the_same_flop(mixer: Mixer, first: int, second: int) -> None:
    whole = prefill(mixer, first + second, 0, 1, 2.0).flop
    parts = prefill(mixer, first, 0, 1, 2.0).flop + prefill(mixer, second, first, 1, 2.0).flop
    assert whole == pytest.approx(parts)


def test_a_window_caps_what_is_read() -> None:
    assert decode(WINDOW, 1_024, 1, 2.0) == decode(WINDOW, 100_000, 1, 2.0)
    assert decode(GQA, 100_000, 1, 2.0).flop == 4 * 32 * 128 * 100_000


def test_an_indexer_caps_attention_but_scores_everything() -> None:
    short, long = decode(DSA, 2_048, 1, 2.0), decode(DSA, 102_048, 1, 2.0)
    assert long.flop - short.flop == 2 * 64 * 128 * 100_000
    assert long.bytes - short.bytes == 132 * 100_000
    dense = decode(MLA, 102_048, 1, 2.0)
    assert long.flop < dense.flop


def test_a_short_sparse_prompt_is_dense() -> None:
    index = 2 * 64 * 128 * attended_pairs(1_000, 0, None)
    assert prefill(DSA, 1_000, 0, 1, 2.0).flop == prefill(MLA, 1_000, 0, 1, 2.0).flop + index
    assert prefill(DSA, 100_000, 0, 1, 2.0).flop < prefill(MLA, 100_000, 0, 1, 2.0).flop


def test_blocks_cap_attention() -> None:
    assert BLOCKS.reach_tokens == 2_048
    short, long = decode(BLOCKS, 2_048, 1, 2.0), decode(BLOCKS, 3_048, 1, 2.0)
    assert long.bytes - short.bytes == 128 * 2 * 1_000


def test_a_state_is_read_and_written_each_step() -> None:
    assert decode(DELTA, 1, 1, 2.0).bytes == 2 * 32 * 128 * 128 * 4


@pytest.mark.parametrize("mixer", ALL)
def test_members_of_the_protocol(mixer: Mixer) -> None:
    assert mixer.label
    assert mixer.head_units >= 0
    assert mixer.extra_params() >= 0
    assert len({linear.name for linear in mixer.linears()}) == len(mixer.linears())
    assert hash(mixer) == hash(mixer)
    assert math.isfinite(decode(mixer, 10_000, 8, 1.0).flop)


@pytest.mark.parametrize("mixer", ALL)
def test_fused_kernels_share_their_input(mixer: Mixer) -> None:
    kernels: dict[str, set[int]] = {}
    for linear in mixer.linears():
        kernels.setdefault(linear.kernel, set()).add(linear.inputs)
    assert all(len(inputs) == 1 for inputs in kernels.values())

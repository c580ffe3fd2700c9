"""The closed forms for one kernel call, worked by hand on a GPU of 1 PFLOP/s and 2 TB/s."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roofline.curves import (
    CollectiveCurve,
    DecodeCurve,
    ExpertCurve,
    MatrixCurve,
    PrefillCurve,
    StreamCurve,
    Time,
    matrices_timer,
    smooth_max,
)

PEAK, BANDWIDTH = 1e15, 2e12


@pytest.mark.parametrize(
    ("a", "b", "sharpness", "result"),
    [
        (3.0, 4.0, math.inf, 4.0),
        (4.0, 3.0, math.inf, 4.0),
        (3.0, 4.0, 2.0, 5.0),
        (3.0, 4.0, 1.0, 7.0),
        (5.0, 0.0, 2.0, 5.0),
        (0.0, 0.0, 2.0, 0.0),
        (1e300, 1e300, 8.0, 1e300 * 2 ** (1 / 8)),
        (1e-300, 1e300, 8.0, 1e300),
    ],
)
def test_smooth_max(a, b, sharpness, result):
    assert smooth_max(a, b, sharpness) == pytest.approx(result, rel=1e-12)


def matrix(curve, flop, moved_bytes):
    """100 rows; all traffic is weights."""
    return Time(*curve.timer(1000, flop / 100, moved_bytes, 0, PEAK, BANDWIDTH)(100))


def test_an_ideal_matrix_product_takes_the_longer_of_arithmetic_and_traffic():
    assert matrix(MatrixCurve(), 2e12, 2e9).total_s == pytest.approx(2e-3)
    assert matrix(MatrixCurve(), 1e12, 6e9).total_s == pytest.approx(3e-3)


def test_a_matrix_product_counts_for_what_it_waits_for_most():
    assert matrix(MatrixCurve(launch_s=1e-6), 2e12, 2e9) == pytest.approx((2e-3, 0, 0, 1e-6))
    assert matrix(MatrixCurve(launch_s=1e-6), 1e12, 6e9) == pytest.approx((0, 3e-3, 0, 1e-6))


def test_efficiencies_divide_the_peaks():
    curve = MatrixCurve(compute_efficiency=0.5, memory_efficiency=0.8)
    assert matrix(curve, 2e12, 2e9).total_s == pytest.approx(4e-3)
    assert matrix(curve, 0, 2e9).total_s == pytest.approx(1.25e-3)


def test_rows_bring_their_own_traffic():
    """100 rows of 10 MB beside 1 GB of weights."""
    time = Time(*MatrixCurve().timer(1000, 0, 1e9, 1e7, PEAK, BANDWIDTH)(100))
    assert time.memory_s == pytest.approx(1e-3)


@given(st.floats(0, 1e13), st.floats(1e3, 1e11), st.sampled_from([0.8, 2.5, math.inf]))
def test_a_matrix_product_takes_the_smooth_maximum(flop, moved_bytes, sharpness):
    """The product's timer has the formula written out."""
    time = matrix(MatrixCurve(sharpness=sharpness), flop, moved_bytes)
    assert time.total_s == pytest.approx(smooth_max(flop / PEAK, moved_bytes / BANDWIDTH, sharpness), rel=1e-12)


def test_products_one_after_the_other_add_up():
    one, other = MatrixCurve(launch_s=1e-6, sharpness=2.0), MatrixCurve(depth_s=1e-9, quantize_passes=3.0)
    shapes = ((one, (1000, 2e10, 6e9, 1e4, PEAK, BANDWIDTH, 3)), (other, (4000, 5e9, 1e7, 1e5, PEAK, BANDWIDTH)))
    together = matrices_timer([curve.piece(*shape) for curve, shape in shapes])
    each = [curve.timer(*shape)(100) for curve, shape in shapes]
    assert together(100) == pytest.approx([sum(parts) for parts in zip(*each, strict=True)])
    assert matrices_timer([])(100) == (0, 0, 0, 0)


#: Curves that wait for arithmetic, for memory, or for a link, and what one call of each works on.
CALLS = (
    (MatrixCurve(launch_s=1e-6, depth_s=1e-9, quantize_passes=1.0), (1000, 2e10, 6e8, 1e4, PEAK, BANDWIDTH), (100,)),
    (ExpertCurve(launch_s=5e-6, expert_s=1e-6, sharpness=2.0), (1e9, PEAK, BANDWIDTH), (4e7, 4e5, 400, 4)),
    (DecodeCurve(launch_s=1e-6, context_s=1e-6, sequence_s=1e-8), (PEAK, BANDWIDTH), (1e9, 8e6, 1e6, 1000, 10)),
    (PrefillCurve(launch_s=1e-6, token_s=1e-9, diagonal_tokens=50), (PEAK, BANDWIDTH), (1e12, 2e6, 1000)),
    (StreamCurve(launch_s=1e-6), (BANDWIDTH,), (1e6,)),
    (CollectiveCurve(launch_s=1e-6, hop_s=1e-6), (8, 450e9), (1e9,)),
)


@pytest.mark.parametrize(("curve", "layout", "runs"), CALLS)
def test_calls_take_as_long_as_each_of_them_together(curve, layout, runs):
    assert curve.timer(*layout, 7)(*runs) == pytest.approx([7 * part_s for part_s in curve.timer(*layout)(*runs)])


def test_launch_depth_and_quantisation_come_on_top_of_a_matrix_product():
    """1 us + 1000 x 2 ns + two passes of 3 x 100 x 1000 bytes at 2 TB/s."""
    time = matrix(MatrixCurve(launch_s=1e-6, depth_s=2e-9, quantize_passes=2.0), 2e12, 2e9)
    assert time.fixed_s == pytest.approx(1e-6 + 2e-6 + 0.3e-6)
    assert time.total_s == pytest.approx(2e-3 + 3.3e-6)


@pytest.mark.parametrize(
    ("tokens", "touched"),
    [(0.5, 1.0), (1, 2.0), (2, 3.5), (3, 4.625), (10_000, 8.0)],  # 8 x (1 - 0.75^tokens) from one token on
)
def test_uniform_routing_touches_distinct_experts(tokens, touched):
    assert ExpertCurve().toucher(8, 2)(tokens) == pytest.approx(touched)


def test_128_experts_and_64_tokens_leave_hardly_one_untouched():
    """128 x (1 - (15/16)^64): every second token's eight experts would be 256 of them."""
    assert ExpertCurve().toucher(128, 8)(64) == pytest.approx(125.942, abs=1e-3)


def test_a_block_that_uses_all_its_experts_touches_them_at_once():
    assert ExpertCurve().toucher(4, 4)(1) == 4
    assert ExpertCurve().toucher(4, 4)(50) == 4


def test_popular_experts_leave_more_of_the_others_untouched():
    """Shape 1: 2 + 6 x (1 - 1/(1 - ln 0.75))."""
    assert ExpertCurve(popularity_exponent=1.0).toucher(8, 2)(2) == pytest.approx(2 + 6 * 0.223411, rel=1e-5)


def experts(curve, assignments, touched):
    """Experts of 1 GFLOP per assignment and 10 MB, 1 kB of activations per assignment."""
    return Time(*curve.timer(1e9, PEAK, BANDWIDTH)(1e7 * touched, 1e3 * assignments, assignments, touched))


def test_few_tokens_per_expert_read_weights():
    time = experts(ExpertCurve(), assignments=4, touched=4)
    assert time.memory_s == time.total_s == pytest.approx(20e-6 + 2e-9)


def test_many_tokens_per_expert_compute():
    time = experts(ExpertCurve(), assignments=400, touched=4)
    assert time.compute_s == time.total_s == pytest.approx(400e-6 + 0.2e-6)


@pytest.mark.parametrize(("assignments", "rows"), [(4, 16), (400, 108)])
def test_rows_of_an_expert_are_padded_to_tiles(assignments, rows):
    """Four experts with tiles of 16: at least one tile, half a tile more on average."""
    time = experts(ExpertCurve(tile_tokens=16), assignments, touched=4)
    assert time.compute_s == pytest.approx(4 * rows * 1e-6 + assignments * 1e3 / BANDWIDTH)


def test_launch_and_each_touched_expert_come_on_top():
    time = experts(ExpertCurve(launch_s=5e-6, expert_s=1e-6), assignments=4, touched=4)
    assert time.fixed_s == pytest.approx(9e-6)
    assert time.total_s == pytest.approx(29e-6 + 2e-9)


def decode(curve, flop=1e9, moved_bytes=2e6, elements=1e6, seen=1000, pieces=10):
    return Time(*curve.timer(PEAK, BANDWIDTH)(flop, moved_bytes, elements, seen, pieces))


def test_an_ideal_decode_core_reads_the_cache():
    time = decode(DecodeCurve())
    assert time.total_s == pytest.approx(1e-6)
    assert decode(DecodeCurve(), moved_bytes=8e6) == pytest.approx((0, 4e-6, 0, 0))


def test_query_rows_of_a_decode_core_are_padded_to_the_tile():
    """Multi-head attention has one query row per key head, the tensor core computes a tile of them."""
    assert decode(DecodeCurve(tile_flop_per_element=64_000)).compute_s == pytest.approx(64e-6)
    assert decode(DecodeCurve(tile_flop_per_element=10)).compute_s == pytest.approx(1e-6)


def test_the_fixed_part_of_a_decode_core_saturates_with_the_context():
    curve = DecodeCurve(launch_s=2e-6, context_s=4e-6)
    assert decode(curve, seen=0).fixed_s == pytest.approx(2e-6)
    assert decode(curve, seen=1000).fixed_s == pytest.approx(4e-6)
    assert decode(curve, seen=3000).fixed_s == pytest.approx(5e-6)


def test_many_small_sequences_take_time_each():
    assert decode(DecodeCurve(sequence_s=1e-6), pieces=10).total_s == pytest.approx(10e-6)


def prefill(curve, flop=1e12, moved_bytes=2e6, seen=1000):
    return Time(*curve.timer(PEAK, BANDWIDTH)(flop, moved_bytes, seen))


def test_an_ideal_prefill_core_computes_and_moves():
    assert prefill(PrefillCurve()).total_s == pytest.approx(1e-3 + 1e-6)


def test_the_diagonal_weighs_less_in_long_prompts():
    curve = PrefillCurve(diagonal_tokens=500)
    assert prefill(curve, seen=1000).compute_s == pytest.approx(1.5e-3 + 1e-6)
    assert prefill(curve, seen=50_000).compute_s == pytest.approx(1.01e-3 + 1e-6)


def test_a_prefill_core_takes_at_least_its_time_per_token():
    assert prefill(PrefillCurve(token_s=5e-6)).total_s == pytest.approx(5e-3 + 1e-6)


def test_passes_over_the_traffic_of_a_prefill_core_are_at_least_one():
    assert prefill(PrefillCurve(io_passes=3.0), flop=0).memory_s == pytest.approx(3e-6)
    assert prefill(PrefillCurve(io_passes=0.2), flop=0).memory_s == pytest.approx(1e-6)


def test_small_kernels_stream():
    time = Time(*StreamCurve(launch_s=1e-6, memory_efficiency=0.5).timer(BANDWIDTH)(2e6))
    assert (time.total_s, time.memory_s, time.fixed_s) == pytest.approx((3e-6, 2e-6, 1e-6))


@pytest.mark.parametrize(("group", "hops"), [(2, 1), (4, 2), (8, 3)])
def test_a_small_collective_takes_launch_and_hops(group, hops):
    time = Time(*CollectiveCurve(launch_s=2e-6, hop_s=1e-6).timer(group, 450e9)(1.0))
    assert time.total_s == pytest.approx(2e-6 + hops * 1e-6)


def test_a_large_collective_takes_the_link():
    time = Time(*CollectiveCurve(launch_s=2e-6, link_efficiency=0.75).timer(8, 450e9)(450e6))
    assert time.total_s == pytest.approx(1e-3 / 0.75)
    assert time.link_s == pytest.approx(1e-3 / 0.75 - 2e-6)

"""The curve over concurrency."""

import dataclasses
import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roofline import CATALOGUE, Deployment, Model, Workload, estimate
from roofline.curve import curve, curve_points, grid

MODEL = Model.from_config(CATALOGUE["meta-llama/Llama-3.1-8B"].config)
WORKLOAD = Workload(concurrency=20)


def points(workload=WORKLOAD, **fields):
    return list(curve_points(MODEL, Deployment(**fields), workload))


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_the_grid_spans_everything_in_small_ratios(most, chosen):
    values = grid(most, chosen)
    assert values == sorted(set(values))
    assert {1, most, chosen} <= set(values)
    inside = [value for value in values if value <= most]
    assert all(b / a <= 2 ** (1 / 4) * 1.2 or b - a == 1 for a, b in pairwise(inside))
    assert len(values) <= 4 * math.log2(most) + 6


def test_points_are_estimates_from_one_to_the_most_that_fit():
    row = points()
    assert row[0].concurrency == 1
    assert row[-1].concurrency == row[-1].estimate.max_concurrency
    assert 20 in [point.concurrency for point in row]
    for point in row[::5]:
        workload = dataclasses.replace(WORKLOAD, concurrency=point.concurrency)
        again = estimate(MODEL, Deployment(), workload)
        assert point.estimate == again
        assert point.tokens_per_s_per_gpu == again.replica_tokens_per_s / again.gpus_per_replica


def test_marks():
    row = points()
    target_s = row[10].estimate.tpot_s
    found = curve(row, 20, tpot_s=target_s, ttft_s=1e-9)
    assert (found.chosen, found.most) == (20, row[-1].concurrency)
    assert found.tpot_limit == row[10].concurrency
    assert found.ttft_limit == 0
    assert curve(row, 20).tpot_limit is None


def test_what_caps_the_curve():
    assert curve(points(max_running=32), 20).limit == "max-running"
    long = Workload(input_tokens=60_000, output_tokens=1000, concurrency=2)
    assert curve(points(long), 2).limit == "memory"


def test_a_chosen_concurrency_that_waits_is_on_the_curve():
    row = points(Workload(concurrency=500), max_running=32)
    assert [point.concurrency for point in row][-2:] == [32, 500]
    assert row[-1].estimate.ttft_s > row[-2].estimate.ttft_s


def test_nothing_without_room():
    big = Model.from_config(CATALOGUE["deepseek-ai/DeepSeek-V3.1"].config)
    assert list(curve_points(big, Deployment(), WORKLOAD)) == []
    with pytest.raises(ValueError, match="points"):
        curve([], 1)


def test_the_band_is_that_of_the_throughput():
    point = points()[3]
    bare = point._replace(estimate=dataclasses.replace(point.estimate, replica_tokens_per_s_low=None))
    assert bare.band is None
    ranged = dataclasses.replace(point.estimate, replica_tokens_per_s_low=10.0, replica_tokens_per_s_high=30.0)
    assert point._replace(estimate=ranged).band == (10.0, 30.0)

"""The front, the cheapest, the nearest miss, on points made by hand."""

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from roofline.layouts import Layout
from roofline.ranking import cheapest_of_layouts, first_of_gpus, nearest, pareto, refusals
from roofline.trial import Point, Refusal


def trial_on(gpu="H200 SXM", ranks=1):
    return SimpleNamespace(order=(gpu, "auto", Layout(ranks)))


def point(usd, tpot_s, ttft_s=1.0, trial=None):
    return Point(trial or trial_on(), 1, 1, 1, ttft_s, tpot_s, 1.0, usd, overloaded=False)


def test_the_front_by_hand():
    cheap, fast, both, worse = point(1, 0.5), point(4, 0.1), point(2, 0.3), point(3, 0.3)
    assert pareto([worse, fast, both, cheap]) == [cheap, both, fast]


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1))
def test_every_point_is_on_the_front_or_beaten_by_it(pairs):
    points = [point(usd, tpot) for usd, tpot in pairs]
    front = pareto(points)
    for each in points:
        better = [p for p in points if p.usd_per_month <= each.usd_per_month and p.tpot_s <= each.tpot_s]
        strictly = [p for p in better if (p.usd_per_month, p.tpot_s) != (each.usd_per_month, each.tpot_s)]
        assert bool(strictly) != any((p.usd_per_month, p.tpot_s) == (each.usd_per_month, each.tpot_s) for p in front)


def test_one_row_for_each_layout_and_each_gpu():
    one, two, other = trial_on(), trial_on(ranks=2), trial_on(gpu="B200 SXM")
    rows = [point(5, 1, trial=one), point(3, 1, trial=one), point(4, 1, trial=two), point(6, 1, trial=other)]
    best = cheapest_of_layouts(rows)
    assert [p.usd_per_month for p in best] == [3, 4, 6]
    assert [p.usd_per_month for p in first_of_gpus(best)] == [3, 6]


def test_the_nearest_miss_holds_the_other_targets():
    rows = [point(10, 0.05, ttft_s=0.5), point(1, 0.2, ttft_s=0.5), point(5, 0.01, ttft_s=9.0)]
    tpot, ttft = nearest(rows, {"tpot_s": 0.02, "ttft_s": 1.0}.items())
    assert (tpot.reached_value, tpot.least_value, tpot.binds) == (0.05, 0.01, True)
    assert (ttft.reached_value, ttft.least_value) == (9.0, 0.5)
    assert nearest([], {"tpot_s": 1.0}.items()) == ()


def test_a_gpu_is_refused_once_by_what_it_lacks_least():
    rows = [
        Refusal("A", "auto", "memory", "far", 5e9),
        Refusal("A", "auto", "memory", "near", 1e9),
        Refusal("B", "auto", "no-price", "none"),
    ]
    assert [row.text for row in refusals(rows)] == ["near", "none"]

"""Charts as data: they add up, they agree with the estimate, and their tables say the same."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from present import inputs, models, text
from present.chart_curve import curve_chart, curve_charts
from present.chart_steps import (
    PARTS,
    breakdown_chart,
    breakdown_s,
    memory_chart,
    memory_parts_bytes,
    roofline_chart,
)
from present.charts import Datum
from present.state import Scenario
from roofline import CATALOGUE, ENGINES, GPUS, RooflineError, estimate
from roofline.curve import curve, curve_points

SCENARIOS = [
    Scenario(),
    Scenario(model="meta-llama/Llama-3.1-8B", tensor_parallel=1, concurrency=16),
    Scenario(model="openai/gpt-oss-120b", gpu="B200 SXM", tensor_parallel=2, engine="TensorRT-LLM"),
    Scenario(model="Qwen/Qwen3-Next-80B-A3B-Instruct", tensor_parallel=4, engine="SGLang"),
]


def run(scenario):
    model = models.bundled(scenario.model).model
    return estimate(model, inputs.deployment(scenario), inputs.workload(scenario))


@pytest.fixture(scope="module", params=range(len(SCENARIOS)))
def case(request):
    scenario = SCENARIOS[request.param]
    return scenario, run(scenario)


def test_the_time_of_a_step_is_all_accounted_for(case):
    _, result = case
    for step in (result.prefill, result.decode):
        parts = breakdown_s(step)
        assert tuple(parts) == PARTS
        assert sum(parts.values()) == pytest.approx(step.total_s / step.steps, rel=1e-9)
        assert parts["compute"] == pytest.approx(step.compute_s / step.steps, rel=1e-9)
        assert parts["communication"] == pytest.approx(step.communication_s / step.steps, rel=1e-9, abs=1e-15)
    chart = breakdown_chart(result)
    rows = {datum.x for datum in chart.layers[0].data}
    assert len(rows) == 2
    for row in rows:
        assert sum(d.y for d in chart.layers[0].data if d.x == row) == pytest.approx(1)
    assert any(f"{text.duration(result.decode_step_s)}, {result.decode_bound}-bound" in row for row in rows)
    assert any(f"{text.duration(result.prefill_s)}, {result.prefill_bound}-bound" in row for row in rows)
    assert {d.series for d in chart.layers[0].data} <= set(chart.tones)


@given(
    st.sampled_from(sorted(CATALOGUE)[::6]),
    st.sampled_from(sorted(GPUS)),
    st.sampled_from(sorted(ENGINES)),
    st.sampled_from([1, 2, 4]),
)
def test_the_memory_of_a_gpu_is_all_accounted_for(name, gpu, engine, degree):
    scenario = Scenario(model=name, gpu=gpu, engine=engine, tensor_parallel=degree)
    try:
        result = run(scenario)
    except RooflineError as refusal:
        assert refusal.code == "tensor-parallel"
        return
    parts = memory_parts_bytes(result, GPUS[gpu])
    assert all(value >= 0 for value in parts.values())
    assert ("missing" in parts) == (not result.fits)
    missing = parts.pop("missing", 0.0)
    assert missing == result.shortfall_bytes_per_gpu
    assert sum(parts.values()) == pytest.approx(GPUS[gpu].memory_bytes)
    if result.fits:
        assert parts["weights"] == result.weight_bytes_per_gpu
        assert parts["KV cache"] * result.gpus_per_replica == pytest.approx(result.kv_cache_bytes)


def test_memory_in_the_readers_unit():
    result = run(SCENARIOS[1])
    assert "GiB" in memory_chart(result, GPUS["H200 SXM"], binary=True).summary
    chart = memory_chart(result, GPUS["H200 SXM"])
    assert "GiB" not in chart.summary
    assert [row[0] for row in chart.table.rows] == ["weights", "KV cache", "reserve", "free"]


def test_no_operator_is_above_its_roof(case):
    scenario, result = case
    gpu = GPUS[scenario.gpu]
    chart = roofline_chart(result, gpu)
    (slope, *roofs), points = chart.layers[:-1], chart.layers[-1]
    highest = max(datum.y for roof in roofs for datum in roof.data)
    assert [roof.data[0].series.split()[0] for roof in roofs] == (
        ["BF16", "FP8", "FP4"] if gpu.fp4_flop_per_s else ["BF16", "FP8"]
    )
    for datum in (*slope.data, *(roof.data[0] for roof in roofs)):
        assert datum.y == pytest.approx(datum.x * gpu.hbm_bytes_per_s)
    for roof in roofs:
        knee, high = roof.data
        assert high.y == knee.y
        assert high.x > max(datum.x for datum in points.data)
        assert slope.data[0].y >= knee.y * (1 - 1e-9)
        assert min(datum.x for datum in points.data) > slope.data[-1].x
    for datum in points.data:
        assert datum.y <= min(highest, datum.x * gpu.hbm_bytes_per_s) * (1 + 1e-9)
        assert 0 < datum.size <= 1


def test_every_operator_stands_in_the_table(case):
    _, result = case
    table = roofline_chart(result, GPUS[case[0].gpu]).table
    assert len(table.rows) == len(result.prefill_operators) + len(result.decode_operators)
    assert all(len(row) == len(table.columns) for row in table.rows)


@pytest.fixture(scope="module")
def row():
    scenario = SCENARIOS[1]
    model = models.bundled(scenario.model).model
    return tuple(curve_points(model, inputs.deployment(scenario), inputs.workload(scenario)))


def test_the_curve_and_its_marks(row):
    chart = curve_chart(curve(row, 16, tpot_s=row[20].estimate.tpot_s, ttft_s=1e-9))
    assert (chart.x.scale, chart.y.scale) == ("log", "log")
    marked = {datum.label: datum for datum in chart.layers[-1].data}
    assert marked["16, chosen"].chosen
    assert f"{row[20].concurrency}: TPOT target" in marked
    assert "Not even one request keeps the TTFT target." in chart.summary
    assert any("memory is full" in label or "takes no more" in label for label in marked)
    assert not any("TTFT" in label for label in marked)
    assert len(chart.table.rows) == len(row)
    assert chart.table.rows[0][0] == "1"
    assert sum(bool(cells[-1]) for cells in chart.table.rows) == len(chart.layers[-1].data)
    (drawn,) = (layer for layer in chart.layers if layer.mark == "line")
    assert [(d.x, d.y, d.pick) for d in drawn.data] == [
        (p.request_tokens_per_s, p.tokens_per_s_per_gpu, str(p.concurrency)) for p in row
    ]
    assert {"1 request", "4", "64"} <= {datum.label for datum in drawn.data}


def test_the_band_of_the_curve_is_the_range_of_its_points(row):
    (band,) = (layer for layer in curve_chart(curve(row, 16)).layers if layer.mark == "band")
    assert [(d.low, d.high) for d in band.data] == [p.band for p in row if p.band]
    assert all(d.low <= d.y <= d.high for d in band.data)


def test_latency_and_cost_along_the_curve(row):
    charts = curve_charts(curve(row, 16, ttft_s=2.0))
    assert [chart.key for chart in charts[1:]] == ["ttft_s", "tpot_s", "usd_per_million_output_tokens"]
    for chart in charts[1:]:
        (drawn,) = (layer for layer in chart.layers if layer.mark == "line")
        assert [(d.x, d.y) for d in drawn.data] == [(p.concurrency, getattr(p.estimate, chart.key)) for p in row]
        assert [(d.x, d.chosen) for d in chart.layers[-1].data] == [(16, True)]
    assert [layer.data[0].y for layer in charts[1].layers if layer.mark == "level"] == [2.0]
    assert not [layer for layer in charts[2].layers if layer.mark == "level"]


def test_what_has_no_price_has_no_chart_of_it(row):
    free = [p._replace(estimate=replace(p.estimate, usd_per_million_output_tokens=None)) for p in row]
    assert len(curve_charts(curve(free, 16))) == 3


def test_data_hold_what_is_set_and_zeros():
    assert Datum(x=0, y=0.0).to_dict() == {"x": 0, "y": 0.0}
    full = Datum(x="a", y=1.0, series="s", low=0.0, high=2.0, size=0.5, pick="3", chosen=True)
    assert full.to_dict() == {
        "x": "a", "y": 1.0, "series": "s", "low": 0.0, "high": 2.0, "size": 0.5, "pick": "3", "chosen": True
    }  # fmt: skip


def test_charts_are_json_with_a_title_and_a_summary(case):
    scenario, result = case
    gpu = GPUS[scenario.gpu]
    for chart in (breakdown_chart(result), memory_chart(result, gpu), roofline_chart(result, gpu)):
        assert chart.title
        assert chart.summary
        assert chart.table.rows
        assert json.loads(json.dumps(chart.to_dict()))["title"] == chart.title
        assert all(datum.words for layer in chart.layers for datum in layer.data if layer.mark != "line")

"""Charts as data: they add up, they agree with the estimate, and their tables say the same."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from present import inputs, models
from present.chart_curve import curve_chart
from present.chart_steps import (
    PARTS,
    breakdown_chart,
    breakdown_s,
    memory_chart,
    memory_parts_bytes,
    roofline_chart,
)
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
    for phase in ("prefill", "decode"):
        assert sum(d.y for d in chart.layers[0].data if d.x == phase) == pytest.approx(1)
    assert f"Decode is {result.decode_bound}-bound" in chart.summary


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
    *roofs, points = chart.layers
    highest = max(datum.y for roof in roofs for datum in roof.data)
    assert [roof.data[0].series for roof in roofs] == (
        ["BF16", "FP8", "FP4"] if gpu.fp4_flop_per_s else ["BF16", "FP8"]
    )
    for roof in roofs:
        low, knee, high = roof.data
        assert knee.y == pytest.approx(knee.x * gpu.hbm_bytes_per_s)
        assert low.y == pytest.approx(low.x * gpu.hbm_bytes_per_s)
        assert high.y == knee.y
        assert high.x > max(datum.x for datum in points.data)
    for datum in points.data:
        assert datum.y <= min(highest, datum.x * gpu.hbm_bytes_per_s) * (1 + 1e-9)
        assert 0 < datum.size <= 1


def test_every_operator_stands_in_the_table(case):
    _, result = case
    table = roofline_chart(result, GPUS[case[0].gpu]).table
    assert len(table.rows) == len(result.prefill_operators) + len(result.decode_operators)
    assert all(len(row) == len(table.columns) for row in table.rows)


def test_the_curve_and_its_marks():
    scenario = SCENARIOS[1]
    model = models.bundled(scenario.model).model
    points = tuple(curve_points(model, inputs.deployment(scenario), inputs.workload(scenario)))
    found = curve(points, 16, tpot_s=points[20].estimate.tpot_s, ttft_s=1e-9)
    chart = curve_chart(found)
    assert (chart.x.scale, chart.y.scale) == ("log", "log")
    marked = {datum.label for datum in chart.layers[-1].data}
    assert {"chosen", "TPOT target"} <= marked
    assert any("memory is full" in label or "takes no more" in label for label in marked)
    assert not any("TTFT" in label for label in marked)
    assert len(chart.table.rows) == len(points)
    assert chart.table.rows[0][0] == "1"
    assert sum(bool(row[-1]) for row in chart.table.rows) == len(chart.layers[-1].data)


def test_charts_are_json_with_a_title_and_a_summary(case):
    scenario, result = case
    gpu = GPUS[scenario.gpu]
    for chart in (breakdown_chart(result), memory_chart(result, gpu), roofline_chart(result, gpu)):
        assert chart.title
        assert chart.summary
        assert chart.table.rows
        assert json.loads(json.dumps(chart.to_dict()))["title"] == chart.title
        assert all(datum.words for layer in chart.layers for datum in layer.data)

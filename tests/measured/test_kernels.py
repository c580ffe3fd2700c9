"""The kernel curves against the operator tables that they were fitted on."""

from __future__ import annotations

import statistics

import pytest

import calibrate_experts as experts
import calibrate_inherit as inherit
import calibrate_kernels as kernels
import calibrate_tables as tables
from calibrate_fit import Parameter, Sample, fit
from roofline.curves import MatrixCurve, Time


def test_known_constants_are_recovered() -> None:
    truth = MatrixCurve(launch_s=5e-6, depth_s=4e-10, memory_efficiency=0.8, compute_efficiency=0.6, sharpness=3.0)
    shapes = [(m, n, k) for m in (1, 16, 256, 4096) for n in (1024, 8192) for k in (1024, 8192)]
    calls = [((float(m),), (float(k), 2.0 * n * k, n * k, 2.0 * (n + k), 2e15, 4e12)) for m, n, k in shapes]
    samples = [Sample(call, Time(*truth.timer(*given)(*call)).total_s, given=given) for call, given in calls]
    parameters = [p for p in kernels.MATRIX if p.name != "quantize_passes"]
    found = fit(MatrixCurve, parameters, samples)
    assert found.errors.p90 < 0.01
    assert found.values["memory_efficiency"] == pytest.approx(0.8, rel=0.03)
    assert found.values["compute_efficiency"] == pytest.approx(0.6, rel=0.03)


def test_no_efficiency_may_exceed_one() -> None:
    bounded = [*kernels.MATRIX, *kernels.DECODE, *kernels.PREFILL, *kernels.EXPERTS, *kernels.COLLECTIVE]
    assert all(p.high == 1 for p in bounded if p.name.endswith("_efficiency"))


def test_rows_served_by_the_second_level_cache_are_left_out() -> None:
    found = tables.collect("kernels_attention_decode", tables.decode)
    total = sum(1 for _ in tables.read("kernels_attention_decode"))
    assert 0.3 * total < sum(map(len, found.values())) < 0.8 * total


def test_balanced_routing_touches_experts_in_turn() -> None:
    record = {
        "experts": "128",
        "active": "8",
        "tokens": "4",
        "expert_parallel": "1",
        "engine": "TensorRT-LLM",
    }
    assert experts.touched_when_balanced(record) == 32
    assert experts.touched_when_balanced(record | {"tokens": "1000"}) == 128
    assert experts.touched_when_balanced(record | {"tokens": "1000", "expert_parallel": "4"}) == 32
    grouped = record | {"experts": "256", "engine": "vLLM", "tokens": "1000"}
    assert experts.touched_when_balanced(grouped) == 128


@pytest.fixture(scope="module")
def rows() -> list[inherit.Row]:
    return inherit.completed(kernels.fit_all(left_out=False))


def test_curves_fit_their_tables(rows: list[inherit.Row]) -> None:
    measured = [row for row in rows if row["median_error"] is not None]
    by_curve: dict[str, list[float]] = {}
    for row in measured:
        by_curve.setdefault(row["curve"], []).append(row["median_error"])
    medians = {curve: statistics.median(errors) for curve, errors in by_curve.items()}
    limits = {"matrix": 0.065, "decode": 0.06, "prefill": 0.06, "experts": 0.07, "collective": 0.13}
    assert {curve: medians[curve] for curve in limits if medians[curve] > limits[curve]} == {}


def test_every_engine_family_and_format_has_a_curve(rows: list[inherit.Row]) -> None:
    places = {inherit.place(row) for row in rows}
    families = [*inherit.FAMILIES, *inherit.UNMEASURED_FAMILIES]
    wanted = {
        (curve, engine, family, form)
        for curve, formats in inherit.FORMATS.items()
        for form in formats
        for engine in inherit.ENGINES
        for family in families
    }
    assert wanted <= places


def test_inherited_curves_say_so(rows: list[inherit.Row]) -> None:
    by_place = {inherit.place(row): row for row in rows}
    assert by_place["matrix", "vLLM", "Hopper", "fp8_block"]["note"] == "inherited from SGLang"
    assert "not measured" in by_place["matrix", "vLLM", "Blackwell workstation", "bf16"]["note"]
    assert by_place["matrix", "vLLM", "Hopper", "nvfp4"]["values"]["rate"] == "bf16"


def test_fp8_has_static_scales(rows: list[inherit.Row]) -> None:
    by_place = {inherit.place(row): row for row in rows}
    static = by_place["matrix", "TensorRT-LLM", "Hopper", "fp8"]["values"]
    assert static["quantize_passes"] == 1
    assert 2e-6 < static["launch_s"] < 7e-6


def test_a_parameter_names_a_field() -> None:
    with pytest.raises(TypeError):
        fit(MatrixCurve, [Parameter("no_such_field", 1, 0, 2)], [Sample((1, 1, 1, 1, 1, 1), 1.0)])

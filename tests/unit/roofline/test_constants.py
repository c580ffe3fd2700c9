"""Calibrated constants: complete, sourced, and the ideal roofline beside them."""

import dataclasses
import json
import math
import re

import pytest

from roofline import ENGINES, GPUS
from roofline.constants import CONSTANTS, CORES, IDEAL, MATRIX_FORMATS, Overhead, assemble, curve_from_row
from roofline.curves import CollectiveCurve, MatrixCurve, StreamCurve
from roofline.data import EFFICIENCY, EFFICIENCY_ROWS
from roofline.formats import Rate

PAIRS = [(engine, family) for engine in ENGINES for family in sorted({gpu.family for gpu in GPUS.values()})]


@pytest.mark.parametrize(("engine", "family"), PAIRS)
def test_every_engine_has_every_curve_on_every_family(engine, family):
    constants = CONSTANTS[engine, family]
    assert set(constants.matrix) == set(constants.experts) == set(MATRIX_FORMATS)
    assert set(constants.decode) == set(constants.prefill) == set(CORES)


def test_there_are_no_constants_for_anything_else():
    assert set(CONSTANTS) == set(PAIRS)


def test_every_row_says_where_it_is_from_when_and_how_well_it_fits():
    for row in EFFICIENCY_ROWS:
        assert row["sources"]
        for key in row["sources"]:
            assert EFFICIENCY["sources"][key]["text"]
            assert re.fullmatch(r"20\d\d-\d\d-\d\d", EFFICIENCY["sources"][key]["date"])
        assert row["rows"] >= 0
        assert row["median_error"] is None or 0 <= row["median_error"] <= row["p90_error"]


def test_at_most_sixty_constants_are_fitted_to_serving_rows():
    terms = EFFICIENCY["terms"]
    assert 0 < len(terms) <= 60
    assert all(term["rows"] > 0 for term in terms)


def test_no_constant_knows_a_model():
    """Engine, GPU family or generation and number format are all that a constant may depend on."""
    known = {"", *ENGINES, *(gpu.family for gpu in GPUS.values()), *(gpu.generation for gpu in GPUS.values())}
    known |= {*MATRIX_FORMATS, *CORES}
    told = {"curve", "values", "rows", "median_error", "p90_error", "left_out_median_error", "note", "sources"}
    told |= {"term", "value"}
    for row in (*EFFICIENCY_ROWS, *EFFICIENCY["terms"]):
        places = {value for key, value in row.items() if key not in told}
        assert places <= known
    texts = json.dumps([EFFICIENCY_ROWS, EFFICIENCY["terms"]]).lower()
    assert not [family for family in ("llama", "qwen", "deepseek", "gpt-oss", "minimax", "mistral") if family in texts]


def test_an_unmeasured_family_has_the_constants_of_the_one_it_names():
    inherited = EFFICIENCY["inherits"]
    assert inherited
    for engine in ENGINES:
        for family, measured in inherited.items():
            assert CONSTANTS[engine, family] is CONSTANTS[engine, measured]


def test_a_curve_without_measured_rows_of_its_own_says_so():
    silent = [row for row in EFFICIENCY_ROWS if not row["rows"] and not row["note"]]
    assert silent == []


@pytest.mark.parametrize("curve", [*IDEAL.matrix.values(), *IDEAL.experts.values(), *IDEAL.decode.values()])
def test_an_ideal_kernel_wastes_nothing(curve):
    assert curve.compute_efficiency == curve.memory_efficiency == 1.0
    assert curve.launch_s == 0.0
    assert curve.sharpness == math.inf


def test_an_ideal_engine_adds_no_time():
    added = {name: value for name, value in dataclasses.asdict(IDEAL.overhead).items() if name.endswith("_s")}
    assert len(added) == 4
    assert set(added.values()) == {0.0}
    assert IDEAL.stream == StreamCurve(launch_s=0.0, memory_efficiency=1.0)
    assert IDEAL.collective == CollectiveCurve(launch_s=0.0, hop_s=0.0, link_efficiency=1.0)


def test_a_row_becomes_a_curve():
    row = {"curve": "matrix", "values": {"rate": "fp8", "launch_s": 2e-6, "compute_efficiency": 0.7}}
    assert curve_from_row(row) == MatrixCurve(rate=Rate.FP8, launch_s=2e-6, compute_efficiency=0.7)


def test_a_row_with_an_unknown_constant_is_refused():
    with pytest.raises(TypeError, match="lunch_s"):
        curve_from_row({"curve": "matrix", "values": {"lunch_s": 2e-6}})


def test_rows_gather_by_engine_family_and_format():
    rows = [
        {"engine": "A", "family": "F", "curve": "matrix", "format": "bf16", "values": {"launch_s": 1e-6}},
        {"engine": "A", "family": "F", "curve": "matrix", "format": "fp8", "values": {"launch_s": 2e-6}},
        {"engine": "A", "family": "G", "curve": "overhead", "format": "", "values": {"sequence_s": 3e-6}},
    ]
    gathered = assemble(rows)
    assert {name: curve.launch_s for name, curve in gathered["A", "F"].matrix.items()} == {"bf16": 1e-6, "fp8": 2e-6}
    assert gathered["A", "G"].overhead == Overhead(sequence_s=3e-6)
    assert gathered["A", "G"].matrix == {}

"""Stage 2 of the calibration: terms, their constants, and a fit that finds what it should."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from accuracy_lib.cases import Models
from calibrate_serving import Problem, Run, log_ratios, robust, runs, touches, weights
from calibrate_terms import CLIENT, ENGINES, TERMS, Parameter, Term, fitted_constants, values_of
from roofline.constants import CONSTANTS

START = [0.0] * sum(len(list(term.parameters())) for term in TERMS)
PARAMETERS = [parameter for term in TERMS for parameter in term.parameters()]
KERNELS = {(engine, family): CONSTANTS[engine, family] for engine in ENGINES for family in ("Hopper", "Blackwell")}


@pytest.fixture(scope="module")
def chosen() -> list[Run]:
    return runs(Models())


def test_terms_have_names_of_their_own_and_starts_within_bounds() -> None:
    assert len({term.name for term in TERMS}) == len(TERMS)
    assert all(term.low < term.start < term.high for term in TERMS)


def test_a_value_is_its_start_times_what_applies() -> None:
    term = Term("launch_factor", 2.0, 0.1, 100.0, 1.0, by_engine=1.0)
    parameters = list(term.parameters())
    assert [p.engine for p in parameters] == ["", *ENGINES]
    values = values_of([term], parameters, [math.log(3), math.log(5), 0.0, 0.0])
    assert values.of("launch_factor", "vLLM", "Hopper") == pytest.approx(30.0)
    assert values.of("launch_factor", "SGLang", "Hopper") == pytest.approx(6.0)
    assert values_of([term], parameters, [9.0, 0, 0, 0]).of("launch_factor", "SGLang", "Hopper") == 100.0


def test_a_held_term_has_no_parameter_and_does_nothing() -> None:
    held = [term.held() for term in TERMS]
    assert not [parameter for term in held for parameter in term.parameters()]
    made = fitted_constants(KERNELS["vLLM", "Hopper"], values_of(held, [], []), "vLLM", "Hopper")
    assert set(dataclasses.astuple(made.overhead)) == {0.0}
    assert all(curve.toucher(128, 8)(64) == pytest.approx(125.942, abs=1e-3) for curve in made.experts.values())
    assert {name: curve.launch_s for name, curve in made.decode.items()} == {
        name: curve.launch_s for name, curve in KERNELS["vLLM", "Hopper"].decode.items()
    }


def test_slowdowns_never_raise_an_efficiency_above_one() -> None:
    point = [-1.0 if "slowdown" in p.term else 0.0 for p in PARAMETERS]
    made = fitted_constants(KERNELS["vLLM", "Blackwell"], values_of(TERMS, PARAMETERS, point), "vLLM", "Blackwell")
    for curve in (*made.matrix.values(), *made.experts.values()):
        assert curve.compute_efficiency <= 1.0
        assert curve.memory_efficiency <= 1.0


def test_every_overhead_is_a_term() -> None:
    values = values_of(TERMS, PARAMETERS, START)
    overhead = fitted_constants(KERNELS["vLLM", "Hopper"], values, "vLLM", "Hopper").overhead
    starts = {term.name: term.start for term in TERMS}
    for field in dataclasses.fields(overhead):
        assert getattr(overhead, field.name) == starts[field.name]


def test_sweeps_with_impossible_rows_are_in_doubt(chosen: list[Run]) -> None:
    doubtful = {(run.row.model, run.row.engine, run.row.gpu) for run in chosen if run.in_doubt}
    assert doubtful == {("Qwen/Qwen3-235B-A22B-FP8", "vLLM", "H200 SXM")}
    assert len(chosen) == 703
    assert len(Problem(KERNELS, chosen).runs) == 685


def test_every_curve_weighs_the_same(chosen: list[Run]) -> None:
    some = [run for run in chosen if run.row.model.endswith("70B")][:60]
    weight = weights(some)
    by_curve: dict[tuple[object, ...], float] = {}
    for run, value in zip(some, weight, strict=True):
        key = (run.row.gpu, run.row.engine, run.row.precision, run.row.tensor_parallel, run.row.input_tokens)
        by_curve[(*key, run.row.output_tokens)] = by_curve.get((*key, run.row.output_tokens), 0.0) + value**2
    assert max(by_curve.values()) == pytest.approx(min(by_curve.values()))


def test_parameters_move_only_runs_that_they_touch(chosen: list[Run]) -> None:
    dense = next(run for run in chosen if run.engine == "vLLM" and "experts/fp8_block" not in run.formats)
    assert not touches(Parameter("expert_slowdown", "vLLM", dense.generation, "fp8_block"), dense)
    assert not touches(Parameter("sequence_s", "SGLang"), dense)
    assert touches(Parameter("sequence_s", "vLLM"), dense)
    assert not touches(Parameter(CLIENT.name), dense)


def test_the_loss_is_quadratic_near_zero_and_linear_far_out() -> None:
    assert robust(np.array([0.01]))[0] == pytest.approx(0.01, rel=1e-3)
    assert robust(np.array([100.0]))[0] ** 2 == pytest.approx(2 * 99, rel=1e-3)
    assert robust(np.array([-1.0]))[0] == -robust(np.array([1.0]))[0]


def test_a_known_change_is_found(chosen: list[Run]) -> None:
    """Measured values made from one known change: the fit explains them."""
    some = [run for run in chosen if run.engine == "vLLM" and run.row.gpu == "H200 SXM" and not run.in_doubt][::6]
    parameters = [*PARAMETERS, *CLIENT.parameters()]
    change = [2.0 if p.term == "sequence_s" and not p.engine else 0.0 for p in parameters]
    made = [_measured(run, r) for run, r in zip(some, _ratios(some, parameters, change), strict=True)]
    before = np.abs(np.log(_ratios(made, parameters, [0.0] * len(parameters))[:, 0]))
    problem = Problem(KERNELS, made)
    after = np.abs(log_ratios(KERNELS, problem.values(problem.solve(evaluations=6)), made)[:, 0])
    assert after.max() < before.max() / 3
    assert np.median(after) < 0.02 < np.median(before)


def _ratios(some: list[Run], parameters: list[Parameter], point: list[float]) -> np.ndarray:
    return np.exp(log_ratios(KERNELS, values_of((*TERMS, CLIENT), parameters, point), some))


def _measured(run: Run, ratio: np.ndarray) -> Run:
    row = dataclasses.replace(run.row, tpot_s=run.row.tpot_s * ratio[0], ttft_s=run.row.ttft_s * ratio[1])
    return dataclasses.replace(run, row=row)

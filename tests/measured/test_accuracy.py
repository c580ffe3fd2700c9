"""The engine against published measurements: errors may not exceed the committed budget, and the check can fail."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from accuracy_lib import ablation, budget
from accuracy_lib.cases import SHARED_CONFIGS, Models, holds_prompts_back, precision_of
from accuracy_lib.coverage import coverage
from accuracy_lib.data_file import FILE, as_data, as_text, write
from accuracy_lib.document import PAGE, document, worse_without
from accuracy_lib.left_out import KINDS, closed_loop_tokens_per_s, left_out_points
from accuracy_lib.picture import PICTURE, picture
from accuracy_lib.predict import (
    Outcome,
    predict_first_token,
    predict_memory,
    predict_saturated,
    predict_serving,
)
from accuracy_lib.report import figure_points, outcome_lines, sure
from accuracy_lib.rows import first_token_rows, saturated_rows, serving_rows, serving_settings
from accuracy_lib.stats import Point, mean_of_models, percentile, summarise
from calibrate_terms import TERMS
from roofline import ENGINES


@pytest.fixture(scope="session")
def outcomes() -> dict[str, Outcome]:
    models = Models()
    return {
        "serving": predict_serving(models),
        "saturated": predict_saturated(models),
        "first token": predict_first_token(models),
        "memory": predict_memory(),
    }


def skip_without_configs(outcomes: dict[str, Outcome]) -> None:
    skipped = sum(outcome.skipped for outcome in outcomes.values())
    if skipped and not SHARED_CONFIGS.exists():
        pytest.skip(f"{skipped} measured rows need configs that are not part of the repository")


def test_errors_stay_within_the_budget(outcomes: dict[str, Outcome]) -> None:
    skip_without_configs(outcomes)
    excesses = budget.excesses(budget.measures(outcomes), budget.load())
    assert not excesses, "\n".join(map(str, excesses))


def test_every_serving_row_is_predicted_from_the_catalogue_alone(outcomes: dict[str, Outcome]) -> None:
    points = figure_points(outcomes["serving"], "tpot_s")
    assert outcomes["serving"].skipped == 0
    assert len(points) + len(outcomes["serving"].refused) == len(serving_rows())


def test_shuffled_measurements_are_far_worse(outcomes: dict[str, Outcome]) -> None:
    points = figure_points(outcomes["serving"], "tpot_s")
    measured = [point.measured for point in points]
    random.Random(0).shuffle(measured)
    shuffled = [replace(point, measured=value) for point, value in zip(points, measured, strict=True)]
    assert summarise(shuffled).median > 4 * summarise(points).median


def test_rows_are_complete() -> None:
    assert (len(serving_rows()), len(saturated_rows()), len(first_token_rows())) == (710, 187, 16)
    assert len({row.id for row in serving_rows()}) == 710
    assert all(row.ttft_s > 0 and row.tpot_s > 0 for row in serving_rows())


def test_settings_belong_to_measured_curves() -> None:
    curves = {(row.model.split("/")[-1], row.engine, row.gpu, row.precision) for row in serving_rows()}
    assert len(curves & set(serving_settings())) >= 15


def test_prompts_were_held_back_in_the_runs_that_say_so() -> None:
    held = [row for row in serving_rows() if holds_prompts_back(row)]
    assert {row.engine for row in held} == {"TensorRT-LLM", "SGLang"}
    assert all(row.output_tokens < 1000 for row in held if row.engine == "TensorRT-LLM")


@pytest.mark.parametrize(
    ("label", "method", "expected"),
    [
        ("fp8", None, "fp8"),
        ("fp8", "fp8", "auto"),
        ("fp4", "fp8", "fp4"),
        ("fp4", "mxfp4", "auto"),
        ("fp8", "mxfp4", "auto"),
        ("bf16", None, "fp16"),
        ("nvfp4", None, "fp4"),
    ],
)
def test_labels_become_precisions(label: str, method: str | None, expected: str) -> None:
    config = {} if method is None else {"quantization_config": {"quant_method": method}}
    assert precision_of(label, config) == expected


def point(predicted: float, measured: float, model: str = "a") -> Point:
    return Point("row", "figure", predicted, measured, {"model": model})


def test_summary_of_known_errors() -> None:
    summary = summarise([point(1.1, 1.0), point(0.7, 1.0), point(1.0, 1.0)])
    assert summary.n == 3
    assert summary.median == pytest.approx(0.1)
    assert summary.p90 == pytest.approx(0.26)
    assert summary.within_20 == pytest.approx(2 / 3)
    assert summary.bias == pytest.approx(0.0)


def test_percentile_interpolates() -> None:
    assert percentile([1.0, 2.0, 3.0, 4.0], 0.5) == pytest.approx(2.5)


def test_models_count_once_in_the_mean_of_medians() -> None:
    points = [point(1.1, 1.0, "many")] * 9 + [point(1.5, 1.0, "few")]
    assert mean_of_models(points) == pytest.approx(0.3)


def test_closed_loop_rate() -> None:
    assert closed_loop_tokens_per_s(8, 101.0, 1.0, 0.02) == pytest.approx(8 * 101 / 3.0)


def test_budget_is_a_ratchet() -> None:
    old = {"x": {"median": 0.10}}
    assert budget.excesses({"x": {"median": 0.11}}, old)
    assert not budget.excesses({"x": {"median": 0.10}}, old)
    assert budget.excesses({}, old)
    assert budget.lowered({"x": {"median": 0.05}}, old) == {"x": {"median": 0.05}}
    assert budget.lowered({"x": {"median": 0.20}}, old) == {"x": {"median": 0.10}}


def test_report_has_every_figure(outcomes: dict[str, Outcome]) -> None:
    text = "\n".join(outcome_lines("serving", outcomes["serving"], detail=True, worst=True))
    data = {figure["name"]: figure for figure in as_data(outcomes)["figures"] if figure["fitted"]}
    assert all(figure in text for figure in data)
    assert set(data) == {"tpot_s", "ttft_s", "replica_tokens_per_s"}
    assert len(data["tpot_s"]["points"]) == data["tpot_s"]["summaries"]["in sample"]["all"][0]


def test_targets_hold_with_each_model_left_out(outcomes: dict[str, Outcome]) -> None:
    """DESIGN section 6, over all serving rows, rows in doubt included."""
    tpot, ttft = (
        summarise(left_out_points(figure_points(outcomes["serving"], figure), "model"))
        for figure in ("tpot_s", "ttft_s")
    )
    assert tpot.n == ttft.n == 703
    assert tpot.median <= 0.09
    assert tpot.p90 <= 0.25
    assert tpot.within_20 >= 0.85
    assert ttft.median <= 0.20
    assert ttft.p90 <= 0.60


def test_left_out_predictions_differ_from_the_shipped_ones(outcomes: dict[str, Outcome]) -> None:
    points = figure_points(outcomes["serving"], "tpot_s")
    for kind in KINDS:
        held = {point.row_id: point.predicted for point in left_out_points(points, kind)}
        moved = [abs(held[point.row_id] / point.predicted - 1) for point in points]
        assert 0.005 < percentile(moved, 0.5) < 0.2


@pytest.fixture(scope="module")
def covered() -> dict[str, dict[str, tuple[int, float]]]:
    return dict(coverage())


def test_ranges_hold_what_they_claim(covered: dict[str, dict[str, tuple[int, float]]]) -> None:
    for groups in covered.values():
        assert 0.75 <= groups["all"][1] <= 0.85


@pytest.mark.parametrize("engine", ENGINES)
def test_ranges_hold_for_each_engine(covered: dict[str, dict[str, tuple[int, float]]], engine: str) -> None:
    """Wider than over all runs: an engine has three to five models, SGLang 52 runs."""
    for groups in covered.values():
        assert 0.70 <= groups[engine][1] <= 0.88


def test_every_fitted_term_has_its_worth(outcomes: dict[str, Outcome]) -> None:
    """The row that holds no term is the left-out error, and held terms leave other errors."""
    every, *others = ablation.rows()
    assert every.term == ablation.EVERY_TERM
    assert [one.term for one in others] == [term.name for term in TERMS]
    held = summarise(sure(left_out_points(figure_points(outcomes["serving"], "tpot_s"), "model")))
    assert every.rows == held.n
    assert every.tpot_median == pytest.approx(held.median, abs=0.005)
    assert max(one.tpot_median for one in others) > every.tpot_median + 0.01


def test_a_term_is_worth_the_figures_that_grow_without_it() -> None:
    every = ablation.Without("nothing", 9, 0.07, 0.2, 0.9, 0.1, 0.2, 0.6, 0.5, 0.3)
    assert worse_without(replace(every, tpot_median=0.06, ttft_mean=0.301), every) == []
    assert worse_without(replace(every, tpot_within_20=0.88, ttft_median=0.21), every) == [
        "TPOT within 20 %",
        "TTFT median",
    ]


def test_every_term_is_worth_something() -> None:
    every, *others = ablation.rows()
    assert all(worse_without(one, every) for one in others)


def test_data_file_is_complete(outcomes: dict[str, Outcome], tmp_path: Path) -> None:
    path = tmp_path / "accuracy-v1.json"
    write(path, outcomes)
    data = json.loads(path.read_text(encoding="utf-8"))
    assert data["version"] == 1
    rows = [dict(zip(data["row_columns"], row, strict=True)) for row in data["rows"]]
    assert sum(row["file"] == "serving" for row in rows) == 703
    assert {row["file"] for row in rows} == set(outcomes)
    assert all(data["sources"][row["source"]] and row["model"] and row["gpu"] for row in rows)
    for figure in data["figures"]:
        assert all(value > 0 for point in figure["points"] for value in point[1:])
        assert {len(point) for point in figure["points"]} == {3 + len(KINDS) * figure["fitted"]}


def test_data_file_says_what_the_report_says(outcomes: dict[str, Outcome]) -> None:
    """Errors recomputed from the file's points are its summaries."""
    data = as_data(outcomes)
    for figure in data["figures"]:
        errors = [abs(predicted / measured - 1) for _, measured, predicted, *_ in figure["points"]]
        rows, median, p90, *_ = figure["summaries"]["in sample"]["all"]
        assert len(errors) == rows
        assert percentile(errors, 0.5) == pytest.approx(median, rel=0.02)
        assert percentile(errors, 0.9) == pytest.approx(p90, rel=0.02)


def test_picture_has_every_point_and_is_xml(outcomes: dict[str, Outcome]) -> None:
    drawn = ElementTree.fromstring(picture(outcomes["serving"]))
    circles = drawn.findall(".//{http://www.w3.org/2000/svg}circle")
    assert len(circles) == 2 * 685 + 3


def test_pages_are_those_that_the_engine_makes_now(outcomes: dict[str, Outcome]) -> None:
    skip_without_configs(outcomes)
    assert PAGE.read_text(encoding="utf-8") == document(outcomes)
    assert PICTURE.read_text(encoding="utf-8") == picture(outcomes["serving"])
    assert FILE.read_text(encoding="utf-8") == as_text(outcomes)

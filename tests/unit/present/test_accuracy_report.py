"""The accuracy report as the page reads it: the committed file, filters, errors."""

import json
from pathlib import Path

import pytest

from present import accuracy_report
from present.accuracy_report import ANY, FOLDS, IN_SAMPLE, Choice, Report, chosen, options, settled, summary


@pytest.fixture(scope="module")
def report() -> Report:
    root = Path(__file__).resolve().parents[3]
    return accuracy_report.read((root / "assets" / "accuracy-v1.json").read_text(encoding="utf-8"))


def test_every_figure_is_read(report: Report) -> None:
    assert [figure.name for figure in report.figures][:2] == ["tpot_s", "ttft_s"]
    tpot = report.figure("tpot_s")
    assert len(tpot.points) == 703
    assert tpot.folds == FOLDS
    assert report.figure("cache memory").folds == (IN_SAMPLE,)
    assert report.figure("no such figure") is report.figures[0]


def test_every_point_has_its_source(report: Report) -> None:
    runs = [point.run for figure in report.figures for point in figure.points]
    assert all(run.source and run.model and run.gpu and run.engine for run in runs)


def test_errors_are_those_of_the_summaries(report: Report) -> None:
    data = json.loads((Path(__file__).resolve().parents[3] / "assets" / "accuracy-v1.json").read_text("utf-8"))
    for figure, written in zip(report.figures, data["figures"], strict=True):
        for fold in figure.folds:
            found = summary(figure.points, fold)
            assert found is not None
            runs, median, p90, within, bias = written["summaries"][fold]["all"]
            assert found.runs == runs
            assert (found.median, found.p90, found.bias) == pytest.approx((median, p90, bias), abs=2e-3)
            # four digits may carry one run across the border
            assert abs(found.within - within) * runs < 1.05


def test_filters_leave_their_points_and_count_the_others(report: Report) -> None:
    figure = report.figure("tpot_s")
    choice = Choice(engine="SGLang", gpu="B200 SXM")
    points = chosen(figure, choice)
    assert points
    assert {(p.run.engine, p.run.gpu) for p in points} == {("SGLang", "B200 SXM")}
    assert sum(count for _, count in options(figure, choice, "model")) == len(points)
    assert dict(options(figure, choice, "engine"))["SGLang"] == len(points)


def test_a_filter_without_points_is_dropped(report: Report) -> None:
    found = settled(report, Choice(figure="saturated dense", gpu="GB300", engine="TensorRT-LLM"))
    assert found == Choice("saturated dense", IN_SAMPLE, ANY, ANY, "TensorRT-LLM")


def test_nothing_has_no_errors() -> None:
    assert summary((), IN_SAMPLE) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 2}', '{"version": 1}', "null", '{"version":1,"rows":3}'])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"report|version|Expecting"):
        accuracy_report.read(text)

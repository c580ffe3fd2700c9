"""The Accuracy view's words, tables and chart."""

from dataclasses import replace
from pathlib import Path

import pytest

from present import accuracy_report, accuracy_view
from present.accuracy_report import IN_SAMPLE, Choice, Report, chosen
from present.markup import h


@pytest.fixture(scope="module")
def report() -> Report:
    root = Path(__file__).resolve().parents[3]
    return accuracy_report.read((root / "assets" / "accuracy-v1.json").read_text(encoding="utf-8"))


def test_the_chart_holds_the_chosen_points_and_their_table(report: Report) -> None:
    choice = Choice(engine="SGLang")
    chart = accuracy_view.chart(report, choice)
    points = chosen(report.figure("tpot_s"), choice)
    assert len(chart.layers[-1].data) == len(chart.table.rows) == len(points)
    assert chart.x.low == chart.y.low
    assert chart.x.high == chart.y.high
    assert all(chart.x.low <= datum.x <= chart.x.high for layer in chart.layers for datum in layer.data)
    assert all(len(row) == len(chart.table.columns) for row in chart.table.rows)


def test_the_table_begins_with_the_largest_error(report: Report) -> None:
    choice = Choice("ttft_s", IN_SAMPLE)
    figure = report.figure("ttft_s")
    worst = max(
        figure.points, key=lambda p: max(p.predicted[IN_SAMPLE] / p.measured, p.measured / p.predicted[IN_SAMPLE])
    )
    assert accuracy_view.chart(report, choice).table.rows[0] == accuracy_view.cells(worst, figure, IN_SAMPLE)


@pytest.mark.parametrize("name", ["tpot_s", "replica_tokens_per_s", "saturated mixture", "first token", "cache memory"])
def test_every_point_says_itself_in_full(report: Report, name: str) -> None:
    figure = report.figure(name)
    for point in figure.points:
        words = accuracy_view.words(point, figure, figure.folds[0])
        assert words.endswith(point.run.source)
        assert words.index(": measured ") > 0
        assert "None" not in words


def test_a_point_in_words(report: Report) -> None:
    figure = report.figure("tpot_s")
    point = next(p for p in figure.points if p.run.id == "minimaxm2_5_b200_vllm_fp4_agg_1024x1024_c4_cfg701")
    point = point._replace(measured=0.01, predicted={IN_SAMPLE: 0.0125})
    assert accuracy_view.words(point, figure, IN_SAMPLE) == (
        "MiniMax-M2.5, vLLM 0.19.0: measured 10.0\u00a0ms, predicted 12.5\u00a0ms, 25\u00a0% too high. "
        "1 × B200 SXM, TP1, fp4 weights, 922, 922 tokens, 4 clients, 2026-04-22. "
        "InferenceX (via aiconfigurator_core 0.12.0 silicon_sample.csv)"
    )


def test_errors_are_shown_for_every_kind_of_prediction(report: Report) -> None:
    figure = report.figure("tpot_s")
    grid = accuracy_view.error_table(figure, Choice())
    rows = [node for node in grid.walk() if node.tag == "tr"][1:]
    assert [row.children[0].text() for row in rows] == ["The model", "The GPU", "The engine", "Nothing"]  # type: ignore[union-attr]
    assert dict(rows[0].attributes) == {"aria-current": "true"}
    assert rows[0].children[1] == h("td", "703")


def test_no_point_is_said_not_hidden(report: Report) -> None:
    empty = replace(report.figure("tpot_s"), points=())
    chart = accuracy_view.chart(replace(report, figures=(empty,)), Choice())
    assert chart.summary.startswith("No run passes these filters.")
    assert chart.table.rows == ()


def test_ranges_and_weak_regimes_stand_below(report: Report) -> None:
    words = " ".join(node.text() for node in accuracy_view.notes(report, Choice("ttft_s")))
    assert "dense, FP16" in words
    assert "Known weak regimes" in words
    assert "7 serving runs: does not fit" in words
    assert "Ranges" not in " ".join(node.text() for node in accuracy_view.notes(report, Choice("cache memory")))


def test_options_count_what_each_would_leave(report: Report) -> None:
    nodes = accuracy_view.option_nodes(report, Choice(), "engine")
    assert nodes[0] == h("option", "All engines", value="")
    assert sum(int(node.text().rpartition("(")[2].rstrip(")")) for node in nodes[1:]) == 703


def test_runs_like_a_deployment_are_of_its_engine_and_gpu() -> None:
    found = accuracy_view.like(Choice("saturated dense", model="x"), "vLLM", "H200 SXM")
    assert found == Choice("tpot_s", engine="vLLM", gpu="H200 SXM")
    assert accuracy_view.like(Choice("ttft_s"), "vLLM", "H200 SXM").figure == "ttft_s"


def test_regimes_stand_by_kind_and_files_by_the_ids_of_their_models(report: Report) -> None:
    table = accuracy_view.ranges(report, "ttft_s")
    names = [node.children[0].text() for node in table.walk() if node.tag == "tr"][1:]  # type: ignore[union-attr]
    assert names[:6] == ["All runs", "Hopper", "Blackwell", "vLLM", "SGLang", "TensorRT-LLM"]
    words = " ".join(node.text() for node in accuracy_view.notes(report, Choice("ttft_s")))
    assert "meta-llama/Llama-2-70b-hf" in words

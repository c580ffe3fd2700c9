"""accuracy-v1.json: the report as data, every point with its setup and source; the page's Accuracy view reads it.

Rows of numbers are lists, whose columns are named once: the file is fetched by whoever opens the view.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from memory_accuracy import log_rows

from .coverage import coverage, outside
from .document import COLLECTED, TITLES, flaws
from .left_out import KINDS, left_out_points, predictions
from .predict import Outcome
from .report import figure_points, figures, sure
from .rows import FirstTokenRow, SaturatedRow, ServingRow, first_token_rows, saturated_rows, serving_rows
from .stats import Point, Summary, by_regime, mean_of_models, summarise

FILE = Path(__file__).resolve().parents[2] / "assets" / "accuracy-v1.json"
VERSION = 1
DIGITS = 4
ABOUT = (
    "Predictions beside published measurements. Errors are |predicted / measured - 1|; bias is the median of "
    "predicted / measured, less 1. Left out: predicted by constants that were fitted without the row's model, GPU or "
    "engine. A row of points is: row, measured, predicted, and where the figure was fitted, predicted without the "
    "row's model, GPU, engine. Coverage: share of left-out runs inside 80 % ranges made without their model."
)
SETUP = ("model", "gpu", "gpus", "layout", "engine", "engine_version", "precision")
ROW_COLUMNS = ("id", "file", *SETUP, "input_tokens", "output_tokens", "concurrency", "measured", "source", "note")
SUMMARY_COLUMNS = ("rows", "median", "p90", "within_20", "bias")
UNITS = {"cache memory": "bytes", "first token": "s", "tpot_s": "s", "ttft_s": "s"}
RATE_UNIT = "tokens/s"
IN_SAMPLE = "in sample"
USUAL_SETTINGS = "usual"

Row = ServingRow | SaturatedRow | FirstTokenRow


def write(path: Path, outcomes: Mapping[str, Outcome]) -> None:
    """Write the report to ``path``."""
    path.write_text(as_text(outcomes), encoding="utf-8")


def as_text(outcomes: Mapping[str, Outcome]) -> str:
    """The file: one line for each row and each figure's points."""
    data = as_data(outcomes)
    body = ",\n".join(f"{json.dumps(key)}:{_lines(value)}" for key, value in data.items())
    return "{\n" + body + "\n}\n"


def _lines(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], (list, dict)):
        return "[\n" + ",\n".join(map(_compact, value)) + "\n]"
    return _compact(value)


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def as_data(outcomes: Mapping[str, Outcome]) -> dict[str, Any]:
    """Rows, points, summaries by regime in sample and left out, coverage of ranges, known weak regimes."""
    rows = list(_rows(outcomes))
    sources = list(dict.fromkeys(str(row["source"]) for row in rows))
    index = {row["id"]: number for number, row in enumerate(rows)}
    covered = coverage()
    return {
        "version": VERSION,
        "about": ABOUT,
        "date": COLLECTED,
        "figures": [
            _figure(figure, title, figure_points(outcome, figure), index)
            for title, outcome in outcomes.items()
            for figure in figures(outcome)
        ],
        "summary_columns": SUMMARY_COLUMNS,
        "coverage": {figure: {name: [n, _short(s)] for name, (n, s) in g.items()} for figure, g in covered.items()},
        "outside_coverage": outside(covered),
        "weak_regimes": flaws(),
        "not_predicted": {title: _reasons(outcome) for title, outcome in outcomes.items()},
        "sources": sources,
        "row_columns": ROW_COLUMNS,
        "rows": [[*(_source(row, c, sources) for c in ROW_COLUMNS)] for row in rows],
    }


def _source(row: Mapping[str, Any], column: str, sources: Sequence[str]) -> Any:
    return sources.index(row["source"]) if column == "source" else row[column]


def _reasons(outcome: Outcome) -> dict[str, int]:
    """Rows that have no prediction, by reason."""
    found = Counter(outcome.refused.values())
    if outcome.skipped:
        found[f"no config at hand: {', '.join(sorted(outcome.missing_configs))}"] = outcome.skipped
    return dict(found)


def _figure(name: str, title: str, points: Sequence[Point], index: Mapping[str, int]) -> dict[str, Any]:
    fitted = title == "serving"
    held = {kind: predictions(kind) for kind in KINDS} if fitted else {}
    folds = {IN_SAMPLE: points} | {f"{kind} left out": left_out_points(points, kind) for kind in held}
    return {
        "name": name,
        "title": TITLES[name],
        "unit": UNITS.get(name, RATE_UNIT),
        "fitted": fitted,
        "summaries": {fold: _summaries(some) for fold, some in folds.items()},
        "points": [
            [
                index[p.row_id],
                _short(p.measured),
                _short(p.predicted),
                *(_maybe(found.get((p.row_id, name))) for found in held.values()),
            ]
            for p in points
        ],
    }


def _summaries(points: Sequence[Point]) -> dict[str, Any]:
    regimes = {name: by_regime(points, name) for name in points[0].regimes if name != "group"}
    return {
        "all": _cells(summarise(points)),
        "without rows in doubt": _cells(summarise(sure(points))),
        "mean of model medians": _short(mean_of_models(points)),
        "regimes": {r: {name: _cells(s) for name, s in table.items()} for r, table in regimes.items()},
    }


def _cells(summary: Summary) -> list[float]:
    return [summary.n, *(_short(value) for value in list(asdict(summary).values())[1:])]


def _rows(outcomes: Mapping[str, Outcome]) -> Iterable[dict[str, Any]]:
    """Every row that is predicted, as a mapping of ROW_COLUMNS."""
    for title, rows in (
        ("serving", serving_rows()),
        ("saturated", saturated_rows()),
        ("first token", first_token_rows()),
    ):
        tags = {point.row_id: point.regimes for point in outcomes[title].points}
        yield from (_row(title, row, tags[row.id]) for row in rows if row.id in tags)  # type: ignore[attr-defined]
    found = {point.row_id for point in outcomes["memory"].points}
    for log in log_rows():
        if log.name in found:
            yield (
                dict.fromkeys(ROW_COLUMNS)
                | {
                    "id": log.name,
                    "file": "memory",
                    "layout": f"TP{log.gpus}",
                    "engine_version": log.version,
                    "measured": log.date,
                    "note": log.settings,
                }
                | {name: getattr(log, name) for name in ("model", "gpu", "gpus", "engine", "source")}
            )


def _row(title: str, row: Row, tags: Mapping[str, str]) -> dict[str, Any]:
    settings = tags.get("settings", USUAL_SETTINGS)
    return {
        "id": row.id,
        "file": title,
        "layout": tags["parallelism"],
        "output_tokens": getattr(row, "output_tokens", 1),
        "concurrency": getattr(row, "concurrency", 1 if title == "first token" else None),
        "measured": getattr(row, "measured", ""),
        "note": "" if settings == USUAL_SETTINGS else settings,
    } | {
        n: getattr(row, n)
        for n in ("model", "gpu", "gpus", "engine", "engine_version", "precision", "input_tokens", "source")
    }


def _maybe(value: float | None) -> float | None:
    return None if value is None else _short(value)


def _short(value: float) -> float:
    """Few digits, and no point where there is nothing behind it."""
    short = float(f"{value:.{DIGITS}g}")
    return int(short) if short == int(short) and abs(short) >= 10 else short

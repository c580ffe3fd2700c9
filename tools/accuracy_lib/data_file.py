"""accuracy-v1.json: the report as data, every point with its setup and source."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .left_out import KINDS, left_out_points, predictions
from .predict import Outcome
from .report import figure_points, figures, sure
from .rows import ServingRow, serving_rows
from .stats import Point, by_regime, mean_of_models, summarise

VERSION = 1
DIGITS = 5
SETUP = ("model", "gpu", "gpus", "tensor_parallel", "expert_parallel", "engine", "engine_version", "precision")
RUN = ("input_tokens", "output_tokens", "concurrency", "measured", "source")


def write(path: Path, outcomes: Mapping[str, Outcome]) -> None:
    """Write the report to ``path``."""
    path.write_text(json.dumps(as_data(outcomes), separators=(",", ":")) + "\n", encoding="utf-8")


def as_data(outcomes: Mapping[str, Outcome]) -> dict[str, Any]:
    """Summaries by figure and regime, in sample and left out, and every point."""
    files = {title: _outcome_data(title, outcome) for title, outcome in outcomes.items()}
    return {"version": VERSION, "files": files, "serving_rows": _rows(outcomes["serving"])}


def _outcome_data(title: str, outcome: Outcome) -> dict[str, Any]:
    return {
        "skipped": outcome.skipped,
        "refused": outcome.refused,
        "figures": {
            figure: _figure_data(figure_points(outcome, figure), left_out=title == "serving")
            for figure in figures(outcome)
        },
    }


def _figure_data(points: Sequence[Point], *, left_out: bool) -> dict[str, Any]:
    found = _summaries(points) | {
        "points": [{"id": p.row_id, "predicted": _short(p.predicted), "measured": _short(p.measured)} for p in points]
    }
    if left_out:
        found["left_out"] = {kind: _summaries(left_out_points(points, kind)) for kind in KINDS}
    return found


def _summaries(points: Sequence[Point]) -> dict[str, Any]:
    regimes = {name: by_regime(points, name) for name in points[0].regimes}
    return {
        "all": asdict(summarise(points)),
        "without_rows_in_doubt": asdict(summarise(sure(points))),
        "mean_of_model_medians": mean_of_models(points),
        "regimes": {r: {name: asdict(s) for name, s in table.items()} for r, table in regimes.items()},
    }


def _rows(outcome: Outcome) -> list[dict[str, Any]]:
    """Set-up, regimes and left-out predictions of every serving row that is predicted."""
    regimes = {point.row_id: point.regimes for point in outcome.points}
    held = predictions("model")
    return [
        {name: getattr(row, name) for name in ("id", *SETUP, *RUN)}
        | {"load": regimes[row.id]["concurrency"], "settings": regimes[row.id]["settings"]}
        | {f"{figure}_left_out": _held(held, row, figure) for figure in ("tpot_s", "ttft_s")}
        for row in serving_rows()
        if row.id in regimes
    ]


def _held(held: Mapping[tuple[str, str], float], row: ServingRow, figure: str) -> float | None:
    value = held.get((row.id, figure))
    return None if value is None else _short(value)


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")

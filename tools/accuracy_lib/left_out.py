"""Predictions of serving rows by constants that were fitted without them (tests/measured/left_out.csv)."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace

from .rows import MEASURED, ServingRow, serving_rows
from .stats import Point

LEFT_OUT = MEASURED / "left_out.csv"
#: What is left out in turn.
KINDS = ("model", "GPU", "engine")
TIMES = ("tpot_s", "ttft_s")
RATE = "replica_tokens_per_s"


def closed_loop_tokens_per_s(concurrency: int, output_tokens: float, ttft_s: float, tpot_s: float) -> float:
    """Output rate of a closed loop whose clients see these means."""
    return concurrency * output_tokens / (ttft_s + (output_tokens - 1.0) * tpot_s)


def predictions(kind: str) -> Mapping[tuple[str, str], float]:
    """Predicted figures by (row id, figure) where the row's model, GPU or engine was left out of the fit."""
    rows = {row.id: row for row in serving_rows()}
    found: dict[tuple[str, str], float] = {}
    with LEFT_OUT.open(newline="", encoding="utf-8") as text:
        for record in csv.DictReader(text):
            ttft_s, tpot_s = (float(record[f"{figure} without its {kind}"]) for figure in ("ttft_s", "tpot_s"))
            row: ServingRow = rows[record["id"]]
            found[row.id, "tpot_s"], found[row.id, "ttft_s"] = tpot_s, ttft_s
            found[row.id, RATE] = closed_loop_tokens_per_s(row.concurrency, row.output_tokens, ttft_s, tpot_s)
    return found


def left_out_points(points: Sequence[Point], kind: str) -> list[Point]:
    """The serving points with predictions of the fold that left the row's model, GPU or engine out."""
    found = predictions(kind)
    return [
        replace(point, predicted=found[point.row_id, point.figure])
        for point in points
        if (point.row_id, point.figure) in found
    ]

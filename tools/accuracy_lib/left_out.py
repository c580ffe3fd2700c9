"""Predictions of serving rows by constants that were fitted without them (tests/measured/left_out.csv)."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace

from .rows import MEASURED
from .stats import Point

LEFT_OUT = MEASURED / "left_out.csv"
#: What is left out in turn.
KINDS = ("model", "GPU", "engine")


def predictions(kind: str) -> Mapping[tuple[str, str], float]:
    """Seconds by (row id, figure) where the row's model, GPU or engine was left out of the fit."""
    with LEFT_OUT.open(newline="", encoding="utf-8") as text:
        return {
            (record["id"], figure): float(record[f"{figure} without its {kind}"])
            for record in csv.DictReader(text)
            for figure in ("tpot_s", "ttft_s")
        }


def left_out_points(points: Sequence[Point], kind: str) -> list[Point]:
    """The serving points with predictions of the fold that left the row's model, GPU or engine out."""
    found = predictions(kind)
    return [
        replace(point, predicted=found[point.row_id, point.figure])
        for point in points
        if (point.row_id, point.figure) in found
    ]

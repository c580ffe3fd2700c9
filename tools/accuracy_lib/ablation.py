"""Errors of left-out models without each fitted term (tests/measured/ablation.csv)."""

from __future__ import annotations

import csv
from dataclasses import dataclass

from .rows import MEASURED

ABLATION = MEASURED / "ablation.csv"
FIGURES = ("tpot", "ttft")
MEASURES = ("median", "p90", "within_20", "mean")
COLUMNS = ("without", "rows", *(f"{figure}_{measure}" for figure in FIGURES for measure in MEASURES))
#: Name of the row in which no term is held.
EVERY_TERM = "nothing"


@dataclass(frozen=True, slots=True)
class Without:
    """Errors of left-out models with one term held where it does nothing, as shares.

    ``..._mean`` is the mean of |ln(predicted / measured)|, which every run moves.
    """

    term: str
    rows: int
    tpot_median: float
    tpot_p90: float
    tpot_within_20: float
    tpot_mean: float
    ttft_median: float
    ttft_p90: float
    ttft_within_20: float
    ttft_mean: float

    def cells(self) -> tuple[float, ...]:
        """The errors in the order of the columns."""
        return tuple(getattr(self, name) for name in COLUMNS[2:])


def rows() -> list[Without]:
    """Rows of ablation.csv, the one without any held term first."""
    with ABLATION.open(newline="", encoding="utf-8") as text:
        return [
            Without(record["without"], int(record["rows"]), *(float(record[name]) for name in COLUMNS[2:]))
            for record in csv.DictReader(text)
        ]

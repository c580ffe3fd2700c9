"""The ratchet: errors that a change may not make worse; lowered by `make accuracy ARGS=--ratchet`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .left_out import KINDS, left_out_points
from .predict import Outcome
from .report import figure_points, figures, sure
from .rows import MEASURED
from .stats import Point, mean_of_models, summarise

BUDGET = MEASURED / "budget.json"
#: Room for the last bits of floating-point arithmetic on other machines.
SLACK = 1e-6
#: Digits kept; the figure is rounded up.
DIGITS = 3


@dataclass(frozen=True, slots=True)
class Excess:
    """One budget that is not kept."""

    figure: str
    measure: str
    now: float
    allowed: float

    def __str__(self) -> str:
        """For a test's message."""
        return f"{self.figure} {self.measure}: {self.now:.4f} exceeds the budget {self.allowed:.4f}"


Measures = dict[str, dict[str, float]]


def measures(outcomes: Mapping[str, Outcome]) -> Measures:
    """Figures under the ratchet: smaller is better for all of them."""
    found: Measures = {}
    for title, outcome in outcomes.items():
        for figure in figures(outcome):
            points = figure_points(outcome, figure)
            summary = summarise(points)
            found[f"{title}: {figure}"] = {
                "median": summary.median,
                "p90": summary.p90,
                "outside_20": 1.0 - summary.within_20,
                "mean_of_model_medians": mean_of_models(points),
                "not_predicted": float(len(outcome.refused)),
            }
            if title == "serving":
                found |= left_out_measures(figure, points)
    return found


def left_out_measures(figure: str, points: Sequence[Point]) -> Measures:
    """The same with each model, GPU and engine left out in turn, rows in doubt apart."""
    found: Measures = {}
    for kind in KINDS:
        held = sure(left_out_points(points, kind))
        summary = summarise(held)
        found[f"serving: {figure}, {kind} left out"] = {
            "median": summary.median,
            "p90": summary.p90,
            "outside_20": 1.0 - summary.within_20,
            "mean_of_model_medians": mean_of_models(held),
        }
    return found


def load(path: Path = BUDGET) -> Measures:
    """The budgets as committed."""
    budgets: Measures = json.loads(path.read_text(encoding="utf-8"))["budgets"]
    return budgets


def excesses(now: Measures, budgets: Measures) -> list[Excess]:
    """Budgets that are exceeded; a figure that is gone counts as exceeded."""
    found = []
    for figure, allowed in budgets.items():
        for measure, limit in allowed.items():
            value = now.get(figure, {}).get(measure, float("inf"))
            if value > limit + SLACK:
                found.append(Excess(figure, measure, value, limit))
    return found


def lowered(now: Measures, budgets: Measures) -> Measures:
    """Budgets after this run: never above what they were."""
    return {
        figure: {
            measure: min(_up(value), budgets.get(figure, {}).get(measure, float("inf")))
            for measure, value in values.items()
        }
        for figure, values in now.items()
    }


def _up(value: float) -> float:
    scale = 10**DIGITS
    return -(-value * scale // 1) / scale


def save(budgets: Measures, date: str, path: Path = BUDGET) -> None:
    """Write the budgets."""
    text = json.dumps({"about": __doc__, "date": date, "budgets": budgets}, indent=1, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")

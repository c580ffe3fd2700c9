"""Tables of errors as text and as data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from roofline import estimate

from .left_out import KINDS, left_out_points
from .predict import IN_DOUBT, Outcome
from .stats import Point, Summary, by_regime, mean_of_models, summarise

SERVING_REGIMES = (
    "model",
    "GPU",
    "engine",
    "engine and generation",
    "format",
    "concurrency",
    "lengths",
    "parallelism",
    "settings",
    "group",
)
HEADER = f"{'':58} {'n':>5} {'median':>8} {'p90':>8} {'in 20 %':>8} {'bias':>8}"
WORST = 20
PARTS = 4


def line(name: str, summary: Summary) -> str:
    """One row of a table."""
    return (
        f"{name[:58]:58} {summary.n:5d} {summary.median:8.1%} {summary.p90:8.1%}"
        f" {summary.within_20:8.0%} {summary.bias:+8.1%}"
    )


def figure_points(outcome: Outcome, figure: str) -> list[Point]:
    """Points of one figure."""
    return [point for point in outcome.points if point.figure == figure]


def sure(points: Iterable[Point]) -> list[Point]:
    """Points whose stated set-up is not in doubt."""
    return [point for point in points if point.regimes.get("settings") != IN_DOUBT]


def figures(outcome: Outcome) -> list[str]:
    """Figures in the order in which they were predicted."""
    return list(dict.fromkeys(point.figure for point in outcome.points))


def figure_lines(points: Sequence[Point], regimes: Iterable[str], *, detail: bool) -> list[str]:
    """Table of one figure: pooled, mean over models, and by regime."""
    rows = [
        HEADER,
        line("all", summarise(points)),
        f"{'mean of the models’ medians':58} {'':5} {mean_of_models(points):8.1%}",
    ]
    if detail:
        for regime in regimes:
            rows.append(f"by {regime}")
            rows += [line(f"  {name}", summary) for name, summary in by_regime(points, regime).items()]
    return rows


def left_out_lines(points: Sequence[Point], *, detail: bool) -> list[str]:
    """Errors with each model, GPU and engine left out of the fit in turn; rows in doubt apart."""
    rows = []
    for kind in KINDS:
        held = left_out_points(points, kind)
        rows.append(line(f"each {kind} left out, rows in doubt apart", summarise(sure(held))))
        rows.append(f"{'mean of the models’ medians':58} {'':5} {mean_of_models(sure(held)):8.1%}")
        rows.append(line(f"each {kind} left out, all rows", summarise(held)))
        if detail:
            rows += [line(f"  {name}", summary) for name, summary in by_regime(held, kind).items()]
    return rows


def worst_lines(outcome: Outcome, figure: str, count: int = WORST) -> list[str]:
    """The rows furthest off, with the parts of the modelled decode step."""
    points = sorted(figure_points(outcome, figure), key=lambda p: -max(p.ratio, 1 / p.ratio))[:count]
    return [
        f"{point.predicted:10.4g} {point.measured:10.4g} {point.ratio:7.2f}  {point.row_id}"
        f"{decomposition(outcome, point.row_id)}"
        for point in points
    ]


def decomposition(outcome: Outcome, row_id: str) -> str:
    """The largest operators of the row's decode step, in milliseconds."""
    case = outcome.cases.get(row_id)
    if case is None:
        return ""
    result = estimate(case.model, case.deployment, case.workload)
    parts = sorted(((o.calls * o.time.total_s, o.name) for o in result.decode_operators), reverse=True)[:PARTS]
    shown = ", ".join(f"{name} {1e3 * seconds:.2f}" for seconds, name in parts)
    return f"  step {1e3 * result.decode_step_s:.2f}: {shown}"


def outcome_lines(title: str, outcome: Outcome, *, detail: bool, worst: bool) -> list[str]:
    """Everything about one file of rows."""
    rows = [f"\n=== {title} ==="]
    if outcome.skipped:
        names = ", ".join(sorted(outcome.missing_configs))
        rows.append(f"SKIPPED {outcome.skipped} rows: no usable config for {names}")
    reasons: dict[str, int] = {}
    for reason in outcome.refused.values():
        reasons[reason] = reasons.get(reason, 0) + 1
    rows += [f"NOT PREDICTED {n} rows: {reason}" for reason, n in reasons.items()]
    for figure in figures(outcome):
        points = figure_points(outcome, figure)
        regimes = [r for r in SERVING_REGIMES if r in points[0].regimes]
        rows.append(f"\n{figure}")
        rows += figure_lines(points, regimes, detail=detail)
        if title == "serving":
            rows += left_out_lines(points, detail=detail)
        if worst:
            rows += [f"worst {WORST}: predicted, measured, ratio, row", *worst_lines(outcome, figure)]
    return rows

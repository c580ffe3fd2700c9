"""Error statistics of predictions: pooled, by regime, and as the mean over models."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from present.accuracy_report import percentile

WITHIN = 0.20


@dataclass(frozen=True, slots=True)
class Point:
    """One figure of one row, predicted and measured (same unit), with the regimes that it belongs to."""

    row_id: str
    figure: str
    predicted: float
    measured: float
    regimes: dict[str, str]

    @property
    def ratio(self) -> float:
        """Predicted over measured."""
        return self.predicted / self.measured

    @property
    def error(self) -> float:
        """Absolute relative error."""
        return abs(self.ratio - 1.0)


@dataclass(frozen=True, slots=True)
class Summary:
    """Errors of a set of points; fractions, not per cent.

    Attributes:
        bias: median of predicted over measured, less 1.
    """

    n: int
    median: float
    p90: float
    within_20: float
    bias: float


def summarise(points: Sequence[Point]) -> Summary:
    """Summary of at least one point."""
    errors = [point.error for point in points]
    return Summary(
        n=len(points),
        median=statistics.median(errors),
        p90=percentile(errors, 0.9),
        within_20=sum(error <= WITHIN for error in errors) / len(errors),
        bias=statistics.median(point.ratio for point in points) - 1.0,
    )


def grouped(points: Iterable[Point], key: Callable[[Point], str]) -> dict[str, list[Point]]:
    """Points by key, in the order of the keys."""
    groups: dict[str, list[Point]] = {}
    for point in points:
        groups.setdefault(key(point), []).append(point)
    return dict(sorted(groups.items()))


def by_regime(points: Sequence[Point], regime: str) -> dict[str, Summary]:
    """Summaries by the value of one regime."""
    return {name: summarise(group) for name, group in grouped(points, lambda p: p.regimes[regime]).items()}


def mean_of_models(points: Sequence[Point]) -> float:
    """Mean over models of the median error, so that a model with many rows counts once."""
    return statistics.fmean(summary.median for summary in by_regime(points, "model").values())

"""Robust fits of one of the engine's curves to measured kernel times.

The curve is the engine's own dataclass (``roofline.curves``): the formula exists once. Errors are logarithms of
predicted over measured time, so a factor counts the same in both directions; a soft-L1 loss keeps rows that are off
their own curve from pulling. Efficiencies are bounded by 1: no fitted time lies below its roofline.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from roofline.curves import Time

#: Error at which the loss turns from quadratic to linear.
ROBUST_SCALE = 0.1
SIGNIFICANT_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Parameter:
    """One constant to fit.

    Attributes:
        name: field of the curve.
        start, low, high: in ``unit``.
        unit: SI value of one unit, to keep the numbers near 1 for the solver.
    """

    name: str
    start: float
    low: float
    high: float
    unit: float = 1.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One measured call.

    Attributes:
        arguments: of the function that ``curve.timer`` returns.
        measured_s: its time.
        group: left out together.
        given: arguments of ``curve.timer``.
    """

    arguments: tuple[float, ...]
    measured_s: float
    group: str = ""
    given: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Errors:
    """Absolute relative errors of a set of samples."""

    rows: int
    median: float
    p90: float
    bias: float


@dataclass(frozen=True, slots=True)
class Fitted:
    """Fitted values by field name, and how well they do."""

    values: dict[str, float]
    errors: Errors
    left_out: Errors | None


Predict = Callable[[Any, Sample], float]


def total_s(curve: Any, sample: Sample) -> float:
    """Time of the sample with this curve, in seconds."""
    return Time(*curve.timer(*sample.given)(*sample.arguments)).total_s


def log_ratios(curve: Any, samples: Sequence[Sample], predict: Predict = total_s) -> np.ndarray:
    """ln(predicted / measured) of every sample."""
    predicted = np.fromiter((predict(curve, sample) for sample in samples), float, len(samples))
    measured = np.fromiter((sample.measured_s for sample in samples), float, len(samples))
    return np.log(predicted / measured)


def summarise(ratios: np.ndarray) -> Errors:
    """Median and 90th percentile of |predicted/measured - 1|, and the median of its signed value."""
    relative = np.exp(ratios) - 1.0
    size = np.abs(relative)
    return Errors(len(ratios), float(np.median(size)), float(np.percentile(size, 90)), float(np.median(relative)))


def fit(
    curve: type[Any],
    parameters: Sequence[Parameter],
    samples: Sequence[Sample],
    fixed: dict[str, Any] | None = None,
    *,
    predict: Predict = total_s,
    leave_groups_out: bool = False,
) -> Fitted:
    """Fit ``parameters`` of ``curve``; with ``leave_groups_out`` also predict each group from the others."""
    fixed = fixed or {}
    start = [p.start for p in parameters]
    values = _solve(curve, parameters, samples, fixed, start, predict)
    best = curve(**fixed, **_named(parameters, values))
    errors = summarise(log_ratios(best, samples, predict))
    groups = sorted({sample.group for sample in samples})
    left_out = None
    if leave_groups_out and len(groups) > 1:
        parts = []
        for group in groups:
            rest = [sample for sample in samples if sample.group != group]
            held = [sample for sample in samples if sample.group == group]
            again = _solve(curve, parameters, rest, fixed, values, predict)
            parts.append(log_ratios(curve(**fixed, **_named(parameters, again)), held, predict))
        left_out = summarise(np.concatenate(parts))
    return Fitted(_named(parameters, values), errors, left_out)


def _solve(
    curve: type[Any],
    parameters: Sequence[Parameter],
    samples: Sequence[Sample],
    fixed: dict[str, Any],
    start: Sequence[float],
    predict: Predict,
) -> list[float]:
    low = [p.low for p in parameters]
    high = [p.high for p in parameters]
    inside = np.clip(start, np.asarray(low) * (1 + 1e-9), np.asarray(high) * (1 - 1e-9))

    def residuals(values: np.ndarray) -> np.ndarray:
        return log_ratios(curve(**fixed, **_named(parameters, values)), samples, predict)

    found = least_squares(
        residuals,
        inside,
        bounds=(low, high),
        loss="soft_l1",
        f_scale=ROBUST_SCALE,
        x_scale="jac",
        max_nfev=60,
        ftol=1e-5,
    )
    return [float(value) for value in found.x]


def _named(parameters: Sequence[Parameter], values: Sequence[float] | np.ndarray) -> dict[str, float]:
    return {p.name: float(value) * p.unit for p, value in zip(parameters, values, strict=True)}


def rounded(value: float) -> float:
    """The value with as many digits as the fit supports."""
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}")

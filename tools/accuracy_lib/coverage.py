"""How many left-out runs lie in the 80 % ranges, each model's ranges made from residuals of the other models alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from calibrate_ranges import FIGURES, Residual, nested_coverage, residuals

#: A regime with at least this many runs is listed where its share lies outside ``USUAL``.
REGIME_RUNS = 40
USUAL = (0.65, 0.95)


def shares(some: Sequence[Residual], figure: str) -> dict[str, tuple[int, float]]:
    """(runs, share inside) over all runs, by engine, load, generation, kind and weights."""
    inside = nested_coverage(some, figure)
    groups: dict[str, list[bool]] = {}
    for run in some:
        for name in ("all", run.engine, f"{run.load} load", run.generation, f"{run.kind}, {run.weights}"):
            groups.setdefault(name, []).append(inside[run.id])
    return {name: (len(group), sum(group) / len(group)) for name, group in groups.items()}


def coverage() -> Mapping[str, dict[str, tuple[int, float]]]:
    """Shares by figure."""
    some = residuals()
    return {figure: shares(some, figure) for figure in FIGURES}


def outside(found: Mapping[str, dict[str, tuple[int, float]]]) -> list[str]:
    """Regimes whose share is unusual."""
    return [
        f"{figure}, {name}: {share:.0%} of {runs}"
        for figure, groups in found.items()
        for name, (runs, share) in groups.items()
        if runs >= REGIME_RUNS and not USUAL[0] <= share <= USUAL[1]
    ]

"""Which points of a search are worth showing: the front, the cheapest, the nearest miss."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .trial import Point, Refusal, Trial


@dataclass(frozen=True, slots=True)
class Nearest:
    """A target that was missed, and what can be had instead.

    Attributes:
        target: name of the target.
        wanted_value: what was asked for.
        reached_value: the least that a candidate reaches that meets all other targets; None where none meets those.
        least_value: the least that any candidate reaches.
    """

    target: str
    wanted_value: float
    reached_value: float | None
    least_value: float

    @property
    def binds(self) -> bool:
        """Giving way on this target alone is enough."""
        return self.reached_value is not None and self.reached_value > self.wanted_value


def pareto(points: Iterable[Point]) -> list[Point]:
    """Points of which none is both cheaper and faster (TPOT), cheapest first."""
    front: list[Point] = []
    for point in sorted(points, key=lambda p: (p.usd_per_month, p.tpot_s, p.order)):
        if not front or point.tpot_s < front[-1].tpot_s:
            front.append(point)
    return front


def cheapest_of_layouts(points: Iterable[Point]) -> list[Point]:
    """The cheapest point of each layout, cheapest first."""
    best: dict[int, Point] = {}
    for point in points:
        kept = best.get(id(point.trial))
        if kept is None or (point.usd_per_month, point.tpot_s) < (kept.usd_per_month, kept.tpot_s):
            best[id(point.trial)] = point
    return sorted(best.values(), key=lambda p: (p.usd_per_month, p.tpot_s, p.order))


def first_of_gpus(points: Iterable[Point]) -> list[Point]:
    """The first point of each GPU and precision."""
    first: dict[tuple[str, str], Point] = {}
    for point in points:
        first.setdefault(point.trial.order[:2], point)
    return list(first.values())


def nearest(points: Sequence[Point], wanted: Iterable[tuple[str, float]]) -> tuple[Nearest, ...]:
    """Each target with what can be had, where nothing meets all of them."""
    if not points:
        return ()
    targets = dict(wanted)
    rows = []
    for name, most in targets.items():
        others = [other for other in targets.items() if other[0] != name]
        values = [getattr(p, name) for p in points if all(getattr(p, key) <= limit for key, limit in others)]
        rows.append(Nearest(name, most, min(values, default=None), min(getattr(p, name) for p in points)))
    return tuple(rows)


def closest(points: Iterable[Point], wanted: Mapping[str, float]) -> dict[str, float]:
    """What one point reaches of every target: the one that comes closest, by the target that it misses most."""
    best = min(
        points,
        key=lambda p: (max(getattr(p, name) / most for name, most in wanted.items()), p.usd_per_month, p.order),
        default=None,
    )
    return {} if best is None else {name: getattr(best, name) for name in wanted}


def refusals(counted: Iterable[Trial | Refusal]) -> tuple[Refusal, ...]:
    """One reason for each GPU and precision that no layout runs on."""
    rows = list(counted)
    running = {(row.deployment.gpu, row.deployment.precision) for row in rows if isinstance(row, Trial)}
    first: dict[tuple[str, str], Refusal] = {}
    for row in rows:
        if isinstance(row, Refusal) and (row.gpu, row.precision) not in running:
            kept = first.get((row.gpu, row.precision))
            if kept is None or row.shortfall_bytes_per_gpu < kept.shortfall_bytes_per_gpu:
                first[row.gpu, row.precision] = row
    return tuple(first.values())

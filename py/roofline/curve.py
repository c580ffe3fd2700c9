"""Speed, latency and cost from one request at a time to the most that fit, on a logarithmic grid."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .deployment import Deployment, Workload
from .estimate import Estimate, estimate
from .model import Model

#: Points per doubling of the concurrency.
PER_DOUBLING = 4


class CurvePoint(NamedTuple):
    """One concurrency of a replica.

    Attributes:
        concurrency: requests in flight.
        tokens_per_s_per_gpu: sustained output of a replica over its GPUs.
        estimate: every figure, with its range where there is one.
    """

    concurrency: int
    tokens_per_s_per_gpu: float
    estimate: Estimate

    @property
    def request_tokens_per_s(self) -> float:
        """Speed that one user sees."""
        return self.estimate.request_tokens_per_s or 0.0

    @property
    def band(self) -> tuple[float, float] | None:
        """Range of ``tokens_per_s_per_gpu``; None until it is calibrated."""
        low, high = self.estimate.replica_tokens_per_s_low, self.estimate.replica_tokens_per_s_high
        if low is None or high is None:
            return None
        return low / self.estimate.gpus_per_replica, high / self.estimate.gpus_per_replica


class Curve(NamedTuple):
    """A curve with its marks.

    Attributes:
        points: by rising concurrency.
        chosen: concurrency of the scenario.
        most: most requests that fit at full length.
        limit: what caps them: "memory" or "max-running".
        ttft_limit, tpot_limit: most requests of the grid that keep the target; 0 where even one does not, None without
            a target.
        ttft_s, tpot_s: the targets.
    """

    points: tuple[CurvePoint, ...]
    chosen: int
    most: int
    limit: str
    ttft_limit: int | None
    tpot_limit: int | None
    ttft_s: float | None = None
    tpot_s: float | None = None


def grid(most: int, chosen: int = 1, per_doubling: int = PER_DOUBLING) -> list[int]:
    """Whole numbers from 1 to ``most`` in equal ratios, with both ends and ``chosen``."""
    steps = per_doubling * max(most.bit_length(), 1)
    values = {round(2.0 ** (step / per_doubling)) for step in range(steps + 1)}
    return sorted({value for value in values if value <= most} | {1, most, chosen})


def curve_points(model: Model, deployment: Deployment, workload: Workload) -> Iterator[CurvePoint]:
    """Points one by one, so that a page can pause between them; none where the model does not fit.

    Raises:
        DeploymentError: the layout is impossible.
    """
    chosen = estimate(model, deployment, workload)
    if not chosen.fits:
        return
    for concurrency in grid(chosen.max_concurrency, chosen.concurrency):
        if concurrency == chosen.concurrency:
            yield _point(chosen)
        else:
            yield _point(estimate(model, deployment, dataclasses.replace(workload, concurrency=concurrency)))


def curve(
    points: Iterable[CurvePoint], chosen: int, *, ttft_s: float | None = None, tpot_s: float | None = None
) -> Curve:
    """Points with the chosen one and the limits marked; targets in seconds.

    Raises:
        ValueError: no points.
    """
    row = tuple(points)
    if not row:
        raise ValueError("a curve needs points")
    last = row[-1].estimate
    full = last.limits is not None and last.max_concurrency >= last.limits.max_running
    return Curve(
        points=row,
        chosen=chosen,
        most=last.max_concurrency,
        limit="max-running" if full else "memory",
        ttft_limit=_most_within(row, "ttft_s", ttft_s),
        tpot_limit=_most_within(row, "tpot_s", tpot_s),
        ttft_s=ttft_s,
        tpot_s=tpot_s,
    )


def _point(result: Estimate) -> CurvePoint:
    sustained = result.replica_tokens_per_s or 0.0
    return CurvePoint(result.concurrency, sustained / result.gpus_per_replica, result)


def _most_within(points: tuple[CurvePoint, ...], name: str, target_s: float | None) -> int | None:
    if target_s is None:
        return None
    return max((p.concurrency for p in points if getattr(p.estimate, name) <= target_s), default=0)

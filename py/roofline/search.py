"""Find a deployment: every GPU, precision and layout, with as many nodes as the demand and the targets need.

A search is a generator that pauses after each estimate, so that a page can run it in slices and stop it. For each
layout the fewest nodes are found that meet the targets, and more nodes are tried after that: fewer requests per
replica make each of them faster. Only whole nodes are bought, and all replicas that they hold are used.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .deployment import Deployment, Workload
from .estimate import Estimate, estimate
from .gpus import GPUS
from .layouts import layouts
from .question import Question
from .ranking import Nearest, cheapest_of_layouts, closest, first_of_gpus, nearest, pareto, refusals
from .trial import Point, Refusal, Trial, trials

#: Rows of the table of the best.
ROWS = 50
#: Ratio of replicas from one number that is tried to the next; where layouts are many, fewer numbers of each.
GROWTH = 1.25
COARSE_GROWTH = math.sqrt(2.0)
MANY_LAYOUTS = 250
MAX_NODES = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One deployment that serves the demand.

    Attributes:
        deployment, workload: what ``estimate`` is called with; the concurrency is that of the fullest replica.
        replicas, nodes, gpus: what is bought; idle GPUs are included.
        users: requests in flight on all replicas.
        usd_per_month: whole nodes, 730 hours.
        limited_by: why it is not cheaper: "ttft_s", "tpot_s", "memory", "max-running" or "throughput" forbid fewer
            nodes, "smallest" is the fewest that hold a replica, "speed" has more nodes than the targets need.
        estimate: every figure.
    """

    deployment: Deployment
    workload: Workload
    replicas: int
    nodes: int
    gpus: int
    users: int
    usd_per_month: float
    limited_by: str
    estimate: Estimate

    @property
    def concurrency(self) -> int:
        """Requests of the fullest replica."""
        return self.estimate.concurrency

    @property
    def request_tokens_per_s(self) -> float:
        """Speed that one user sees."""
        return self.estimate.request_tokens_per_s or 0.0


class Progress(NamedTuple):
    """How far a search is; ``candidates`` deployments were estimated."""

    done: int
    total: int
    candidates: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Result of a search.

    Attributes:
        front: no other candidate is both cheaper and faster per user; cheapest first.
        best: the cheapest number of nodes of each layout, cheapest first.
        per_gpu: the cheapest of each GPU and precision, cheapest first.
        tried: candidates that were estimated.
        feasible: of these, the ones that meet all targets.
        layouts: layouts that hold the model.
        nearest: where nothing is feasible, each target with what can be had.
        closest: where nothing is feasible, what the candidate that comes closest reaches of all targets.
        refusals: GPUs without any candidate, and why.
    """

    front: tuple[Candidate, ...]
    best: tuple[Candidate, ...]
    per_gpu: tuple[Candidate, ...]
    tried: int
    feasible: int
    layouts: int
    nearest: tuple[Nearest, ...]
    closest: Mapping[str, float]
    refusals: tuple[Refusal, ...]

    @property
    def obstacle(self) -> str:
        """Why nothing is feasible: "targets", "throughput", or the code of a refusal; "" where something is."""
        if self.feasible:
            return ""
        if self.nearest:
            return "targets"
        if self.tried:
            return "throughput"
        codes = {refusal.code for refusal in self.refusals}
        return "memory" if "memory" in codes else min(codes, default="memory")


def search(question: Question, *, rows: int = ROWS) -> Generator[Progress, None, Found]:
    """Search; the generator's return value is the result.

    Args:
        question: what is wanted.
        rows: length of ``best`` at most.
    """
    points: list[Point] = []
    done, held = 0, 0
    counted: list[Trial | Refusal] = []
    total = len(question.gpus) * len(question.precisions)
    growth = _growth(question)
    for trial in trials(question):
        if trial is not None:
            counted.append(trial)
        if isinstance(trial, Trial):
            held += 1
            for point in _walk(trial, question, growth):
                if point is not None:
                    points.append(point)
                yield Progress(done, total, len(points))
        elif trial is None:
            done += 1
        yield Progress(done, total, len(points))
    return (yield from _sum_up(question, points, held, counted, rows))


def find(question: Question, *, rows: int = ROWS) -> Found:
    """Search without a pause."""
    steps = search(question, rows=rows)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: Found = end.value
            return found


def _growth(question: Question) -> float:
    count = sum(sum(1 for _ in layouts(question.model, GPUS[name])) for name in question.gpus)
    return GROWTH if count * len(question.precisions) <= MANY_LAYOUTS else COARSE_GROWTH


def _walk(trial: Trial, question: Question, growth: float) -> Iterator[Point | None]:
    """Points of one layout, from the fewest nodes on until each replica has one request; None at a pause between."""
    failed: Point | None = None
    met: Point | None = None
    for replicas in _sizes(trial, growth):
        point = yield from trial.point(replicas)
        if met is None and not _misses(point, question):
            met = point
            yield from _fewest(trial, question, failed, point)
        else:
            failed = point if met is None else failed
            yield point._replace(limited_by="speed")
        if point.concurrency == 1:
            return


def _sizes(trial: Trial, growth: float) -> Iterator[int]:
    """Numbers of replicas that fill their nodes, rising by ``growth``."""
    replicas = trial.filled(trial.fewest_replicas())
    while trial.nodes(replicas) <= MAX_NODES:
        yield replicas
        replicas = trial.filled(max(replicas + 1, round(replicas * growth)))


def _fewest(trial: Trial, question: Question, failed: Point | None, met: Point) -> Iterator[Point | None]:
    """Fewest nodes between one point that misses the targets and one that meets them; every point on the way."""
    if failed is None:
        yield met._replace(limited_by=trial.least_reason(met.replicas))
        return
    low, high = failed, met
    while (middle := trial.filled((low.replicas + high.replicas) // 2)) not in (low.replicas, high.replicas):
        point = yield from trial.point(middle)
        if _misses(point, question):
            low = point
            yield point._replace(limited_by="speed")
        else:
            yield high._replace(limited_by="speed")
            high = point
    yield high._replace(limited_by=_misses(low, question)[0])


def _misses(point: Point, question: Question) -> tuple[str, ...]:
    """What forbids this point, the budget apart: more nodes do not help against that."""
    if point.overloaded:
        return ("throughput",)
    wanted = question.targets.wanted
    return tuple(name for name in ("ttft_s", "tpot_s") if name in wanted and getattr(point, name) > wanted[name])


def _sum_up(
    question: Question, points: Sequence[Point], held: int, counted: Sequence[Trial | Refusal], rows: int
) -> Generator[Progress, None, Found]:
    usable = [point for point in points if not point.overloaded]
    wanted = question.targets.wanted
    feasible = [p for p in usable if all(getattr(p, name) <= most for name, most in wanted.items())]
    pause = Progress(1, 1, len(points))
    yield pause
    cheapest = cheapest_of_layouts(feasible)
    yield pause
    chosen = (pareto(feasible), cheapest[:rows], first_of_gpus(cheapest))
    yield pause
    made: dict[Point, Candidate] = {}
    for point in (point for some in chosen for point in some):
        if point not in made:
            made[point] = candidate(question, point)
            yield pause
    front, best, per_gpu = (tuple(made[point] for point in some) for some in chosen)
    return Found(
        front=front,
        best=best,
        per_gpu=per_gpu,
        tried=len(points),
        feasible=len(feasible),
        layouts=held,
        nearest=() if feasible else nearest(usable, wanted.items()),
        closest={} if feasible else closest(usable, wanted),
        refusals=refusals(counted),
    )


def candidate(question: Question, point: Point) -> Candidate:
    """The point with every figure."""
    deployment = dataclasses.replace(point.trial.deployment, nodes=point.nodes)
    workload = dataclasses.replace(question.workload, concurrency=point.concurrency)
    return Candidate(
        deployment=deployment,
        workload=workload,
        replicas=point.replicas,
        nodes=point.nodes,
        gpus=point.nodes * deployment.gpu_data.gpus_per_node,
        users=question.demand.users or point.concurrency * point.replicas,
        usd_per_month=point.usd_per_month,
        limited_by=point.limited_by,
        estimate=estimate(question.model, deployment, workload),
    )

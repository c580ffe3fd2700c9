"""One layout of a search: how many requests a replica takes, and what they see with a given number of replicas."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Generator, Iterator
from typing import NamedTuple, TypeVar

from .cost import HOURS_PER_MONTH
from .deployment import Deployment
from .errors import DeploymentError
from .gpus import GPUS
from .layouts import Layout, layouts
from .memory import Limits, Memory, fit_memory, resolve_limits
from .placement import Packing, nodes_for, place
from .plan import plan_for
from .question import Question
from .replica import Replica

#: Steps in which a replica's concurrency is sought for a rate of requests.
CONCURRENCY_GROWTH = 1.5
#: Times that it is then brought down by Little's law.
REFINEMENTS = 3


_T = TypeVar("_T")
#: A computation that pauses after each estimate.
Probe = Generator[None, None, _T]


class Times(NamedTuple):
    """What a client sees of a replica at some concurrency, seconds."""

    ttft_s: float
    tpot_s: float
    request_latency_s: float


class Point(NamedTuple):
    """A layout with so many replicas.

    Attributes:
        trial: the layout.
        replicas, nodes: what is bought.
        concurrency: requests of the fullest replica.
        ttft_s, tpot_s, request_latency_s: what they see.
        usd_per_month: whole nodes.
        overloaded: no concurrency that fits carries the rate of requests.
        limited_by: see search.Candidate.
    """

    trial: Trial
    replicas: int
    nodes: int
    concurrency: int
    ttft_s: float
    tpot_s: float
    request_latency_s: float
    usd_per_month: float
    overloaded: bool
    limited_by: str = ""

    @property
    def order(self) -> tuple[str, str, Layout, int]:
        """Breaks ties, so that equal questions have equal answers."""
        return (*self.trial.order, self.nodes)


class Refusal(NamedTuple):
    """Why a GPU has no candidate.

    Attributes:
        gpu, precision: what was refused.
        code: "no-price", "memory" or the code of a DeploymentError.
        text: one sentence.
        shortfall_bytes_per_gpu: for "memory": what the layout is short of.
    """

    gpu: str
    precision: str
    code: str
    text: str
    shortfall_bytes_per_gpu: float = math.inf


class Trial:
    """One layout on one GPU in one precision, that holds the model."""

    def __init__(
        self,
        question: Question,
        deployment: Deployment,
        layout: Layout,
        replica: Replica,
        memory: Memory,
        limits: Limits,
    ) -> None:
        self.question = question
        self.deployment = deployment
        self.layout = layout
        self.max_concurrency = memory.max_concurrency
        self.max_running = limits.max_running
        self.usd_per_node_month = (
            deployment.gpu_data.gpus_per_node * (deployment.usd_per_gpu_hour or 0.0) * HOURS_PER_MONTH
        )
        self._replica = replica
        self._packing = Packing.of(deployment)
        self.order = (deployment.gpu, deployment.precision, layout)
        self._times: dict[int, Times] = {}

    def times(self, concurrency: int) -> Probe[Times]:
        """Time a replica, as ``estimate`` does; pauses after each concurrency that was not timed before."""
        times = self._times.get(concurrency)
        if times is None:
            served = self._replica.serve(concurrency)
            latency_s = served.request_latency_s(self.question.workload.output_tokens)
            times = self._times[concurrency] = Times(served.ttft_s, served.tpot_s, latency_s)
            yield
        return times

    def nodes(self, replicas: int) -> int:
        """Fewest nodes for this many replicas."""
        return self._packing.nodes_for(replicas)

    def filled(self, replicas: int) -> int:
        """All replicas that stand on the nodes which this many need."""
        return self._packing.replicas_on(self._packing.nodes_for(replicas))

    def fewest_replicas(self) -> int:
        """Fewest that hold the users' requests at full length; one where a rate is asked for."""
        users = self.question.demand.users
        return 1 if users is None else -(-users // self.max_concurrency)

    def least_reason(self, replicas: int) -> str:
        """What forbids fewer nodes than those of the first point."""
        if self.nodes(replicas) == self.nodes(1):
            return "smallest"
        return "max-running" if self.max_concurrency >= self.max_running else "memory"

    def point(self, replicas: int) -> Probe[Point]:
        """The demand spread evenly over the replicas."""
        concurrency = yield from self._concurrency(replicas)
        times = yield from self.times(concurrency or self.max_concurrency)
        nodes = self.nodes(replicas)
        return Point(
            self,
            replicas,
            nodes,
            concurrency or self.max_concurrency,
            *times,
            usd_per_month=nodes * self.usd_per_node_month,
            overloaded=not concurrency,
        )

    def _concurrency(self, replicas: int) -> Probe[int]:
        """Requests of the fullest replica; 0 where it cannot carry its share of the rate.

        Little's law: a replica with c requests in flight answers c / latency(c) each second. A c that keeps up with
        the rate is sought upwards in steps of CONCURRENCY_GROWTH. Latency never falls as c rises, so rate x latency(c)
        keeps up too, and is smaller.
        """
        demand = self.question.demand
        if demand.users is not None:
            return -(-demand.users // replicas)
        assert demand.requests_per_s is not None
        rate = demand.requests_per_s / replicas
        alone = yield from self.times(1)
        for high in self._steps(math.ceil(rate * alone.request_latency_s)):
            needed = yield from self._needed(high, rate)
            if needed <= high:
                for _ in range(REFINEMENTS):
                    needed = yield from self._needed(needed, rate)
                return needed
        return 0

    def _steps(self, least: int) -> Iterator[int]:
        concurrency = 1
        while concurrency < self.max_concurrency:
            if concurrency >= least:
                yield concurrency
            concurrency = max(concurrency + 1, int(concurrency * CONCURRENCY_GROWTH))
        yield self.max_concurrency

    def _needed(self, concurrency: int, rate: float) -> Probe[int]:
        """Requests in flight at this rate and the latency of this concurrency."""
        times = yield from self.times(concurrency)
        return max(math.ceil(rate * times.request_latency_s), 1)


def trials(question: Question) -> Iterator[Trial | Refusal | None]:
    """Layouts that hold the model, refusals, and None after each GPU in each precision."""
    for name in question.gpus:
        gpu = GPUS[name]
        price = question.usd_per_gpu_hour(gpu)
        for precision in question.precisions:
            if price is None:
                yield Refusal(name, precision, "no-price", f"No list price is known for {name}.")
            else:
                for layout in layouts(question.model, gpu):
                    yield _trial(question, name, precision, layout, price)
            yield None


def _trial(question: Question, gpu: str, precision: str, layout: Layout, price: float) -> Trial | Refusal:
    try:
        deployment = dataclasses.replace(
            question.deployment,
            gpu=gpu,
            precision=precision,
            nodes=1,
            usd_per_gpu_hour=price,
            **layout._asdict(),
        )
        deployment = dataclasses.replace(deployment, nodes=nodes_for(deployment, 1))
        place(deployment)
        plan = plan_for(question.model, deployment)
    except DeploymentError as reason:
        return Refusal(gpu, precision, reason.code, str(reason))
    limits = resolve_limits(question.model, deployment)
    memory = fit_memory(question.model, plan, deployment, limits, question.workload)
    if memory.fits:
        replica = Replica(question.model, deployment, question.workload, limits, memory)
        return Trial(question, deployment, layout, replica, memory, limits)
    return Refusal(
        gpu,
        precision,
        "memory",
        f"{question.model.name} does not fit on {gpu} in any layout that was tried.",
        memory.shortfall_bytes_per_gpu,
    )

"""What a search for a deployment is asked: a demand, targets, and the hardware that may be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .deployment import MAX_COUNT, Deployment, Workload, real, whole
from .errors import DeploymentError, WorkloadError
from .estimate import Estimate
from .gpus import GPUS, Gpu
from .model import Model

MAX_SECONDS = 1e6
MAX_USD = 1e12


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Load on the whole deployment: exactly one of the two.

    Attributes:
        users: requests in flight at the same time, all replicas together.
        requests_per_s: arrivals. Little's law makes users of them: users = requests/s x request_latency_s, with the
            latency that the load itself causes.

    Raises:
        WorkloadError: none or both given, or out of range.
    """

    users: int | None = None
    requests_per_s: float | None = None

    def __post_init__(self) -> None:
        """Check."""
        if (self.users is None) == (self.requests_per_s is None):
            raise WorkloadError(
                "give either users or requests_per_s", hint="Say how many requests run at once, or arrive each second."
            )
        if self.users is not None:
            object.__setattr__(self, "users", whole("users", self.users, 1, MAX_COUNT, WorkloadError))
        if self.requests_per_s is not None:
            real("requests_per_s", self.requests_per_s, 0.0, MAX_COUNT, WorkloadError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """What must hold; None asks nothing.

    Attributes:
        ttft_s: mean time to first token at most.
        tpot_s: mean time per output token at most; ``tokens_per_s`` gives the same as a speed.
        usd_per_month: budget for whole nodes.

    Raises:
        WorkloadError: out of range.
    """

    ttft_s: float | None = None
    tpot_s: float | None = None
    usd_per_month: float | None = None

    def __post_init__(self) -> None:
        """Check."""
        for name, most in (("ttft_s", MAX_SECONDS), ("tpot_s", MAX_SECONDS), ("usd_per_month", MAX_USD)):
            if getattr(self, name) is not None:
                real(name, getattr(self, name), 0.0, most, WorkloadError)

    @property
    def wanted(self) -> Mapping[str, float]:
        """The targets that are set, by the name of the figure that must not exceed them."""
        names = ("ttft_s", "tpot_s", "usd_per_month")
        return {name: value for name in names if (value := getattr(self, name)) is not None}

    def missed(self, estimate: Estimate) -> tuple[str, ...]:
        """Names of the targets that this estimate does not meet."""
        return tuple(name for name, most in self.wanted.items() if getattr(estimate, name) > most)


def speed_tpot_s(tokens_per_s: float) -> float:
    """The time per output token of a wanted speed per user, the inverse of ``request_tokens_per_s``.

    Raises:
        WorkloadError: not above 0.
    """
    return 1.0 / real("tokens_per_s", tokens_per_s, 0.0, 1e9, WorkloadError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A search.

    Attributes:
        model: what is served.
        deployment: engine, precisions and limits, which are kept; its GPU, layout and nodes are what is searched.
        workload: lengths; its concurrency is searched.
        demand, targets: see there.
        gpus: types that may be used; empty = all.
        precisions: weight formats that may be used; empty = the deployment's own.
        prices: dollars per GPU-hour by GPU, in place of list prices; a price of the deployment counts for its GPU.

    Raises:
        DeploymentError: unknown GPU or precision.
    """

    model: Model
    deployment: Deployment = field(default_factory=Deployment)
    workload: Workload = field(default_factory=Workload)
    demand: Demand
    targets: Targets = field(default_factory=Targets)
    gpus: tuple[str, ...] = ()
    precisions: tuple[str, ...] = ()
    prices: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Fill what was left open; let Deployment check the names."""
        names = self.gpus or tuple(GPUS)
        object.__setattr__(self, "gpus", tuple(dict.fromkeys(Deployment(gpu=name).gpu for name in names)))
        precisions = self.precisions or (self.deployment.precision,)
        object.__setattr__(
            self, "precisions", tuple(dict.fromkeys(Deployment(precision=p).precision for p in precisions))
        )
        for name, usd in self.prices.items():
            if name not in GPUS:
                raise DeploymentError(f"unknown GPU {name!r:.40}", hint="Name a GPU of GPUS.", code="unknown-gpu")
            Deployment(usd_per_gpu_hour=usd)

    def usd_per_gpu_hour(self, gpu: Gpu) -> float | None:
        """Dollars per GPU-hour; None where none is known."""
        if gpu.name in self.prices:
            return self.prices[gpu.name]
        if gpu.name == self.deployment.gpu and self.deployment.usd_per_gpu_hour is not None:
            return self.deployment.usd_per_gpu_hour
        return gpu.price.usd_per_gpu_hour if gpu.price is not None else None

"""Cache memory in the terms of an engine's own start-up log: what one rank prints when it has loaded the weights."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .deployment import Deployment, Workload
from .memory import fit_memory, resolve_limits, sequence_bytes
from .model import Model, kv_element_bytes
from .plan import plan_for


@dataclass(frozen=True, slots=True, kw_only=True)
class Startup:
    """Figures of the start-up log of one rank.

    Attributes:
        engine: key of ENGINES.
        weight_bytes: weights of the fullest GPU.
        cache_bytes: memory left to the cache on it; 0 where the weights leave none.
        cache_tokens: tokens that one rank's cache holds, in requests of ``request_tokens``.
        request_tokens: longest request that the engine admits.
        max_concurrency: such requests at once in one rank's cache, as a fraction.
    """

    engine: str
    weight_bytes: float
    cache_bytes: float
    cache_tokens: int
    request_tokens: int
    max_concurrency: float

    @property
    def starts(self) -> bool:
        """Whether one request of full length has room; otherwise the engine refuses to start."""
        return self.max_concurrency >= 1.0


def startup(model: Model, deployment: Deployment, request_tokens: int) -> Startup:
    """Figures that the engine prints at start.

    Args:
        model: what is served.
        deployment: hardware, layout and precision.
        request_tokens: input and output of the longest request (vLLM: ``--max-model-len``, by default the model's whole
            context); at least 2.

    Raises:
        DeploymentError: the layout is impossible.
        WorkloadError: a length out of range.
    """
    limits, plan = resolve_limits(model, deployment), plan_for(model, deployment)
    workload = Workload(input_tokens=request_tokens - 1, output_tokens=1)
    memory = fit_memory(model, plan, deployment, limits, workload)
    room = memory.kv_cache_bytes_per_gpu
    held_bytes = sequence_bytes(plan, kv_element_bytes(limits.kv_precision), deployment.tensor_parallel)
    full = held_bytes(request_tokens)
    concurrency = room / full if full else math.inf
    return Startup(
        engine=deployment.engine,
        weight_bytes=memory.weight_bytes_per_gpu,
        cache_bytes=room,
        cache_tokens=int(concurrency * request_tokens) if full else 0,
        request_tokens=request_tokens,
        max_concurrency=concurrency,
    )

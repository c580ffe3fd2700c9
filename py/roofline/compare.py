"""The same workload and layout on every GPU."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .deployment import Deployment, Workload
from .errors import DeploymentError
from .estimate import Estimate, estimate
from .gpus import GPUS
from .model import Model
from .placement import nodes_for


class OnGpu(NamedTuple):
    """A deployment moved to another GPU.

    Attributes:
        deployment: with as many nodes as were asked for, or as one replica needs.
        estimate: its figures; None where the layout is impossible there.
        reason: why, in words; "" where it is possible.
    """

    deployment: Deployment
    estimate: Estimate | None
    reason: str = ""


def every_gpu(
    model: Model, deployment: Deployment, workload: Workload, gpus: Iterable[str] = tuple(GPUS)
) -> Iterator[OnGpu]:
    """Estimate each GPU in turn. A price that was given holds for the GPU that it was given for."""
    for name in gpus:
        price = deployment.usd_per_gpu_hour if name == deployment.gpu else None
        moved = dataclasses.replace(deployment, gpu=name, usd_per_gpu_hour=price)
        try:
            moved = dataclasses.replace(moved, nodes=max(moved.nodes, nodes_for(moved, 1)))
            yield OnGpu(moved, estimate(model, moved, workload))
        except DeploymentError as reason:
            yield OnGpu(moved, None, str(reason))

"""What would fit: the smallest tensor parallelism on the same GPU, and the GPUs on which the same layout fits."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from .deployment import Deployment, Workload
from .errors import DeploymentError
from .gpus import GPUS
from .memory import fit_memory, resolve_limits
from .model import Model
from .placement import place
from .plan import plan_for


@dataclass(frozen=True, slots=True)
class Fit:
    """Nearest layouts that hold one full-length request.

    Attributes:
        tensor_parallel: smallest on this GPU; None where none does.
        gpus: GPUs on which the deployment fits as it is, smallest memory first.
    """

    tensor_parallel: int | None
    gpus: tuple[str, ...]


def fits(model: Model, deployment: Deployment, workload: Workload) -> bool:
    """One full-length request has room; False also where the layout is impossible."""
    try:
        place(deployment)
        plan = plan_for(model, deployment)
    except DeploymentError:
        return False
    return fit_memory(model, plan, deployment, resolve_limits(model, deployment), workload).fits


def smallest_fit(model: Model, deployment: Deployment, workload: Workload) -> Fit:
    """Search tensor parallelism within the link domain, and every GPU at the present layout."""
    gpu = deployment.gpu_data
    domain = max(gpu.gpus_per_node, gpu.nvlink_domain_gpus)
    parallel = None
    for ranks in range(1, domain + 1):
        expert = ranks * deployment.attention_data_parallel if deployment.expert_parallel > 1 else 1
        other = dataclasses.replace(deployment, tensor_parallel=ranks, expert_parallel=expert)
        if fits(model, other, workload):
            parallel = ranks
            break
    names = sorted(GPUS, key=lambda name: GPUS[name].memory_bytes)
    suitable = tuple(
        name for name in names if name != gpu.name and fits(model, dataclasses.replace(deployment, gpu=name), workload)
    )
    return Fit(parallel, suitable)

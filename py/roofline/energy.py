"""Energy of a deployment: joules per output token and kilowatt-hours per month (formula from public measurements).

    W of a replica = GPUs x board power (TDP x share that serving draws) x node factor x PUE
    J per token    = W of a replica / sustained output tokens per second of it

Only the busy part of the month is counted, and only GPUs of replicas: what idle GPUs draw was not found.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from .cost import HOURS_PER_MONTH
from .data import Figure, figure, read_later
from .deployment import Deployment, Workload
from .estimate import Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerFigures:
    """Published figures, by what they stand for; ``power_share`` by GPU generation."""

    power_share: dict[str, Figure]
    node_factor: Figure
    pue: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Energy:
    """Energy of one deployment with the factors that gave it.

    Attributes:
        tdp_w: board power on the datasheet.
        power_share: part of it that serving draws on average.
        node_factor: node at the wall over its GPUs.
        pue_factor: building over its nodes.
        gpus_per_replica, replicas: GPUs that work.
        gpu_w: one GPU with its share of node and building.
        joules_per_output_token, joules_per_token: over output tokens only, and over input and output tokens.
        kwh_per_month: all replicas, in the busy part of 730 hours.
        usd_per_month: at a price of electricity; None where none was given.
    """

    tdp_w: float
    power_share: float
    node_factor: float
    pue_factor: float
    gpus_per_replica: int
    replicas: int
    gpu_w: float
    joules_per_output_token: float
    joules_per_token: float
    kwh_per_month: float
    usd_per_month: float | None


@cache
def power_figures() -> PowerFigures:
    """The figures with their sources, read when first asked for."""
    raw = read_later("energy", __name__)
    return PowerFigures(
        power_share={generation: figure(row) for generation, row in raw["power_share"].items()},
        node_factor=figure(raw["node_factor"]),
        pue=figure(raw["pue"]),
    )


def energy(
    deployment: Deployment,
    result: Estimate,
    workload: Workload,
    *,
    pue_factor: float | None = None,
    usd_per_kwh: float | None = None,
) -> Energy | None:
    """Energy of an estimate; None where the model does not fit or the GPU's board power is not known.

    Args:
        deployment: what was estimated.
        result: its figures.
        workload: lengths of a request.
        pue_factor: power usage effectiveness of the building; None = the industry's average.
        usd_per_kwh: price of electricity.
    """
    gpu, figures = deployment.gpu_data, power_figures()
    if gpu.tdp_w is None or result.replica_tokens_per_s is None:
        return None
    share = figures.power_share[gpu.generation].si_known
    node = figures.node_factor.si_known
    pue = pue_factor if pue_factor is not None else figures.pue.si_known
    gpu_w = gpu.tdp_w * share * node * pue
    per_output_token = result.gpus_per_replica * gpu_w / result.replica_tokens_per_s
    busy_hours = HOURS_PER_MONTH * deployment.utilization
    kwh = result.replicas * result.gpus_per_replica * gpu_w * busy_hours / 1000.0
    return Energy(
        tdp_w=gpu.tdp_w,
        power_share=share,
        node_factor=node,
        pue_factor=pue,
        gpus_per_replica=result.gpus_per_replica,
        replicas=result.replicas,
        gpu_w=gpu_w,
        joules_per_output_token=per_output_token,
        joules_per_token=per_output_token * workload.output_tokens / workload.total_tokens,
        kwh_per_month=kwh,
        usd_per_month=None if usd_per_kwh is None else kwh * usd_per_kwh,
    )

"""Replicas on nodes: how many fit, what is idle, and which link each group of GPUs uses (DESIGN section 4)."""

from __future__ import annotations

from dataclasses import dataclass

from .deployment import Deployment
from .errors import DeploymentError


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Replicas of a deployment.

    Attributes:
        replicas: whole replicas on all nodes.
        gpus_per_replica: GPUs of one replica.
        idle_gpus: GPUs that no replica uses.
        total_gpus: GPUs of all nodes.
        crosses_nodes: an expert or pipeline group leaves its NVLink domain.
    """

    replicas: int
    gpus_per_replica: int
    idle_gpus: int
    total_gpus: int
    crosses_nodes: bool


def place(deployment: Deployment) -> Placement:
    """Pack replicas: up to one node within nodes, larger ones on whole nodes with stages that do not straddle them.

    Raises:
        DeploymentError: tensor parallelism larger than an NVLink domain, or no replica at all.
    """
    gpu = deployment.gpu_data
    node, domain = gpu.gpus_per_node, max(gpu.gpus_per_node, gpu.nvlink_domain_gpus)
    if deployment.tensor_parallel > domain:
        raise DeploymentError(
            f"tensor_parallel {deployment.tensor_parallel} is larger than the {domain} GPUs"
            f" that {gpu.name} links directly",
            hint=f"Use at most {domain}, and pipeline or expert parallelism beyond that.",
            code="tensor-parallel",
        )
    replica = deployment.gpus_per_replica
    stage = deployment.expert_group
    if replica <= node:
        nodes_needed, replicas = 1, deployment.nodes * (node // replica)
    else:
        nodes_needed = _nodes(stage, deployment.pipeline_parallel, node)
        replicas = deployment.nodes // nodes_needed
    if replicas == 0:
        raise DeploymentError(
            f"one replica needs {nodes_needed} nodes of {node} GPUs, and there are {deployment.nodes}",
            hint=f"Set nodes to {nodes_needed} or more, or use less parallelism.",
            code="no-replica",
        )
    total = deployment.nodes * node
    return Placement(
        replicas=replicas,
        gpus_per_replica=replica,
        idle_gpus=total - replicas * replica,
        total_gpus=total,
        crosses_nodes=replica > domain,
    )


def _nodes(stage: int, stages: int, node: int) -> int:
    """Nodes of a replica larger than a node: whole stages per node, or whole nodes per stage."""
    if stage <= node:
        return -(-stages // (node // stage))
    return stages * -(-stage // node)

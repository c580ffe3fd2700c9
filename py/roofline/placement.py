"""Replicas on nodes: how many fit, and what is left over (DESIGN section 4).

Replicas of up to one node pack within nodes. A larger one takes whole nodes: its stages stay inside a link domain (a
node, or
the 18 nodes of an NVL72) where they fit, its tensor-parallel groups always do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from .deployment import Deployment
from .errors import DeploymentError
from .gpus import Gpu


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Replicas of a deployment.

    Attributes:
        replicas: whole replicas on all nodes.
        gpus_per_replica: GPUs of one replica.
        idle_gpus: GPUs that no replica uses.
        total_gpus: GPUs of all nodes.
        crosses_domains: a replica is larger than a link domain and uses the network between nodes.
    """

    replicas: int
    gpus_per_replica: int
    idle_gpus: int
    total_gpus: int
    crosses_domains: bool


def domain_gpus(gpu: Gpu) -> int:
    """GPUs that are linked directly: an NVLink domain, or the cards of a node."""
    return max(gpu.gpus_per_node, gpu.nvlink_domain_gpus)


@lru_cache(maxsize=512)
def place(deployment: Deployment) -> Placement:
    """Pack replicas on the nodes.

    Raises:
        DeploymentError: tensor parallelism larger than a link domain, a replica that needs a network of unknown
            speed, or no
            replica at all.
    """
    packing = Packing.of(deployment)
    node, replicas = deployment.gpu_data.gpus_per_node, packing.replicas_on(deployment.nodes)
    if replicas == 0:
        nodes_needed = packing.nodes_for(1)
        raise DeploymentError(
            f"one replica needs {nodes_needed} nodes of {node} GPUs, and there are {deployment.nodes}",
            hint=f"Set nodes to {nodes_needed} or more, or use less parallelism.",
            code="no-replica",
        )
    total, replica = deployment.nodes * node, deployment.gpus_per_replica
    return Placement(
        replicas=replicas,
        gpus_per_replica=replica,
        idle_gpus=total - replicas * replica,
        total_gpus=total,
        crosses_domains=replica > domain_gpus(deployment.gpu_data),
    )


def nodes_for(deployment: Deployment, replicas: int) -> int:
    """Fewest nodes that hold this many replicas; the deployment's own number of nodes is not looked at.

    Raises:
        DeploymentError: no number of nodes holds a replica.
    """
    return Packing.of(deployment).nodes_for(replicas)


def _check_links(deployment: Deployment, gpu: Gpu, domain: int) -> None:
    if deployment.tensor_parallel > domain:
        raise DeploymentError(
            f"tensor_parallel {deployment.tensor_parallel} is larger than the {domain} GPUs"
            f" that {gpu.name} links directly",
            hint=f"Use at most {domain}, and pipeline or expert parallelism beyond that.",
            code="tensor-parallel",
        )
    if deployment.gpus_per_replica > domain and gpu.nic_bytes_per_s is None:
        raise DeploymentError(
            f"a replica of {deployment.gpus_per_replica} GPUs needs the network between nodes, whose speed is not known"
            f" for {gpu.name}",
            hint=f"Keep a replica within {domain} GPUs.",
            code="network-unknown",
        )


class _Unit(NamedTuple):
    """What is placed as a whole: ``units`` of them make a replica.

    Attributes:
        nodes: nodes of one unit; 1 where several share a node.
        per_node: units that share a node.
        domain_nodes: nodes of a link domain that a unit must not leave; 0 where it may.
    """

    units: int
    nodes: int
    per_node: int
    domain_nodes: int

    def fitting(self, nodes: int) -> int:
        """Units on this many nodes; a replica takes whole nodes."""
        if self.per_node > 1:
            return nodes // -(-self.units // self.per_node) * self.units
        if not self.domain_nodes:
            return nodes // self.nodes
        full, rest = divmod(nodes, self.domain_nodes)
        return full * (self.domain_nodes // self.nodes) + rest // self.nodes

    def nodes_for(self, units: int) -> int:
        """Fewest nodes that hold this many units."""
        if self.per_node > 1:
            return -(-units // self.per_node)
        if not self.domain_nodes:
            return units * self.nodes
        full, rest = divmod(units - 1, self.domain_nodes // self.nodes)
        return full * self.domain_nodes + (rest + 1) * self.nodes


def _unit(deployment: Deployment, node: int, domain_nodes: int) -> _Unit:
    """A stage where it fits into a domain, else a tensor-parallel group, or as many groups as share a node."""
    ranks, copies, stages = (
        deployment.tensor_parallel,
        deployment.attention_data_parallel,
        deployment.pipeline_parallel,
    )
    stage = deployment.expert_group
    if stage <= node:
        return _Unit(stages, 1, node // stage, 0)
    stage_nodes = -(-copies // (node // ranks)) if ranks <= node else copies * -(-ranks // node)
    if stage_nodes <= domain_nodes:
        return _Unit(stages, stage_nodes, 1, domain_nodes)
    if ranks <= node:
        return _Unit(stages, stage_nodes, 1, 0)
    return _Unit(stages * copies, -(-ranks // node), 1, domain_nodes)


class Packing(NamedTuple):
    """How replicas of one layout stand on nodes, whatever the number of either.

    Attributes:
        per_node: replicas that share a node; 0 where one is larger.
        unit: what is placed as a whole, where a replica is larger than a node.
    """

    per_node: int
    unit: _Unit | None

    @classmethod
    def of(cls, deployment: Deployment) -> Packing:
        """The packing of a layout; the deployment's number of nodes is not looked at.

        Raises:
            DeploymentError: no number of nodes holds a replica.
        """
        gpu, replica = deployment.gpu_data, deployment.gpus_per_replica
        node, domain = gpu.gpus_per_node, domain_gpus(gpu)
        _check_links(deployment, gpu, domain)
        if replica <= node:
            return cls(node // replica, None)
        return cls(0, _unit(deployment, node, domain // node))

    def replicas_on(self, nodes: int) -> int:
        """Whole replicas on this many nodes."""
        if self.unit is None:
            return nodes * self.per_node
        return self.unit.fitting(nodes) // self.unit.units

    def nodes_for(self, replicas: int) -> int:
        """Fewest nodes that hold this many replicas."""
        if self.unit is None:
            return -(-replicas // self.per_node)
        if self.unit.per_node > 1:
            return replicas * self.unit.nodes_for(self.unit.units)
        return self.unit.nodes_for(replicas * self.unit.units)

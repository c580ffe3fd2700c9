"""Formulas of replicas on nodes and of the weights on a GPU."""

import dataclasses
from collections.abc import Iterable

from present.formula import Origin, Quantity, Term, apply, less, over, times, total
from present.working import Working
from roofline.formats import Format
from roofline.placement import nodes_for
from roofline.plan import Stage, loaded_bytes, split_stages
from roofline.rows import Sharding
from roofline.weights import Linear, Role

_VECTORS = "norms and other vectors (16 bit)"


def tensor_parallel(work: Working) -> Quantity:
    """GPUs among which every matrix is split."""
    return work.yours("tensor parallelism", work.deployment.tensor_parallel)


def gpus_per_replica(work: Working) -> Quantity:
    """Product of the degrees of parallelism."""
    deployment = work.deployment
    degrees = (
        tensor_parallel(work),
        work.yours("pipeline parallelism", deployment.pipeline_parallel),
        work.yours("attention data parallelism", deployment.attention_data_parallel),
    )
    return Quantity("GPUs of a replica", work.result.gpus_per_replica, formula=times(*degrees))


def nodes(work: Working) -> Quantity:
    """Nodes that the user takes."""
    return work.yours("nodes", work.deployment.nodes)


def node_gpus(work: Working) -> Quantity:
    """GPUs of one node."""
    return work.datasheet("GPUs of a node", "gpus_per_node", work.deployment.gpu_data.gpus_per_node, "")


def replicas(work: Working) -> Quantity:
    """As many as stand on the nodes."""
    found = Quantity("replicas", work.result.replicas)
    per_node = work.deployment.gpu_data.gpus_per_node
    if work.result.gpus_per_replica <= per_node:
        fitting = apply("floor", over(node_gpus(work), gpus_per_replica(work)))
        return dataclasses.replace(found, formula=times(nodes(work), fitting))
    needed = Quantity("nodes of a replica", nodes_for(work.deployment, 1), note="stages stay inside link domains")
    formula = apply("floor", over(nodes(work), needed))
    if formula.value() == found.value:
        return dataclasses.replace(found, formula=formula)
    return dataclasses.replace(found, note="counted by placing the stages inside link domains")


def idle_gpus(work: Working) -> Quantity:
    """GPUs that no replica uses."""
    formula = less(times(nodes(work), node_gpus(work)), times(replicas(work), gpus_per_replica(work)))
    return Quantity("idle GPUs", work.result.idle_gpus, formula=formula)


def weight_bytes_per_gpu(work: Working) -> Quantity:
    """Weights of the fullest stage by what they are for and how they are stored."""
    stages = stage_bytes(work)
    fullest = max(stages, key=lambda stage: stage.value)
    value = work.result.weight_bytes_per_gpu
    return dataclasses.replace(fullest, name="weights of one GPU", value=value)


def weight_bytes(work: Working) -> Quantity:
    """Weights of all GPUs of a replica, copies included."""
    group = Quantity(
        "GPUs of a stage",
        work.deployment.expert_group,
        formula=times(
            tensor_parallel(work),
            work.yours("attention data parallelism", work.deployment.attention_data_parallel),
        ),
    )
    stages = stage_bytes(work)
    parts: Term = total(*stages) if len(stages) > 1 else stages[0]
    return Quantity("weights of a replica", work.result.weight_bytes, "bytes", formula=times(parts, group))


def stage_bytes(work: Working) -> list[Quantity]:
    """Weights of one GPU of each pipeline stage."""
    stages = split_stages(work.model, work.deployment.pipeline_parallel)
    rows = []
    for index, stage in enumerate(stages):
        parts = _parts(work, stage)
        name = f"weights of one GPU of stage {index + 1}" if len(stages) > 1 else "weights of one GPU"
        formula = total(*parts)
        rows.append(Quantity(name, formula.value(), "bytes", formula=formula))
    return rows


def _parts(work: Working, stage: Stage) -> list[Quantity]:
    """Bytes by role and format, each elements x bits."""
    model, deployment = work.model, work.deployment
    group = deployment.expert_group // deployment.expert_parallel
    sharding = Sharding(deployment.tensor_parallel, deployment.expert_parallel, group)
    elements: dict[tuple[str, Format], float] = {}
    vectors = float(model.extra_params if stage.last else 0)
    for linear, count in _matrices(work, stage):
        stored = model.format_of(linear, deployment.precision)
        bare_bytes = loaded_bytes(dataclasses.replace(linear, bias=0), model, sharding, deployment)
        key = (linear.role.value, stored)
        elements[key] = elements.get(key, 0.0) + count * bare_bytes / stored.bytes_per_element
        vectors += count * (loaded_bytes(linear, model, sharding, deployment) - bare_bytes) / 2.0
    vectors += sum(count * layer.extra_params for layer, count in stage.groups)
    parts = [_matrix_part(role, stored, held) for (role, stored), held in elements.items()]
    parts.append(_sixteen_bit(_VECTORS, vectors))
    if stage.first and model.tower_params:
        parts.append(_sixteen_bit("vision and audio towers", model.tower_params / sharding.ranks))
    return [part for part in parts if part.value]


def _matrices(work: Working, stage: Stage) -> Iterable[tuple[Linear, int]]:
    for layer, count in stage.groups:
        yield from ((linear, count) for linear in layer.weights)
    for linear in work.model.outside:
        if stage.last if linear.role is Role.HEAD else stage.first or (work.model.tied and stage.last):
            yield linear, 1


def _matrix_part(role: str, stored: Format, elements: float) -> Quantity:
    held = Quantity(f"elements of {role} matrices on one GPU", elements, origin=Origin.CONFIG)
    bits = Quantity(f"bits of {stored.label} with scales", stored.bits, origin=Origin.CONFIG)
    formula = over(times(held, bits), 8.0)
    return Quantity(f"{role} matrices ({stored.label})", formula.value(), "bytes", formula=formula)


def _sixteen_bit(name: str, elements: float) -> Quantity:
    formula = times(Quantity(f"elements of {name}", elements, origin=Origin.CONFIG), 2.0)
    return Quantity(name, formula.value(), "bytes", formula=formula)

"""A model laid out on the GPUs of one replica: shapes and bytes of every operator on the fullest GPU.

``Plan`` is what memory and time are computed from. It depends on the model and the parallelism, not on the batch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .deployment import Deployment
from .errors import DeploymentError
from .feedforward import MixtureOfExperts
from .loading import padded_expert
from .mixers import ACTIVATION_BYTES, Cache, Mixer
from .model import Layer, Model
from .placement import domain_gpus
from .rows import (
    ExpertRow,
    MatrixRow,
    MixerRow,
    Sharding,
    elementwise_bytes,
    expert_rows,
    local_matrix,
    matrix_rows,
    mixer_rows,
)
from .weights import Linear, Role, Split


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Layers of one pipeline stage by kind, and whether embedding and head are there."""

    groups: tuple[tuple[Layer, int], ...]
    first: bool
    last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Operators and bytes of one replica.

    Attributes:
        matrices, experts, mixers: rows over all layers of the model (one token passes all of them).
        elementwise_bytes_per_token: traffic of norms, residuals, activations and copies, all layers.
        layers: number of layers; ``moe_layers`` of them have routed experts.
        all_reduces: reductions over the tensor-parallel group per step.
        exchanges: dispatch and combine pairs over the attention-data-parallel group per step.
        message_bytes_per_token: hidden state of one token.
        weight_bytes_per_gpu: weights on the fullest GPU.
        weight_bytes: weights over all GPUs of the replica, copies included.
        caches: caches of the fullest stage with their number of layers.
        stage_caches: the same for every stage.
    """

    matrices: tuple[MatrixRow, ...]
    experts: tuple[ExpertRow, ...]
    mixers: tuple[MixerRow, ...]
    elementwise_bytes_per_token: float
    layers: int
    moe_layers: int
    all_reduces: int
    exchanges: int
    message_bytes_per_token: float
    weight_bytes_per_gpu: float
    weight_bytes: float
    stage_caches: tuple[tuple[tuple[Cache, int], ...], ...]


def plan_for(model: Model, deployment: Deployment) -> Plan:
    """The plan of this layout; the model remembers the plans that were made of it.

    Raises:
        DeploymentError: see ``make_plan``.
    """
    key = (
        deployment.tensor_parallel,
        deployment.expert_parallel,
        deployment.pipeline_parallel,
        deployment.attention_data_parallel,
        deployment.precision,
        deployment.engine,
        deployment.gpu_data.generation,
    )
    plan = model.plans.get(key)
    if not isinstance(plan, Plan):
        plan = model.plans[key] = make_plan(model, deployment)
    return plan


def make_plan(model: Model, deployment: Deployment) -> Plan:
    """Lay the model out.

    Raises:
        DeploymentError: tensor parallelism does not divide the heads, more stages than layers, more expert ranks
            than experts.
    """
    sharding = Sharding(
        deployment.tensor_parallel,
        deployment.expert_parallel,
        deployment.expert_group // deployment.expert_parallel,
    )
    check_divisible(model, deployment)
    precision = deployment.precision
    groups = model.layer_groups
    stages = split_stages(model, deployment.pipeline_parallel)
    stage_bytes = [_stage_bytes(model, stage, sharding, deployment) for stage in stages]
    moe_layers = sum(count for layer, count in groups if isinstance(layer.ffn, MixtureOfExperts))
    split = deployment.tensor_parallel > 1
    shared = deployment.attention_data_parallel > 1
    blocks = sum(count * ((layer.mixer is not None) + (layer.ffn is not None)) for layer, count in groups)
    return Plan(
        matrices=matrix_rows(model, sharding, precision),
        experts=expert_rows(model, sharding, precision),
        mixers=tuple(mixer_rows(groups, sharding.ranks)),
        elementwise_bytes_per_token=sum(count * elementwise_bytes(layer, model, sharding) for layer, count in groups),
        layers=len(model.layers),
        moe_layers=moe_layers,
        all_reduces=blocks - (moe_layers if shared else 0) if split else 0,
        exchanges=moe_layers if shared else 0,
        message_bytes_per_token=model.hidden_size * ACTIVATION_BYTES,
        weight_bytes_per_gpu=max(stage_bytes),
        weight_bytes=sum(stage_bytes) * deployment.expert_group,
        stage_caches=tuple(_caches(stage.groups) for stage in stages),
    )


def check_divisible(model: Model, deployment: Deployment) -> None:
    """Refuse layouts that no engine runs.

    Raises:
        DeploymentError: see ``make_plan``.
    """
    ranks = deployment.tensor_parallel
    for layer, _ in model.layer_groups:
        if layer.mixer is not None:
            _check_heads(model, layer.mixer, ranks, domain_gpus(deployment.gpu_data))
        if isinstance(layer.ffn, MixtureOfExperts) and deployment.expert_parallel > layer.ffn.experts:
            raise DeploymentError(
                f"expert_parallel {deployment.expert_parallel} exceeds the {layer.ffn.experts} experts of {model.name}",
                hint=f"Use at most {layer.ffn.experts}.",
                code="expert-parallel",
            )
    if deployment.pipeline_parallel > len(model.layers):
        raise DeploymentError(
            f"pipeline_parallel {deployment.pipeline_parallel} exceeds the {len(model.layers)} layers of {model.name}",
            hint="Use fewer stages.",
            code="pipeline-parallel",
        )


def runs_on(mixer: Mixer, ranks: int) -> bool:
    """Whether engines divide the heads: query heads evenly, key-value heads evenly or as whole copies."""
    heads = mixer.head_units
    if heads and heads % ranks:
        return False
    return all(not units or units % ranks == 0 or ranks % units == 0 for units in (c.units for c in mixer.caches()))


def _check_heads(model: Model, mixer: Mixer, ranks: int, most: int) -> None:
    if runs_on(mixer, ranks):
        return
    fitting = [str(n) for n in range(1, most + 1) if runs_on(mixer, n)]
    kv_heads = max((cache.units for cache in mixer.caches()), default=0)
    shared = f" and {kv_heads} key-value heads" if kv_heads and kv_heads != mixer.head_units else ""
    raise DeploymentError(
        f"tensor_parallel {ranks} does not divide the {mixer.head_units} attention heads{shared} of {model.name}",
        hint=f"Use {', '.join(fitting[-6:])}.",
        code="tensor-parallel",
    )


def split_stages(model: Model, stages: int) -> tuple[Stage, ...]:
    """Contiguous layers per stage, the longer stages first."""
    if stages == 1:
        return (Stage(groups=model.layer_groups, first=True, last=True),)
    size, longer = divmod(len(model.layers), stages)
    rows, start = [], 0
    for index in range(stages):
        end = start + size + (index < longer)
        rows.append(Stage(groups=_grouped(model.layers[start:end]), first=index == 0, last=index == stages - 1))
        start = end
    return tuple(rows)


def _grouped(layers: Iterable[Layer]) -> tuple[tuple[Layer, int], ...]:
    counts: dict[int, list[object]] = {}
    for layer in layers:
        counts.setdefault(id(layer), [layer, 0])[1] += 1  # type: ignore[operator]
    return tuple((layer, count) for layer, count in counts.values())  # type: ignore[misc]


def _caches(groups: tuple[tuple[Layer, int], ...]) -> tuple[tuple[Cache, int], ...]:
    counts: dict[Cache, int] = {}
    for layer, count in groups:
        for cache in layer.mixer.caches() if layer.mixer is not None else ():
            counts[cache] = counts.get(cache, 0) + count
    return tuple(counts.items())


def _stage_bytes(model: Model, stage: Stage, sharding: Sharding, deployment: Deployment) -> float:
    """Weight bytes of one GPU of a stage.

    The embedding and the towers (split like attention) are on the first stage, the head on the last, a tied matrix
    on both.
    """
    total = sum(
        count * (2.0 * layer.extra_params + sum(loaded_bytes(w, model, sharding, deployment) for w in layer.weights))
        for layer, count in stage.groups
    )
    for linear in model.outside:
        wanted = stage.last if linear.role is Role.HEAD else stage.first or (model.tied and stage.last)
        if wanted:
            total += loaded_bytes(linear, model, sharding, deployment)
    if stage.first:
        total += 2.0 * (model.tower_params or 0) / sharding.ranks
    return total + (2.0 * model.extra_params if stage.last else 0.0)


def loaded_bytes(linear: Linear, model: Model, sharding: Sharding, deployment: Deployment) -> float:
    """Bytes of a matrix on the fullest GPU, in the form that the engine loads."""
    inputs, outputs, copies = local_matrix(linear, sharding)
    stored = model.format_of(linear, deployment.precision)
    if linear.role is Role.EXPERT:
        inputs, outputs = padded_expert(
            deployment.engine_data,
            deployment.gpu_data.generation,
            stored.name,
            inputs,
            outputs,
            gate_or_up=linear.split is Split.COLUMN,
        )
    bias = linear.bias * (outputs / linear.outputs if linear.split is Split.COLUMN else 1.0)
    return copies * (inputs * outputs * stored.bytes_per_element + 2.0 * bias)

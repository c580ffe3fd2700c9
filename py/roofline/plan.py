"""A model laid out on the GPUs of one replica: shapes and bytes of every operator on the fullest GPU.

``Plan`` is what memory and time are computed from. It depends on the model and the parallelism, not on the batch.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from .deployment import Deployment
from .errors import DeploymentError
from .feedforward import MixtureOfExperts
from .formats import Format
from .loading import padded_expert
from .mixers import ACTIVATION_BYTES, Cache, Mixer
from .model import Layer, Model
from .weights import Linear, Role, Split


class MatrixRow(NamedTuple):
    """One matrix multiplication (fused where engines fuse), per token and per call, on the fullest GPU.

    Attributes:
        name: kernel and role for people.
        role: what the matrix is for.
        format: stored format.
        calls: calls per step (layers that have it).
        flop_per_token: 2 x elements on this GPU.
        weight_bytes: bytes read once per call.
        io_bytes_per_token: activations in and out.
        depth: contraction width on this GPU.
    """

    name: str
    role: Role
    format: Format
    calls: int
    flop_per_token: float
    weight_bytes: float
    io_bytes_per_token: float
    depth: int


class ExpertRow(NamedTuple):
    """The routed experts of one kind of layer on the fullest GPU.

    Attributes:
        experts: routed experts of the layer, on all GPUs.
        active: experts per token.
        local_experts: experts on this GPU.
        flop_per_assignment: FLOP of one token in one expert's share on this GPU.
        bytes_per_expert: weights of one expert's share on this GPU.
        io_bytes_per_assignment: activations of one token in one expert: per matrix the hidden width once, the expert
            width 1.5 times
            (written, read and, between the products, written again in the activation's format).
        expert_ranks: GPUs over which whole experts are spread.
    """

    name: str
    format: Format
    calls: int
    experts: int
    active: int
    local_experts: int
    flop_per_assignment: float
    bytes_per_expert: float
    io_bytes_per_assignment: float
    expert_ranks: int


class Core(StrEnum):
    """Class of a mixer's core: decides which calibrated curve gives the time."""

    ATTENTION = "attention"
    LATENT = "latent"
    RECURRENT = "recurrent"


class MixerRow(NamedTuple):
    """The core of one kind of mixer.

    Attributes:
        core: class of the kernel.
        local_heads: key-value heads on this GPU (1 for a latent).
        window_tokens: tokens that the core sees at most; None = all.
    """

    mixer: Mixer
    calls: int
    core: Core
    local_heads: int
    window_tokens: int | None


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


class Sharding(NamedTuple):
    """Numbers that decide a GPU's share.

    Attributes:
        ranks: tensor-parallel ranks of attention, dense and shared blocks.
        expert_ranks: GPUs over which whole experts are spread.
        expert_slices: GPUs that split each expert.
    """

    ranks: int
    expert_ranks: int
    expert_slices: int


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
        matrices=_matrix_rows(model, sharding, precision),
        experts=_expert_rows(model, sharding, precision),
        mixers=tuple(_mixer_rows(groups, sharding.ranks)),
        elementwise_bytes_per_token=sum(count * _elementwise_bytes(layer, model, sharding) for layer, count in groups),
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
        units = layer.mixer.head_units if layer.mixer is not None else 0
        if units and units % ranks:
            fitting = [n for n in range(1, ranks + 1) if units % n == 0]
            raise DeploymentError(
                f"tensor_parallel {ranks} does not divide the {units} attention heads of {model.name}",
                hint=f"Use {', '.join(map(str, fitting[-4:]))}.",
                code="tensor-parallel",
            )
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


def local_matrix(linear: Linear, sharding: Sharding) -> tuple[int, int, int]:
    """(inputs, outputs, copies) of a matrix on the fullest GPU."""
    if linear.role is Role.EXPERT:
        inputs, outputs = linear.local_shape(sharding.expert_slices)
        return inputs, outputs, -(-linear.copies // sharding.expert_ranks)
    inputs, outputs = linear.local_shape(sharding.ranks)
    return inputs, outputs, linear.copies


def _matrix_rows(model: Model, sharding: Sharding, precision: str) -> tuple[MatrixRow, ...]:
    """Rows of all layers and the head; equal kernels of different layers are one row."""
    calls: dict[MatrixRow, int] = {}
    for row in _kernels(model, sharding, precision):
        key = row._replace(calls=0)
        calls[key] = calls.get(key, 0) + row.calls
    return tuple(row._replace(calls=count) for row, count in calls.items())


def _kernels(model: Model, sharding: Sharding, precision: str) -> Iterable[MatrixRow]:
    for layer, count in model.layer_groups:
        kernels: dict[str, list[Linear]] = {}
        for linear in layer.weights:
            if linear.role is not Role.EXPERT:
                kernels.setdefault(linear.kernel, []).append(linear)
        for kernel, linears in kernels.items():
            yield _matrix_row(kernel, linears, count, model, sharding, precision)
    head = next((w for w in model.outside if w.role is Role.HEAD), None)
    if head is None and model.tied:
        head = next(w for w in model.outside if w.role is Role.EMBEDDING)
    if head is not None:
        yield _matrix_row("head", [head], 1, model, sharding, precision)._replace(role=Role.HEAD)


def _matrix_row(
    kernel: str, linears: list[Linear], count: int, model: Model, sharding: Sharding, precision: str
) -> MatrixRow:
    """Fuse matrices that share their input: inputs are read once, outputs are written side by side."""
    elements = weight_bytes = outputs = 0.0
    inputs = 0
    for linear in linears:
        k, n, _ = local_matrix(linear, sharding)
        elements += k * n
        weight_bytes += k * n * model.format_of(linear, precision).bytes_per_element
        inputs, outputs = max(inputs, k), outputs + n
    return MatrixRow(
        name=kernel,
        role=linears[0].role,
        format=model.format_of(linears[0], precision),
        calls=count,
        flop_per_token=2.0 * elements,
        weight_bytes=weight_bytes,
        io_bytes_per_token=ACTIVATION_BYTES * (inputs + outputs),
        depth=inputs,
    )


def _expert_rows(model: Model, sharding: Sharding, precision: str) -> tuple[ExpertRow, ...]:
    """Rows of all layers; equal blocks of different layers are one row."""
    calls: dict[ExpertRow, int] = {}
    for row in _expert_blocks(model, sharding, precision):
        key = row._replace(calls=0)
        calls[key] = calls.get(key, 0) + row.calls
    return tuple(row._replace(calls=count) for row, count in calls.items())


def _expert_blocks(model: Model, sharding: Sharding, precision: str) -> Iterable[ExpertRow]:
    for layer, count in model.layer_groups:
        if not isinstance(layer.ffn, MixtureOfExperts):
            continue
        linears = [w for w in layer.weights if w.role is Role.EXPERT]
        shapes = [local_matrix(w, sharding) for w in linears]
        stored = [model.format_of(w, precision) for w in linears]
        elements = sum(k * n for k, n, _ in shapes)
        yield ExpertRow(
            name="routed experts",
            format=stored[0],
            calls=count,
            experts=layer.ffn.experts,
            active=layer.ffn.active_experts,
            local_experts=shapes[0][2],
            flop_per_assignment=2.0 * elements,
            bytes_per_expert=sum(k * n * f.bytes_per_element for (k, n, _), f in zip(shapes, stored, strict=True)),
            io_bytes_per_assignment=ACTIVATION_BYTES
            * sum(_expert_io(w, k, n) for w, (k, n, _) in zip(linears, shapes, strict=True)),
            expert_ranks=sharding.expert_ranks,
        )


def _expert_io(linear: Linear, inputs: int, outputs: int) -> float:
    hidden, width = (inputs, outputs) if linear.split is Split.COLUMN else (outputs, inputs)
    return hidden + 1.5 * width


def _mixer_rows(groups: tuple[tuple[Layer, int], ...], ranks: int) -> Iterable[MixerRow]:
    counts: dict[Mixer, int] = {}
    for layer, count in groups:
        if layer.mixer is not None:
            counts[layer.mixer] = counts.get(layer.mixer, 0) + count
    return (_mixer_row(mixer, count, ranks) for mixer, count in counts.items())


def _mixer_row(mixer: Mixer, count: int, ranks: int) -> MixerRow:
    caches = [cache for cache in mixer.caches() if cache.elements_per_entry]
    units = max((cache.units for cache in caches), default=0)
    windows = [cache.window_tokens for cache in caches]
    window = None if None in windows or not windows else max(w for w in windows if w is not None)
    core = Core.ATTENTION if units else Core.LATENT if caches else Core.RECURRENT
    return MixerRow(mixer, count, core, -(-units // ranks) if units else 1, window)


def _elementwise_bytes(layer: Layer, model: Model, sharding: Sharding) -> float:
    """Bytes that small kernels move per token.

    Norms and residuals move 4 x hidden per block; every projection's output is read and written once.
    """
    blocks = (layer.mixer is not None) + (layer.ffn is not None)
    moved = 4.0 * blocks * model.hidden_size
    for linear in layer.weights:
        if linear.split is Split.COLUMN and linear.role is not Role.EXPERT:
            moved += 2.0 * local_matrix(linear, sharding)[1]
    return ACTIVATION_BYTES * moved

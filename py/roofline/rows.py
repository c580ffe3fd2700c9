"""Operators of a plan per token: shapes and bytes of every kernel on the fullest GPU, independent of the batch."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from .feedforward import MixtureOfExperts
from .formats import Format
from .mixers import ACTIVATION_BYTES, Mixer
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
        label: the mixer's name for people.
        core: class of the kernel.
        local_heads: key-value heads on this GPU (1 for a latent).
        window_tokens: tokens that the core sees at most; None = all.
    """

    mixer: Mixer
    label: str
    calls: int
    core: Core
    local_heads: int
    window_tokens: int | None


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


def local_matrix(linear: Linear, sharding: Sharding) -> tuple[int, int, int]:
    """(inputs, outputs, copies) of a matrix on the fullest GPU."""
    if linear.role is Role.EXPERT:
        inputs, outputs = linear.local_shape(sharding.expert_slices)
        return inputs, outputs, -(-linear.copies // sharding.expert_ranks)
    inputs, outputs = linear.local_shape(sharding.ranks)
    return inputs, outputs, linear.copies


def matrix_rows(model: Model, sharding: Sharding, precision: str) -> tuple[MatrixRow, ...]:
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


def expert_rows(model: Model, sharding: Sharding, precision: str) -> tuple[ExpertRow, ...]:
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


def mixer_rows(groups: tuple[tuple[Layer, int], ...], ranks: int) -> Iterable[MixerRow]:
    """Cores of all layers; equal mixers are one row."""
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
    return MixerRow(mixer, mixer.label, count, core, -(-units // ranks) if units else 1, window)


def elementwise_bytes(layer: Layer, model: Model, sharding: Sharding) -> float:
    """Bytes that small kernels move per token.

    Norms and residuals move 4 x hidden per block; every projection's output is read and written once.
    """
    blocks = (layer.mixer is not None) + (layer.ffn is not None)
    moved = 4.0 * blocks * model.hidden_size
    for linear in layer.weights:
        if linear.split is Split.COLUMN and linear.role is not Role.EXPERT:
            moved += 2.0 * local_matrix(linear, sharding)[1]
    return ACTIVATION_BYTES * moved

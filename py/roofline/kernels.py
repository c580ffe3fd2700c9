"""Kernels: each becomes, once for a layout, a function of what a step runs that gives its work and its time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from .curves import Time, TimeFields
from .machine import Machine
from .plan import Plan
from .rows import ExpertRow, MatrixRow, MixerRow


class Kind(StrEnum):
    """Kernel family."""

    MATRIX = "matrix"
    EXPERTS = "experts"
    DECODE_CORE = "decode attention"
    PREFILL_CORE = "prefill attention"
    ELEMENTWISE = "elementwise"
    COLLECTIVE = "collective"


#: Calls that the host makes for one operator without a CUDA graph: rotary embedding and cache write beside attention;
#: routing, the fused block and its reduction for experts; two norms and an activation.
KERNELS: Mapping[Kind, int] = MappingProxyType(
    {
        Kind.MATRIX: 1,
        Kind.EXPERTS: 3,
        Kind.DECODE_CORE: 1,
        Kind.PREFILL_CORE: 3,
        Kind.ELEMENTWISE: 3,
        Kind.COLLECTIVE: 1,
    }
)


class Operator(NamedTuple):
    """One kernel on the fullest GPU; figures are per call, ``calls`` calls make a step.

    Attributes:
        name: for people.
        kind: kernel family.
        format: number format of its weights or cache.
        flop: arithmetic that the model needs.
        bytes: memory traffic, or bytes on one GPU's link for a collective.
        calls: calls per step.
        time: modelled time of one call.
    """

    name: str
    kind: Kind
    format: str
    flop: float
    bytes: float
    calls: int
    time: Time


class Label(NamedTuple):
    """What an ``Operator`` is called."""

    name: str
    kind: Kind
    format: str


#: An ``Operator`` as a plain tuple, as in ``curves.TimeFields``: label, calls, flop, bytes, time.
OperatorFields = tuple[Label, int, float, float, TimeFields]


def named(operators: Iterable[OperatorFields]) -> tuple[Operator, ...]:
    """The same operators with names for their fields."""
    return tuple(Operator(*label, flop, moved, calls, Time(*time)) for label, calls, flop, moved, time in operators)


class Collective(NamedTuple):
    """Communication of a step.

    Attributes:
        name: for people.
        calls: calls per step.
        group: GPUs that take part.
        share: bytes on one GPU's link, one direction, over the bytes of a message.
        messages: messages that one call carries.
        link_bytes_per_s: rate of that link.
    """

    name: str
    calls: int
    group: int
    share: float
    messages: int
    link_bytes_per_s: float


def matrix(row: MatrixRow, machine: Machine) -> Callable[[float], OperatorFields]:
    """A matrix product, of the tokens that pass it."""
    curve, peak_flop_per_s = machine.matrix(row.format)
    time = curve.timer(row.depth, peak_flop_per_s, machine.hbm_bytes_per_s)
    label, calls = Label(row.name, Kind.MATRIX, row.format.name), row.calls
    flop_per_token, weight_bytes, io_bytes_per_token = row.flop_per_token, row.weight_bytes, row.io_bytes_per_token

    def call(tokens: float) -> OperatorFields:
        flop = tokens * flop_per_token
        moved = weight_bytes + tokens * io_bytes_per_token
        return label, calls, flop, moved, time(flop, moved, tokens)

    return call


def experts(row: ExpertRow, machine: Machine) -> Callable[[float], OperatorFields]:
    """The routed experts of a layer, of the tokens of all attention-data-parallel ranks."""
    curve, peak_flop_per_s = machine.experts(row.format)
    time = curve.timer(row.flop_per_assignment, peak_flop_per_s, machine.hbm_bytes_per_s)
    touched_by = curve.toucher(row.experts, row.active)
    label, calls = Label(row.name, Kind.EXPERTS, row.format.name), row.calls
    active, flop_per_assignment, bytes_per_expert = row.active, row.flop_per_assignment, row.bytes_per_expert
    io_bytes_per_assignment, remote_share = row.io_bytes_per_assignment, curve.remote_share
    share = row.local_experts / row.experts
    hottest_share = min(share * row.expert_ranks**curve.skew_exponent, 1.0)

    def call(tokens: float) -> OperatorFields:
        pairs = tokens * active
        hottest = pairs * hottest_share
        touched = max(touched_by(tokens) * share, min(hottest, 1.0))
        weights = touched * bytes_per_expert
        activations = io_bytes_per_assignment * (hottest + remote_share * (pairs - hottest))
        flop, moved = hottest * flop_per_assignment, weights + activations
        return label, calls, flop, moved, time(weights, activations, hottest, touched)

    return call


def decode(row: MixerRow, machine: Machine) -> Callable[[float, float], OperatorFields]:
    """The core of a mixer in a decode step, of sequences and their mean context."""
    curve, peak_flop_per_s = machine.decode_core(row.core)
    time = curve.timer(peak_flop_per_s, machine.hbm_bytes_per_s)
    label, calls = Label(row.label, Kind.DECODE_CORE, machine.kv_format), row.calls
    work, ranks, kv_bytes = row.mixer.decode, machine.ranks, machine.kv_bytes
    window_tokens, local_heads = row.window_tokens, row.local_heads

    def call(sequences: float, context_tokens: float) -> OperatorFields:
        flop, moved = work(context_tokens, ranks, kv_bytes)
        flop, moved = flop * sequences, moved * sequences
        seen = context_tokens if window_tokens is None else min(context_tokens, window_tokens)
        return label, calls, flop, moved, time(flop, moved, moved / kv_bytes, seen, sequences * local_heads)

    return call


def prefill(row: MixerRow, machine: Machine) -> Callable[[float, float, float], OperatorFields]:
    """The core of a mixer in a prefill step, of a prompt's tokens, those before them, and prompts side by side."""
    curve, peak_flop_per_s = machine.prefill_core(row.core)
    time = curve.timer(peak_flop_per_s, machine.hbm_bytes_per_s)
    label, calls = Label(row.label, Kind.PREFILL_CORE, machine.kv_format), row.calls
    work, ranks, kv_bytes, window_tokens = row.mixer.prefill, machine.ranks, machine.kv_bytes, row.window_tokens

    def call(new: float, past: float, prompts: float) -> OperatorFields:
        flop, moved = work(new, past, ranks, kv_bytes)
        flop, moved = flop * prompts, moved * prompts
        seen = past + new if window_tokens is None else min(past + new, window_tokens)
        return label, calls, flop, moved, time(flop, moved, seen)

    return call


def elementwise(plan: Plan, machine: Machine) -> Callable[[float], OperatorFields]:
    """The small kernels of one layer, of its tokens."""
    time = machine.stream.timer(machine.hbm_bytes_per_s)
    label, calls = Label("norms, residuals, activations", Kind.ELEMENTWISE, "bf16"), plan.layers
    bytes_per_token = plan.elementwise_bytes_per_token / plan.layers

    def call(tokens: float) -> OperatorFields:
        moved = tokens * bytes_per_token
        return label, calls, 0.0, moved, time(moved)

    return call


def collective(row: Collective, machine: Machine, message_bytes_per_token: float) -> Callable[[float], OperatorFields]:
    """A collective, of the tokens whose hidden states it carries."""
    time = machine.collective.timer(row.group, row.link_bytes_per_s)
    label, calls = Label(row.name, Kind.COLLECTIVE, "bf16"), row.calls
    bytes_per_token = row.share * row.messages * message_bytes_per_token

    def call(tokens: float) -> OperatorFields:
        moved = tokens * bytes_per_token
        return label, calls, 0.0, moved, time(moved)

    return call

"""Kernels: each becomes, once for a layout, functions of what a step runs that give its time and its work."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from .curves import MatrixPiece, Time, TimeFields, matrices_timer
from .machine import Machine
from .mixers import Work
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
    """What an ``Operator`` is called, and how often."""

    name: str
    kind: Kind
    format: str
    calls: int


class Kernel(NamedTuple):
    """A kernel of a layout, as functions of what a step runs.

    Attributes:
        label: its names.
        time: of all its calls.
        work: FLOP that the model needs, and bytes moved, of one call.
    """

    label: Label
    time: Callable[..., TimeFields]
    work: Callable[..., Work]

    def operator(self, *runs: float) -> Operator:
        """What it does in a step that runs this."""
        name, kind, stored, calls = self.label
        flop, moved = self.work(*runs)
        return Operator(name, kind, stored, flop, moved, calls, Time(*(part_s / calls for part_s in self.time(*runs))))


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


def matrix_piece(row: MatrixRow, machine: Machine) -> MatrixPiece:
    """A matrix product as what ``matrices_timer`` adds up."""
    curve, peak_flop_per_s = machine.matrix(row.format)
    return curve.piece(
        row.depth,
        row.flop_per_token,
        row.weight_bytes,
        row.io_bytes_per_token,
        peak_flop_per_s,
        machine.hbm_bytes_per_s,
        row.calls,
    )


def matrix(row: MatrixRow, machine: Machine) -> Kernel:
    """A matrix product, of the tokens that pass it."""

    def work(tokens: float) -> Work:
        return tokens * row.flop_per_token, row.weight_bytes + tokens * row.io_bytes_per_token

    label = Label(row.name, Kind.MATRIX, row.format.name, row.calls)
    return Kernel(label, matrices_timer([matrix_piece(row, machine)]), work)


def experts(row: ExpertRow, machine: Machine) -> Kernel:
    """The routed experts of a layer, of the tokens of all attention-data-parallel ranks."""
    curve, peak_flop_per_s = machine.experts(row.format)
    timer = curve.timer(row.flop_per_assignment, peak_flop_per_s, machine.hbm_bytes_per_s, row.calls)
    touched_by = curve.toucher(row.experts, row.active)
    active, bytes_per_expert, flop_per_assignment = row.active, row.bytes_per_expert, row.flop_per_assignment
    io_bytes_per_assignment, remote_share = row.io_bytes_per_assignment, curve.remote_share
    share = row.local_experts / row.experts
    hottest_share = min(share * row.expert_ranks**curve.skew_exponent, 1.0)

    def load(tokens: float) -> tuple[float, float, float, float]:
        """Bytes of weights and activations, assignments and experts touched, on the hottest GPU."""
        pairs = tokens * active
        hottest = pairs * hottest_share
        touched = max(touched_by(tokens) * share, min(hottest, 1.0))
        activations = io_bytes_per_assignment * (hottest + remote_share * (pairs - hottest))
        return touched * bytes_per_expert, activations, hottest, touched

    def time(tokens: float) -> TimeFields:
        return timer(*load(tokens))

    def work(tokens: float) -> Work:
        weights, activations, hottest, _ = load(tokens)
        return hottest * flop_per_assignment, weights + activations

    return Kernel(Label(row.name, Kind.EXPERTS, row.format.name, row.calls), time, work)


def decode(row: MixerRow, machine: Machine) -> Kernel:
    """The core of a mixer in a decode step, of sequences and their mean context."""
    curve, peak_flop_per_s = machine.decode_core(row.core)
    timer = curve.timer(peak_flop_per_s, machine.hbm_bytes_per_s, row.calls)
    one, kv_bytes = row.mixer.decode(machine.ranks, machine.kv_bytes), machine.kv_bytes
    most_tokens, local_heads = _most_tokens(row), row.local_heads

    def work(sequences: float, context_tokens: float) -> Work:
        flop, moved = one(context_tokens)
        return flop * sequences, moved * sequences

    def time(sequences: float, context_tokens: float) -> TimeFields:
        flop, moved = work(sequences, context_tokens)
        seen = context_tokens if context_tokens < most_tokens else most_tokens
        return timer(flop, moved, moved / kv_bytes, seen, sequences * local_heads)

    return Kernel(Label(row.label, Kind.DECODE_CORE, machine.kv_format, row.calls), time, work)


def prefill(row: MixerRow, machine: Machine) -> Kernel:
    """The core of a mixer in a prefill step, of a prompt's tokens, those before them, and prompts side by side."""
    curve, peak_flop_per_s = machine.prefill_core(row.core)
    timer = curve.timer(peak_flop_per_s, machine.hbm_bytes_per_s, row.calls)
    one, most_tokens = row.mixer.prefill(machine.ranks, machine.kv_bytes), _most_tokens(row)

    def work(new: float, past: float, prompts: float) -> Work:
        flop, moved = one(new, past)
        return flop * prompts, moved * prompts

    def time(new: float, past: float, prompts: float) -> TimeFields:
        flop, moved = work(new, past, prompts)
        seen = past + new
        return timer(flop, moved, seen if seen < most_tokens else most_tokens)

    return Kernel(Label(row.label, Kind.PREFILL_CORE, machine.kv_format, row.calls), time, work)


def _most_tokens(row: MixerRow) -> float:
    """Tokens that a core sees at most."""
    return math.inf if row.window_tokens is None else row.window_tokens


def elementwise(plan: Plan, machine: Machine) -> Kernel:
    """The small kernels of all layers, of their tokens."""
    label = Label("norms, residuals, activations", Kind.ELEMENTWISE, "bf16", plan.layers)
    timer = machine.stream.timer(machine.hbm_bytes_per_s, plan.layers)
    return _moving(label, timer, plan.elementwise_bytes_per_token / plan.layers)


def collective(row: Collective, machine: Machine, message_bytes_per_token: float) -> Kernel:
    """A collective, of the tokens whose hidden states it carries."""
    label = Label(row.name, Kind.COLLECTIVE, "bf16", row.calls)
    timer = machine.collective.timer(row.group, row.link_bytes_per_s, row.calls)
    return _moving(label, timer, row.share * row.messages * message_bytes_per_token)


def _moving(label: Label, timer: Callable[[float], TimeFields], bytes_per_token: float) -> Kernel:
    """A kernel that moves bytes and computes nothing to speak of."""
    return Kernel(label, lambda tokens: timer(tokens * bytes_per_token), lambda tokens: (0.0, tokens * bytes_per_token))

"""Operators of one step of a replica, each with its work and its time on the fullest GPU."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from .curves import CollectiveCurve, DecodeCurve, ExpertCurve, MatrixCurve, PrefillCurve, Time, TimeFields
from .machine import Machine
from .placement import domain_gpus
from .plan import Plan
from .rows import ExpertRow, MatrixRow, MixerRow
from .weights import Role


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


class Batch(NamedTuple):
    """What one attention-data-parallel rank runs in one step.

    Attributes:
        prompt_tokens: tokens of one prompt in this step.
        past_tokens: tokens of the same prompt that are in the cache already.
        prompts: prompts side by side in this step.
        first_tokens: prompts that get their first token from this step; a fraction where a prompt takes several steps.
        sequences: sequences that gain one token.
        context_tokens: their mean context.
        busy_ranks: attention-data-parallel ranks that run such a batch; the others idle. 0 = all.
    """

    prompt_tokens: float = 0.0
    past_tokens: float = 0.0
    prompts: float = 0.0
    first_tokens: float = 0.0
    sequences: float = 0.0
    context_tokens: float = 0.0
    busy_ranks: float = 0.0

    @property
    def tokens(self) -> float:
        """Tokens that pass the matrices."""
        return self.prompt_tokens * self.prompts + self.sequences


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


#: The fields of an ``Operator`` as a plain tuple, as in ``curves.TimeFields``.
OperatorFields = tuple[str, Kind, str, float, float, int, TimeFields]


def named(operators: Iterable[OperatorFields]) -> tuple[Operator, ...]:
    """The same operators with names for their fields."""
    return tuple(Operator(*fields[:-1], Time(*fields[-1])) for fields in operators)


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


class Bound(NamedTuple):
    """A plan on a machine: every row with the curve and the peak that time it.

    Attributes:
        prompt_launches: kernels that the host launches for a step with prompts.
        decode_launches: and these where sequences decode in the same step.
        recurring: the memory of ``steps.recurring_step``.
    """

    plan: Plan
    machine: Machine
    matrices: tuple[tuple[MatrixRow, MatrixCurve, float], ...]
    experts: tuple[tuple[ExpertRow, ExpertCurve, float], ...]
    decodes: tuple[tuple[MixerRow, DecodeCurve, float], ...]
    prefills: tuple[tuple[MixerRow, PrefillCurve, float], ...]
    collectives: tuple[Collective, ...]
    prompt_launches: int
    decode_launches: int
    recurring: dict[Batch, object]


def bind(plan: Plan, machine: Machine) -> Bound:
    """Look up the curves and links of a plan once."""
    collectives = tuple(_collectives(plan, machine))
    return Bound(
        plan,
        machine,
        tuple((row, *machine.matrix(row.format)) for row in plan.matrices),
        tuple((row, *machine.experts(row.format)) for row in plan.experts),
        tuple((row, *machine.decode_core(row.core)) for row in plan.mixers),
        tuple((row, *machine.prefill_core(row.core)) for row in plan.mixers),
        collectives,
        _prompt_launches(plan, collectives),
        _launches(Kind.DECODE_CORE, plan.mixers),
        {},
    )


def _prompt_launches(plan: Plan, collectives: tuple[Collective, ...]) -> int:
    small = KERNELS[Kind.ELEMENTWISE] * plan.layers
    products = _launches(Kind.MATRIX, plan.matrices) + _launches(Kind.EXPERTS, plan.experts)
    return products + _launches(Kind.PREFILL_CORE, plan.mixers) + small + _launches(Kind.COLLECTIVE, collectives)


def _launches(kind: Kind, rows: Iterable[MatrixRow | ExpertRow | MixerRow | Collective]) -> int:
    return KERNELS[kind] * sum(row.calls for row in rows)


def _collectives(plan: Plan, machine: Machine) -> Iterator[Collective]:
    if plan.all_reduces:
        n = machine.ranks
        yield Collective("all-reduce", plan.all_reduces, n, 2.0 * (n - 1) / n, 1, machine.link_bytes_per_s(n))
    if plan.exchanges:
        n, copies = machine.ranks * machine.data_ranks, machine.data_ranks
        link = machine.link_bytes_per_s(n)
        yield Collective("expert dispatch and combine", plan.exchanges, n, 2.0 * (n - 1) / n, copies, link)
    if machine.stages > 1:
        yield _send(machine)


def _send(machine: Machine) -> Collective:
    """Hidden states from stage to stage: over the network where the replica leaves its link domain."""
    replica = machine.ranks * machine.data_ranks * machine.stages
    link = machine.link_bytes_per_s(2 if replica <= domain_gpus(machine.gpu) else replica)
    return Collective("stage to stage", machine.stages - 1, 2, 1.0, 1, link)


def step_operators(bound: Bound, batch: Batch) -> list[OperatorFields]:
    """Operators of one step, the same batch on each attention-data-parallel rank."""
    plan, machine = bound.plan, bound.machine
    tokens, heads, hbm_bytes_per_s = batch.tokens, batch.sequences + batch.first_tokens, machine.hbm_bytes_per_s
    rows = [
        _matrix(row, curve, peak, hbm_bytes_per_s, heads if row.role is Role.HEAD else tokens)
        for row, curve, peak in bound.matrices
    ]
    if bound.experts:
        pooled = tokens * (batch.busy_ranks or machine.data_ranks)
        rows += [_experts(row, curve, peak, hbm_bytes_per_s, pooled) for row, curve, peak in bound.experts]
    if batch.sequences:
        rows += [_decode(row, curve, peak, machine, batch) for row, curve, peak in bound.decodes]
    if batch.prompts:
        rows += [_prefill(row, curve, peak, machine, batch) for row, curve, peak in bound.prefills]
    moved = tokens * plan.elementwise_bytes_per_token / plan.layers
    time = machine.stream.time(moved, hbm_bytes_per_s)
    rows.append(("norms, residuals, activations", Kind.ELEMENTWISE, "bf16", 0.0, moved, plan.layers, time))
    message_bytes = tokens * plan.message_bytes_per_token
    rows += [_collective(row, machine.collective, message_bytes) for row in bound.collectives]
    return rows


def _matrix(
    row: MatrixRow, curve: MatrixCurve, peak_flop_per_s: float, hbm_bytes_per_s: float, tokens: float
) -> OperatorFields:
    name, _, stored, calls, flop_per_token, weight_bytes, io_bytes_per_token, depth = row
    flop = tokens * flop_per_token
    moved = weight_bytes + tokens * io_bytes_per_token
    time = curve.time(flop, moved, tokens, depth, peak_flop_per_s, hbm_bytes_per_s)
    return name, Kind.MATRIX, stored.name, flop, moved, calls, time


def _experts(
    row: ExpertRow, curve: ExpertCurve, peak_flop_per_s: float, hbm_bytes_per_s: float, tokens: float
) -> OperatorFields:
    share = row.local_experts / row.experts
    pairs = tokens * row.active
    hottest = min(pairs * share * row.expert_ranks**curve.skew_exponent, pairs)
    touched = max(curve.touched(tokens, row.experts, row.active) * share, min(hottest, 1.0))
    weights = touched * row.bytes_per_expert
    activations = row.io_bytes_per_assignment * (hottest + curve.remote_share * (pairs - hottest))
    time = curve.time(row.flop_per_assignment, weights, activations, hottest, touched, peak_flop_per_s, hbm_bytes_per_s)
    flop = hottest * row.flop_per_assignment
    return row.name, Kind.EXPERTS, row.format.name, flop, weights + activations, row.calls, time


def _decode(
    row: MixerRow, curve: DecodeCurve, peak_flop_per_s: float, machine: Machine, batch: Batch
) -> OperatorFields:
    sequences, context = batch.sequences, batch.context_tokens
    flop, moved = row.mixer.decode(context, machine.ranks, machine.kv_bytes)
    flop, moved = flop * sequences, moved * sequences
    seen = context if row.window_tokens is None else min(context, row.window_tokens)
    pieces = sequences * row.local_heads
    time = curve.time(flop, moved, moved / machine.kv_bytes, seen, pieces, peak_flop_per_s, machine.hbm_bytes_per_s)
    return row.label, Kind.DECODE_CORE, machine.kv_format, flop, moved, row.calls, time


def _prefill(
    row: MixerRow, curve: PrefillCurve, peak_flop_per_s: float, machine: Machine, batch: Batch
) -> OperatorFields:
    new, past, prompts = batch.prompt_tokens, batch.past_tokens, batch.prompts
    flop, moved = row.mixer.prefill(new, past, machine.ranks, machine.kv_bytes)
    flop, moved = flop * prompts, moved * prompts
    seen = past + new if row.window_tokens is None else min(past + new, row.window_tokens)
    time = curve.time(flop, moved, seen, peak_flop_per_s, machine.hbm_bytes_per_s)
    return row.label, Kind.PREFILL_CORE, machine.kv_format, flop, moved, row.calls, time


def _collective(row: Collective, curve: CollectiveCurve, message_bytes: float) -> OperatorFields:
    name, calls, group, share, messages, link_bytes_per_s = row
    moved = share * message_bytes * messages
    time = curve.time(moved, group, link_bytes_per_s)
    return name, Kind.COLLECTIVE, "bf16", 0.0, moved, calls, time

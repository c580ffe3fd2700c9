"""Operators of one step of a replica, each with its work and its time on the fullest GPU."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from .curves import DecodeCurve, ExpertCurve, MatrixCurve, PrefillCurve, Time
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


class Bound(NamedTuple):
    """A plan on a machine: every row with the curve and the peak that time it.

    ``recurring`` is the memory of ``steps.recurring_step``.
    """

    plan: Plan
    machine: Machine
    matrices: tuple[tuple[MatrixRow, MatrixCurve, float], ...]
    experts: tuple[tuple[ExpertRow, ExpertCurve, float], ...]
    decodes: tuple[tuple[MixerRow, DecodeCurve, float], ...]
    prefills: tuple[tuple[MixerRow, PrefillCurve, float], ...]
    recurring: dict[Batch, object]


def bind(plan: Plan, machine: Machine) -> Bound:
    """Look up the curves of a plan once."""
    return Bound(
        plan,
        machine,
        tuple((row, *machine.matrix(row.format)) for row in plan.matrices),
        tuple((row, *machine.experts(row.format)) for row in plan.experts),
        tuple((row, *machine.decode_core(row.core)) for row in plan.mixers),
        tuple((row, *machine.prefill_core(row.core)) for row in plan.mixers),
        {},
    )


def step_operators(bound: Bound, batch: Batch) -> list[Operator]:
    """Operators of one step, the same batch on each attention-data-parallel rank."""
    plan, machine = bound.plan, bound.machine
    tokens, heads, hbm_bytes_per_s = batch.tokens, batch.sequences + batch.first_tokens, machine.hbm_bytes_per_s
    rows = [
        _matrix(row, curve, peak, hbm_bytes_per_s, heads if row.role is Role.HEAD else tokens)
        for row, curve, peak in bound.matrices
    ]
    pooled = tokens * (batch.busy_ranks or machine.data_ranks)
    rows += [_experts(row, curve, peak, hbm_bytes_per_s, pooled) for row, curve, peak in bound.experts]
    if batch.sequences:
        rows += [_decode(row, curve, peak, machine, batch) for row, curve, peak in bound.decodes]
    if batch.prompts:
        rows += [_prefill(row, curve, peak, machine, batch) for row, curve, peak in bound.prefills]
    moved = tokens * plan.elementwise_bytes_per_token / plan.layers
    time = machine.stream.time(moved, machine.hbm_bytes_per_s)
    rows.append(Operator("norms, residuals, activations", Kind.ELEMENTWISE, "bf16", 0.0, moved, plan.layers, time))
    rows += _collectives(plan, machine, tokens * plan.message_bytes_per_token)
    return rows


def _matrix(
    row: MatrixRow, curve: MatrixCurve, peak_flop_per_s: float, hbm_bytes_per_s: float, tokens: float
) -> Operator:
    flop = tokens * row.flop_per_token
    moved = row.weight_bytes + tokens * row.io_bytes_per_token
    time = curve.time(flop, moved, tokens, row.depth, peak_flop_per_s, hbm_bytes_per_s)
    return Operator(row.name, Kind.MATRIX, row.format.name, flop, moved, row.calls, time)


def _experts(
    row: ExpertRow, curve: ExpertCurve, peak_flop_per_s: float, hbm_bytes_per_s: float, tokens: float
) -> Operator:
    share = row.local_experts / row.experts
    pairs = tokens * row.active
    hottest = min(pairs * share * row.expert_ranks**curve.skew_exponent, pairs)
    touched = max(curve.touched(tokens, row.experts, row.active) * share, min(hottest, 1.0))
    weights = touched * row.bytes_per_expert
    activations = row.io_bytes_per_assignment * (hottest + curve.remote_share * (pairs - hottest))
    time = curve.time(row.flop_per_assignment, weights, activations, hottest, touched, peak_flop_per_s, hbm_bytes_per_s)
    flop = hottest * row.flop_per_assignment
    return Operator(row.name, Kind.EXPERTS, row.format.name, flop, weights + activations, row.calls, time)


def _decode(row: MixerRow, curve: DecodeCurve, peak_flop_per_s: float, machine: Machine, batch: Batch) -> Operator:
    work = row.mixer.decode(batch.context_tokens, machine.ranks, machine.kv_bytes)
    flop, moved = work.flop * batch.sequences, work.bytes * batch.sequences
    seen = batch.context_tokens if row.window_tokens is None else min(batch.context_tokens, row.window_tokens)
    pieces = batch.sequences * row.local_heads
    time = curve.time(flop, moved, moved / machine.kv_bytes, seen, pieces, peak_flop_per_s, machine.hbm_bytes_per_s)
    return Operator(row.mixer.label, Kind.DECODE_CORE, machine.kv_format, flop, moved, row.calls, time)


def _prefill(row: MixerRow, curve: PrefillCurve, peak_flop_per_s: float, machine: Machine, batch: Batch) -> Operator:
    work = row.mixer.prefill(batch.prompt_tokens, batch.past_tokens, machine.ranks, machine.kv_bytes)
    seen = batch.past_tokens + batch.prompt_tokens
    if row.window_tokens is not None:
        seen = min(seen, row.window_tokens)
    flop, moved = work.flop * batch.prompts, work.bytes * batch.prompts
    time = curve.time(flop, moved, seen, peak_flop_per_s, machine.hbm_bytes_per_s)
    return Operator(row.mixer.label, Kind.PREFILL_CORE, machine.kv_format, flop, moved, row.calls, time)


def _collectives(plan: Plan, machine: Machine, message_bytes: float) -> Iterator[Operator]:
    if plan.all_reduces:
        n = machine.ranks
        yield _collective("all-reduce", machine, 2.0 * (n - 1) / n * message_bytes, plan.all_reduces, n)
    if plan.exchanges:
        n = machine.ranks * machine.data_ranks
        traffic = 2.0 * (n - 1) / n * message_bytes * machine.data_ranks
        yield _collective("expert dispatch and combine", machine, traffic, plan.exchanges, n)
    if machine.stages > 1:
        yield _send(machine, message_bytes)


def _send(machine: Machine, message_bytes: float) -> Operator:
    """Hidden states from stage to stage: over the network where the replica leaves its link domain."""
    replica = machine.ranks * machine.data_ranks * machine.stages
    link = machine.link_bytes_per_s(2 if replica <= domain_gpus(machine.gpu) else replica)
    time = machine.collective.time(message_bytes, 2, link)
    return Operator("stage to stage", Kind.COLLECTIVE, "bf16", 0.0, message_bytes, machine.stages - 1, time)


def _collective(name: str, machine: Machine, link_bytes: float, calls: int, group: int) -> Operator:
    time = machine.collective.time(link_bytes, group, machine.link_bytes_per_s(group))
    return Operator(name, Kind.COLLECTIVE, "bf16", 0.0, link_bytes, calls, time)

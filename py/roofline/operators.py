"""Operators of one step of a replica, each with its work and its time on the fullest GPU."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from . import kernels
from .kernels import KERNELS, Collective, Kind, OperatorFields
from .machine import Machine
from .placement import domain_gpus
from .plan import Plan
from .rows import ExpertRow, MatrixRow, MixerRow
from .weights import Role


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


class Bound(NamedTuple):
    """A plan on a machine: every kernel of a step as a function of what the step runs.

    Attributes:
        matrices, heads: of the tokens that pass them; the heads' are those whose logits are wanted.
        experts: of the tokens of all attention-data-parallel ranks.
        decodes: of sequences and their mean context.
        prefills: of the tokens of a prompt in this step, those before them, and prompts side by side.
        elementwise, collectives: of tokens.
        prompt_launches: kernels that the host launches for a step with prompts.
        decode_launches: and these where sequences decode in the same step.
        recurring: what is the same for any number of clients, by what it depends on (``steps.recurring_step``,
            ``serving.prompts_alone``).
    """

    plan: Plan
    machine: Machine
    matrices: tuple[Callable[[float], OperatorFields], ...]
    heads: tuple[Callable[[float], OperatorFields], ...]
    experts: tuple[Callable[[float], OperatorFields], ...]
    decodes: tuple[Callable[[float, float], OperatorFields], ...]
    prefills: tuple[Callable[[float, float, float], OperatorFields], ...]
    elementwise: Callable[[float], OperatorFields]
    collectives: tuple[Callable[[float], OperatorFields], ...]
    prompt_launches: int
    decode_launches: int
    recurring: dict[tuple[float, ...], object]


def bind(plan: Plan, machine: Machine) -> Bound:
    """Look up the curves and links of a plan once."""
    collectives = tuple(_collectives(plan, machine))
    return Bound(
        plan,
        machine,
        tuple(kernels.matrix(row, machine) for row in plan.matrices if row.role is not Role.HEAD),
        tuple(kernels.matrix(row, machine) for row in plan.matrices if row.role is Role.HEAD),
        tuple(kernels.experts(row, machine) for row in plan.experts),
        tuple(kernels.decode(row, machine) for row in plan.mixers),
        tuple(kernels.prefill(row, machine) for row in plan.mixers),
        kernels.elementwise(plan, machine),
        tuple(kernels.collective(row, machine, plan.message_bytes_per_token) for row in collectives),
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
    new, past, prompts, first_tokens, sequences, context, busy_ranks = batch
    tokens = batch.tokens
    rows = [call(tokens) for call in bound.matrices]
    rows += [call(sequences + first_tokens) for call in bound.heads]
    if bound.experts:
        pooled = tokens * (busy_ranks or bound.machine.data_ranks)
        rows += [call(pooled) for call in bound.experts]
    if sequences:
        rows += [call(sequences, context) for call in bound.decodes]
    if prompts:
        rows += [call(new, past, prompts) for call in bound.prefills]
    rows.append(bound.elementwise(tokens))
    rows += [call(tokens) for call in bound.collectives]
    return rows

"""Operators of one step of a replica, each with its work and its time on the fullest GPU."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from . import kernels
from .curves import TimeFields, matrices_timer
from .kernels import KERNELS, Collective, Kind, Operator
from .machine import Machine
from .placement import domain_gpus
from .plan import Plan
from .rows import ExpertRow, MatrixRow, MixerRow
from .weights import Role


@dataclass(slots=True)
class Batch:
    """What one attention-data-parallel rank runs in one step.

    A frozen dataclass or a named tuple takes three to five times as long to make, in the browser; nobody changes one.

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


#: Time of kernels, of the tokens that pass them.
TokensTime = Callable[[float], TimeFields]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """A plan on a machine: the time of every kernel of a step as a function of what the step runs.

    Attributes:
        matrices, heads: of the tokens that pass them, all together; the heads' are those whose logits are wanted.
        experts: of the tokens of all attention-data-parallel ranks.
        decodes: of sequences and their mean context.
        prefills: of the tokens of a prompt in this step, those before them, and prompts side by side.
        small, links: the elementwise kernels and the collectives, of tokens.
        prompt_launches: kernels that the host launches for a step with prompts.
        decode_launches: and these where sequences decode in the same step.
    """

    plan: Plan
    machine: Machine
    matrices: TokensTime
    heads: TokensTime
    experts: tuple[TokensTime, ...]
    decodes: tuple[Callable[[float, float], TimeFields], ...]
    prefills: tuple[Callable[[float, float, float], TimeFields], ...]
    small: TokensTime
    links: tuple[TokensTime, ...]
    prompt_launches: int
    decode_launches: int


def bind(plan: Plan, machine: Machine) -> Bound:
    """Look up the curves and links of a plan once."""
    sent = tuple(collectives(plan, machine))
    return Bound(
        plan=plan,
        machine=machine,
        matrices=matrices_timer([kernels.matrix_piece(row, machine) for row in plan.matrices if not _is_head(row)]),
        heads=matrices_timer([kernels.matrix_piece(row, machine) for row in plan.matrices if _is_head(row)]),
        experts=tuple(kernels.experts(row, machine).time for row in plan.experts),
        decodes=tuple(kernels.decode(row, machine).time for row in plan.mixers),
        prefills=tuple(kernels.prefill(row, machine).time for row in plan.mixers),
        small=kernels.elementwise(plan, machine).time,
        links=tuple(kernels.collective(row, machine, plan.message_bytes_per_token).time for row in sent),
        prompt_launches=_prompt_launches(plan, sent),
        decode_launches=_launches(Kind.DECODE_CORE, plan.mixers),
    )


def _is_head(row: MatrixRow) -> bool:
    return row.role is Role.HEAD


def _prompt_launches(plan: Plan, links: tuple[Collective, ...]) -> int:
    small = KERNELS[Kind.ELEMENTWISE] * plan.layers
    products = _launches(Kind.MATRIX, plan.matrices) + _launches(Kind.EXPERTS, plan.experts)
    return products + _launches(Kind.PREFILL_CORE, plan.mixers) + small + _launches(Kind.COLLECTIVE, links)


def _launches(kind: Kind, rows: Iterable[MatrixRow | ExpertRow | MixerRow | Collective]) -> int:
    return KERNELS[kind] * sum(row.calls for row in rows)


def collectives(plan: Plan, machine: Machine) -> Iterator[Collective]:
    """Communication of a step, in the order of its kernels."""
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


def step_times(bound: Bound, batch: Batch) -> list[TimeFields]:
    """Time of the kernels of one step, the same batch on each attention-data-parallel rank."""
    new, past, prompts = batch.prompt_tokens, batch.past_tokens, batch.prompts
    sequences, context = batch.sequences, batch.context_tokens
    tokens = new * prompts + sequences
    times = [bound.matrices(tokens), bound.heads(sequences + batch.first_tokens), bound.small(tokens)]
    if bound.experts:
        pooled = tokens * (batch.busy_ranks or bound.machine.data_ranks)
        times += [time(pooled) for time in bound.experts]
    if sequences:
        times += [time(sequences, context) for time in bound.decodes]
    if prompts:
        times += [time(new, past, prompts) for time in bound.prefills]
    return times + [time(tokens) for time in bound.links]


def step_operators(bound: Bound, batch: Batch) -> Iterator[Operator]:
    """The same kernels one by one."""
    plan, machine, tokens = bound.plan, bound.machine, batch.tokens
    for row in sorted(plan.matrices, key=_is_head):
        yield kernels.matrix(row, machine).operator(batch.sequences + batch.first_tokens if _is_head(row) else tokens)
    for block in plan.experts:
        yield kernels.experts(block, machine).operator(tokens * (batch.busy_ranks or machine.data_ranks))
    if batch.sequences:
        for core in plan.mixers:
            yield kernels.decode(core, machine).operator(batch.sequences, batch.context_tokens)
    if batch.prompts:
        for core in plan.mixers:
            yield kernels.prefill(core, machine).operator(batch.prompt_tokens, batch.past_tokens, batch.prompts)
    yield kernels.elementwise(plan, machine).operator(tokens)
    for sent in collectives(plan, machine):
        yield kernels.collective(sent, machine, plan.message_bytes_per_token).operator(tokens)

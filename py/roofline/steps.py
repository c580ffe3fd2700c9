"""Time of steps: a decode step, a prompt alone, and prompt chunks that share steps with decodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from .kernels import Operator
from .machine import Machine
from .operators import Batch, Bound, step_operators, step_times


@dataclass(slots=True, unsafe_hash=True)
class Step:
    """Time of one or several equal steps, by cause; the parts sum to ``total_s``. Nobody changes one, as a ``Batch``.

    Attributes:
        total_s: all of it.
        compute_s, memory_s: kernels bound by arithmetic or by memory traffic.
        communication_s: collectives.
        overhead_s: launches, scheduling, host.
        steps: equal steps that the times cover.
        listing: lists the kernels of one of them; few steps are ever asked.
    """

    total_s: float
    compute_s: float
    memory_s: float
    communication_s: float
    overhead_s: float
    steps: int = 1
    listing: Callable[[], Iterable[Operator]] = field(default=tuple, repr=False, compare=False)

    @property
    def operators(self) -> tuple[Operator, ...]:
        """Kernels of one step."""
        return tuple(self.listing())

    def __reduce__(self) -> tuple[Callable[..., Step], tuple[object, ...]]:
        times = (self.total_s, self.compute_s, self.memory_s, self.communication_s, self.overhead_s)
        return _listed, (times, self.steps, self.operators)

    @property
    def bound(self) -> str:
        """The largest part: 'compute', 'memory', 'communication' or 'overhead'."""
        parts = (self.compute_s, self.memory_s, self.communication_s, self.overhead_s)
        return ("compute", "memory", "communication", "overhead")[parts.index(max(parts))]

    def times(self, steps: int) -> Step:
        """This step, repeated."""
        if steps == 1:
            return self
        return Step(
            steps * self.total_s,
            steps * self.compute_s,
            steps * self.memory_s,
            steps * self.communication_s,
            steps * self.overhead_s,
            steps * self.steps,
            self.listing,
        )


def _listed(times: tuple[float, float, float, float, float], steps: int, operators: tuple[Operator, ...]) -> Step:
    """A step whose kernels are listed already: a copy, which leaves the layout behind."""
    return Step(*times, steps, lambda: operators)


def run_step(bound: Bound, batch: Batch) -> Step:
    """Time one step: kernels in sequence, plus the engine's overhead per sequence and prompt token."""
    compute = memory = communication = fixed = 0.0
    for compute_s, memory_s, link_s, fixed_s in step_times(bound, batch):
        compute += compute_s
        memory += memory_s
        communication += link_s
        fixed += fixed_s
    overhead = bound.machine.overhead
    fixed += overhead.sequence_s * batch.sequences + overhead.prompt_token_s * batch.prompt_tokens * batch.prompts
    total = compute + memory + communication + fixed
    if batch.prompts:
        launched = bound.prompt_launches + (bound.decode_launches if batch.sequences else 0)
        waiting = max(overhead.host_kernel_s * launched - total, 0.0)
        fixed, total = fixed + waiting, total + waiting
    return Step(total, compute, memory, communication, fixed, 1, lambda: step_operators(bound, batch))


def decode_batch(machine: Machine, running: float, context_tokens: float) -> Batch:
    """Batch of the step in which every one of ``running`` sequences of the replica gains one token.

    The fullest rank sets the step. With pipeline stages the sequences travel in as many groups as there are stages;
    each group passes all stages, and the stages work on different groups at the same time. While every rank has one
    sequence at most, these may all be in one group.
    """
    local = -(-running // machine.data_ranks)
    group = max(local / machine.stages, 1.0) if local else 0.0
    pooled = max(running / machine.stages, min(running, machine.data_ranks))
    return Batch(0.0, 0.0, 0.0, 0.0, group, context_tokens, pooled / group if group else 0.0)


def decode_step(bound: Bound, running: float, context_tokens: float) -> Step:
    """Time in which every one of ``running`` sequences of the replica gains one token."""
    return run_step(bound, decode_batch(bound.machine, running, context_tokens))


@dataclass(slots=True)
class Cut:
    """Prompts cut into equal chunks: ``steps`` steps of ``batch`` serve ``batch.prompts`` prompts."""

    steps: int
    batch: Batch


def cut_prompt(
    input_tokens: float,
    budget_tokens: float,
    prompts: float = 1.0,
    sequences: float = 0.0,
    context_tokens: float = 0.0,
    busy_ranks: float = 0.0,
) -> Cut:
    """Cut prompts that run side by side.

    Args:
        input_tokens: length of one prompt.
        budget_tokens: tokens of one step; sequences that decode in the same step take one each.
        prompts: prompts wanted side by side; as many of them as the budget holds run together.
        sequences: decodes of the same step.
        context_tokens: their mean context.
        busy_ranks: as in ``Batch``.
    """
    room = max(budget_tokens - sequences, budget_tokens / 16, 1.0)
    steps = max(-(-input_tokens // room), 1.0)
    size = input_tokens / steps
    together = max(1.0, min(prompts, room / size))
    past = (input_tokens - size) / 2
    return Cut(int(steps), Batch(size, past, together, together / steps, sequences, context_tokens, busy_ranks))


def prefill_alone(bound: Bound, input_tokens: float, budget_tokens: float) -> Step:
    """Time of one prompt on an idle replica, without request overhead; other data-parallel ranks have nothing."""
    cut = cut_prompt(input_tokens, budget_tokens, busy_ranks=1.0)
    return run_step(bound, cut.batch).times(cut.steps)

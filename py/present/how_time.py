"""Formulas of the time of steps, down to their kernels."""

import dataclasses
from collections.abc import Iterator
from functools import partial

from present.formula import Deferred, Operation, Origin, Quantity, Term, apply, less, times, total
from present.how_operators import call_time
from present.working import Working, once
from roofline.kernels import KERNELS, Collective, Operator
from roofline.operators import Batch, collectives
from roofline.rows import ExpertRow, MatrixRow, MixerRow
from roofline.steps import Step, cut_prompt, decode_batch

Row = MatrixRow | ExpertRow | MixerRow | Collective | None
PARTS = ("compute", "memory", "communication", "overhead")


def running_batch(work: Working) -> Batch:
    """What one rank runs in a decode step."""
    return decode_batch(work.machine, work.result.running, work.workload.mean_tokens)


def prefill_batch(work: Working) -> Batch:
    """What one rank runs in a step of a prompt alone."""
    return cut_prompt(work.workload.input_tokens, work.limits.max_batched_tokens, busy_ranks=1.0).batch


@once
def prefill_s(work: Working) -> Quantity:
    """One prompt alone."""
    assert work.result.prefill is not None
    return step_time(work, work.result.prefill, prefill_batch(work), "prompt alone")


@once
def decode_step_s(work: Working) -> Quantity:
    """One step of the running batch."""
    assert work.result.decode is not None
    return step_time(work, work.result.decode, running_batch(work), "decode step")


def step_time(work: Working, step: Step, batch: Batch, name: str) -> Quantity:
    """The parts of a step, each opened down to its kernels."""
    return Quantity(name, step.total_s, "s", formula=total(*step_parts(work, step, batch, name)))


def step_parts(work: Working, step: Step, batch: Batch, name: str) -> list[Quantity]:
    """Compute, memory, communication and overhead of a step."""
    rows = []
    for part in PARTS[:-1]:
        value = getattr(step, f"{part}_s")
        formula = Deferred(partial(_kernels, work, step, batch, part)) if value else None
        rows.append(Quantity(f"{part} of the {name}", value, "s", formula=formula))
    overhead = Deferred(partial(_overhead, work, step, batch))
    return [*rows, Quantity(f"overhead of the {name}", step.overhead_s, "s", formula=overhead)]


def _kernels(work: Working, step: Step, batch: Batch, part: str) -> Operation:
    """Kernels whose time counts as this part, beyond what is fixed of it."""
    opened = zip(step.operators, _rows(work, batch), strict=True)
    return _repeated(step, total(*(_beyond_fixed(work, o, batch, row) for o, row in opened if _cause(o) == part)))


def _rows(work: Working, batch: Batch) -> Iterator[Row]:
    """Rows of the plan in the order of a step's operators; None for the small kernels, which have none."""
    plan = work.plan
    yield from plan.matrices
    yield from plan.experts
    if batch.sequences:
        yield from plan.mixers
    if batch.prompts:
        yield from plan.mixers
    yield None
    yield from collectives(plan, work.machine)


def _cause(operator: Operator) -> str:
    if operator.time.link_s:
        return "communication"
    return "compute" if operator.time.compute_s else "memory"


def _repeated(step: Step, formula: Operation) -> Operation:
    return formula if step.steps == 1 else times(Quantity("steps", step.steps), formula)


def _fixed(operator: Operator) -> Quantity:
    note = "launch and what does not shrink with the work"
    return Quantity(f"fixed part of {operator.name}", operator.time.fixed_s, "s", note=note)


def _beyond_fixed(work: Working, operator: Operator, batch: Batch, row: Row) -> Operation:
    calls = Quantity(f"calls of {operator.name}", operator.calls, origin=Origin.CONFIG)
    return times(calls, less(call_time(work, operator, batch, row), _fixed(operator)))


def _overhead(work: Working, step: Step, batch: Batch) -> Operation:
    overhead = work.machine.overhead
    fixed = [times(Quantity(f"calls of {o.name}", o.calls, origin=Origin.CONFIG), _fixed(o)) for o in step.operators]

    def constant(label: str, value: float) -> Quantity:
        return work.calibrated(label, value, "overhead", unit="s")

    engine: list[Term] = [
        times(
            constant("overhead of a sequence", overhead.sequence_s), Quantity("sequences of the step", batch.sequences)
        ),
    ]
    if batch.prompts:
        tokens = Quantity("prompt tokens of the step", batch.prompt_tokens * batch.prompts, "tokens")
        engine.append(times(constant("overhead of a prompt token", overhead.prompt_token_s), tokens))
    own = total(*fixed, *engine)
    waiting = (
        _waiting(work, step, own, constant("host time of a launch", overhead.host_kernel_s)) if batch.prompts else None
    )
    formula = own if waiting is None else total(*own.parts, waiting)
    return _repeated(step, formula)


def _waiting(work: Working, step: Step, own: Operation, host: Quantity) -> Quantity:
    """Time in which the GPU waits for the host to launch kernels: no CUDA graph covers a step with prompt tokens."""
    launched = Quantity("kernels launched", sum(o.calls * KERNELS[o.kind] for o in step.operators))
    working_s = (step.compute_s + step.memory_s + step.communication_s) / step.steps + own.value()
    device = Quantity("time of the GPU", working_s, "s")
    formula = apply("max", less(times(host, launched), device), 0.0)
    return Quantity("waiting for the host", formula.value(), "s", formula=formula)


def bound(work: Working, step: Step, batch: Batch, name: str) -> Quantity:
    """The largest part of a step; the words of the figure are its name."""
    parts = step_parts(work, step, batch, name)
    largest = max(parts, key=lambda part: part.value)
    return dataclasses.replace(
        largest,
        name=step.bound,
        formula=apply("max", *(part for part in parts if part.value)),
        note=f"largest: {largest.name}",
    )

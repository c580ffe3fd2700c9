"""Formulas of times and throughput: steps down to their kernels, and what clients see of them."""

import dataclasses
from collections.abc import Iterator

from present.formula import Operation, Origin, Quantity, Term, apply, less, over, times, total
from present.how_memory import concurrency, running
from present.how_operators import call_time
from present.how_weights import replicas
from present.working import Working
from roofline.operators import Batch, Operator
from roofline.rows import ExpertRow, MatrixRow, MixerRow
from roofline.serving import Load, serve
from roofline.steps import KERNELS, Step, cut_prompt

Row = MatrixRow | ExpertRow | MixerRow | None
PARTS = ("compute", "memory", "communication", "overhead")


def decode_batch(work: Working) -> Batch:
    """What one rank runs in a decode step."""
    machine, sequences = work.machine, work.result.running
    local = -(-sequences // machine.data_ranks)
    group = max(local / machine.stages, 1.0)
    return Batch(sequences=group, context_tokens=work.workload.mean_tokens, busy_ranks=sequences / local)


def prefill_batch(work: Working) -> Batch:
    """What one rank runs in a step of a prompt alone."""
    cut = cut_prompt(work.workload.input_tokens, work.limits.max_batched_tokens)
    return cut.batch._replace(busy_ranks=1.0)


def prefill_s(work: Working) -> Quantity:
    """One prompt alone."""
    assert work.result.prefill is not None
    return step_time(work, work.result.prefill, prefill_batch(work), "prompt alone")


def decode_step_s(work: Working) -> Quantity:
    """One step of the running batch."""
    assert work.result.decode is not None
    return step_time(work, work.result.decode, decode_batch(work), "decode step")


def step_time(work: Working, step: Step, batch: Batch, name: str) -> Quantity:
    """The parts of a step, each opened down to its kernels."""
    return Quantity(name, step.total_s, "s", formula=total(*step_parts(work, step, batch, name)))


def step_parts(work: Working, step: Step, batch: Batch, name: str) -> list[Quantity]:
    """Compute, memory, communication and overhead of a step."""
    opened = list(zip(step.operators, _rows(work, batch), strict=True))
    kernels = {part: [pair for pair in opened if _cause(pair[0]) == part] for part in PARTS}
    rows = []
    for part in PARTS[:-1]:
        value = getattr(step, f"{part}_s")
        sums = [_beyond_fixed(work, operator, batch, row) for operator, row in kernels[part]]
        formula = _repeated(step, total(*sums)) if sums else None
        rows.append(Quantity(f"{part} of the {name}", value, "s", formula=formula))
    return [*rows, _overhead(work, step, batch, name)]


def _rows(work: Working, batch: Batch) -> Iterator[Row]:
    """Rows of the plan in the order of a step's operators; None for kernels that have none."""
    plan = work.plan
    yield from plan.matrices
    yield from plan.experts
    if batch.sequences:
        yield from plan.mixers
    if batch.prompts:
        yield from plan.mixers
    yield None
    yield from (None for wanted in (plan.all_reduces, plan.exchanges, work.machine.stages > 1) if wanted)


def _cause(operator: Operator) -> str:
    if operator.time.link_s:
        return "communication"
    return "compute" if operator.time.compute_s >= operator.time.memory_s else "memory"


def _repeated(step: Step, formula: Operation) -> Operation:
    return formula if step.steps == 1 else times(Quantity("steps", step.steps), formula)


def _fixed(operator: Operator) -> Quantity:
    value = min(operator.time.fixed_s, operator.time.total_s)
    return Quantity(f"fixed part of {operator.name}", value, "s", note="launch and what does not shrink with the work")


def _beyond_fixed(work: Working, operator: Operator, batch: Batch, row: Row) -> Operation:
    calls = Quantity(f"calls of {operator.name}", operator.calls, origin=Origin.CONFIG)
    return times(calls, less(call_time(work, operator, batch, row), _fixed(operator)))


def _overhead(work: Working, step: Step, batch: Batch, name: str) -> Quantity:
    overhead = work.machine.overhead
    fixed = [times(Quantity(f"calls of {o.name}", o.calls, origin=Origin.CONFIG), _fixed(o)) for o in step.operators]

    def constant(label: str, value: float) -> Quantity:
        return work.calibrated(label, value, "overhead", unit="s")

    engine: list[Term] = [
        constant("overhead of a step", overhead.step_s),
        times(
            constant("overhead of a layer", overhead.layer_s),
            Quantity("layers", work.plan.layers, origin=Origin.CONFIG),
        ),
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
    return Quantity(f"overhead of the {name}", step.overhead_s, "s", formula=_repeated(step, formula))


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


def tpot_s(work: Working) -> Quantity:
    """The decode step and what prompts of the others add."""
    result = work.result
    assert result.tpot_s is not None and result.decode is not None
    added = result.tpot_s - result.decode.total_s
    prompts = Quantity(
        "prompts of the others",
        added,
        "s",
        note="each other running request prefills once while this one decodes; spread over the output tokens",
    )
    return Quantity("time per output token", result.tpot_s, "s", formula=total(decode_step_s(work), prompts))


def request_latency_s(work: Working) -> Quantity:
    """First token and all later ones."""
    assert work.result.request_latency_s is not None
    return Quantity(
        "time of a request", work.result.request_latency_s, "s", formula=total(ttft_s(work), _later_tokens(work))
    )


def _later_tokens(work: Working) -> Operation:
    return times(apply("max", less(work.output_tokens, 1.0), 0.0), tpot_s(work))


def ttft_s(work: Working) -> Quantity:
    """Steady state and what is left of the opening burst."""
    result = work.result
    assert result.ttft_s is not None and result.steady_ttft_s is not None
    burst = Quantity(
        "share of the opening burst",
        result.ttft_s - result.steady_ttft_s,
        "s",
        note="all clients start together; a run of ten requests per client keeps a tenth of that wait in the mean",
    )
    return Quantity("time to first token", result.ttft_s, "s", formula=total(steady_ttft_s(work), burst))


def steady_ttft_s(work: Working) -> Quantity:
    """Engine overhead, the running step, the prompt with the queue before it, and the wait for a place."""
    result, overhead = work.result, work.machine.overhead
    assert result.steady_ttft_s is not None and result.ttft_s is not None and result.request_latency_s is not None
    request = work.calibrated("overhead of a request", overhead.request_s, "overhead", unit="s")
    local = -(-result.running // work.machine.data_ranks)
    step = times(work.calibrated("steps waited for", overhead.step_wait * (local > 1), "overhead"), decode_step_s(work))
    place = _place(work)
    served = Quantity("own prompt among the others’ tokens", _service_s(work), "s")
    queue_s = result.steady_ttft_s - request.value - step.value() - served.value - place.value
    queue = Quantity("queue for prefill", queue_s, "s", note="mean wait for prompts before it (docs, the closed loop)")
    formula = total(request, *([step] if step.value() else []), served, queue, place)
    return Quantity("time to first token, steady", result.steady_ttft_s, "s", formula=formula)


def _place(work: Working) -> Quantity:
    """Wait of the clients above what runs: of (concurrency ÷ running) turns, all but one."""
    latency = Quantity("time of a request", work.result.request_latency_s or 0.0, "s")
    formula = times(latency, less(1.0, over(running(work), concurrency(work))))
    return Quantity("wait for a place", formula.value(), "s", formula=formula)


def _service_s(work: Working) -> float:
    mixes = work.deployment.engine_data.mixes_prefill_and_decode
    load = Load(work.result.concurrency, work.result.running, work.limits.max_batched_tokens, mixes)
    return serve(work.bound, work.workload, load).service_s


def request_tokens_per_s(work: Working) -> Quantity:
    """Tokens that one client sees."""
    value = work.result.request_tokens_per_s
    assert value is not None
    return Quantity("speed of one request", value, "tokens/s", formula=over(1.0, tpot_s(work)))


def replica_decode_tokens_per_s(work: Working) -> Quantity:
    """One token for each running request and step."""
    value = work.result.replica_decode_tokens_per_s
    assert value is not None
    return Quantity("decode rate of a replica", value, "tokens/s", formula=over(running(work), decode_step_s(work)))


def replica_tokens_per_s(work: Working) -> Quantity:
    """Sustained output of the closed loop."""
    value = work.result.replica_tokens_per_s
    assert value is not None
    formula = over(times(concurrency(work), work.output_tokens), request_latency_s(work))
    return Quantity("sustained output of a replica", value, "tokens/s", formula=formula)


def system_tokens_per_s(work: Working) -> Quantity:
    """All replicas."""
    value = work.result.system_tokens_per_s
    assert value is not None
    formula = times(replicas(work), replica_tokens_per_s(work))
    return Quantity("sustained output of the system", value, "tokens/s", formula=formula)

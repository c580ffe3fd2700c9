"""Formulas of what clients see: waits, times and throughput of the closed loop (docs/model.md; roofline.serving)."""

from present.formula import Operation, Quantity, apply, less, over, times, total
from present.how_memory import concurrency, running
from present.how_time import decode_step_s, step_time
from present.how_weights import replicas
from present.working import Working, once
from roofline.serving import RESIDUAL_SHARE, ROUNDS
from roofline.steps import run_step


@once
def tpot_s(work: Working) -> Quantity:
    """The decode step and the prompts of the others, no longer than a full step."""
    value = work.result.tpot_s
    assert value is not None
    formula = total(decode_step_s(work), _prompts_of_others(work))
    full = _full_step(work)
    if full is None:
        return Quantity("time per output token", value, "s", formula=formula)
    each = Quantity("decode step and prompts of the others", formula.value(), "s", formula=formula)
    return Quantity("time per output token", value, "s", formula=apply("min", each, full))


def _prompts_of_others(work: Working) -> Quantity:
    formula = over(times(less(running(work), 1.0), _delay(work)), work.output_tokens)
    note = "each other running request prefills once while this one decodes"
    return Quantity("prompts of the others", formula.value(), "s", note=note, formula=formula)


def _delay(work: Working) -> Quantity:
    """Time by which one prompt delays the others' tokens."""
    prompts = work.serving.prompts
    shared = Quantity("decode in the same steps", prompts.shared_s, "s", note="the engine mixes prompts and decodes")
    alone = less(_service(work), shared) if prompts.shared_s else _service(work)
    formula = over(apply("max", alone, 0.0), times(_together(work), _stages(work)))
    return Quantity("delay by one prompt", prompts.delay_s, "s", formula=formula)


@once
def _together(work: Working) -> Quantity:
    prompts = work.serving.prompts.joint_prompts
    return Quantity("prompts served together", prompts, note="as many as arrive during a step")


@once
def _stages(work: Working) -> Quantity:
    return work.yours("pipeline parallelism", work.machine.stages)


@once
def _service(work: Working) -> Quantity:
    prompts = work.serving.prompts
    return step_time(work, prompts.step, prompts.batch, "prompt among the others’ tokens")


@once
def _burst_step(work: Working) -> Quantity:
    return step_time(work, work.serving.burst, work.serving.burst_batch, "step of the opening burst")


def _full_step(work: Working) -> Quantity | None:
    """A step whose budget is always full; None where the load does not fill it."""
    full = work.serving.full
    if full is None:
        return None
    filled = step_time(work, run_step(work.bound, full.batch), full.batch, "step with a full budget")
    formula = apply("max", filled, _burst_step(work), decode_step_s(work))
    note = "prompts wait all the time and fill every step: no token takes longer than such a step"
    return Quantity("full step", full.step_s, "s", note=note, formula=formula)


@once
def request_latency_s(work: Working) -> Quantity:
    """First token and all later ones."""
    assert work.result.request_latency_s is not None
    formula = total(ttft_s(work), _decoding(work))
    return Quantity("time of a request", work.result.request_latency_s, "s", formula=formula)


@once
def _decoding(work: Working) -> Quantity:
    formula = times(apply("max", less(work.output_tokens, 1.0), 0.0), tpot_s(work))
    return Quantity("decode of a request", formula.value(), "s", formula=formula)


@once
def ttft_s(work: Working) -> Quantity:
    """Steady state and what is left of the opening burst."""
    value = work.result.ttft_s
    assert value is not None
    formula = total(steady_ttft_s(work), _burst(work))
    return Quantity("time to first token", value, "s", formula=formula)


@once
def _burst(work: Working) -> Quantity:
    """What the opening burst adds to the mean."""
    serving = work.serving
    local = Quantity("requests of one rank", -(-work.result.running // work.machine.data_ranks))
    steps = Quantity("steps of a prompt in the burst", _burst_steps(work))
    beside = Quantity("prompts of such a step", serving.burst_batch.prompts)
    each = over(times(_burst_step(work), steps), beside)
    wait = times(over(total(local, 1.0), 2.0), each)
    rounds = Quantity("requests of each client", ROUNDS, note="as public benchmarks run")
    formula = over(apply("max", less(wait, _wait(work)), 0.0), rounds)
    note = "all clients start together: the mean of their runs keeps a part of that wait"
    return Quantity("share of the opening burst", formula.value(), "s", note=note, formula=formula)


def _burst_steps(work: Working) -> float:
    return round(work.workload.input_tokens / work.serving.burst_batch.prompt_tokens)


@once
def steady_ttft_s(work: Working) -> Quantity:
    """Engine overhead, the running step, the prompt with the queue before it, and the wait for a place."""
    value = work.result.steady_ttft_s
    assert value is not None
    formula = total(_request(work), _running_step(work), _wait(work), _place(work))
    return Quantity("time to first token, steady", value, "s", formula=formula)


@once
def _request(work: Working) -> Quantity:
    return work.calibrated("overhead of a request", work.machine.overhead.request_s, "overhead", unit="s")


@once
def _running_step(work: Working) -> Quantity:
    """Wait for the step that runs; a request that is alone meets none."""
    several = -(-work.result.running // work.machine.data_ranks) > 1
    steps = work.calibrated("steps waited for", work.machine.overhead.step_wait * several, "overhead")
    formula = times(steps, decode_step_s(work))
    return Quantity("wait for the running step", formula.value(), "s", formula=formula)


@once
def _wait(work: Working) -> Quantity:
    """Own prompt and the prompts before it: one server with a fixed service time (roofline.serving.queue_s)."""
    busy = _named("time on one stage", over(_service(work), _stages(work)))
    passing = _named("time on the other stages", less(_service(work), busy))
    away = _named("time away from the queue", total(_decoding(work), passing))
    together = _together(work)
    others = Quantity(
        "other arrivals",
        max(work.result.running / together.value - 1.0, 0.0),
        formula=apply("max", less(over(running(work), together), 1.0), 0.0),
    )
    met = times(RESIDUAL_SHARE, others)
    half = _named("half of service less absence", over(less(times(busy, total(1.0, met)), away), 2.0))
    usual = _named("queue and own prompt", total(half, apply("sqrt", total(times(half, half), times(busy, away)))))
    turn = _turn(work) or times(total(others, 1.0), busy)
    least = _named("queue of a server that never rests", less(turn, away))
    formula = total(passing, apply("max", usual, least))
    note = "mean value analysis of the closed loop (Schweitzer 1979)"
    return Quantity("own prompt and queue", work.serving.wait_s, "s", note=note, formula=formula)


def _turn(work: Working) -> Quantity | None:
    """Time in which every running request passes once; None where no step is full."""
    full, each = work.serving.full, _full_step(work)
    if full is None or each is None:
        return None
    local = Quantity("requests of one rank", -(-work.result.running // work.machine.data_ranks))
    share = Quantity(
        "requests that one full step completes",
        work.limits.max_batched_tokens / work.workload.total_tokens,
        formula=over(
            work.setting(
                "tokens of a step",
                work.limits.max_batched_tokens,
                chosen=work.deployment.max_batched_tokens is not None,
                unit="tokens",
            ),
            total(work.input_tokens, work.output_tokens),
        ),
    )
    return Quantity(
        "turn of all requests", full.turn_s, "s", formula=over(times(local, each), times(share, _stages(work)))
    )


def _named(name: str, formula: Operation) -> Quantity:
    return Quantity(name, formula.value(), "s", formula=formula)


@once
def _place(work: Working) -> Quantity:
    """Wait of the clients above what runs: the turns of the others before a place is free."""
    first = total(_request(work), _running_step(work), _wait(work), _burst(work))
    served = _named("time of a request that has a place", total(*first.parts, _decoding(work)))
    formula = times(less(over(concurrency(work), running(work)), 1.0), served)
    return _named("wait for a place", formula)


@once
def request_tokens_per_s(work: Working) -> Quantity:
    """Tokens that one client sees."""
    value = work.result.request_tokens_per_s
    assert value is not None
    return Quantity("speed of one request", value, "tokens/s", formula=over(1.0, tpot_s(work)))


@once
def replica_decode_tokens_per_s(work: Working) -> Quantity:
    """One token for each running request and step."""
    value = work.result.replica_decode_tokens_per_s
    assert value is not None
    return Quantity("decode rate of a replica", value, "tokens/s", formula=over(running(work), decode_step_s(work)))


@once
def replica_tokens_per_s(work: Working) -> Quantity:
    """Sustained output of the closed loop."""
    value = work.result.replica_tokens_per_s
    assert value is not None
    formula = over(times(concurrency(work), work.output_tokens), request_latency_s(work))
    return Quantity("sustained output of a replica", value, "tokens/s", formula=formula)


@once
def system_tokens_per_s(work: Working) -> Quantity:
    """All replicas."""
    value = work.result.system_tokens_per_s
    assert value is not None
    formula = times(replicas(work), replica_tokens_per_s(work))
    return Quantity("sustained output of the system", value, "tokens/s", formula=formula)

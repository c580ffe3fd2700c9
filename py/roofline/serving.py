"""The closed loop: what clients see who each send the next request as soon as the last is answered.

In steady state every request that runs sees each of the others prefill once while it decodes: that separates the time
per output token from the bare decode step. Where prompts wait all the time, an engine that mixes them with decodes
fills every step, and no token takes longer than such a step. A new prompt waits for the running step and for prompts
before it; clients above what fits wait in the engine's queue. All clients start together and a run has 10 requests per
client: the opening burst stays in the mean. docs/model.md derives the formulas from each engine's scheduler,
``tests/measured/test_simulation.py`` compares them with a simulation of it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .deployment import Workload
from .operators import Batch, Bound
from .steps import Step, cut_prompt, decode_step, prefill_alone, run_step

#: Requests that each client sends, one of them in the opening burst (DESIGN section 4).
ROUNDS = 10
#: Part of a request's time in which all clients' requests end: they start together and lengths differ by a fifth, so
#: after n rounds the ends are spread over 0.22 sqrt(n) of the time, 0.44 in the (harmonic) mean of ten rounds.
WAVE_SHARE = 0.44
#: Part of a fixed service time that remains on average when another customer arrives.
RESIDUAL_SHARE = 0.5


# None of these is changed once it is made; ``operators.Batch`` says why they are not frozen.
@dataclass(slots=True)
class Unmixed:
    """Prompts beside which no sequence decodes.

    Attributes:
        alone: one prompt on an idle replica.
        burst: prompts of the opening burst, and ``burst_batch`` what one of their steps runs.
        burst_s: time that each of these takes.
    """

    alone: Step
    burst: Step
    burst_batch: Batch
    burst_s: float


@dataclass(slots=True)
class Prompts:
    """Prompts that are served among the running sequences.

    Attributes:
        batch: of their steps.
        step: all of their steps.
        shared_s: part in which the others would have decoded anyway.
        joint_prompts: prompts served together.
        delay_s: time by which one prompt delays the others' tokens.
    """

    batch: Batch
    step: Step
    shared_s: float
    joint_prompts: float
    delay_s: float


@dataclass(slots=True)
class Full:
    """Steps whose budget is full all the time.

    Attributes:
        batch: of such a step.
        step_s: its time, no less than a step of the opening burst or a decode step.
        turn_s: time of a turn of all running requests.
    """

    batch: Batch
    step_s: float
    turn_s: float


@dataclass(slots=True)
class Serving:
    """Times of a closed loop on one replica.

    Attributes:
        prefill: one prompt alone.
        decode: one decode step of the running batch.
        prompts: prompts among the running sequences.
        burst: prompts of the opening burst, and ``burst_batch`` what one of their steps runs.
        full: steps whose budget is full; None where the load does not fill them.
        tpot_s: mean time between tokens of one client.
        wait_s: from arrival at the prefill queue to the first token.
        steady_ttft_s: mean time to first token without the opening burst.
        ttft_s: mean time to first token over a run of 10 requests per client.
    """

    prefill: Step
    decode: Step
    prompts: Prompts
    burst: Step
    burst_batch: Batch
    full: Full | None
    tpot_s: float
    wait_s: float
    steady_ttft_s: float
    ttft_s: float

    @property
    def service_s(self) -> float:
        """One prompt among the running sequences."""
        return self.prompts.step.total_s

    def request_latency_s(self, output_tokens: float) -> float:
        """Time of a whole request."""
        return self.ttft_s + max(output_tokens - 1.0, 0.0) * self.tpot_s


@dataclass(slots=True)
class Load:
    """Clients and schedule of one replica.

    Attributes:
        concurrency: clients.
        running: of these, the ones that have a place.
        budget_tokens: tokens of one step (the prefill chunk).
        mixes: prompt chunks and decodes share a step; else prompts run in steps of their own.
    """

    concurrency: int
    running: int
    budget_tokens: int
    mixes: bool


@dataclass(slots=True)
class Recurring:
    """Steps of one layout and workload that are the same for any number of clients, once they are timed.

    Attributes:
        unmixed: prompts beside which no sequence decodes.
        full: a step whose budget is full.
    """

    unmixed: Unmixed | None = None
    full: Step | None = None


def serve(bound: Bound, workload: Workload, load: Load, recurring: Recurring | None = None) -> Serving:
    """Times that the clients see; ``recurring`` is what was timed for other numbers of clients, and is added to."""
    recurring = Recurring() if recurring is None else recurring
    overhead = bound.machine.overhead
    local = -(-load.running // bound.machine.data_ranks)
    decode = decode_step(bound, load.running, workload.mean_tokens)
    unmixed = recurring.unmixed
    if unmixed is None:
        unmixed = recurring.unmixed = prompts_alone(bound, workload.input_tokens, load.budget_tokens)
    burst, burst_s = unmixed.burst, unmixed.burst_s
    prompts = _prompts_among_others(bound, workload, load, local, decode.total_s)
    tpot_s = decode.total_s + (load.running - 1) * prompts.delay_s / workload.output_tokens
    full = _full_steps(bound, workload, load, local, tpot_s, max(burst.total_s, decode.total_s), recurring)
    tpot_s = tpot_s if full is None else min(tpot_s, full.step_s)
    decoding_s = max(workload.output_tokens - 1, 0) * tpot_s
    busy_s = prompts.step.total_s / bound.machine.stages
    passing_s = prompts.step.total_s - busy_s
    others = max(load.running / prompts.joint_prompts - 1.0, 0.0)
    wait_s = passing_s + queue_s(busy_s, decoding_s + passing_s, others, full.turn_s if full else 0.0)
    steady_s = overhead.request_s + overhead.step_wait * decode.total_s * (local > 1) + wait_s
    first_s = steady_s + max((local + 1) / 2 * burst_s - wait_s, 0.0) / ROUNDS
    surplus_s = (load.concurrency / load.running - 1.0) * (first_s + decoding_s)
    ttft_s = first_s + surplus_s
    batch = unmixed.burst_batch
    return Serving(unmixed.alone, decode, prompts, burst, batch, full, tpot_s, wait_s, steady_s + surplus_s, ttft_s)


def prompts_alone(bound: Bound, input_tokens: float, budget_tokens: float) -> Unmixed:
    """One prompt alone, and those of the opening burst."""
    cut = cut_prompt(input_tokens, budget_tokens, math.inf)
    burst = run_step(bound, cut.batch)
    alone = prefill_alone(bound, input_tokens, budget_tokens)
    return Unmixed(alone, burst, cut.batch, burst.total_s * cut.steps / cut.batch.prompts)


def _full_steps(
    bound: Bound, workload: Workload, load: Load, local: int, tpot_s: float, least_s: float, recurring: Recurring
) -> Full | None:
    """A full step, no token takes longer than that, and a turn of all requests; None where no step is full.

    Where prompts wait all the time, an engine that mixes fills the budget of every step, input and output tokens of a
    request in their own ratio: nobody waits longer than such a step for the next token, and a turn of all running
    requests takes as many steps as their tokens fill. Far below that load nothing is full.
    """
    share = load.budget_tokens / workload.total_tokens
    if not load.mixes or (2 * local <= share * workload.output_tokens and tpot_s <= least_s):
        return None
    prompt_tokens = share * workload.input_tokens
    size = min(workload.input_tokens, prompt_tokens)
    past = (workload.input_tokens - size) / 2
    batch = Batch(size, past, prompt_tokens / size, share, share * workload.output_tokens, workload.mean_tokens, 0.0)
    recurring.full = recurring.full or run_step(bound, batch)
    step_s = max(recurring.full.total_s, least_s)
    return Full(batch, step_s, local * step_s / share / bound.machine.stages)


def _prompts_among_others(bound: Bound, workload: Workload, load: Load, local: int, decode_s: float) -> Prompts:
    """Prompts' own steps, and the time by which one of them delays the others' tokens.

    Where more than one request ends per step, as many prompts arrive together and are served together. Attention-data-
    parallel ranks step together: a prompt on one of them delays all. With pipeline stages a prompt keeps one stage
    busy at a time, and meets the group of sequences that is there.
    """
    ranks, stages = bound.machine.data_ranks, bound.machine.stages
    sequences = (local - 1) / stages if load.mixes else 0
    context = workload.mean_tokens if sequences else 0.0
    arrivals = load.running / max(WAVE_SHARE * workload.output_tokens, 1.0)
    cut = cut_prompt(workload.input_tokens, load.budget_tokens, arrivals / ranks, sequences, context)
    busy = min(max(arrivals, 1.0), float(ranks))
    batch = cut.batch
    pooled_tokens = busy * batch.prompt_tokens * batch.prompts + (load.running - 1 if load.mixes else 0) / stages
    batch = Batch(
        batch.prompt_tokens,
        batch.past_tokens,
        batch.prompts,
        batch.first_tokens,
        sequences,
        context,
        pooled_tokens / batch.tokens,
    )
    step = run_step(bound, batch).times(cut.steps)
    shared_s = cut.steps * decode_s if load.mixes else 0.0
    together = busy * batch.prompts
    return Prompts(batch, step, shared_s, together, max(step.total_s - shared_s, 0.0) / together / stages)


def queue_s(service_s: float, away_s: float, others: float, turn_s: float = 0.0) -> float:
    """Time from arrival at the prefill queue to the first token, its own service included.

    One server with a fixed service time S, ``others`` other customers who each spend Z = ``away_s`` decoding between
    visits. Schweitzer's approximation of mean value analysis, W = S + S/2 x others x W/(W + Z), solved for W
    (Schweitzer 1979; half a service remains on average of the one that is met), but no less than what a server that
    never rests allows: W + Z >= (others + 1) S, or >= ``turn_s`` where the time of a turn is known better.
    """
    met = RESIDUAL_SHARE * others
    b = away_s - service_s * (1.0 + met)
    met_s = (-b + math.sqrt(b * b + 4.0 * service_s * away_s)) / 2.0
    return max(met_s, (turn_s or (others + 1.0) * service_s) - away_s)

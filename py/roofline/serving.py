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
from typing import NamedTuple

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


class Serving(NamedTuple):
    """Times of a closed loop on one replica.

    Attributes:
        prefill: one prompt alone.
        decode: one decode step of the running batch.
        service_s: one prompt among the running sequences.
        tpot_s: mean time between tokens of one client.
        steady_ttft_s: mean time to first token without the opening burst.
        ttft_s: mean time to first token over a run of 10 requests per client.
    """

    prefill: Step
    decode: Step
    service_s: float
    tpot_s: float
    steady_ttft_s: float
    ttft_s: float


class Load(NamedTuple):
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


def serve(bound: Bound, workload: Workload, load: Load) -> Serving:
    """Times that the clients see."""
    overhead = bound.machine.overhead
    local = -(-load.running // bound.machine.data_ranks)
    decode = decode_step(bound, local, workload.mean_tokens, load.running / local)
    alone = prefill_alone(bound, workload.input_tokens, load.budget_tokens)
    service_s, delay_s, together = _prompt_among_others(bound, workload, load, local, decode.total_s)
    burst = cut_prompt(workload.input_tokens, load.budget_tokens, math.inf)
    burst_step_s = run_step(bound, burst.batch).total_s
    burst_s = burst_step_s * burst.steps / burst.batch.prompts
    tpot_s = decode.total_s + (load.running - 1) * delay_s / workload.output_tokens
    tpot_s, turn_s = _full_steps(bound, workload, load, local, tpot_s, max(burst_step_s, decode.total_s))
    decoding_s = max(workload.output_tokens - 1, 0) * tpot_s
    busy_s = service_s / bound.machine.stages
    passing_s = service_s - busy_s
    others = max(load.running / together - 1.0, 0.0)
    wait_s = passing_s + queue_s(busy_s, decoding_s + passing_s, others, turn_s)
    steady_s = overhead.request_s + overhead.step_wait * decode.total_s * (local > 1) + wait_s
    first_s = steady_s + max((local + 1) / 2 * burst_s - wait_s, 0.0) / ROUNDS
    surplus_s = (load.concurrency / load.running - 1.0) * (first_s + decoding_s)
    return Serving(alone, decode, service_s, tpot_s, steady_s + surplus_s, first_s + surplus_s)


def _full_steps(
    bound: Bound, workload: Workload, load: Load, local: int, tpot_s: float, least_s: float
) -> tuple[float, float]:
    """Time per token, no longer than a full step (itself at least ``least_s``), and time of a turn of all requests.

    Where prompts wait all the time, an engine that mixes fills the budget of every step, input and output tokens of a
    request in their own ratio: nobody waits longer than such a step for the next token, and a turn of all running
    requests takes as many steps as their tokens fill. Far below that load nothing is full.
    """
    share = load.budget_tokens / workload.total_tokens
    if not load.mixes or (2 * local <= share * workload.output_tokens and tpot_s <= least_s):
        return tpot_s, 0.0
    prompt_tokens = share * workload.input_tokens
    size = min(workload.input_tokens, prompt_tokens)
    past = (workload.input_tokens - size) / 2
    batch = Batch(size, past, prompt_tokens / size, share, share * workload.output_tokens, workload.mean_tokens)
    step_s = max(run_step(bound, batch).total_s, least_s)
    return min(tpot_s, step_s), local * step_s / share / bound.machine.stages


def _prompt_among_others(
    bound: Bound, workload: Workload, load: Load, local: int, decode_s: float
) -> tuple[float, float, float]:
    """Time of a prompt's own steps, time by which one prompt delays the others' tokens, prompts served together.

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
    service_s = run_step(bound, batch._replace(busy_ranks=pooled_tokens / batch.tokens)).total_s * cut.steps
    shared_s = cut.steps * decode_s if load.mixes else 0.0
    together = busy * batch.prompts
    return service_s, max(service_s - shared_s, 0.0) / together / stages, together


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

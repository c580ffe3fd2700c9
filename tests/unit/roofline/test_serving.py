"""The closed loop, worked by hand with ideal kernels and chosen overheads."""

import dataclasses
import itertools
from functools import cache

import pytest

from roofline import CATALOGUE, Deployment, Model, Workload
from roofline.constants import IDEAL, Overhead
from roofline.machine import make_machine
from roofline.operators import Batch, bind
from roofline.plan import plan_for
from roofline.serving import Load, queue_s, serve
from roofline.steps import cut_prompt, decode_step, prefill_alone, run_step

WORKLOAD = Workload(input_tokens=2000, output_tokens=1000)
QUIET = Overhead(step_wait=0.0)


@cache
def load():
    return Model.from_config(CATALOGUE["meta-llama/Llama-3.1-8B"].config)


def bound(overhead=QUIET, **deployment):
    chosen = Deployment(**deployment)
    constants = dataclasses.replace(IDEAL, overhead=overhead)
    return bind(plan_for(load(), chosen), make_machine(chosen, "fp16", constants))


def clients(number, running=None, mixes=False):
    return Load(concurrency=number, running=running or number, budget_tokens=8192, mixes=mixes)


@pytest.mark.parametrize("mixes", [True, False])
def test_a_single_client_sees_the_prompt_and_then_bare_decode_steps(mixes):
    served = serve(bound(Overhead()), WORKLOAD, clients(1, mixes=mixes))
    assert served.ttft_s == pytest.approx(prefill_alone(bound(), 2000, 8192).total_s)
    assert served.tpot_s == pytest.approx(decode_step(bound(), 1, 2500).total_s)
    assert served.steady_ttft_s == served.ttft_s


def test_request_overhead_is_in_the_first_token_only():
    served = serve(bound(Overhead(request_s=0.5)), WORKLOAD, clients(1))
    assert served.ttft_s - served.prefill.total_s == pytest.approx(0.5)
    assert served.tpot_s == served.decode.total_s


def test_decode_runs_at_the_mean_context():
    """Input and half of the output."""
    served = serve(bound(), WORKLOAD, clients(8))
    assert served.decode == run_step(bound(), Batch(sequences=8, context_tokens=2500))


def test_every_request_waits_once_for_the_prompt_of_each_other_one():
    """Prompts in steps of their own: 7 prompts while 1000 tokens come."""
    served = serve(bound(), WORKLOAD, clients(8))
    assert served.tpot_s == pytest.approx(served.decode.total_s + 7 * served.prefill.total_s / 1000)


def test_a_prompt_that_shares_its_step_delays_only_by_what_it_adds():
    """One step of 2000 prompt tokens and 7 sequences, less the decode step that it stands for."""
    served = serve(bound(), WORKLOAD, clients(8, mixes=True))
    shared = run_step(bound(), cut_prompt(2000, 8192, sequences=7, context_tokens=2500).batch)
    assert served.service_s == pytest.approx(shared.total_s)
    assert served.tpot_s == pytest.approx(served.decode.total_s + 7 * (shared.total_s - served.decode.total_s) / 1000)


def test_mixed_steps_delay_less_than_prompts_in_steps_of_their_own():
    mixed, apart = (serve(bound(Overhead()), WORKLOAD, clients(64, mixes=mixes)) for mixes in (True, False))
    assert mixed.tpot_s < apart.tpot_s


def test_a_new_request_waits_for_its_share_of_steps():
    quiet, waits = (serve(bound(Overhead(step_wait=steps)), WORKLOAD, clients(8)) for steps in (0.0, 1.5))
    assert waits.ttft_s - quiet.ttft_s == pytest.approx(1.5 * quiet.decode.total_s)


def test_the_opening_burst_is_apart_from_the_steady_state():
    """4 prompts of 2000 tokens share a step of 8192; on average 7/2 are ahead of one's own in one of 10 requests."""
    served = serve(bound(), WORKLOAD, clients(8))
    four = run_step(bound(), Batch(prompt_tokens=2000, prompts=4.096, first_tokens=4.096))
    burst_s = (7 / 2 + 1) * four.total_s / 4.096
    assert served.ttft_s == pytest.approx(0.9 * served.steady_ttft_s + 0.1 * burst_s)


def full_steps(number):
    """Prompts of 8192 tokens that fill the steps: one takes (8192 + 100) / 8192 of them."""
    return serve(bound(), Workload(input_tokens=8192, output_tokens=100), clients(number, mixes=True))


def test_no_token_takes_longer_than_a_full_step():
    crowds = [full_steps(number) for number in (128, 256, 512)]
    step = run_step(bound(), Batch(8192 * 8192 / 8292, 0.0, 1.0, 8192 / 8292, 8192 * 100 / 8292, 8242))
    assert [served.tpot_s for served in crowds] == pytest.approx([step.total_s] * 3, rel=0.02)


def test_full_steps_serve_requests_at_one_rate():
    rates = [number / (s.steady_ttft_s + 99 * s.tpot_s) for number in (256, 512) for s in [full_steps(number)]]
    assert rates[0] == pytest.approx(rates[1])


def test_clients_without_a_place_wait_in_the_queue():
    """Twice as many clients as places: each waits a whole turn, the running ones notice nothing."""
    alone = serve(bound(Overhead()), WORKLOAD, clients(8))
    double = serve(bound(Overhead()), WORKLOAD, clients(16, running=8))
    assert double.tpot_s == alone.tpot_s
    assert double.decode == alone.decode
    assert double.ttft_s - alone.ttft_s == pytest.approx(alone.ttft_s + 999 * alone.tpot_s)


@pytest.mark.parametrize("places", [1, 8, 64])
def test_a_full_system_answers_no_faster_for_more_clients(places):
    def requests_per_s(number):
        served = serve(bound(Overhead()), WORKLOAD, clients(number, running=places))
        return number / (served.ttft_s + 999 * served.tpot_s)

    assert requests_per_s(10 * places) == pytest.approx(requests_per_s(places), rel=1e-9)


@pytest.mark.parametrize(("running", "fullest"), [(8, 1), (9, 2), (64, 8)])
def test_the_fullest_attention_rank_sets_the_step(running, fullest):
    model = bound(attention_data_parallel=8)
    served = serve(model, WORKLOAD, clients(running))
    batch = Batch(sequences=fullest, context_tokens=2500, busy_ranks=running / fullest)
    assert served.decode == run_step(model, batch)


def test_a_single_token_of_output_has_no_time_between_tokens_to_wait_for():
    """Both of 2 clients are in prefill all the time, each prompt fills a step: 2 services."""
    served = serve(bound(), Workload(input_tokens=8192, output_tokens=1), clients(2))
    assert served.steady_ttft_s == pytest.approx(2 * served.service_s)


def test_prompts_that_share_a_step_wait_for_steps_and_not_for_each_other():
    """8 clients, 4 prompts of 2048 tokens fill a step: two steps."""
    served = serve(bound(), Workload(input_tokens=2048, output_tokens=1), clients(8))
    four = run_step(bound(), Batch(prompt_tokens=2048, prompts=4, first_tokens=4))
    assert served.steady_ttft_s == pytest.approx(2 * four.total_s)


@pytest.mark.parametrize("mixes", [True, False])
@pytest.mark.parametrize("lengths", [(2048, 1), (128, 1), (128, 16), (2048, 16), (2048, 128)])
def test_more_clients_never_cost_throughput(lengths, mixes):
    """A tenth is left for decodes that take tokens from the prompts' budget."""
    workload = Workload(input_tokens=lengths[0], output_tokens=lengths[1])

    def requests_per_s(number):
        served = serve(bound(Overhead()), workload, clients(number, mixes=mixes))
        return number / (served.ttft_s + (lengths[1] - 1) * served.tpot_s)

    rates = [requests_per_s(number) for number in (1, 2, 4, 8, 16, 32, 64, 128, 256)]
    assert all(more > 0.9 * fewer for fewer, more in itertools.pairwise(rates))


def test_stages_work_on_different_prompts_at_the_same_time():
    """Long prompts, short answers: eight stages serve several times the requests of one GPU."""
    workload = Workload(input_tokens=8192, output_tokens=128)

    def requests_per_s(stages):
        served = serve(bound(Overhead(), pipeline_parallel=stages), workload, clients(64, mixes=True))
        return 64 / (served.ttft_s + 127 * served.tpot_s)

    assert 4 < requests_per_s(8) / requests_per_s(1) <= 8


# W = S + S/2 x others x W/(W + Z), at least (others + 1) S - Z
@pytest.mark.parametrize(
    ("service_s", "away_s", "others", "wait_s"),
    [
        (1.0, 100.0, 0, 1.0),  # nobody else: the service
        (1.0, 0.0, 0, 1.0),
        (1.0, 0.0, 7, 8.0),  # nobody ever leaves: all of the others are before
        (1.0, 2.0, 1, (8.25**0.5 - 0.5) / 2),
        (1.0, 1e6, 1, 1.0),  # the other one is hardly ever there
        (0.0, 10.0, 5, 0.0),
    ],
)
def test_the_queue_before_prefill(service_s, away_s, others, wait_s):
    assert queue_s(service_s, away_s, others) == pytest.approx(wait_s, rel=1e-5)


def test_a_saturated_server_turns_round_in_the_services_of_all():
    """1001 customers of 1 s: away for 10 s, the rest of the turn in the queue."""
    assert queue_s(1.0, 10.0, 1000) == pytest.approx(1001 - 10, rel=1e-3)

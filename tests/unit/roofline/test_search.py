"""Searching a deployment: its answers are estimates, its front is a front, and it behaves with demand and targets."""

import dataclasses
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roofline import CATALOGUE, GPUS, Deployment, Model, Workload, estimate
from roofline.question import Demand, Question, Targets
from roofline.search import Candidate, Progress, find, search
from roofline.trial import Trial, trials

LLAMA_70B = "meta-llama/Llama-3.1-70B"
DEEPSEEK = "deepseek-ai/DeepSeek-V3.1"
FEW = ("H200 SXM", "B200 SXM")
SLOW = settings(max_examples=15, deadline=None)


@cache
def load(name):
    entry = CATALOGUE[name]
    return Model.from_config(entry.config, name=name, sidecar=entry.sidecar)


@cache
def chat() -> tuple[Question, object]:
    """70B chat for 200 users under 50 ms a token."""
    question = Question(
        model=load(LLAMA_70B),
        workload=Workload(input_tokens=1000, output_tokens=500),
        demand=Demand(users=200),
        targets=Targets(tpot_s=0.05, ttft_s=2.0),
    )
    return question, find(question)


def shown(found):
    return (*found.front, *found.best, *found.per_gpu)


def test_a_typical_question_weighs_two_thousand_deployments():
    assert chat()[1].tried >= 2000


def test_results_are_what_estimate_says_one_by_one():
    question, found = chat()
    for candidate in shown(found)[::7]:
        again = estimate(question.model, candidate.deployment, candidate.workload)
        assert candidate.estimate == again
        assert candidate.usd_per_month == pytest.approx(again.usd_per_month, rel=1e-12)
        assert candidate.replicas == again.replicas
        assert candidate.gpus == again.replicas * again.gpus_per_replica + again.idle_gpus
        assert candidate.concurrency == again.concurrency == -(-200 // candidate.replicas)


@pytest.mark.parametrize("demand", [Demand(users=200), Demand(requests_per_s=4.0)])
def test_what_is_weighed_is_what_estimate_says_one_by_one(demand):
    """Also of what is not shown: a sample of every layout, with few replicas and with many."""
    question = dataclasses.replace(chat()[0], demand=demand)
    held = [trial for trial in trials(question) if isinstance(trial, Trial)]
    for trial in held[::9]:
        for replicas in (trial.filled(trial.fewest_replicas()), trial.filled(37)):
            point = drained(trial.point(replicas))
            deployment = dataclasses.replace(trial.deployment, nodes=point.nodes)
            again = estimate(
                question.model, deployment, dataclasses.replace(question.workload, concurrency=point.concurrency)
            )
            assert (point.ttft_s, point.tpot_s) == (again.ttft_s, again.tpot_s)
            assert point.request_latency_s == again.request_latency_s
            assert point.usd_per_month == pytest.approx(again.usd_per_month, rel=1e-12)
            assert point.replicas == again.replicas


def drained(steps):
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def test_results_serve_the_demand_and_meet_the_targets():
    question, found = chat()
    for candidate in shown(found):
        assert candidate.concurrency * candidate.replicas >= 200
        assert candidate.concurrency <= candidate.estimate.max_concurrency
        assert question.targets.missed(candidate.estimate) == ()
        assert candidate.estimate.fits


def test_nothing_on_the_front_is_beaten():
    _, found = chat()
    pairs = [(c.usd_per_month, c.request_tokens_per_s) for c in found.front]
    assert len(pairs) > 3
    assert pairs == sorted(pairs)
    for candidate in shown(found):
        usd, speed = candidate.usd_per_month, candidate.request_tokens_per_s
        beaten = [p for p in pairs if p[0] <= usd and p[1] >= speed]
        assert beaten, "something outside the front is not dominated by it"
        if candidate in found.front:
            assert beaten == [(usd, speed)]


def test_the_cheapest_of_all_stands_first_everywhere():
    _, found = chat()
    assert found.front[0].usd_per_month == found.best[0].usd_per_month == found.per_gpu[0].usd_per_month
    prices = [candidate.usd_per_month for candidate in found.best]
    assert prices == sorted(prices)
    names = [candidate.deployment.gpu for candidate in found.per_gpu]
    assert len(names) == len(set(names)) > 5


def test_what_limits_a_candidate_forbids_one_step_fewer():
    """Whoever says that a target stops it misses that target with fewer nodes."""
    question, found = chat()
    reasons = {}
    for candidate in found.best:
        reasons.setdefault(candidate.limited_by, candidate)
    assert {"smallest", "tpot_s"} <= set(reasons)
    limited = reasons["tpot_s"]
    fewer = limited.nodes - 1
    replicas = limited.replicas // limited.nodes * fewer
    workload = dataclasses.replace(limited.workload, concurrency=-(-200 // replicas))
    again = estimate(question.model, dataclasses.replace(limited.deployment, nodes=fewer), workload)
    assert again.tpot_s > 0.05


def test_the_users_settings_are_kept():
    base = Deployment(precision="fp8", kv_precision="fp8", engine="SGLang", max_running=64, utilization=0.5)
    found = find(Question(model=load(LLAMA_70B), deployment=base, demand=Demand(users=40), gpus=FEW))
    for candidate in shown(found):
        kept = candidate.deployment
        assert (kept.precision, kept.kv_precision, kept.engine, kept.max_running) == ("fp8", "fp8", "SGLang", 64)


def test_other_precisions_on_request():
    question = Question(model=load(LLAMA_70B), demand=Demand(users=40), gpus=FEW, precisions=("auto", "fp4"))
    assert {c.deployment.precision for c in find(question).per_gpu} == {"auto", "fp4"}


def test_a_rate_is_turned_into_users_by_littles_law():
    question = Question(model=load(LLAMA_70B), demand=Demand(requests_per_s=5.0), gpus=FEW)
    for candidate in shown(find(question)):
        answered = candidate.replicas * candidate.concurrency / candidate.estimate.request_latency_s
        assert answered >= 5.0 * (1 - 1e-9)
        assert candidate.users == candidate.concurrency * candidate.replicas


def test_the_search_pauses_often_and_reports_how_far_it_is():
    steps = list(search(Question(model=load(LLAMA_70B), demand=Demand(users=50), gpus=FEW)))
    assert all(isinstance(step, Progress) for step in steps)
    assert [step.done / step.total for step in steps] == sorted(step.done / step.total for step in steps)
    assert max(b.candidates - a.candidates for a, b in pairwise(steps)) == 1


def test_a_model_that_fits_nowhere():
    found = find(Question(model=load(DEEPSEEK), demand=Demand(users=1), gpus=("H100 PCIe",), precisions=("fp16",)))
    assert (found.tried, found.obstacle) == (0, "memory")
    (refusal,) = found.refusals
    assert refusal.shortfall_bytes_per_gpu > 1e9


def test_gpus_without_a_price_are_named():
    found = find(Question(model=load(LLAMA_70B), demand=Demand(users=1), gpus=("H20",)))
    assert found.obstacle == "no-price"
    priced = find(Question(model=load(LLAMA_70B), demand=Demand(users=1), gpus=("H20",), prices={"H20": 1.0}))
    assert not priced.refusals
    assert priced.best[0].usd_per_month == 8 * 730


def test_the_target_that_binds_and_what_can_be_had():
    base = Question(model=load(LLAMA_70B), demand=Demand(users=200), gpus=FEW)
    impossible = dataclasses.replace(base, targets=Targets(tpot_s=0.0001, ttft_s=5.0))
    found = find(impossible)
    assert found.obstacle == "targets"
    assert found.front == found.best == ()
    by_name = {row.target: row for row in found.nearest}
    assert by_name["tpot_s"].binds
    assert by_name["ttft_s"].reached_value is None
    granted = dataclasses.replace(base, targets=Targets(tpot_s=by_name["tpot_s"].reached_value, ttft_s=5.0))
    assert find(granted).feasible


def test_a_budget_below_the_cheapest():
    base = Question(model=load(LLAMA_70B), demand=Demand(users=200), gpus=FEW, targets=Targets(tpot_s=0.05))
    cheapest = find(base).best[0].usd_per_month
    short = find(dataclasses.replace(base, targets=Targets(tpot_s=0.05, usd_per_month=cheapest - 1)))
    assert short.obstacle == "targets"
    budget = next(row for row in short.nearest if row.target == "usd_per_month")
    assert budget.binds
    assert budget.reached_value == cheapest
    enough = find(dataclasses.replace(base, targets=Targets(tpot_s=0.05, usd_per_month=cheapest)))
    assert enough.best[0].usd_per_month == cheapest


def cheapest_usd(**fields) -> float:
    found = find(Question(gpus=FEW, workload=Workload(input_tokens=1000, output_tokens=300), **fields))
    return found.best[0].usd_per_month if found.best else float("inf")


names = st.sampled_from([LLAMA_70B, "openai/gpt-oss-120b", "Qwen/Qwen3-8B"])
times_s = st.floats(0.004, 0.2)


@SLOW
@given(names, st.integers(1, 3000), st.integers(1, 3000), times_s, st.floats(0.05, 5))
def test_more_users_never_cost_less(name, users, more, tpot_s, ttft_s):
    targets = Targets(tpot_s=tpot_s, ttft_s=ttft_s)
    few = cheapest_usd(model=load(name), demand=Demand(users=users), targets=targets)
    many = cheapest_usd(model=load(name), demand=Demand(users=users + more), targets=targets)
    assert few <= many


@SLOW
@given(names, st.floats(0.05, 100), st.floats(1.001, 20), times_s)
def test_more_requests_never_cost_less(name, rate, factor, tpot_s):
    targets = Targets(tpot_s=tpot_s)
    few = cheapest_usd(model=load(name), demand=Demand(requests_per_s=rate), targets=targets)
    many = cheapest_usd(model=load(name), demand=Demand(requests_per_s=rate * factor), targets=targets)
    assert few <= many


@SLOW
@given(names, st.integers(1, 2000), times_s, st.floats(0.02, 5), st.floats(1, 10), st.floats(1, 10))
def test_a_looser_target_never_costs_more(name, users, tpot_s, ttft_s, more_tpot, more_ttft):
    demand = Demand(users=users)
    tight = cheapest_usd(model=load(name), demand=demand, targets=Targets(tpot_s=tpot_s, ttft_s=ttft_s))
    loose = Targets(tpot_s=tpot_s * more_tpot, ttft_s=ttft_s * more_ttft)
    assert cheapest_usd(model=load(name), demand=demand, targets=loose) <= tight


def test_every_gpu_with_a_price_can_win():
    """No GPU is skipped: with a price near zero it is the answer."""
    for name in ("H20", "GB300", "RTX PRO 6000"):
        found = find(
            Question(model=load("Qwen/Qwen3-8B"), demand=Demand(users=8), gpus=(name, "H200 SXM"), prices={name: 0.01})
        )
        assert isinstance(found.best[0], Candidate)
        assert found.best[0].deployment.gpu == name
        assert found.best[0].gpus % GPUS[name].gpus_per_node == 0

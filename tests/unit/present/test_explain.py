"""What "How" shows computes to what the card says, down to every kernel."""

import dataclasses

import pytest
from arithmetic import read
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from present import inputs, models
from present.explain import FIELDS, explain, to_text
from present.formula import Origin
from present.state import Scenario
from present.working import Working
from roofline import CATALOGUE, ENGINES, GPUS, Estimate, RooflineError, estimate
from roofline.constants import IDEAL

SCENARIOS = [
    Scenario(),
    Scenario(
        model="meta-llama/Llama-3.1-8B", tensor_parallel=1, concurrency=700, usd_per_gpu_hour=2.5, utilization=0.4
    ),
    Scenario(model="openai/gpt-oss-120b", gpu="B200 SXM", tensor_parallel=2, engine="TensorRT-LLM", concurrency=32),
    Scenario(model="Qwen/Qwen3-Next-80B-A3B-Instruct", tensor_parallel=4, engine="SGLang", concurrency=8),
    Scenario(tensor_parallel=1, attention_data_parallel=8, expert_parallel=8, engine="SGLang", concurrency=256),
    Scenario(nodes=3, tensor_parallel=8, pipeline_parallel=3, precision="fp8", kv_precision="fp8", concurrency=64),
    Scenario(model="google/gemma-3-27b-it", gpu="RTX PRO 6000", tensor_parallel=2, precision="fp4", concurrency=5),
    Scenario(manual=True, gpu="GB200", tensor_parallel=4, nodes=2, max_running=16, memory_fraction=0.8),
    Scenario(gpu="H100 SXM", tensor_parallel=4),
]


def worked(scenario: Scenario, constants=None) -> Working:
    model = models.manual(scenario).model if scenario.manual else models.bundled(scenario.model).model
    deployment, workload = inputs.deployment(scenario), inputs.workload(scenario)
    return Working(model, deployment, workload, estimate(model, deployment, workload, constants=constants), constants)


def explained(work: Working):
    for field in FIELDS:
        found = explain(work, field)
        assert (found is None) == (getattr(work.result, field, 0) is None), field
        if found is not None:
            yield found


def largest(quantity) -> float:
    """The largest value in a formula: digits below it are lost to rounding where it cancels."""
    return max((abs(each.value) for each in quantity.formula.quantities()), default=1.0)


def check(work: Working) -> int:
    """Check every figure and every step of its working; return how many steps there were."""
    steps = 0
    for found in explained(work):
        figure = getattr(work.result, found.field, work.deployment.tensor_parallel)
        if isinstance(figure, str):
            assert found.quantity.name == figure
        elif found.field == "fits":
            assert figure == (found.quantity.value >= 1)
        else:
            assert found.quantity.value == pytest.approx(figure, rel=1e-12)
        for quantity in found.quantity.walk():
            if quantity.formula is not None:
                steps += 1
                slack = 1e-11 * largest(quantity)
                assert quantity.formula.value() == pytest.approx(quantity.value, rel=1e-9, abs=slack), quantity.name
    return steps


@pytest.mark.parametrize("scenario", SCENARIOS, ids=range(len(SCENARIOS)))
def test_every_formula_gives_its_result(scenario):
    assert check(worked(scenario)) > 20


def test_every_formula_gives_its_result_on_the_ideal_roofline():
    assert check(worked(SCENARIOS[0], IDEAL)) > 20


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(sorted(CATALOGUE)),
    st.sampled_from(sorted(GPUS)),
    st.sampled_from(sorted(ENGINES)),
    st.sampled_from([(1, 1, 1), (4, 1, 1), (8, 1, 8), (1, 8, 8), (2, 4, 2)]),
    st.sampled_from([1, 2]),
    st.sampled_from(["auto", "fp16", "fp8", "fp4"]),
    st.one_of(st.none(), st.integers(1, 2000)),
    st.integers(1, 30_000),
)
def test_whatever_is_asked(name, gpu, engine, degrees, stages, precision, clients, length):
    tensor, data, expert = degrees
    scenario = Scenario(
        model=name, gpu=gpu, engine=engine, nodes=4, tensor_parallel=tensor, attention_data_parallel=data,
        expert_parallel=expert, pipeline_parallel=stages, precision=precision, concurrency=clients, input_tokens=length,
    )  # fmt: skip
    try:
        work = worked(scenario)
    except RooflineError:
        assume(False)
    check(work)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=range(len(SCENARIOS)))
def test_the_numbers_that_are_shown_compute_to_the_result_that_is_shown(scenario):
    work = worked(scenario)
    for found in explained(work):
        by_name = {quantity.formula.numbers(): quantity for quantity in found.quantity.walk() if quantity.formula}
        for step in found.steps:
            lost = 3e-5 * largest(by_name[step.numbers])  # six digits are shown
            shown = read(step.result)
            if "floor" in step.numbers:
                assert abs(read(step.numbers) - shown) <= max(1.0, 3e-5 * shown * 10), (step, found.field)
            else:
                assert read(step.numbers) == pytest.approx(shown, rel=1e-4, abs=lost), (step, found.field)


def test_every_figure_of_an_estimate_is_explained():
    told = {"kv_precision", "notices", "evidence", "memory", "limits", "prefill", "decode"}
    figures = {field.name for field in dataclasses.fields(Estimate)} - told
    bases = {name.removesuffix("_low").removesuffix("_high") for name in figures}
    assert bases | {"tensor_parallel"} == set(FIELDS)


def test_the_ends_of_a_range():
    work = worked(SCENARIOS[0])
    ranged = dataclasses.replace(work.result, ttft_s_low=0.5 * work.result.ttft_s)
    found = explain(Working(work.model, work.deployment, work.workload, ranged), "ttft_s_low")
    assert found.quantity.value == ranged.ttft_s_low
    assert found.quantity.formula.value() == pytest.approx(ranged.ttft_s_low)


def test_every_input_says_where_it_comes_from():
    for scenario in SCENARIOS:
        for found in explained(worked(scenario)):
            for row in found.inputs:
                assert row.origin in set(Origin)
                if row.origin in (Origin.DATASHEET, Origin.PRICE, Origin.MEASURED):
                    assert row.source, row
                    assert row.date, row
                if row.origin == Origin.CALIBRATED:
                    assert row.source, row


def test_a_price_of_ones_own_is_not_a_list_price():
    own, listed = worked(SCENARIOS[1]), worked(SCENARIOS[0])
    origins = {
        work.deployment.usd_per_gpu_hour: next(
            r.origin for r in explain(work, "usd_per_month").inputs if "GPU-hour" in r.name
        )
        for work in (own, listed)
    }
    assert origins == {2.5: "your choice", None: "price list"}


def test_in_plain_text():
    text = to_text(explain(worked(SCENARIOS[1]), "usd_per_month"))
    assert text.splitlines()[:3] == [
        "price of a month = nodes × GPUs of a node × price of a GPU-hour × hours of a month",
        "  = 1 × 8 × $2.5 × 730",
        "  = $14600",
    ]
    assert "nodes = 1 (your choice)" in text

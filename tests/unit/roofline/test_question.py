"""What a search may be asked."""

import pytest

from roofline import CATALOGUE, GPUS, Deployment, DeploymentError, Model, WorkloadError
from roofline.question import Demand, Question, Targets, speed_tpot_s


@pytest.fixture(scope="module")
def model():
    return Model.from_config(CATALOGUE["meta-llama/Llama-3.1-8B"].config)


@pytest.mark.parametrize("fields", [{}, {"users": 3, "requests_per_s": 1.0}, {"users": 0}, {"requests_per_s": 0.0}])
def test_a_demand_is_one_number_above_zero(fields):
    with pytest.raises(WorkloadError) as problem:
        Demand(**fields)
    assert problem.value.hint


@pytest.mark.parametrize("name", ["ttft_s", "tpot_s", "usd_per_month"])
def test_targets_are_above_zero(name):
    with pytest.raises(WorkloadError):
        Targets(**{name: 0.0})
    assert Targets(**{name: 2.5}).wanted == {name: 2.5}


def test_a_speed_is_the_inverse_of_a_time_per_token():
    assert speed_tpot_s(20) == 0.05
    with pytest.raises(WorkloadError):
        speed_tpot_s(0)


def test_the_own_precision_and_every_gpu_unless_said(model):
    question = Question(model=model, deployment=Deployment(precision="fp8"), demand=Demand(users=1))
    assert question.precisions == ("fp8",)
    assert question.gpus == tuple(GPUS)
    assert Question(model=model, demand=Demand(users=1), gpus=("h200 sxm", "H200 SXM")).gpus == ("H200 SXM",)


def test_names_are_checked(model):
    for fields in ({"gpus": ("H900",)}, {"precisions": ("fp3",)}, {"prices": {"H900": 1.0}}):
        with pytest.raises(DeploymentError):
            Question(model=model, demand=Demand(users=1), **fields)


def test_whose_price_counts(model):
    deployment = Deployment(gpu="B200 SXM", usd_per_gpu_hour=2.0)
    question = Question(model=model, deployment=deployment, demand=Demand(users=1), prices={"H20": 1.5})
    assert question.usd_per_gpu_hour(GPUS["B200 SXM"]) == 2.0
    assert question.usd_per_gpu_hour(GPUS["H20"]) == 1.5
    assert question.usd_per_gpu_hour(GPUS["H200 SXM"]) == GPUS["H200 SXM"].price.usd_per_gpu_hour
    assert question.usd_per_gpu_hour(GPUS["H200 NVL"]) is None

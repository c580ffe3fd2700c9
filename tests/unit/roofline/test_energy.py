"""Energy, worked by hand and held against certified measurements."""

import pytest

from roofline import CATALOGUE, GPUS, Deployment, Model, Workload, estimate
from roofline.energy import energy, power_figures


def run(workload=None, name="meta-llama/Llama-3.1-70B", **fields):
    model = Model.from_config(CATALOGUE[name].config)
    deployment = Deployment(**fields)
    workload = workload or Workload(concurrency=64)
    return deployment, estimate(model, deployment, workload), workload


def test_by_hand():
    deployment, result, workload = run(gpu="H100 SXM", tensor_parallel=4, utilization=0.5)
    found = energy(deployment, result, workload, pue_factor=1.2, usd_per_kwh=0.1)
    gpu_w = 700 * 0.74 * 1.25 * 1.2
    assert found.gpu_w == pytest.approx(gpu_w)
    assert found.joules_per_output_token == pytest.approx(4 * gpu_w / result.replica_tokens_per_s)
    assert found.joules_per_token == pytest.approx(found.joules_per_output_token / 3)
    assert found.kwh_per_month == pytest.approx(8 * gpu_w * 365 / 1000)
    assert found.usd_per_month == pytest.approx(0.1 * found.kwh_per_month)


def test_the_building_counts_as_the_average_unless_said():
    deployment, result, workload = run(tensor_parallel=8)
    assert energy(deployment, result, workload).pue_factor == 1.58


def test_energy_of_a_month_is_that_of_its_tokens():
    """Energy of a busy month = J per token x tokens of the month."""
    deployment, result, workload = run(gpu="B200 SXM", tensor_parallel=2)
    found = energy(deployment, result, workload)
    tokens = result.system_tokens_per_s * 3600 * 730
    assert found.kwh_per_month * 3.6e6 == pytest.approx(found.joules_per_output_token * tokens)


def test_a_full_node_is_near_its_meter():
    """8 x B200 at the wall: 9.0 to 10.4 kW under full load (MLPerf 5.1); serving draws less than that."""
    figures = power_figures()
    node_w = 8 * GPUS["B200 SXM"].tdp_w * figures.power_share["Blackwell"].value * figures.node_factor.value
    assert 0.65 * 9011 < node_w < 10442


def test_unknown_power_and_models_that_do_not_fit():
    assert energy(*run(gpu="GH200", tensor_parallel=4)) is None
    assert energy(*run(gpu="H100 SXM", tensor_parallel=1)) is None


def test_every_figure_has_a_source():
    figures = power_figures()
    for row in (figures.node_factor, figures.pue, *figures.power_share.values()):
        assert row.source
        assert row.date
    assert set(figures.power_share) == {gpu.generation for gpu in GPUS.values()}

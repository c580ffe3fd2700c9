"""80 % ranges and the evidence behind an estimate."""

import dataclasses
import math

import pytest

from roofline import CATALOGUE, ENGINES, GPUS, Deployment, Model, Workload, estimate
from roofline.constants import IDEAL
from roofline.data import RANGES
from roofline.ranges import MEASURED_AS, Case, bounds, evidence, half_width, kind_of, load_band, shape_key, unseen

SEEN = Case("vLLM", "Hopper", "Hopper", "dense", "fp8", "medium")


def load(name="meta-llama/Llama-3.1-70B"):
    entry = CATALOGUE[name]
    return Model.from_config(entry.config, name=name, sidecar=entry.sidecar)


def run(**arguments):
    return estimate(load(), Deployment(tensor_parallel=4, **arguments), Workload(concurrency=16))


@pytest.mark.parametrize(
    ("clients", "running", "band"),
    [(1, 1, "light"), (8, 8, "light"), (9, 9, "medium"), (64, 64, "medium"), (65, 65, "heavy"), (8, 7, "heavy")],
)
def test_load_is_clients_per_replica_and_heavy_where_some_wait(clients, running, band):
    assert load_band(clients, running) == band


def test_a_width_is_the_product_of_its_factors():
    table = RANGES["widths"]["ttft_s"]
    expected = table["base"] * table["engines"]["vLLM"] * table["loads"]["medium"]
    assert half_width("ttft_s", SEEN) == pytest.approx(expected)
    assert half_width("tpot_s", SEEN) == half_width("decode_step_s", SEEN) == half_width("request_tokens_per_s", SEEN)


@pytest.mark.parametrize(
    ("case", "missing"),
    [
        (SEEN, 0),
        (SEEN._replace(weights="fp16"), 1),
        (SEEN._replace(engine="SGLang", generation="Blackwell", family="Blackwell"), 1),
        (SEEN._replace(generation="Blackwell", family="Blackwell workstation"), 1),
        (SEEN._replace(generation="Later", family="Later"), 2),
    ],
)
def test_ranges_widen_with_everything_that_was_not_measured(case, missing):
    assert unseen(case) == missing
    seen_width = half_width("tpot_s", SEEN._replace(engine=case.engine))
    assert half_width("tpot_s", case) == pytest.approx(seen_width * RANGES["unseen_factor"] ** missing)


def test_bounds_are_the_figure_times_and_divided_by_one_factor():
    figures = dict.fromkeys(MEASURED_AS, 10.0)
    found = bounds(figures, SEEN)
    for figure in MEASURED_AS:
        assert found[f"{figure}_low"] * found[f"{figure}_high"] == pytest.approx(100.0)
        assert math.log(found[f"{figure}_high"] / 10.0) == pytest.approx(half_width(figure, SEEN))


def test_an_estimate_lies_in_its_ranges():
    result = run()
    for figure in MEASURED_AS:
        assert getattr(result, f"{figure}_low") < getattr(result, figure) < getattr(result, f"{figure}_high")


def test_the_range_of_a_rate_is_that_of_its_time_upside_down():
    result = run()
    assert result.request_tokens_per_s_high == pytest.approx(1 / result.tpot_s_low)
    tokens = 16 * Workload().output_tokens
    assert result.replica_tokens_per_s_low == pytest.approx(tokens / result.request_latency_s_high)


def test_constants_of_ones_own_have_no_range_and_no_evidence():
    result = estimate(load(), Deployment(tensor_parallel=4), Workload(), constants=IDEAL)
    assert result.evidence is None
    assert all(getattr(result, f"{figure}_low") is None for figure in MEASURED_AS)


def test_evidence_counts_runs_like_this_one():
    found = run(precision="fp8").evidence
    cell = next(
        c
        for c in RANGES["cells"]
        if (c["engine"], c["generation"], c["kind"], c["weights"]) == ("vLLM", "Hopper", "dense", "fp8")
    )
    assert found.similar
    assert (found.runs, found.tpot_error, found.ttft_error) == (cell["runs"], cell["tpot_error"], cell["ttft_error"])
    assert found.with_this_model == cell["shapes"][shape_key(load())] > 0
    assert found.description == "dense models, FP8 weights, Hopper, vLLM"


def test_evidence_falls_back_to_a_wider_class_and_says_so():
    assert evidence(load(), SEEN._replace(weights="fp16")).description == "Hopper, vLLM"
    assert evidence(load(), SEEN._replace(generation="Later")).description == "vLLM"
    other = evidence(load(), SEEN._replace(engine="Other"))
    assert (other.description, other.similar, other.runs) == ("all engines and GPUs", False, RANGES["runs"])


def test_a_model_that_was_not_measured_is_not_counted():
    assert evidence(load("meta-llama/Llama-3.1-8B"), SEEN).with_this_model == 0


def test_kinds():
    assert kind_of(load()) == "dense"
    assert kind_of(load("openai/gpt-oss-120b")) == "mixture-of-experts"


def test_evidence_is_data():
    result = run()
    assert result.to_dict()["evidence"] == dataclasses.asdict(result.evidence)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("gpu", sorted(GPUS))
def test_every_gpu_and_engine_has_a_width(engine, gpu):
    case = Case(engine, GPUS[gpu].family, GPUS[gpu].generation, "dense", "fp8", "light")
    assert 0.02 < half_width("tpot_s", case) < 1.0

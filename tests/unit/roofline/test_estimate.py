"""The façade: every promised figure, consistent, in JSON, with notices; what does not fit and what has no price."""

import copy
import dataclasses
import json
import pickle
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roofline import CATALOGUE, ENGINES, GPUS, Deployment, Estimate, Model, RooflineError, Workload, estimate
from roofline.constants import IDEAL

LLAMA_8B = "meta-llama/Llama-3.1-8B"
LLAMA_70B = "meta-llama/Llama-3.1-70B"
COUNTS = """
    replicas gpus_per_replica idle_gpus weight_bytes_per_gpu weight_bytes kv_bytes_per_token_per_gpu
    kv_capacity_tokens kv_cache_bytes max_concurrency concurrency running fits
""".split()
TIMES = "prefill_s ttft_s decode_step_s tpot_s request_latency_s".split()
RATES = "request_tokens_per_s replica_decode_tokens_per_s replica_tokens_per_s system_tokens_per_s".split()
BOUNDS = ["prefill_bound", "decode_bound"]
COSTS = """
    usd_per_million_input_tokens usd_per_million_output_tokens usd_per_million_tokens usd_per_month
""".split()
RANGES = [f"{name}_{side}" for name in (*TIMES, *RATES) for side in ("low", "high")]
BEYOND_THE_CONTRACT = "steady_ttft_s shortfall_bytes_per_gpu kv_precision usd_per_gpu_hour notices evidence".split()
WORKING = {"memory", "limits", "prefill", "decode"}


@cache
def load(name):
    entry = CATALOGUE[name]
    return Model.from_config(entry.config, name=name, sidecar=entry.sidecar)


def run(name=LLAMA_8B, workload=None, **deployment):
    return estimate(load(name), Deployment(**deployment), workload or Workload(concurrency=16))


def codes(result):
    return [notice.code for notice in result.notices]


def test_the_fields_are_those_that_were_promised():
    promised = {*COUNTS, *TIMES, *RATES, *BOUNDS, *COSTS, *RANGES, *BEYOND_THE_CONTRACT}
    assert {field.name for field in dataclasses.fields(Estimate)} - WORKING == promised


def test_every_field_but_the_working_is_json():
    result = run()
    row = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert set(row) == {field.name for field in dataclasses.fields(Estimate)} - WORKING
    for name in (*COUNTS, *TIMES, *RATES, *BOUNDS, *COSTS):
        assert row[name] == getattr(result, name), name


def test_notices_are_json_objects():
    (row,) = run(gpu="H20").to_dict()["notices"]
    assert row["code"] == "no-price"
    assert "H20" in row["text"]


def test_counts_are_ints():
    result = run()
    for name in ("replicas", "idle_gpus", "kv_capacity_tokens", "max_concurrency", "concurrency", "running"):
        assert type(getattr(result, name)) is int, name


def test_rates_follow_from_times():
    """Eight replicas of one GPU, 16 clients each, 1024 tokens."""
    result = run()
    assert result.request_tokens_per_s == pytest.approx(1 / result.tpot_s)
    assert result.replica_decode_tokens_per_s == pytest.approx(16 / result.decode_step_s)
    assert result.replica_tokens_per_s == pytest.approx(16 * 1024 / result.request_latency_s)
    assert result.system_tokens_per_s == pytest.approx(8 * result.replica_tokens_per_s)


def test_the_latency_of_a_request_is_its_first_token_and_all_the_others():
    result = run()
    assert result.request_latency_s == pytest.approx(result.ttft_s + 1023 * result.tpot_s)


def test_a_single_token_is_the_first():
    result = run(workload=Workload(output_tokens=1, concurrency=1))
    assert result.request_latency_s == result.ttft_s


def test_no_clients_given_means_the_most_that_fit():
    result = run(workload=Workload())
    assert result.concurrency == result.max_concurrency > 100


def test_more_clients_than_places_leave_some_waiting():
    """H100: 143 sequences of full length, 172 at their mean occupancy."""
    result = run(gpu="H100 SXM", workload=Workload(concurrency=1000))
    assert result.concurrency == 1000
    assert result.max_concurrency <= result.running < 200


@pytest.mark.parametrize(("max_running", "running"), [(4, 4), (64, 16)])
def test_running_sequences_are_capped_by_the_engine_and_by_the_clients(max_running, running):
    assert run(max_running=max_running).running == running


@pytest.mark.parametrize("argument", ["precision", "kv_precision"])
def test_bf16_is_another_name_of_fp16(argument):
    named, usual = (run(LLAMA_70B, tensor_parallel=8, **{argument: name}) for name in ("bf16", "fp16"))
    assert named == usual
    assert named.kv_precision == "fp16"


def test_the_price_is_that_of_the_list_unless_one_is_given():
    """H200: $4.00, median of nine providers."""
    assert run().usd_per_gpu_hour == 4.0
    assert run(usd_per_gpu_hour=2.0).usd_per_gpu_hour == 2.0
    assert run(usd_per_gpu_hour=2.0).usd_per_million_tokens == pytest.approx(run().usd_per_million_tokens / 2)


def test_the_month_of_a_node():
    """8 GPUs x $4 x 730 h, also where two of them are idle."""
    assert run().usd_per_month == pytest.approx(23_360)
    assert run(pipeline_parallel=3).usd_per_month == pytest.approx(23_360)


def test_the_price_of_a_request_is_split_by_prefill_and_its_share_of_decode():
    result = run(usd_per_gpu_hour=3.6)
    request_usd = 0.001 * 1024 / result.replica_tokens_per_s
    decode_s = 1024 * result.decode_step_s / 16
    share = result.prefill_s / (result.prefill_s + decode_s)
    assert result.usd_per_million_input_tokens * 2048 / 1e6 == pytest.approx(request_usd * share)
    assert result.usd_per_million_output_tokens * 1024 / 1e6 == pytest.approx(request_usd * (1 - share))


def test_a_free_gpu_costs_nothing_and_that_is_no_missing_price():
    result = run(usd_per_gpu_hour=0)
    assert [getattr(result, name) for name in COSTS] == [0.0] * 4
    assert "no-price" not in codes(result)


def test_without_a_price_times_stand_and_costs_are_unknown():
    result = run(gpu="H20")
    assert result.ttft_s > 0
    assert [getattr(result, name) for name in COSTS] == [None] * 4
    assert codes(result) == ["no-price"]
    assert codes(run(gpu="H20", usd_per_gpu_hour=1.5)) == []


def test_what_does_not_fit_has_memory_figures_and_no_others():
    result = run(LLAMA_70B, gpu="H100 SXM")
    assert not result.fits
    assert result.weight_bytes_per_gpu == result.weight_bytes > 141e9
    assert result.kv_bytes_per_token_per_gpu == 80 * 16 * 128 * 2
    assert result.shortfall_bytes_per_gpu > 0
    assert (result.max_concurrency, result.running, result.kv_capacity_tokens) == (0, 0, 0)
    for name in (*TIMES, *RATES, *BOUNDS, *COSTS, *RANGES, "steady_ttft_s"):
        assert getattr(result, name) is None, name
    assert result.prefill_operators == result.decode_operators == ()


@pytest.mark.parametrize("name", [LLAMA_8B, LLAMA_70B])
def test_an_estimate_is_made_of_its_fields(name):
    """``Estimate.of`` has no arguments that would be checked."""
    result = run(name, gpu="H100 SXM")
    fields = dataclasses.fields(Estimate)
    needed = {field.name for field in fields if field.default is dataclasses.MISSING}
    assert needed <= vars(result).keys() <= {field.name for field in fields}
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.fits = True


def test_what_does_not_fit_is_json_too():
    assert json.loads(json.dumps(run(LLAMA_70B, gpu="H100 SXM").to_dict(), allow_nan=False))["fits"] is False


def test_ordinary_deployments_need_no_notice():
    assert codes(run(LLAMA_70B, tensor_parallel=8)) == []


@pytest.mark.parametrize(
    ("max_running", "cause"), [(None, "memory holds 14"), (4, "vLLM's limit of running sequences holds 4 full")]
)
def test_the_notice_of_a_queue_names_what_is_full(max_running, cause):
    result = run(gpu="H100 SXM", memory_fraction=0.92, max_running=max_running, workload=Workload(concurrency=500))
    (notice,) = result.notices
    assert notice.code == "queueing"
    assert cause in notice.text
    assert "500 clients" in notice.text


@pytest.mark.parametrize(("output_tokens", "noticed"), [(1000, []), (1001, ["context-exceeded"])])
def test_a_request_longer_than_the_stated_context_is_noticed(output_tokens, noticed):
    """Llama-3.1: 131,072 tokens."""
    workload = Workload(input_tokens=130_072, output_tokens=output_tokens, concurrency=1)
    assert codes(run(workload=workload)) == noticed


def test_idle_gpus_are_noticed():
    result = run(pipeline_parallel=3)
    (notice,) = result.notices
    assert result.idle_gpus == 2
    assert notice.code == "idle-gpus"
    assert notice.text.startswith("2 of 8 GPUs")


def test_a_replica_across_nodes_is_noticed():
    assert codes(run(LLAMA_70B, nodes=2, tensor_parallel=8, pipeline_parallel=2)) == ["cross-node"]


@pytest.mark.parametrize(
    ("name", "gpu", "noticed"),
    [
        ("openai/gpt-oss-120b", "H200 SXM", True),
        ("openai/gpt-oss-120b", "B200 SXM", False),
        (LLAMA_8B, "H200 SXM", False),
    ],
)
def test_four_bit_weights_on_hopper_are_noticed(name, gpu, noticed):
    assert ("fp4-weight-only" in codes(run(name, gpu=gpu))) is noticed


def test_remarks_of_the_model_are_notices():
    model = Model.manual(total_params=8e9, hidden_size=4096, layers=32, heads=32, kv_heads=8)
    (notice,) = estimate(model, Deployment(), Workload(concurrency=1)).notices
    assert (notice.code, notice.text) == ("model", model.remarks[0])


def test_a_range_is_calibrated_on_both_sides_or_not_at_all():
    result = run()
    for name in (*TIMES, *RATES):
        low, high = getattr(result, f"{name}_low"), getattr(result, f"{name}_high")
        assert (low is None) == (high is None), name
        assert low is None or low <= getattr(result, name) <= high, name


def test_the_opening_burst_makes_the_first_token_later():
    result = run()
    assert result.prefill_s < result.steady_ttft_s < result.ttft_s


def test_ideal_constants_are_faster_than_an_engine():
    real, ideal = (estimate(load(LLAMA_8B), Deployment(), Workload(concurrency=8), constants=c) for c in (None, IDEAL))
    assert ideal.decode_step_s < real.decode_step_s
    assert ideal.prefill_s < real.prefill_s
    assert ideal.max_concurrency == real.max_concurrency


@pytest.mark.parametrize(("clients", "bound"), [(1, "memory"), (1000, "memory")])
def test_what_bounds_an_ideal_8b_model(clients, bound):
    result = estimate(load(LLAMA_8B), Deployment(), Workload(concurrency=clients), constants=IDEAL)
    assert (result.prefill_bound, result.decode_bound) == ("compute", bound)


def test_operators_are_those_of_the_two_steps():
    result = run(LLAMA_70B, tensor_parallel=8)
    assert {o.name for o in result.prefill_operators} == {o.name for o in result.decode_operators}
    assert "all-reduce" in {o.name for o in result.decode_operators}


def test_an_estimate_is_frozen_and_repeatable():
    result = run()
    assert result == run()
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.ttft_s = 0.0


@pytest.mark.parametrize("name", ["deepseek-ai/DeepSeek-V3.1", "openai/gpt-oss-120b", "tiiuae/falcon-mamba-7b"])
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("gpu", GPUS)
def test_every_engine_answers_on_every_gpu(name, engine, gpu):
    result = run(
        name, gpu=gpu, engine=engine, nodes=8 // GPUS[gpu].gpus_per_node, attention_data_parallel=8, expert_parallel=8
    )
    assert result.weight_bytes_per_gpu > 0
    assert not result.fits or 0 < result.tpot_s < 10


deployments = st.fixed_dictionaries(
    {
        "gpu": st.sampled_from(sorted(GPUS)),
        "engine": st.sampled_from(sorted(ENGINES)),
        "nodes": st.integers(1, 40),
        "tensor_parallel": st.sampled_from([1, 2, 3, 4, 8, 16, 72]),
        "pipeline_parallel": st.sampled_from([1, 1, 2, 3, 200]),
        "attention_data_parallel": st.sampled_from([1, 1, 2, 5, 8]),
        "precision": st.sampled_from(["auto", "fp16", "bf16", "fp8", "fp4"]),
        "kv_precision": st.sampled_from(["auto", "fp16", "bf16", "fp8"]),
        "memory_fraction": st.one_of(st.none(), st.floats(0.001, 1.0)),
        "max_running": st.one_of(st.none(), st.integers(1, 10**6)),
        "max_batched_tokens": st.one_of(st.none(), st.integers(1, 10**6)),
        "usd_per_gpu_hour": st.one_of(st.none(), st.floats(0.0, 1e6)),
        "utilization": st.floats(0.001, 1.0),
    }
)
workloads = st.builds(
    Workload,
    input_tokens=st.one_of(st.floats(1, 1e5), st.just(1e8)),
    output_tokens=st.one_of(st.floats(1, 1e5), st.just(1e8)),
    concurrency=st.one_of(st.none(), st.integers(1, 10**6)),
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(CATALOGUE)), deployments, workloads)
def test_valid_input_has_finite_figures_or_our_own_error(name, chosen, workload):
    try:
        result = estimate(load(name), Deployment(**chosen), workload)
    except RooflineError as error:
        assert error.hint and error.code
        return
    json.dumps(result.to_dict(), allow_nan=False)
    assert result.fits is (result.max_concurrency > 0) is (result.ttft_s is not None)


def test_an_estimate_is_a_plain_value():
    """Others put it into sets, send it to processes, and take it apart."""
    result = run(tensor_parallel=8)
    assert result == pickle.loads(pickle.dumps(result)) == copy.deepcopy(result)
    assert {result, pickle.loads(pickle.dumps(result))} == {result}
    assert dataclasses.asdict(result)["decode"]["total_s"] == result.decode_step_s

"""A replica that is timed again and again says what an estimate says."""

import dataclasses

import pytest

from roofline import CATALOGUE, Deployment, Model, Workload, estimate
from roofline.constants import IDEAL
from roofline.machine import make_machine
from roofline.memory import fit_memory, resolve_limits
from roofline.operators import Batch, bind
from roofline.plan import make_plan, plan_for
from roofline.replica import Replica, bound_for
from roofline.steps import run_step

#: A step with a prompt's chunk and sequences that decode.
MIXED = Batch(
    prompt_tokens=1000, past_tokens=500, prompts=2, first_tokens=0.5, sequences=20, context_tokens=900, busy_ranks=1
)
CASES = (
    ("meta-llama/Llama-3.1-70B", Deployment(tensor_parallel=4)),
    ("meta-llama/Llama-3.1-70B", Deployment(tensor_parallel=2, pipeline_parallel=2, engine="TensorRT-LLM")),
    ("deepseek-ai/DeepSeek-V3.1", Deployment(attention_data_parallel=8, expert_parallel=8, engine="SGLang")),
    ("Qwen/Qwen3-Next-80B-A3B-Instruct", Deployment(gpu="B200 SXM", tensor_parallel=2, max_running=40)),
)


@pytest.mark.parametrize(("name", "deployment"), CASES)
def test_every_load_is_timed_as_an_estimate_does(name, deployment):
    entry = CATALOGUE[name]
    model = Model.from_config(entry.config, name=name, sidecar=entry.sidecar)
    workload = Workload(input_tokens=3000, output_tokens=400)
    plan, limits = plan_for(model, deployment), resolve_limits(model, deployment)
    memory = fit_memory(model, plan, deployment, limits, workload)
    replica = Replica(model, deployment, workload, limits, memory)
    for concurrency in (1, 2, 7, 40, 333, 5000):
        served = replica.serve(concurrency)
        row = estimate(model, deployment, dataclasses.replace(workload, concurrency=concurrency))
        assert (served.ttft_s, served.tpot_s, served.prefill.total_s) == (row.ttft_s, row.tpot_s, row.prefill_s)
        assert served.request_latency_s(400) == row.request_latency_s
        assert replica.load(concurrency).running == row.running


def test_a_layout_is_bound_once():
    entry = CATALOGUE["openai/gpt-oss-20b"]
    model = Model.from_config(entry.config, name=entry.name, sidecar=entry.sidecar)
    first = bound_for(model, Deployment(tensor_parallel=2), "fp16")
    assert bound_for(model, Deployment(tensor_parallel=2), "fp16") is first


@pytest.mark.parametrize(
    ("deployment", "kv_precision", "constants"),
    [
        ({"tensor_parallel": 4}, "fp16", None),
        ({"gpu": "H100 SXM"}, "fp16", None),
        ({"engine": "SGLang"}, "fp16", None),
        ({"precision": "bf16"}, "fp16", None),
        ({}, "fp8", None),
        ({}, "fp16", IDEAL),
    ],
)
def test_what_is_bound_is_what_was_asked_for(deployment, kv_precision, constants):
    entry = CATALOGUE["openai/gpt-oss-20b"]
    model = Model.from_config(entry.config, name=entry.name, sidecar=entry.sidecar)
    bound_for(model, Deployment(), "fp16")
    other = Deployment(**deployment)
    found = bound_for(model, other, kv_precision, constants)
    fresh = bind(make_plan(model, other), make_machine(other, kv_precision, constants))
    assert (found.plan, found.machine) == (fresh.plan, fresh.machine)
    assert run_step(found, MIXED) == run_step(fresh, MIXED)

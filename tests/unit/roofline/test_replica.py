"""A replica that is timed again and again says what an estimate says."""

import dataclasses

import pytest

from roofline import CATALOGUE, Deployment, Model, Workload, estimate
from roofline.memory import fit_memory, resolve_limits
from roofline.plan import plan_for
from roofline.replica import Replica

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

"""Physical laws that hold for any model, deployment and workload (DESIGN section 4), with ideal and calibrated
constants.
"""

from __future__ import annotations

import dataclasses
from functools import cache

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from roofline import CATALOGUE, ENGINES, GPUS, Deployment, Estimate, Model, RooflineError, Workload, estimate
from roofline.constants import IDEAL, Constants
from roofline.machine import make_machine

SLACK = 1 + 1e-9
LAWS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])


@cache
def catalogue_model(name: str) -> Model:
    entry = CATALOGUE[name]
    return Model.from_config(entry.config, name=name, sidecar=entry.sidecar)


@st.composite
def manual_models(draw: st.DrawFn) -> Model:
    """Decoders of random but sensible shapes: enough parameters for their attention and embeddings."""
    kv_heads = draw(st.sampled_from([1, 2, 4, 8]))
    heads = kv_heads * draw(st.sampled_from([8, 16]))
    experts = draw(st.sampled_from([0, 8, 128]))
    return Model.manual(
        total_params=draw(st.integers(30_000_000_000, 1_000_000_000_000)),
        hidden_size=heads * 64,
        layers=draw(st.integers(8, 48)),
        heads=heads,
        kv_heads=kv_heads,
        experts=experts,
        active_experts=min(experts, draw(st.sampled_from([1, 2, 8]))),
    )


models = st.one_of(st.sampled_from(sorted(CATALOGUE)).map(catalogue_model), manual_models())
workloads = st.builds(
    Workload,
    input_tokens=st.integers(1, 60_000),
    output_tokens=st.integers(1, 8_000),
    concurrency=st.one_of(st.none(), st.integers(1, 4_000)),
)


@st.composite
def deployments(draw: st.DrawFn) -> Deployment:
    """One or two nodes, any GPU and engine, layouts that pack."""
    tensor, data = draw(st.sampled_from([(1, 1), (2, 1), (4, 1), (8, 1), (1, 8), (2, 4), (1, 2)]))
    expert = draw(st.sampled_from([n for n in (1, 2, 4, 8) if (tensor * data) % n == 0]))
    return Deployment(
        gpu=draw(st.sampled_from(sorted(GPUS))),
        nodes=draw(st.sampled_from([2, 4])),
        tensor_parallel=tensor,
        attention_data_parallel=data,
        expert_parallel=expert,
        pipeline_parallel=draw(st.sampled_from([1, 1, 2])),
        precision=draw(st.sampled_from(["auto", "fp16", "fp8", "fp4"])),
        kv_precision=draw(st.sampled_from(["auto", "fp16", "fp8"])),
        engine=draw(st.sampled_from(sorted(ENGINES))),
        usd_per_gpu_hour=draw(st.sampled_from([1.0, 3.5])),
    )


constants = st.sampled_from([IDEAL, None])


def run(model: Model, deployment: Deployment, workload: Workload, constants: Constants | None = None) -> Estimate:
    """Estimate, dropping layouts that no engine runs."""
    try:
        return estimate(model, deployment, workload, constants=constants)
    except RooflineError:
        assume(False)
        raise


def fitting(model: Model, deployment: Deployment, workload: Workload, constants: Constants | None = None) -> Estimate:
    result = run(model, deployment, workload, constants)
    assume(result.fits)
    return result


@LAWS
@given(models, deployments(), workloads, constants)
def test_no_step_is_below_its_roofline(model, deployment, workload, constants):
    result = fitting(model, deployment, workload, constants)
    machine = make_machine(deployment, result.kv_precision, constants)
    peak = max(machine.gpu.dense_flop_per_s(rate) or 0.0 for rate in ("bf16", "fp8", "fp4"))
    for step, steps in ((result.prefill, result.prefill.steps), (result.decode, 1)):
        on_chip = [operator for operator in step.operators if not operator.time.link_s]
        assert step.total_s * SLACK >= steps * sum(o.calls * o.bytes for o in on_chip) / machine.hbm_bytes_per_s
        assert step.total_s * SLACK >= steps * sum(o.calls * o.flop for o in on_chip) / peak


@LAWS
@given(models, deployments(), workloads, constants)
def test_requests_never_need_more_arithmetic_than_the_gpus_have(model, deployment, workload, constants):
    result = fitting(model, deployment, workload, constants)
    gpu = GPUS[deployment.gpu]
    best_peak = max(gpu.dense_flop_per_s(rate) or 0.0 for rate in ("bf16", "fp8", "fp4"))
    embeddings = sum(linear.params for linear in model.outside)
    flop_per_token = 2 * (model.active_params - embeddings - model.extra_params)
    flop = flop_per_token * (workload.input_tokens + workload.output_tokens - 1)
    requests_per_s = result.replica_tokens_per_s / workload.output_tokens
    assert requests_per_s * flop <= result.gpus_per_replica * best_peak * SLACK


@LAWS
@given(models, deployments(), workloads, st.integers(1, 20_000))
def test_memory_grows_with_tokens(model, deployment, workload, more):
    longer = dataclasses.replace(workload, output_tokens=workload.output_tokens + more)
    small, large = run(model, deployment, workload), run(model, deployment, longer)
    assert large.max_concurrency <= small.max_concurrency
    bytes_per_request = [r.kv_bytes_per_token_per_gpu * w.total_tokens for r, w in ((small, workload), (large, longer))]
    assert bytes_per_request[0] <= bytes_per_request[1] * SLACK
    assert model.kv_bytes(workload.total_tokens) <= model.kv_bytes(longer.total_tokens)


@LAWS
@given(models, deployments(), workloads, st.sampled_from(["tensor_parallel", "pipeline_parallel"]))
def test_more_parallelism_never_needs_more_memory_per_gpu(model, deployment, workload, axis):
    wider = dataclasses.replace(deployment, **{axis: 2 * getattr(deployment, axis)}, nodes=8)
    small, large = run(model, deployment, workload), run(model, wider, workload)
    assert large.weight_bytes_per_gpu <= small.weight_bytes_per_gpu * SLACK
    assert large.kv_bytes_per_token_per_gpu <= small.kv_bytes_per_token_per_gpu * SLACK


@LAWS
@given(models, deployments(), workloads, constants, st.integers(1, 3_000), st.integers(1, 1_000))
def test_more_clients_never_make_a_request_faster(model, deployment, workload, constants, clients, more):
    few = fitting(model, deployment, dataclasses.replace(workload, concurrency=clients), constants)
    many = fitting(model, deployment, dataclasses.replace(workload, concurrency=clients + more), constants)
    assert few.request_latency_s <= many.request_latency_s * SLACK
    assert few.tpot_s <= many.tpot_s * SLACK


@LAWS
@given(models, deployments(), workloads)
def test_prices_add_up(model, deployment, workload):
    result = fitting(model, deployment, workload)
    gpu_s = result.gpus_per_replica * workload.output_tokens / result.replica_tokens_per_s
    request_usd = gpu_s * deployment.usd_per_gpu_hour / 3600 / deployment.utilization
    parts = (
        workload.input_tokens * result.usd_per_million_input_tokens
        + workload.output_tokens * result.usd_per_million_output_tokens
    ) / 1e6
    assert parts == pytest.approx(request_usd, rel=1e-9)
    assert workload.total_tokens * result.usd_per_million_tokens / 1e6 == pytest.approx(request_usd, rel=1e-9)


@LAWS
@given(models, deployments(), workloads)
def test_tokens_per_dollar_do_not_count_gpus_outside_the_replica(model, deployment, workload):
    result = fitting(model, deployment, workload)
    more_nodes = fitting(model, dataclasses.replace(deployment, nodes=4 * deployment.nodes), workload)
    assert more_nodes.usd_per_million_tokens == pytest.approx(result.usd_per_million_tokens, rel=1e-12)
    assert more_nodes.usd_per_month == pytest.approx(4 * result.usd_per_month, rel=1e-12)


@LAWS
@given(models, deployments(), workloads)
def test_an_ideal_b200_is_never_slower_than_an_ideal_h100(model, deployment, workload):
    small = dataclasses.replace(deployment, gpu="H100 SXM")
    large = dataclasses.replace(deployment, gpu="B200 SXM")
    old = fitting(model, small, dataclasses.replace(workload, concurrency=workload.concurrency or 8), IDEAL)
    assume(old.running == old.concurrency)
    new = fitting(
        model,
        dataclasses.replace(large, kv_precision=old.kv_precision),
        dataclasses.replace(workload, concurrency=old.concurrency),
        IDEAL,
    )
    assert new.prefill_s <= old.prefill_s * SLACK
    assert new.decode_step_s <= old.decode_step_s * SLACK
    assert new.tpot_s <= old.tpot_s * SLACK


@LAWS
@given(models, deployments(), workloads, constants)
def test_figures_are_consistent(model, deployment, workload, constants):
    result = fitting(model, deployment, workload, constants)
    total = result.replicas * result.gpus_per_replica + result.idle_gpus
    assert total == deployment.nodes * GPUS[deployment.gpu].gpus_per_node
    assert result.running <= result.concurrency
    assert result.tpot_s * SLACK >= result.decode_step_s
    assert result.ttft_s * SLACK >= result.prefill_s or ENGINES[deployment.engine].mixes_prefill_and_decode
    assert result.request_latency_s == pytest.approx(
        result.ttft_s + (workload.output_tokens - 1) * result.tpot_s, rel=1e-12
    )
    for step in (result.prefill, result.decode):
        parts = step.compute_s + step.memory_s + step.communication_s + step.overhead_s
        assert parts == pytest.approx(step.total_s, rel=1e-9)


def test_calibrated_efficiencies_are_at_most_one():
    from roofline.constants import CONSTANTS

    for constants in CONSTANTS.values():
        for group in (constants.matrix, constants.experts, constants.decode, constants.prefill):
            for curve in group.values():
                assert 0 < curve.compute_efficiency <= 1
                assert 0 < getattr(curve, "memory_efficiency", 1.0) <= 1
        assert 0 < constants.collective.link_efficiency <= 1
        assert 0 < constants.stream.memory_efficiency <= 1

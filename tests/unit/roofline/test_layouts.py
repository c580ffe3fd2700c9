"""Layouts that a search tries."""

import pytest

from roofline import CATALOGUE, GPUS, Deployment, DeploymentError, Model
from roofline.layouts import Layout, layouts
from roofline.placement import nodes_for, place
from roofline.plan import plan_for


def load(name):
    entry = CATALOGUE[name]
    return Model.from_config(entry.config, name=name, sidecar=entry.sidecar)


def test_a_dense_model_is_cut_by_tensors_and_stages_only():
    found = list(layouts(load("meta-llama/Llama-3.1-8B"), GPUS["H200 SXM"]))
    assert found[:3] == [Layout(1), Layout(1, 2), Layout(2)]
    assert {layout.tensor_parallel for layout in found} == {1, 2, 4, 8}
    assert {(layout.attention_data_parallel, layout.expert_parallel) for layout in found} == {(1, 1)}


def test_experts_are_spread_or_sliced_and_attention_is_copied():
    found = set(layouts(load("deepseek-ai/DeepSeek-V3.1"), GPUS["H200 SXM"]))
    assert {Layout(8), Layout(8, 1, 1, 8), Layout(1, 1, 8, 1), Layout(1, 1, 8, 8), Layout(2, 1, 4, 8)} <= found
    assert Layout(1, 1, 16, 16) in found
    assert Layout(1, 1, 16, 1) not in found


def test_nothing_needs_a_network_of_unknown_speed():
    found = list(layouts(load("deepseek-ai/DeepSeek-V3.1"), GPUS["RTX PRO 6000"]))
    assert found
    assert max(layout.gpus for layout in found) == 8


def test_heads_that_do_not_divide_are_left_out():
    model = load("Qwen/Qwen2.5-7B-Instruct")
    assert {layout.tensor_parallel for layout in layouts(model, GPUS["GB200"])} == {1, 2, 4}


@pytest.mark.parametrize("gpu", list(GPUS))
@pytest.mark.parametrize("name", ["openai/gpt-oss-120b", "Qwen/Qwen2.5-7B-Instruct", "deepseek-ai/DeepSeek-V3.1"])
def test_every_layout_runs_on_the_nodes_that_it_needs(gpu, name):
    model = load(name)
    for layout in layouts(model, GPUS[gpu]):
        deployment = Deployment(gpu=gpu, **layout._asdict())
        for replicas in (1, 3):
            nodes = nodes_for(deployment, replicas)
            assert place(Deployment(gpu=gpu, nodes=nodes, **layout._asdict())).replicas >= replicas
        plan_for(model, deployment)


@pytest.mark.parametrize(
    ("gpu", "layout", "replicas", "nodes"),
    [
        ("H200 SXM", Layout(8), 1, 1),
        ("H200 SXM", Layout(1), 9, 2),
        ("H200 SXM", Layout(8, 2), 3, 6),
        ("GB200", Layout(8), 9, 18),
        ("GB200", Layout(64), 2, 34),  # the second in a domain of its own: 18 + 16
    ],
)
def test_fewest_nodes(gpu, layout, replicas, nodes):
    deployment = Deployment(gpu=gpu, **layout._asdict())
    assert nodes_for(deployment, replicas) == nodes
    if nodes > 1:
        try:
            fewer = place(Deployment(gpu=gpu, nodes=nodes - 1, **layout._asdict())).replicas
        except DeploymentError as none:
            assert none.code == "no-replica"
        else:
            assert fewer < replicas

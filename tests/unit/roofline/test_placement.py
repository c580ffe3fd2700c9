"""Replicas on nodes: how many, what is left over, and what cannot be placed."""

import pytest

from roofline import Deployment, DeploymentError
from roofline.placement import place


def layout(gpu, nodes, tp, pp, adp):
    return Deployment(gpu=gpu, nodes=nodes, tensor_parallel=tp, pipeline_parallel=pp, attention_data_parallel=adp)


@pytest.mark.parametrize(
    ("gpu", "nodes", "tp", "pp", "adp", "replicas", "idle"),
    [
        ("H200 SXM", 1, 1, 1, 1, 8, 0),
        ("H200 SXM", 1, 2, 1, 1, 4, 0),
        ("H200 SXM", 1, 8, 1, 1, 1, 0),
        ("H200 SXM", 1, 1, 1, 8, 1, 0),
        ("H200 SXM", 1, 2, 2, 2, 1, 0),
        ("H200 SXM", 1, 3, 1, 1, 2, 2),
        ("H200 SXM", 3, 3, 1, 1, 6, 6),  # no replica takes the left-over GPUs of two nodes
        ("H200 SXM", 1, 5, 1, 1, 1, 3),
        ("H200 SXM", 5, 8, 1, 1, 5, 0),
        ("H200 SXM", 2, 8, 2, 1, 1, 0),
        ("H200 SXM", 3, 8, 2, 1, 1, 8),
        ("H200 SXM", 2, 8, 1, 2, 1, 0),
        ("H200 SXM", 2, 4, 3, 1, 1, 4),  # two stages of four on the first node, one on the second
        ("H200 SXM", 2, 3, 4, 1, 1, 4),  # two stages of three on each node
        ("H200 SXM", 2, 5, 2, 1, 1, 6),  # one stage of five on each node
        ("H200 SXM", 4, 8, 4, 1, 1, 0),
        ("GB200", 1, 4, 1, 1, 1, 0),
        ("GB200", 1, 1, 1, 1, 4, 0),
        ("GB200", 2, 8, 1, 1, 1, 0),  # nodes of four in one NVLink domain
        ("GB200", 18, 8, 1, 1, 9, 0),
        ("GB200", 18, 72, 1, 1, 1, 0),
        ("GB200", 4, 8, 2, 1, 1, 0),
    ],
)
def test_replicas_and_idle_gpus(gpu, nodes, tp, pp, adp, replicas, idle):
    placement = place(layout(gpu, nodes, tp, pp, adp))
    assert (placement.replicas, placement.idle_gpus) == (replicas, idle)
    assert placement.gpus_per_replica == tp * pp * adp


@pytest.mark.parametrize(("gpu", "gpus"), [("H200 SXM", 24), ("RTX PRO 6000", 24), ("GB200", 12), ("GB300", 12)])
def test_a_node_has_eight_gpus_or_four_grace_blackwells(gpu, gpus):
    assert place(Deployment(gpu=gpu, nodes=3)).total_gpus == gpus


def test_expert_parallelism_adds_no_gpu():
    assert place(Deployment(tensor_parallel=8, expert_parallel=8)).gpus_per_replica == 8


@pytest.mark.parametrize(
    ("gpu", "nodes", "tp", "pp", "adp", "needed"),
    [
        ("H200 SXM", 1, 8, 2, 1, 2),
        ("H200 SXM", 1, 8, 1, 4, 4),
        ("H200 SXM", 1, 5, 2, 1, 2),
        ("H200 SXM", 3, 8, 4, 1, 4),
        ("GB200", 1, 8, 1, 1, 2),
        ("GB200", 17, 72, 1, 1, 18),
    ],
)
def test_no_replica_names_the_nodes_that_one_needs(gpu, nodes, tp, pp, adp, needed):
    with pytest.raises(DeploymentError, match=f"needs {needed} nodes") as refusal:
        place(layout(gpu, nodes, tp, pp, adp))
    assert refusal.value.code == "no-replica"
    assert f"nodes to {needed}" in refusal.value.hint


@pytest.mark.parametrize(("gpu", "tp", "domain"), [("H100 SXM", 16, 8), ("H100 PCIe", 9, 8), ("GB200", 73, 72)])
def test_tensor_parallelism_stays_within_a_link_domain(gpu, tp, domain):
    with pytest.raises(DeploymentError, match=f"{domain} GPUs") as refusal:
        place(layout(gpu, 100, tp, 1, 1))
    assert refusal.value.code == "tensor-parallel"
    assert f"at most {domain}" in refusal.value.hint


@pytest.mark.parametrize(
    ("gpu", "nodes", "tp", "pp", "adp", "crosses"),
    [
        ("H200 SXM", 1, 8, 1, 1, False),
        ("H200 SXM", 2, 8, 2, 1, True),
        ("H200 SXM", 2, 8, 1, 2, True),
        ("GB200", 18, 8, 9, 1, False),
        ("GB200", 36, 8, 18, 1, True),
    ],
)
def test_a_replica_larger_than_a_domain_uses_the_network(gpu, nodes, tp, pp, adp, crosses):
    assert place(layout(gpu, nodes, tp, pp, adp)).crosses_domains is crosses

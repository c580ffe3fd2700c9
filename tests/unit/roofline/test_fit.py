"""What would fit instead: the smallest tensor parallelism on the same GPU, and other GPUs as it is."""

import dataclasses
from functools import cache

import pytest

from roofline import CATALOGUE, GPUS, Deployment, Fit, Model, Workload, estimate, smallest_fit
from roofline.fit import fits

DEEPSEEK = "deepseek-ai/DeepSeek-V3.1"
LLAMA_70B = "meta-llama/Llama-3.1-70B"


@cache
def load(name):
    return Model.from_config(CATALOGUE[name].config, name=name)


def search(name, workload=None, **deployment):
    return smallest_fit(load(name), Deployment(**deployment), workload or Workload())


def test_gpt_oss_on_an_h100_at_90_percent_needs_a_second_one_or_a_larger_one():
    """A rule of vLLM users: 65.97 GiB of weights leave no cache on 80 GB."""
    found = search("openai/gpt-oss-120b", gpu="H100 SXM", memory_fraction=0.90)
    assert found.tensor_parallel == 2
    assert set(found.gpus) == {name for name, gpu in GPUS.items() if gpu.memory_bytes > 90e9}


def test_deepseek_needs_more_memory_than_a_node_of_h100():
    """671 GB of weights on 8 x 85 GB."""
    found = search(DEEPSEEK, gpu="H100 SXM", tensor_parallel=8)
    assert found.tensor_parallel is None
    assert "H200 SXM" in found.gpus
    assert "H100 PCIe" not in found.gpus


def test_a_gpu_whose_nodes_are_too_small_for_the_layout_is_not_offered():
    """Eight ranks on one node of four."""
    assert "GB200" not in search(DEEPSEEK, gpu="H100 SXM", tensor_parallel=8).gpus
    assert "GB200" in search(DEEPSEEK, gpu="H100 SXM", nodes=2, tensor_parallel=8).gpus


def test_two_stages_of_eight_h100_hold_deepseek():
    assert search(DEEPSEEK, gpu="H100 SXM", nodes=2, tensor_parallel=8, pipeline_parallel=2).tensor_parallel == 8


@pytest.mark.parametrize(
    ("name", "gpu", "ranks"),
    [
        ("meta-llama/Llama-3.1-8B", "H100 SXM", 1),  # 16 of 85 GB
        (LLAMA_70B, "H100 SXM", 2),  # 141 of 2 x 85
        (LLAMA_70B, "H200 SXM", 2),  # 141 of 0.92 x 150 leaves nothing
        (LLAMA_70B, "B200 SXM", 1),  # 141 of 191
        ("meta-llama/Meta-Llama-3.1-405B", "H200 SXM", 8),  # 812 of 8 x 150
    ],
)
def test_smallest_parallelism(name, gpu, ranks):
    assert search(name, gpu=gpu).tensor_parallel == ranks


def test_a_parallelism_that_does_not_divide_the_heads_is_passed_over():
    """600 GB over 56 heads on H200: 5 and 6 ranks would have room, 7 divide."""
    model = Model.manual(total_params=300e9, hidden_size=7168, layers=60, heads=56, kv_heads=7)
    assert smallest_fit(model, Deployment(), Workload()).tensor_parallel == 7


def test_long_requests_need_more_gpus():
    """Llama-3.1-8B: a million tokens are 131 GB of cache, ten million 1.3 TB, divided by at most 8 heads."""
    long = Workload(input_tokens=900_000, output_tokens=100_000)
    assert search("meta-llama/Llama-3.1-8B", long, gpu="H100 SXM").tensor_parallel == 4
    hopeless = Workload(input_tokens=9_000_000, output_tokens=1_000_000)
    assert search("meta-llama/Llama-3.1-8B", hopeless, gpu="H100 SXM") == Fit(None, ())


def test_expert_parallelism_follows_the_ranks():
    spread = search(DEEPSEEK, gpu="H200 SXM", tensor_parallel=4, expert_parallel=4)
    assert spread.tensor_parallel == search(DEEPSEEK, gpu="H200 SXM", tensor_parallel=4).tensor_parallel == 8


def test_gpus_are_in_order_of_memory_without_the_one_at_hand():
    names = search(LLAMA_70B, gpu="H100 SXM").gpus
    sizes = [GPUS[name].memory_bytes for name in names]
    assert sizes == sorted(sizes)
    assert "H100 SXM" not in names


@pytest.mark.parametrize("name", [LLAMA_70B, DEEPSEEK, "openai/gpt-oss-120b"])
@pytest.mark.parametrize("gpu", ["H100 SXM", "H200 SXM", "B200 SXM"])
def test_the_suggestion_fits_and_anything_smaller_does_not(name, gpu):
    ranks = search(name, gpu=gpu).tensor_parallel
    if ranks is None:
        assert not estimate(load(name), Deployment(gpu=gpu, tensor_parallel=8), Workload()).fits
        return
    chosen = Deployment(gpu=gpu, tensor_parallel=ranks)
    assert estimate(load(name), chosen, Workload()).fits
    smaller = [dataclasses.replace(chosen, tensor_parallel=n) for n in range(1, ranks)]
    assert not any(fits(load(name), one, Workload()) for one in smaller)


def test_an_impossible_layout_fits_nowhere():
    assert not fits(load(LLAMA_70B), Deployment(tensor_parallel=7), Workload())
    assert not fits(load(LLAMA_70B), Deployment(tensor_parallel=8, pipeline_parallel=2), Workload())

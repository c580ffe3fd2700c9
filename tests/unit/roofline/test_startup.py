"""Cache memory as an engine's start-up log tells it."""

import pytest

from roofline import CATALOGUE, Deployment, Model, Workload, estimate
from roofline.startup import startup


def load(name="meta-llama/Llama-3.1-8B"):
    entry = CATALOGUE[name]
    return Model.from_config(entry.config, name=name, sidecar=entry.sidecar)


def test_tokens_times_their_bytes_fill_the_cache():
    """131,072 bytes per token of Llama 3.1 8B in 16 bit."""
    found = startup(load(), Deployment(gpu="H100 SXM"), 8192)
    assert found.cache_tokens * 131_072 == pytest.approx(found.cache_bytes, rel=1e-4)
    assert found.max_concurrency == pytest.approx(found.cache_tokens / 8192, rel=1e-4)


@pytest.mark.parametrize("engine", ["vLLM", "SGLang", "TensorRT-LLM"])
def test_it_agrees_with_the_estimate(engine):
    deployment = Deployment(gpu="H200 SXM", engine=engine)
    result = estimate(load(), deployment, Workload(input_tokens=4095, output_tokens=1))
    found = startup(load(), deployment, 4096)
    assert found.cache_tokens == pytest.approx(result.kv_capacity_tokens, rel=1e-6)
    assert found.weight_bytes == pytest.approx(result.weight_bytes_per_gpu)


def test_a_published_log_that_states_its_settings():
    """M0248 of tests/measured/memory.csv: SGLang, 8B on one H100, 0.88, chunks of 8192: 54.26 GiB, 444,500 tokens."""
    deployment = Deployment(
        gpu="H100 SXM", engine="SGLang", memory_fraction=0.88, max_batched_tokens=8192, kv_precision="fp16"
    )
    found = startup(load(), deployment, 131_072)
    assert found.cache_bytes / 2**30 == pytest.approx(54.26, rel=0.01)
    assert found.cache_tokens == pytest.approx(444_500, rel=0.01)


def test_each_rank_of_attention_data_parallelism_logs_its_own_cache():
    one = startup(load(), Deployment(gpu="H100 SXM"), 4096)
    eight = startup(load(), Deployment(gpu="H100 SXM", attention_data_parallel=8), 4096)
    assert eight.cache_tokens == pytest.approx(one.cache_tokens, rel=0.1)


def test_an_engine_without_room_for_one_request_does_not_start():
    big = load("meta-llama/Llama-3.1-70B")
    assert not startup(big, Deployment(gpu="H100 SXM"), 4096).starts
    assert startup(big, Deployment(gpu="H100 SXM", tensor_parallel=4), 4096).starts

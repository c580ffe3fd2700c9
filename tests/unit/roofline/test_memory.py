"""Memory of a replica: the engine's limits, the cache's format, and the sequences that fit beside the weights."""

from functools import cache

import pytest

from roofline import CATALOGUE, GPUS, Deployment, Model, Workload
from roofline.memory import attention_class, declared_kv, fit_memory, memory_shapes, resolve_limits, weight_class
from roofline.plan import plan_for

LLAMA_8B = "meta-llama/Llama-3.1-8B"
LLAMA_70B = "meta-llama/Llama-3.1-70B"
DEEPSEEK = "deepseek-ai/DeepSeek-V3.1"
DEEPSEEK_SPARSE = "deepseek-ai/DeepSeek-V3.2"
DEEPSEEK_COMPRESSED = "deepseek-ai/DeepSeek-V4-Flash"
GPT_OSS = "openai/gpt-oss-120b"
#: Llama-3.1-8B: 32 layers, 8 key and 8 value heads of 128 in 16 bit.
LLAMA_TOKEN_BYTES = 131_072


@cache
def load(name):
    entry = CATALOGUE[name]
    return Model.from_config(entry.config, name=name, sidecar=entry.sidecar)


def limits(name=LLAMA_8B, **deployment):
    return resolve_limits(load(name), Deployment(**deployment))


def memory(name=LLAMA_8B, workload=None, **deployment):
    model, chosen = load(name), Deployment(**deployment)
    plan = plan_for(model, chosen)
    return fit_memory(model, plan, chosen, resolve_limits(model, chosen), workload or Workload())


# defaults of vLLM 0.24.0, SGLang 0.5.14 and TensorRT-LLM 1.3 as their sources have them (engines.json)
@pytest.mark.parametrize(
    ("engine", "gpu", "fraction", "running", "chunk"),
    [
        ("vLLM", "H100 SXM", 0.92, 1024, 8192),
        ("SGLang", "H100 SXM", 0.83, 2048, 8192),
        ("SGLang", "B200 SXM", 0.854, 2048, 16384),
        ("TensorRT-LLM", "B200 SXM", 0.90, 2048, 8192),
    ],
)
def test_the_engine_decides_what_is_not_asked_for(engine, gpu, fraction, running, chunk):
    chosen = limits(engine=engine, gpu=gpu)
    assert chosen.memory_fraction == fraction
    assert (chosen.max_running, chosen.max_batched_tokens) == (running, chunk)


def test_what_is_asked_for_stands():
    chosen = limits(memory_fraction=0.5, max_running=7, max_batched_tokens=512, kv_precision="fp8")
    assert (chosen.memory_fraction, chosen.max_running, chosen.max_batched_tokens) == (0.5, 7, 512)
    assert chosen.kv_precision == "fp8"


def test_every_attention_rank_has_a_batch_of_its_own():
    assert limits(DEEPSEEK, attention_data_parallel=8).max_running == 8 * 1024


def test_a_cap_is_for_the_whole_replica():
    assert limits(DEEPSEEK, attention_data_parallel=8, max_running=64).max_running == 64


def test_a_larger_chunk_leaves_sglang_a_smaller_fraction():
    assert limits(engine="SGLang", max_batched_tokens=16384).memory_fraction < limits(engine="SGLang").memory_fraction


@pytest.mark.parametrize(
    ("name", "precision", "weights"),
    [
        (LLAMA_70B, "auto", "fp16"),
        (LLAMA_70B, "fp8", "fp8"),
        (LLAMA_70B, "fp4", "fp4"),
        (DEEPSEEK, "auto", "fp8"),
        (DEEPSEEK, "fp16", "fp16"),
        (GPT_OSS, "auto", "fp4"),
        ("nvidia/DeepSeek-V3.1-NVFP4", "auto", "fp4"),
    ],
)
def test_weights_are_of_the_format_of_most_of_them(name, precision, weights):
    assert weight_class(load(name), precision) == weights


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (LLAMA_8B, "gqa"),
        (GPT_OSS, "gqa"),
        (DEEPSEEK, "mla"),
        (DEEPSEEK_SPARSE, "sparse-mla"),
        (DEEPSEEK_COMPRESSED, "compressed"),
    ],
)
def test_kinds_of_cache(name, kind):
    assert attention_class(load(name)) == kind


@pytest.mark.parametrize(
    ("name", "precision", "declared"),
    [
        (LLAMA_70B, "auto", None),
        (LLAMA_70B, "fp16", None),
        (LLAMA_70B, "fp8", "fp8"),  # stands for a ModelOpt export, which declares an FP8 cache
        (LLAMA_70B, "fp4", "fp8"),
        (DEEPSEEK, "auto", None),
        (DEEPSEEK, "fp8", None),  # its own blocks stay: nothing is exported
        ("nvidia/DeepSeek-V3.1-NVFP4", "auto", "fp8"),
        ("Qwen/Qwen3-32B-FP8-Static-PerTensor", "auto", "fp8"),
    ],
)
def test_modelopt_exports_declare_the_format_of_their_cache(name, precision, declared):
    assert declared_kv(load(name), precision) == declared


@pytest.mark.parametrize(
    ("engine", "name", "gpu", "kv"),
    [
        ("vLLM", LLAMA_8B, "B200 SXM", "fp16"),
        ("vLLM", DEEPSEEK, "H200 SXM", "fp16"),
        ("TensorRT-LLM", LLAMA_8B, "B200 SXM", "fp16"),
        ("TensorRT-LLM", DEEPSEEK, "H200 SXM", "fp8"),
        ("SGLang", DEEPSEEK_SPARSE, "H200 SXM", "fp16"),
        ("SGLang", DEEPSEEK_SPARSE, "B200 SXM", "fp8"),
        ("vLLM", DEEPSEEK_COMPRESSED, "H200 SXM", "fp8"),
        ("vLLM", "nvidia/DeepSeek-V3.1-NVFP4", "B200 SXM", "fp8"),
    ],
)
def test_the_cache_format_follows_engine_checkpoint_and_gpu(engine, name, gpu, kv):
    assert limits(name, engine=engine, gpu=gpu).kv_precision == kv


@pytest.mark.parametrize(("asked", "kv"), [("fp16", "fp16"), ("bf16", "fp16"), ("fp8", "fp8")])
def test_a_named_cache_format_wins(asked, kv):
    assert limits("nvidia/DeepSeek-V3.1-NVFP4", engine="TensorRT-LLM", kv_precision=asked).kv_precision == kv


def test_the_largest_batch_of_deepseek_on_eight_ranks():
    """Hidden 7168, dense 18432, experts 2048, 128 heads of 128 + 64 keys and 128 values."""
    chosen = Deployment(tensor_parallel=8)
    shapes = memory_shapes(load(DEEPSEEK), chosen, resolve_limits(load(DEEPSEEK), chosen))
    assert (shapes.hidden_size, shapes.vocab_size, shapes.layers, shapes.gpus) == (7168, 129_280, 61, 8)
    assert (shapes.dense_width, shapes.expert_width) == (18432 / 8, 2048 / 8)
    assert shapes.latent_up_width == 128 * (128 + 64 + 128) / 8
    assert (shapes.experts_per_token, shapes.batched_tokens, shapes.running) == (8, 8192, 1024)


def test_attention_ranks_hold_whole_heads_and_whole_experts_and_a_share_of_the_batch():
    chosen = Deployment(attention_data_parallel=8, expert_parallel=8, max_running=100)
    shapes = memory_shapes(load(DEEPSEEK), chosen, resolve_limits(load(DEEPSEEK), chosen))
    assert (shapes.dense_width, shapes.expert_width) == (18432, 2048)
    assert shapes.latent_up_width == 128 * (128 + 64 + 128)
    assert shapes.running == 13


def test_a_stage_captures_graphs_of_its_own_layers():
    chosen = Deployment(nodes=1, pipeline_parallel=3)
    assert memory_shapes(load(LLAMA_70B), chosen, resolve_limits(load(LLAMA_70B), chosen)).layers == 27


@pytest.mark.parametrize("engine", ["vLLM", "SGLang", "TensorRT-LLM"])
def test_whole_sequences_of_full_length_fit_in_the_cache(engine):
    held = memory(gpu="H100 SXM", engine=engine)
    assert held.sequence_bytes_per_gpu == 3072 * LLAMA_TOKEN_BYTES
    assert held.max_concurrency == held.kv_cache_bytes_per_gpu // (3072 * LLAMA_TOKEN_BYTES) > 100
    assert held.capacity_tokens == pytest.approx(held.kv_cache_bytes_per_gpu / LLAMA_TOKEN_BYTES)


@pytest.mark.parametrize("engine", ["vLLM", "SGLang"])
def test_engines_that_grow_a_request_run_as_many_as_fit_half_way(engine):
    """2048 + 1024/2 tokens each."""
    held = memory(gpu="H100 SXM", engine=engine)
    assert held.running_sequences == held.kv_cache_bytes_per_gpu // (2560 * LLAMA_TOKEN_BYTES)
    assert held.running_sequences > held.max_concurrency


def test_tensorrt_llm_starts_a_request_when_its_full_length_has_room():
    held = memory(gpu="H100 SXM", engine="TensorRT-LLM")
    assert held.running_sequences == held.max_concurrency


def test_max_running_caps_the_sequences_and_not_the_tokens():
    capped = memory(gpu="H100 SXM", max_running=7, memory_fraction=0.9)
    assert capped.max_concurrency == 7
    assert capped.capacity_tokens > 100 * 3072


def test_ranks_divide_the_heads_of_a_sequence():
    """Llama-3.1-70B on 8 ranks: 80 layers of one key and one value head of 128."""
    assert memory(LLAMA_70B, tensor_parallel=8).sequence_bytes_per_gpu == 3072 * 80 * 2 * 128 * 2


def test_attention_data_parallelism_multiplies_the_sequences():
    """DeepSeek-V3: the latent is copied on 8 tensor-parallel ranks, 8 attention ranks hold different sequences."""
    copied = memory(DEEPSEEK, gpu="B200 SXM", tensor_parallel=8, kv_precision="fp16")
    spread = memory(DEEPSEEK, gpu="B200 SXM", attention_data_parallel=8, expert_parallel=8, kv_precision="fp16")
    assert copied.sequence_bytes_per_gpu == spread.sequence_bytes_per_gpu == 3072 * 70_272
    assert copied.max_concurrency == copied.kv_cache_bytes_per_gpu // (3072 * 70_272)
    assert spread.max_concurrency == 8 * (spread.kv_cache_bytes_per_gpu // (3072 * 70_272))


def test_the_fullest_stage_has_the_most_layers():
    """80 layers in three stages: 27 of 8 key and 8 value heads."""
    assert memory(LLAMA_70B, pipeline_parallel=3).sequence_bytes_per_gpu == 3072 * 27 * 16 * 128 * 2


def test_cache_and_weights_sum_over_the_gpus_of_a_replica():
    """Four ranks of each stage have norms of their own, the weights are shared."""
    held = memory(LLAMA_70B, tensor_parallel=4, pipeline_parallel=2)
    assert held.kv_cache_bytes == pytest.approx(8 * held.kv_cache_bytes_per_gpu)
    assert held.weight_bytes == load(LLAMA_70B).weight_bytes() + 3 * 2 * (80 * 2 + 1) * 8192


@pytest.mark.parametrize("engine", ["vLLM", "SGLang", "TensorRT-LLM"])
def test_weights_that_do_not_fit_leave_nothing(engine):
    held = memory(LLAMA_70B, gpu="H100 SXM", engine=engine)
    assert not held.fits
    assert (held.max_concurrency, held.running_sequences, held.capacity_tokens) == (0, 0, 0.0)
    assert held.kv_cache_bytes == held.kv_cache_bytes_per_gpu == 0.0
    assert held.shortfall_bytes_per_gpu > 0


def test_the_shortfall_is_what_one_full_length_sequence_lacks():
    """The fraction of vLLM is of the whole GPU: raised by the shortfall, the sequence just fits."""
    gpu, long = "H100 SXM", Workload(input_tokens=450_000, output_tokens=1000)
    tight = memory(gpu=gpu, workload=long, memory_fraction=0.9)
    missing = tight.shortfall_bytes_per_gpu / GPUS[gpu].memory_bytes
    assert not tight.fits
    assert tight.kv_cache_bytes_per_gpu > 0  # shorter ones would fit
    assert not memory(gpu=gpu, workload=long, memory_fraction=0.9 + 0.999 * missing).fits
    assert memory(gpu=gpu, workload=long, memory_fraction=0.9 + 1.001 * missing).max_concurrency == 1


@pytest.mark.parametrize("engine", ["vLLM", "SGLang"])
def test_weights_smaller_by_the_shortfall_would_leave_room_for_one_sequence(engine):
    chosen = Deployment(gpu="H100 SXM", engine=engine)
    held = memory(LLAMA_70B, gpu="H100 SXM", engine=engine)
    room = chosen.engine_data.kv_cache_bytes(
        memory_bytes=chosen.gpu_data.memory_bytes,
        memory_fraction=limits(LLAMA_70B, gpu="H100 SXM", engine=engine).memory_fraction,
        weight_bytes=held.weight_bytes_per_gpu - held.shortfall_bytes_per_gpu,
        reserve=held.reserve,
    )
    assert room == pytest.approx(3072 * 80 * 16 * 128 * 2)


def test_what_fits_lacks_nothing():
    assert memory(gpu="H100 SXM").shortfall_bytes_per_gpu == 0.0

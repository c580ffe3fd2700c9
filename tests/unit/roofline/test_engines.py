"""Engine defaults at their reference versions, and the three conventions of memory."""

import re

import pytest

from roofline.engines import ENGINES, Layout, MemoryConvention
from roofline.gpus import GPUS
from roofline.reserve import Reserve, Shapes, reserve

GIB = 2.0**30
#: As far as a source tells its day.
DATE = r"20\d\d(-\d\d){0,2}"
LLAMA_8B = Shapes(batched_tokens=8192, running=1024, hidden_size=4096, vocab_size=128256, layers=32, dense_width=14336)
GPT_OSS_120B = Shapes(
    batched_tokens=8192,
    running=1024,
    hidden_size=2880,
    vocab_size=201088,
    layers=36,
    experts_per_token=4,
    expert_width=2880,
)
DEEPSEEK_V3_TP8 = Shapes(
    batched_tokens=8192,
    running=1024,
    hidden_size=7168,
    vocab_size=129280,
    layers=61,
    gpus=8,
    dense_width=18432 / 8,
    experts_per_token=8,
    expert_width=2048 / 8,
    latent_up_width=128 * (128 + 64 + 128) / 8,
)


def room_gib(engine, gpu, fraction, weights_gib, shapes):
    engine = ENGINES[engine]
    room = engine.kv_cache_bytes(
        memory_bytes=GPUS[gpu].memory_bytes,
        memory_fraction=fraction,
        weight_bytes=weights_gib * GIB,
        reserve=reserve(engine.reserve, shapes),
    )
    return room / GIB


@pytest.mark.parametrize("name", ["vLLM", "SGLang", "TensorRT-LLM"])
def test_every_engine_names_its_version_and_sources(name):
    engine = ENGINES[name]
    assert engine.version
    assert re.fullmatch(DATE, engine.version_date)
    for figure in [*engine.figures.values(), *engine.reserve.figures.values()]:
        assert figure.source
        assert re.fullmatch(DATE, figure.date)
    for rule in engine.kv_rules:
        assert rule.source
        assert re.fullmatch(DATE, rule.date)


def test_vllm_takes_a_fixed_share_of_the_whole_gpu():
    engine = ENGINES["vLLM"]
    assert engine.memory_convention is MemoryConvention.TOTAL
    assert engine.default_memory_fraction(GPUS["H100 SXM"], Layout()) == 0.92
    assert engine.default_max_running(GPUS["H100 SXM"]) == 1024
    assert engine.default_max_batched_tokens(GPUS["H100 SXM"]) == 8192


# server_args.py of SGLang 0.5.14 worked by hand: 1 - (512 + 1.5 chunk + 2 sequences + 128 ranks + graphs) / MiB
@pytest.mark.parametrize(
    ("gpu", "layout", "reserved_mib"),
    [
        ("H100 SXM", Layout(), 512 + 12288 + 512 + 128 + 58 * 8),
        ("H200 SXM", Layout(tensor_parallel=8, latent_attention=True), 512 + 12288 + 1024 + 1024 + 1536),
        ("B200 SXM", Layout(tensor_parallel=4), 512 + 24576 + 1024 + 512 + 74 * 8),
        (
            "H200 SXM",
            Layout(attention_data_parallel=8, latent_attention=True),
            512 + 12288 + 1024 + 1024 + 512 * 8 * 4.5 + 1536,
        ),
    ],
)
def test_sglang_derives_its_fraction_from_memory_chunk_and_parallelism(gpu, layout, reserved_mib):
    mib = GPUS[gpu].driver_memory_bytes / 2**20
    assert ENGINES["SGLang"].default_memory_fraction(GPUS[gpu], layout) == round(1 - reserved_mib / mib, 3)


def test_sglang_gives_up_memory_for_a_larger_chunk():
    engine, gpu = ENGINES["SGLang"], GPUS["H200 SXM"]
    assert engine.default_memory_fraction(gpu, Layout(), 16384) < engine.default_memory_fraction(gpu, Layout(), 8192)


@pytest.mark.parametrize(
    ("gpu", "tokens"), [("H100 SXM", 8192), ("H200 SXM", 8192), ("B200 SXM", 16384), ("GB300", 16384)]
)
def test_sglang_chunks_by_gpu_memory(gpu, tokens):
    assert ENGINES["SGLang"].default_max_batched_tokens(GPUS[gpu]) == tokens


def test_tensorrt_llm_takes_a_share_of_what_is_free():
    engine = ENGINES["TensorRT-LLM"]
    assert engine.memory_convention is MemoryConvention.FREE
    assert engine.default_memory_fraction(GPUS["B200 SXM"], Layout()) == 0.9
    assert (engine.default_max_running(GPUS["B200 SXM"]), engine.default_max_batched_tokens(GPUS["B200 SXM"])) == (
        2048,
        8192,
    )


def test_the_three_conventions_differ_in_what_the_fraction_covers():
    kept = Reserve(context_bytes=1, workspace_bytes=2, activation_bytes=3, logit_bytes=4, graph_bytes=5)
    rooms = {
        name: engine.kv_cache_bytes(memory_bytes=100, memory_fraction=0.8, weight_bytes=20, reserve=kept)
        for name, engine in ENGINES.items()
    }
    assert rooms == pytest.approx(
        {"vLLM": 0.8 * 100 - 20 - 12, "SGLang": 0.8 * (100 - 1) - 20, "TensorRT-LLM": 0.8 * (100 - 20 - 12)}
    )


def test_forward_pass_and_sampling_do_not_add_up():
    kept = Reserve(context_bytes=1, workspace_bytes=2, activation_bytes=3, logit_bytes=4, graph_bytes=5)
    assert kept.peak_bytes == 4
    assert kept.total_bytes == 1 + 2 + 4 + 5


# Published: 142 to 150 sequences of 3,072 tokens from vLLM 0.6 to 0.31 on one H100 (memory.csv M0214, M0231, N0001).
def test_llama_8b_on_one_h100_holds_144_sequences():
    sequences = room_gib("vLLM", "H100 SXM", 0.92, 14.96, LLAMA_8B) * GIB / (131072 * 3072)
    assert sequences == pytest.approx(144, rel=0.03)


# Published: refused at 0.90 (memory.csv M0221), 1.71 GiB of cache at 0.95 (M0220); weights 65.97 GiB.
def test_gpt_oss_120b_on_one_h100_starts_at_95_percent_and_not_at_90():
    assert room_gib("vLLM", "H100 SXM", 0.90, 65.97, GPT_OSS_120B) < 0
    assert room_gib("vLLM", "H100 SXM", 0.95, 65.97, GPT_OSS_120B) > 1.5


def test_deepseek_v3_on_eight_h200_holds_212_sequences():
    sequences = room_gib("vLLM", "H200 SXM", 0.92, 79.8, DEEPSEEK_V3_TP8) * GIB / (70272 * 3072)
    assert sequences == pytest.approx(212, rel=0.03)


# Published: 78.81 GiB free before loading, 54.26 GiB of cache (memory.csv M0248).
def test_sglang_llama_8b_start_up_is_reproduced():
    assert room_gib("SGLang", "H100 SXM", 0.88, 15.09, LLAMA_8B) == pytest.approx(54.26, rel=0.002)
    context_gib = reserve(ENGINES["SGLang"].reserve, LLAMA_8B).context_bytes / GIB
    assert GPUS["H100 SXM"].memory_bytes / GIB - context_gib == pytest.approx(78.81, abs=0.02)


def kv(engine, **case):
    usual = {"weights": "fp16", "attention": "gqa", "generation": "Hopper", "declared": None}
    return ENGINES[engine].default_kv_precision(**{**usual, **case})


@pytest.mark.parametrize("engine", ENGINES)
def test_16_bit_models_keep_a_16_bit_cache(engine):
    assert kv(engine) == "fp16"
    assert kv(engine, attention="mla") == "fp16"


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("weights", ["fp16", "fp8", "fp4"])
def test_a_declared_cache_format_is_followed(engine, weights):
    assert kv(engine, weights=weights, declared="fp8") == "fp8"


@pytest.mark.parametrize(("engine", "kept"), [("vLLM", "fp16"), ("SGLang", "fp16"), ("TensorRT-LLM", "fp8")])
@pytest.mark.parametrize("weights", ["fp8", "fp4"])
def test_only_tensorrt_llm_narrows_the_cache_with_the_weights(engine, kept, weights):
    assert kv(engine, weights=weights) == kept


def test_sparse_latent_attention_has_an_fp8_cache_where_the_engine_says_so():
    assert kv("vLLM", attention="sparse-mla") == "fp16"  # 0.24.0 sets FP8 by itself no more, whatever its help says
    assert kv("vLLM", attention="compressed") == "fp8"
    assert kv("SGLang", attention="sparse-mla", generation="Blackwell") == "fp8"
    assert kv("SGLang", attention="sparse-mla", generation="Hopper") == "fp16"


def test_reserve_grows_with_the_batch_and_the_chunk():
    constants = ENGINES["vLLM"].reserve
    small = Shapes(batched_tokens=2048, running=64, hidden_size=4096, vocab_size=128256, layers=32, dense_width=14336)
    assert reserve(constants, small).total_bytes < reserve(constants, LLAMA_8B).total_bytes
    assert reserve(constants, small).logit_bytes == 24 * 64 * 128256


def test_no_more_sequences_than_tokens_are_sampled():
    constants = ENGINES["vLLM"].reserve
    few = Shapes(batched_tokens=16, running=1024, hidden_size=4096, vocab_size=1000, layers=1)
    assert reserve(constants, few).logit_bytes == constants.bytes_per_logit * 16 * 1000


def test_only_more_than_one_gpu_needs_collectives():
    constants = ENGINES["vLLM"].reserve
    one = reserve(constants, LLAMA_8B).context_bytes
    two = reserve(constants, DEEPSEEK_V3_TP8).context_bytes
    assert two - one == constants.collective_bytes > 0


def test_reserve_model_agrees_with_published_start_up_logs():
    import memory_accuracy

    rows = list(memory_accuracy.log_rows())
    assert len(rows) >= 15
    assert memory_accuracy.median_error(rows) <= 0.015
    for engine in ("vLLM", "SGLang", "TensorRT-LLM"):
        assert memory_accuracy.median_error([row for row in rows if row.engine == engine]) <= 0.03
    assert memory_accuracy.median_error([row for row in rows if row.settings == "stated"]) <= 0.01
    assert max(abs(row.share_of_memory) for row in rows) <= 0.031

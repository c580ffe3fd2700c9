"""The condensed kernel tables as samples of the engine's curves.

Rows that do not measure what a serving engine does are excluded here, each with its reason. Work (FLOP, bytes) comes
from the engine's own mixers, so that fit and prediction count the same things.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from accuracy_lib.rows import MEASURED
from calibrate_fit import Sample
from roofline import GPUS
from roofline.gpus import Gpu
from roofline.mixers import GroupedQueryAttention, LatentAttention

MICRO = 1e-6
KV_BYTES: Mapping[str, float] = {"bf16": 2.0, "fp8": 1.0}
#: Name of a cache format in the constants.
CACHE: Mapping[str, str] = {"bf16": "fp16", "fp8": "fp8"}
WEIGHT_BYTES: Mapping[str, float] = {
    "bf16": 2.0,
    "fp8": 1.0,
    "fp8_block": 1.0,
    "nvfp4": 4.5 / 8,
    "mxfp4_w4a16": 4.25 / 8,
    "mxfp4_w4a8": 4.25 / 8,
}
MATRIX_RATE: Mapping[str, str] = {
    "bf16": "bf16",
    "fp8": "fp8",
    "fp8_block": "fp8",
    "nvfp4": "fp4",
    "mxfp4_w4a16": "bf16",
    "mxfp4_w4a8": "fp8",
}
ACTIVATION_BYTES = 2.0
#: L2 cache, bytes: NVIDIA's architecture documents for H100 (50 MB) and B200 (126 MB). The benchmark loop reads the
#: same cache again and again, so one that fits into L2 is served from there; in a model the weights in between evict
#: it.
L2_BYTES: Mapping[str, float] = {"Hopper": 50e6, "Blackwell": 126e6}
COLD, TINY = 1.2, 0.04
#: DeepSeek's routing picks 4 of 8 groups of experts; with balanced scores every token picks the same groups.
GROUP_LIMITED_EXPERTS, GROUP_LIMITED_SHARE = 256, 0.5
ALL_REDUCE_BYTES = (4096, 3e8)
DECODE_CONTEXT_MIN, LATENT_PROMPT_MIN = 2, 32


class Key(NamedTuple):
    """One curve: engine, GPU family and format."""

    engine: str
    family: str
    format: str


@dataclass(frozen=True, slots=True)
class ExpertCall:
    """Arguments of a routed-expert block that do not depend on the curve."""

    flop_per_assignment: float
    bytes_per_expert: float
    io_bytes_per_assignment: float
    pairs: float
    local_pairs: float
    touched: float
    peak: float
    bandwidth: float


Record = dict[str, str]
Samples = dict[Key, list[Sample]]


def read(name: str) -> Iterator[Record]:
    """Records of one table."""
    with gzip.open(MEASURED / f"{name}.csv.gz", "rt", newline="", encoding="utf-8") as text:
        yield from csv.DictReader(text)


def collect(name: str, convert: Callable[[Record, Gpu], tuple[str, Sample] | None]) -> Samples:
    """Samples of a table by curve; ``convert`` gives the format and the sample, or None for an excluded row."""
    found: Samples = {}
    for record in read(name):
        gpu = GPUS[record["gpu"]]
        converted = convert(record, gpu)
        if converted is not None:
            form, sample = converted
            found.setdefault(Key(record["engine"], gpu.family, form), []).append(sample)
    return found


def seconds(record: Record) -> float:
    """Measured time."""
    return float(record["latency_us"]) * MICRO


def peak(gpu: Gpu, rate: str) -> float:
    """Dense peak; BF16 where the hardware lacks the rate."""
    return gpu.dense_flop_per_s(rate) or gpu.bf16_flop_per_s


def matrix(record: Record, gpu: Gpu) -> tuple[str, Sample] | None:
    """A matrix product of m rows, n outputs, k inputs; grouped by n for leave-one-out."""
    m, n, k = (float(record[name]) for name in "mnk")
    form = record["format"]
    if record["engine"] == "vLLM" and form == "fp8" and m == 1 and gpu.generation == "Blackwell":
        return None  # a path of its own, 2.3 times slower than 8 rows
    weights, io = n * k * WEIGHT_BYTES[form], ACTIVATION_BYTES * (n + k)
    given = (k, 2 * n * k, weights, io, peak(gpu, MATRIX_RATE[form]), gpu.hbm_bytes_per_s)
    return form, Sample((m,), seconds(record), record["n"], given)


def decode(record: Record, gpu: Gpu) -> tuple[str, Sample] | None:
    """Grouped-query attention of one token per sequence; rows that L2 serves are excluded."""
    heads, kv_heads, width = (int(record[name]) for name in ("heads", "kv_heads", "head_dim"))
    mixer = GroupedQueryAttention(
        hidden_size=heads * width, heads=heads, kv_heads=kv_heads, key_dim=width, value_dim=width
    )
    batch, context = float(record["batch"]), float(record["context_tokens"])
    kv_bytes = KV_BYTES[record["kv_format"]]
    if not _cold_or_tiny(gpu, batch * mixer.caches()[0].bytes(context, kv_bytes)) or context <= DECODE_CONTEXT_MIN:
        return None
    flop, moved = (batch * each for each in mixer.decode(1, kv_bytes)(context))
    arguments = (flop, moved, moved / kv_bytes, context, batch * kv_heads)
    given = (gpu.bf16_flop_per_s, gpu.hbm_bytes_per_s)
    return f"attention/{CACHE[record['kv_format']]}", Sample(arguments, seconds(record), record["heads"], given)


def prefill_rate(engine: str, generation: str, kv_format: str) -> str:
    """Tensor-core rate of prefill attention: FP8 caches are multiplied in FP8 except where the engine widens them."""
    widened = {("vLLM", "Hopper"), ("SGLang", "Blackwell")}
    return "fp8" if kv_format == "fp8" and (engine, generation) not in widened else "bf16"


def prefill(record: Record, gpu: Gpu) -> tuple[str, Sample] | None:
    """Grouped-query attention of whole prompts. With an FP8 cache, BF16 queries where the table has them."""
    kv_format, engine = record["kv_format"], record["engine"]
    only_fp8_queries = engine == "SGLang" and gpu.generation == "Hopper"
    if kv_format == "fp8" and (record["query_format"] == "fp8") != only_fp8_queries:
        return None
    heads, kv_heads, width = (int(record[name]) for name in ("heads", "kv_heads", "head_dim"))
    mixer = GroupedQueryAttention(
        hidden_size=heads * width, heads=heads, kv_heads=kv_heads, key_dim=width, value_dim=width
    )
    batch, prompt = float(record["batch"]), float(record["prompt_tokens"])
    flop, moved = mixer.prefill(1, KV_BYTES[kv_format])(prompt, 0.0)
    rate = prefill_rate(engine, gpu.generation, kv_format)
    arguments, given = (batch * flop, batch * moved, prompt), (peak(gpu, rate), gpu.hbm_bytes_per_s)
    return f"attention/{CACHE[kv_format]}", Sample(arguments, seconds(record), record["heads"], given)


def latent_mixer(heads: int) -> LatentAttention:
    """DeepSeek-V3's attention with this many heads on the GPU (arXiv 2412.19437, table of hyper-parameters)."""
    return LatentAttention(
        hidden_size=7168, heads=heads, query_rank=1536, latent_dim=512, nope_dim=128, rope_dim=64, value_dim=128
    )


def latent_decode(record: Record, gpu: Gpu) -> tuple[str, Sample] | None:
    """Latent attention of one token per sequence; rows that L2 serves are excluded."""
    if record["phase"] != "decode" or _latent_fallback(record, gpu):
        return None
    mixer = latent_mixer(int(record["heads"]))
    batch, context = float(record["batch"]), float(record["context_tokens"])
    kv_bytes = KV_BYTES[record["kv_format"]]
    if not _cold_or_tiny(gpu, batch * mixer.caches()[0].bytes(context, kv_bytes)) or context <= DECODE_CONTEXT_MIN:
        return None
    flop, moved = (batch * each for each in mixer.decode(1, kv_bytes)(context))
    rate = "fp8" if record["kv_format"] == "fp8" else "bf16"
    arguments = (flop, moved, moved / kv_bytes, context, batch)
    given = (peak(gpu, rate), gpu.hbm_bytes_per_s)
    return f"latent/{CACHE[record['kv_format']]}", Sample(arguments, seconds(record), record["heads"], given)


def latent_prefill(record: Record, gpu: Gpu) -> tuple[str, Sample] | None:
    """Latent attention of whole prompts, keys and values expanded."""
    prompt = float(record["context_tokens"])
    if record["phase"] != "prefill" or prompt < LATENT_PROMPT_MIN:
        return None
    if record["engine"] == "SGLang" and gpu.generation == "Hopper":
        return None  # measures the absorbed form; serving expands keys and values
    batch, kv_bytes = float(record["batch"]), KV_BYTES[record["kv_format"]]
    flop, moved = latent_mixer(int(record["heads"])).prefill(1, kv_bytes)(prompt, 0.0)
    rate = "fp8" if record["kv_format"] == "fp8" else "bf16"
    arguments, given = (batch * flop, batch * moved, prompt), (peak(gpu, rate), gpu.hbm_bytes_per_s)
    return f"latent/{CACHE[record['kv_format']]}", Sample(arguments, seconds(record), record["heads"], given)


def _latent_fallback(record: Record, gpu: Gpu) -> bool:
    """SGLang with an FP8 latent cache on Hopper falls back to a kernel at 8 % of the bandwidth."""
    return record["engine"] == "SGLang" and gpu.generation == "Hopper" and record["kv_format"] == "fp8"


def _cold_or_tiny(gpu: Gpu, cache_bytes: float) -> bool:
    level2 = L2_BYTES[gpu.generation]
    return cache_bytes > COLD * level2 or cache_bytes < TINY * level2


def all_reduce(record: Record, gpu: Gpu) -> tuple[str, Sample] | None:
    """All-reduce inside one NVLink domain, messages of 4 KB to 300 MB."""
    group, message = int(record["gpus"]), float(record["message_bytes"])
    low, high = ALL_REDUCE_BYTES
    if not low <= message <= high or group > 8 or gpu.nvlink_bytes_per_s is None:
        return None
    moved, given = 2.0 * (group - 1) / group * message, (float(group), gpu.nvlink_bytes_per_s)
    return "", Sample((moved,), seconds(record), record["gpus"], given)

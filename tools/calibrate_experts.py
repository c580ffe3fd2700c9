"""Samples of routed-expert blocks: kernels from balanced routing, popularity and skew from power-law routing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from calibrate_fit import Errors, Sample, summarise
from calibrate_tables import (
    ACTIVATION_BYTES,
    GROUP_LIMITED_EXPERTS,
    GROUP_LIMITED_SHARE,
    MATRIX_RATE,
    WEIGHT_BYTES,
    Key,
    Record,
    Samples,
    peak,
    read,
    seconds,
)
from roofline import GPUS
from roofline.curves import ExpertCurve, Time
from roofline.gpus import Gpu

#: Name of a table's format in the constants.
EXPERT_FORMAT = {"mxfp4_w4a16": "mxfp4", "mxfp4_w4a8": "mxfp4"}
SKEW_TOKENS_MIN = 4096


def kernel_in_use(record: Record, gpu: Gpu) -> bool:
    """Whether the engine serves this format with this kernel.

    MXFP4 is multiplied in FP8 on Blackwell (vLLM: where its recipe for gpt-oss is followed) and in BF16 on Hopper.
    """
    engine, form, kernel = record["engine"], record["format"], record["kernel"]
    if form.startswith("mxfp4"):
        return (form == "mxfp4_w4a8") == (gpu.generation == "Blackwell")
    if kernel == "trtllm_min_latency":
        return False  # three times the bandwidth on two of three shapes: the table is wrong
    if engine == "TensorRT-LLM" and form == "nvfp4":
        return False  # only CUTLASS is measured; it serves NVFP4 with the TRTLLM-gen kernels of vLLM's table
    if engine == "SGLang" and gpu.generation == "Blackwell":
        return kernel == "trtllm_gen"
    if engine == "vLLM" and form == "fp8_block" and gpu.generation == "Hopper":
        return kernel == "triton"
    return True


def usable(record: Record) -> bool:
    """Whether a balanced row measures a tuned kernel under known routing."""
    grouped = int(record["experts"]) == GROUP_LIMITED_EXPERTS and record["engine"] in ("SGLang", "vLLM")
    parallel = int(record["expert_parallel"]) > 1
    untuned = record["engine"] == "SGLang" and record["kernel"] == "triton" and int(record["experts"]) == 8
    return not (parallel and (grouped or untuned))


def touched_when_balanced(record: Record) -> float:
    """Distinct local experts under balanced routing: every expert in turn."""
    experts, local = int(record["experts"]), int(record["experts"]) / int(record["expert_parallel"])
    if experts == GROUP_LIMITED_EXPERTS and record["engine"] in ("SGLang", "vLLM"):
        local *= GROUP_LIMITED_SHARE
    return min(local, _local_pairs(record))


def _local_pairs(record: Record) -> float:
    return float(record["tokens"]) * int(record["active"]) / int(record["expert_parallel"])


def sample_of(record: Record, gpu: Gpu, touched: float) -> Sample:
    """Sample of one row; the arguments are the fields of ``predict_s``."""
    hidden, width = float(record["hidden"]), float(record["width"]) / int(record["tensor_parallel"])
    form = record["format"]
    elements = 3.0 * hidden * width
    arguments = (
        2.0 * elements,
        elements * WEIGHT_BYTES[form],
        ACTIVATION_BYTES * 3.0 * (hidden + 1.5 * width),
        float(record["tokens"]) * int(record["active"]),
        _local_pairs(record),
        touched,
        peak(gpu, MATRIX_RATE[form]),
        gpu.hbm_bytes_per_s,
        float(record["tokens"]),
        float(record["experts"]),
        float(record["active"]),
    )
    return Sample(arguments, seconds(record), f"{record['experts']}x{record['width']}")


def predict_s(curve: ExpertCurve, sample: Sample) -> float:
    """Time of a block whose number of touched experts is known."""
    flop, weights, io, pairs, local, touched, top, bandwidth = sample.arguments[:8]
    activations = io * (local + curve.remote_share * (pairs - local))
    time = curve.timer(flop, top, bandwidth)
    return Time(*time(touched * weights, activations, local, touched)).total_s


def one_rank(sample: Sample) -> bool:
    """Whether all experts were on one rank."""
    return sample.arguments[3] == sample.arguments[4]


def key_of(record: Record, gpu: Gpu) -> Key:
    """Curve that the row belongs to."""
    return Key(record["engine"], gpu.family, EXPERT_FORMAT.get(record["format"], record["format"]))


def balanced_samples() -> Samples:
    """Samples for the kernel constants."""
    found: Samples = {}
    for record in read("kernels_moe"):
        gpu = GPUS[record["gpu"]]
        if record["routing"] != "balanced" or not kernel_in_use(record, gpu) or not usable(record):
            continue
        if _local_pairs(record) < 1:
            continue
        sample = sample_of(record, gpu, touched_when_balanced(record))
        found.setdefault(key_of(record, gpu), []).append(sample)
    return found


def rate_of(key: Key) -> str | None:
    """Rate that differs from the stored format's own: MXFP4 in BF16 or FP8."""
    if key.format != "mxfp4":
        return None
    return "fp8" if key.family.startswith("Blackwell") else "bf16"


def skewed_samples() -> Samples:
    """Rows of one expert rank under power-law routing, few tokens: what the popularity of experts decides."""
    found: Samples = {}
    for record in read("kernels_moe"):
        gpu = GPUS[record["gpu"]]
        if record["routing"] == "balanced" or not kernel_in_use(record, gpu) or int(record["expert_parallel"]) > 1:
            continue
        found.setdefault(key_of(record, gpu), []).append(sample_of(record, gpu, 0.0))
    return found


def popularity_errors(curves: dict[Key, ExpertCurve], popularity: float) -> Errors:
    """Errors of the skewed rows with this shape of the popularity distribution, kernels unchanged."""
    ratios = []
    for key, samples in skewed_samples().items():
        if key in curves:
            curve = replace(curves[key], popularity_exponent=popularity)
            ratios += [_skewed_log_ratio(curve, sample) for sample in samples]
    return summarise(np.asarray(ratios))


def _skewed_log_ratio(curve: ExpertCurve, sample: Sample) -> float:
    tokens, experts, active = sample.arguments[8:]
    touched = curve.toucher(int(experts), int(active))(tokens)
    arguments = (*sample.arguments[:5], touched, *sample.arguments[6:])
    return math.log(predict_s(curve, Sample(arguments, sample.measured_s)) / sample.measured_s)


def skew_exponents() -> list[float]:
    """ln(power-law time / balanced time) / ln(ranks) of large batches over several expert ranks."""
    balanced, skewed = {}, {}
    for record in read("kernels_moe"):
        ranks, tokens = int(record["expert_parallel"]), int(record["tokens"])
        if ranks == 1 or tokens < SKEW_TOKENS_MIN or not usable(record):
            continue
        place = tuple(value for name, value in record.items() if name not in ("routing", "latency_us"))
        (balanced if record["routing"] == "balanced" else skewed)[place] = (seconds(record), ranks)
    shared: Sequence[tuple[str, ...]] = [place for place in skewed if place in balanced]
    return [math.log(skewed[p][0] / balanced[p][0]) / math.log(skewed[p][1]) for p in shared]

"""Peaks, links and curves of one deployment."""

import pytest

from roofline import GPUS, Deployment
from roofline.constants import CONSTANTS, IDEAL
from roofline.formats import BF16, FP8, FP8_BLOCK, FP32, MXFP4, MXFP8, NF4, NVFP4, Rate, grouped_int4, weight_only
from roofline.machine import make_machine
from roofline.rows import Core


def machine(kv_format="fp16", constants=IDEAL, **deployment):
    return make_machine(Deployment(**deployment), kv_format, constants)


# dense datasheet peaks in TFLOP/s
@pytest.mark.parametrize(
    ("gpu", "rate", "tflops"),
    [
        ("H100 SXM", Rate.BF16, 989.4),
        ("H100 SXM", Rate.FP8, 1978.9),
        ("H100 SXM", Rate.FP4, 989.4),  # Hopper widens 4 bit to 16 bit before it multiplies
        ("H20", Rate.FP4, 148),
        ("B200 SXM", Rate.FP8, 4500),
        ("B200 SXM", Rate.FP4, 9000),
        ("GB300", Rate.FP4, 15000),
    ],
)
def test_peaks_are_dense_and_formats_without_hardware_run_in_16_bit(gpu, rate, tflops):
    assert machine(gpu=gpu).peak_flop_per_s(rate) == pytest.approx(tflops * 1e12)


@pytest.mark.parametrize(
    ("stored", "curve"),
    [
        (BF16, "bf16"),
        (FP32, "bf16"),
        (FP8, "fp8"),
        (FP8_BLOCK, "fp8_block"),
        (MXFP8, "fp8_block"),
        (NVFP4, "nvfp4"),
        (MXFP4, "mxfp4"),
        (NF4, "weight_only"),
        (grouped_int4(128, zero_points=True), "weight_only"),
        (grouped_int4(0, zero_points=False, bits=8), "weight_only"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_every_stored_format_has_a_curve(stored, curve):
    constants = CONSTANTS["vLLM", "Hopper"]
    on_h100 = machine(constants=None, gpu="H100 SXM")
    assert on_h100.matrix(stored)[0] is constants.matrix[curve]
    assert on_h100.experts(stored)[0] is constants.experts[curve]


def test_weights_only_formats_multiply_at_the_16_bit_peak():
    on_b200 = machine(gpu="B200 SXM")
    assert on_b200.matrix(NVFP4)[1] == 9e15
    assert on_b200.matrix(weight_only(NVFP4))[1] == 2.25e15
    assert on_b200.matrix(NF4)[1] == 2.25e15


@pytest.mark.parametrize("engine", ["vLLM", "SGLang", "TensorRT-LLM"])
@pytest.mark.parametrize("gpu", GPUS)
def test_constants_are_those_of_the_engine_and_the_family(gpu, engine):
    assert machine(constants=None, gpu=gpu, engine=engine).constants is CONSTANTS[engine, GPUS[gpu].family]


def test_given_constants_replace_the_calibrated_ones():
    assert machine(constants=IDEAL).constants is IDEAL


@pytest.mark.parametrize(("kv_format", "element_bytes"), [("fp16", 2.0), ("fp8", 1.0)])
def test_the_cache_format_chooses_the_core(kv_format, element_bytes):
    chosen = machine(kv_format, None, gpu="H200 SXM")
    assert chosen.kv_bytes == element_bytes
    assert chosen.decode_core(Core.LATENT)[0] is chosen.constants.decode[f"latent/{kv_format}"]
    assert chosen.prefill_core(Core.ATTENTION)[0] is chosen.constants.prefill[f"attention/{kv_format}"]


# GB/s in one direction
@pytest.mark.parametrize(
    ("gpu", "group", "gigabytes_per_s"),
    [
        ("H100 SXM", 8, 450),
        ("H100 SXM", 16, 50),  # 400 Gb/s of network per GPU
        ("B200 SXM", 8, 900),
        ("GB200", 8, 900),  # two nodes of one NVLink domain
        ("GB200", 72, 900),
        ("GB200", 144, 50),
        ("H100 NVL", 2, 300),  # bridged pair
        ("H100 NVL", 4, 64),  # PCIe 5.0 x 16 between pairs
        ("H200 NVL", 4, 450),
        ("RTX PRO 6000", 2, 64),
    ],
)
def test_a_group_speaks_over_the_link_that_joins_all_of_it(gpu, group, gigabytes_per_s):
    assert machine(gpu=gpu).link_bytes_per_s(group) == gigabytes_per_s * 1e9


def test_groups_are_those_of_the_deployment():
    chosen = machine(gpu="H200 SXM", nodes=2, tensor_parallel=4, pipeline_parallel=2, attention_data_parallel=2)
    assert (chosen.ranks, chosen.stages, chosen.data_ranks) == (4, 2, 2)

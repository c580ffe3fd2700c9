"""Experts in the form that the engine loads: vLLM pads MXFP4 to the tiles of its kernels, gpt-oss is 2880 wide."""

import pytest

from roofline.engines import ENGINES
from roofline.loading import padded_expert

VLLM = ENGINES["vLLM"]


@pytest.mark.parametrize(
    ("generation", "width", "padded"),
    [
        ("Hopper", 2880, 2944),  # 23 x 128
        ("Hopper", 1440, 1536),  # 12 x 128: one of two ranks
        ("Hopper", 360, 384),  # 3 x 128: one of eight
        ("Blackwell", 2880, 3072),  # 12 x 256
        ("Blackwell", 360, 512),  # 2 x 256
    ],
)
def test_gate_and_up_of_gpt_oss_are_padded_on_both_sides(generation, width, padded):
    assert padded_expert(VLLM, generation, "mxfp4", 2880, width, gate_or_up=True) == (3072, padded)


def test_down_is_padded_the_other_way_round():
    assert padded_expert(VLLM, "Hopper", "mxfp4", 2880, 2880, gate_or_up=False) == (2944, 3072)


def test_a_multiple_of_the_tile_stays():
    assert padded_expert(VLLM, "Hopper", "mxfp4", 4096, 1536, gate_or_up=True) == (4096, 1536)


@pytest.mark.parametrize("format_name", ["bf16", "fp8", "nvfp4"])
def test_other_formats_are_not_padded(format_name):
    assert padded_expert(VLLM, "Hopper", format_name, 2880, 2880, gate_or_up=True) == (2880, 2880)


@pytest.mark.parametrize("engine", ["SGLang", "TensorRT-LLM"])
def test_engines_without_a_known_rule_are_not_padded(engine):
    assert padded_expert(ENGINES[engine], "Hopper", "mxfp4", 2880, 2880, gate_or_up=True) == (2880, 2880)

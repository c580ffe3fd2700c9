"""Bits per element with their scales."""

import pytest

from roofline.formats import (
    BF16,
    FP8,
    FP8_BLOCK,
    INT8,
    MXFP4,
    MXFP8,
    NF4,
    NF4_DOUBLE,
    NVFP4,
    Format,
    Rate,
    grouped_int4,
    weight_only,
)


@pytest.mark.parametrize(
    ("form", "bits"),
    [
        (BF16, 16),
        (FP8, 8),
        (FP8_BLOCK, 8 + 32 / 16_384),
        (MXFP8, 8.25),
        (NVFP4, 4.5),
        (MXFP4, 4.25),
        (INT8, 8),
        (NF4, 4.5),
        (NF4_DOUBLE, 4 + 8 / 64 + 32 / (64 * 256)),
        (grouped_int4(128, zero_points=True), 4 + 16 / 128 + 4 / 128),
        (grouped_int4(32, zero_points=False), 4.5),
        (grouped_int4(-1, zero_points=True, bits=8), 8),
    ],
)
def test_bits(form: Format, bits: float) -> None:
    assert form.bits == bits
    assert form.bytes_per_element == bits / 8


def test_weights_alone_keep_their_storage() -> None:
    alone = weight_only(NVFP4)
    assert (alone.name, alone.bits, alone.rate) == (NVFP4.name, NVFP4.bits, Rate.BF16)
    assert "weights only" in alone.label
    assert weight_only(INT8) is INT8

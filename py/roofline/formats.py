"""Number formats of weights and caches: bits per element with block scales, and the tensor-core rate they use.

Sources: OCP Microscaling Formats v1.0 (MX block of 32, E8M0 scale); NVIDIA NVFP4 (block of 16, E4M3 scale, one FP32
    scale
per tensor); DeepSeek-V3 technical report (arXiv 2412.19437) for FP8 blocks of 128 x 128 with FP32 scales.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Rate(StrEnum):
    """Tensor-core rate class of a matrix multiplication."""

    BF16 = "bf16"
    FP8 = "fp8"
    FP4 = "fp4"


@dataclass(frozen=True, slots=True)
class Format:
    """How one weight element is stored and multiplied.

    Attributes:
        name: key of the calibrated constants.
        bits: bits per element, block scales included.
        rate: tensor-core rate where the GPU has it.
        label: words for people.
    """

    name: str
    bits: float
    rate: Rate
    label: str

    @property
    def bytes_per_element(self) -> float:
        """Bytes per element, scales included."""
        return self.bits / 8


FP32 = Format("fp32", 32.0, Rate.BF16, "FP32")
BF16 = Format("bf16", 16.0, Rate.BF16, "BF16/FP16")
FP8 = Format("fp8", 8.0, Rate.FP8, "FP8")
FP8_BLOCK = Format("fp8_block", 8 + 32 / (128 * 128), Rate.FP8, "FP8, 128 x 128 blocks")
MXFP8 = Format("mxfp8", 8 + 8 / 32, Rate.FP8, "MXFP8")
NVFP4 = Format("nvfp4", 4 + 8 / 16, Rate.FP4, "NVFP4")
MXFP4 = Format("mxfp4", 4 + 8 / 32, Rate.FP4, "MXFP4")
INT8 = Format("int8", 8.0, Rate.BF16, "INT8")
NF4 = Format("nf4", 4 + 32 / 64, Rate.BF16, "NF4")
NF4_DOUBLE = Format("nf4", 4 + 8 / 64 + 32 / (64 * 256), Rate.BF16, "NF4, double quantised")


def grouped_int4(group: int, *, zero_points: bool, bits: int = 4) -> Format:
    """Weight-only integers with one FP16 scale per group along the input, and one packed zero point where asymmetric.

    A ``group`` below 1 is one scale per output, whose bits per element are left out.
    """
    if group < 1:
        return Format(f"int{bits}", float(bits), Rate.BF16, f"INT{bits}")
    scale_bits = 16 / group + (bits / group if zero_points else 0.0)
    return Format(f"int{bits}", bits + scale_bits, Rate.BF16, f"INT{bits}, groups of {group}")


def weight_only(stored: Format) -> Format:
    """The same storage multiplied in 16 bit, because activations are not quantised."""
    if stored.rate is Rate.BF16:
        return stored
    return replace(stored, rate=Rate.BF16, label=f"{stored.label}, weights only")


#: Formats that a user can ask for by name; fp8 = static per tensor, fp4 = NVFP4.
NAMED: dict[str, Format] = {"fp16": BF16, "bf16": BF16, "fp8": FP8, "fp4": NVFP4}

#: Bytes per cache element by name.
KV_BYTES: dict[str, float] = {"fp16": 2.0, "bf16": 2.0, "fp8": 1.0}

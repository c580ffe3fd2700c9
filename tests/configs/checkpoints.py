"""What published quantised checkpoints store in how many bits, read off their files by hand.

Independent of the reader under test: parameters by kind are columns of truths.csv (instantiated model classes), formats
are those of each repository's quantization_config or hf_quant_config.json. Columns that are not named are in 16 bit.
"""

from collections.abc import Mapping
from typing import NamedTuple

#: One FP32 scale for a block of 128 x 128; one byte for 32 (MX) or 16 elements (NVFP4).
BLOCKS, MXFP8, NVFP4, MXFP4, TENSOR = 8 + 32 / 128**2, 8 + 8 / 32, 4 + 8 / 16, 4 + 8 / 32, 8.0
ATTENTION, LINEAR, DENSE = "attention", "ssm_linear_or_nemotron_mlp", "dense_mlp"
ROUTED, SHARED, HEAD = "routed_experts", "shared_experts", "lm_head"


class Stored(NamedTuple):
    """Formats of one checkpoint.

    Attributes:
        bits: bits per parameter, scales included, of the columns of truths.csv.
        parts: (elements, bits) of modules in a column that is otherwise in 16 bit.
        columns_of: row of truths.csv with the same weights where the model has no columns of its own.
    """

    bits: Mapping[str, float]
    parts: tuple[tuple[int, float], ...] = ()
    columns_of: str = ""


FP8_BLOCKS = Stored(dict.fromkeys((ATTENTION, DENSE, ROUTED, SHARED), BLOCKS))
FP8_TENSOR = Stored(dict.fromkeys((ATTENTION, LINEAR, DENSE, ROUTED, SHARED), TENSOR))
EXPERTS_NVFP4 = Stored({ROUTED: NVFP4})
DEEPSEEK_V4 = Stored({ROUTED: MXFP4, ATTENTION: BLOCKS, SHARED: BLOCKS})
DEEPSEEK_V4_NVFP4 = Stored({ROUTED: NVFP4, ATTENTION: BLOCKS, SHARED: BLOCKS})

CHECKPOINTS: Mapping[str, Stored] = {
    "deepseek-ai/DeepSeek-R1": FP8_BLOCKS,
    "deepseek-ai/DeepSeek-V3.1": FP8_BLOCKS,
    "deepseek-ai/DeepSeek-V3.2": FP8_BLOCKS,
    "deepseek-ai/DeepSeek-V4-Flash": DEEPSEEK_V4,
    "deepseek-ai/DeepSeek-V4-Flash-0731": DEEPSEEK_V4,
    "deepseek-ai/DeepSeek-V4-Pro": DEEPSEEK_V4,
    "MiniMaxAI/MiniMax-M2.5": FP8_BLOCKS,
    "mistralai/Devstral-Small-2-24B-Instruct-2512": FP8_TENSOR,
    # only routed experts: 66,060,288 scales are one for each of their output rows, 24 x 128 x (2 x 8192 + 5120)
    "meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8": Stored({ROUTED: TENSOR}),
    "moonshotai/Kimi-K2-Instruct": FP8_BLOCKS,
    # o_proj is quantised, the other projections of MLA are not: 61 x 16,384 x 7,168
    "nvidia/DeepSeek-V3.1-NVFP4": Stored(
        dict.fromkeys((DENSE, ROUTED, SHARED), NVFP4), parts=((61 * 16_384 * 7_168, NVFP4),)
    ),
    "nvidia/DeepSeek-V4-Flash-NVFP4": DEEPSEEK_V4_NVFP4,
    "nvidia/DeepSeek-V4-Pro-NVFP4": DEEPSEEK_V4_NVFP4,
    "nvidia/Gemma-4-26B-A4B-NVFP4": EXPERTS_NVFP4,
    "nvidia/GLM-5-NVFP4": Stored(dict.fromkeys((DENSE, ROUTED, SHARED), NVFP4)),
    "nvidia/Kimi-K2.6-NVFP4": EXPERTS_NVFP4,
    "nvidia/MiniMax-M2.5-NVFP4": EXPERTS_NVFP4,
    "nvidia/MiniMax-M3-NVFP4": Stored({ROUTED: NVFP4} | dict.fromkeys((ATTENTION, DENSE, SHARED), MXFP8)),
    # 17 of the 23 Mamba layers are quantised
    "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-NVFP4": Stored(
        {ROUTED: NVFP4, SHARED: NVFP4, LINEAR: (17 * NVFP4 + 6 * 16) / 23}
    ),
    "nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-FP8": FP8_TENSOR,
    "nvidia/NVIDIA-Nemotron-3.5-Lightning-30B-A3B-NVFP4": Stored(
        dict.fromkeys((ROUTED, SHARED, HEAD), NVFP4) | {LINEAR: TENSOR}
    ),
    "nvidia/Qwen3-235B-A22B-NVFP4": Stored({ROUTED: NVFP4, ATTENTION: NVFP4}),
    "nvidia/Qwen3.5-122B-A10B-NVFP4": EXPERTS_NVFP4,
    "nvidia/Qwen3.6-27B-NVFP4": Stored({DENSE: NVFP4, HEAD: NVFP4, ATTENTION: TENSOR, LINEAR: TENSOR}),
    "nvidia/Qwen3.6-35B-A3B-NVFP4": Stored(
        dict.fromkeys((ROUTED, SHARED, HEAD), NVFP4) | {ATTENTION: TENSOR, LINEAR: TENSOR}
    ),
    "openai/gpt-oss-120b": Stored({ROUTED: MXFP4}),
    "openai/gpt-oss-20b": Stored({ROUTED: MXFP4}),
    "Qwen/Qwen3-235B-A22B-FP8": FP8_BLOCKS,
    "Qwen/Qwen3-32B-FP8-Static-PerTensor": FP8_TENSOR,
    "Qwen/Qwen3.6-35B-A3B-FP8": Stored(dict.fromkeys((ATTENTION, LINEAR, ROUTED, SHARED), BLOCKS)),
    "RedHatAI/Llama-4-Scout-17B-16E-Instruct-FP8-dynamic": Stored({ROUTED: TENSOR, SHARED: TENSOR}),
    "sgl-project/DeepSeek-V4-Flash-FP8": FP8_BLOCKS._replace(columns_of="deepseek-ai/DeepSeek-V4-Flash"),
    "XiaomiMiMo/MiMo-V2-Flash": FP8_BLOCKS,
    "zai-org/GLM-5-FP8": FP8_BLOCKS,
    "zai-org/GLM-5.2-FP8": FP8_BLOCKS,
}

#: Bytes cannot be derived: why.
NOT_DERIVABLE: Mapping[str, str] = {
    "moonshotai/Kimi-K3": "no class in transformers, so no columns; the repository's total counts logical weights",
}

#: Further from the derived bytes than 1 %: (share, why).
EXCEPTIONS: Mapping[str, tuple[float, str]] = {
    "meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8": (
        -0.029,
        "the copy at hand lacks its ignore list: all layers count as FP8, while the scales are of routed experts alone",
    ),
}

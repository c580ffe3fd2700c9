"""Truths that truths.csv lacks, and every difference from it with its reason.

Totals are of the language model: without vision and audio towers, MTP layers and routers' correction buffers.
"""

from typing import NamedTuple


class Difference(NamedTuple):
    """A figure that differs from truths.csv on purpose.

    Attributes:
        value: what is right.
        reason: why truths.csv says something else.
    """

    value: int
    reason: str


#: Totals of models that transformers does not have: the repository's own total, towers taken off.
REPOSITORY_TOTALS: dict[str, int] = {
    "deepseek-ai/deepseek-moe-16b-chat": 16_375_728_128,
    "nvidia/Llama-3_3-Nemotron-Super-49B-v1": 49_867_145_216,
    "tencent/Hunyuan-A13B-Instruct": 80_393_183_232,
    "OpenGVLab/InternVL2-2B": 2_205_754_368 - 316_607_488,
    "OpenGVLab/InternVL2-4B": 4_146_855_936 - 326_046_720,
    "microsoft/Phi-3-vision-128k-instruct": 4_146_621_440 - 325_541_888,
    "allenai/Molmo-7B-D-0924": 8_021_025_280 - 404_950_016,
    # the same weights under another model_type
    "sgl-project/DeepSeek-V4-Flash-FP8": 284_332_230_231,
    # Vicuna 7B is Llama-2-7B
    "liuhaotian/llava-v1.5-7b": 6_738_415_616,
}

#: Towers by the same rule; transformers' own counts stand in truths.csv.
REPOSITORY_TOWERS: dict[str, int] = {
    "OpenGVLab/InternVL2-2B": 316_607_488,
    "OpenGVLab/InternVL2-4B": 326_046_720,
    "microsoft/Phi-3-vision-128k-instruct": 325_541_888,
    "allenai/Molmo-7B-D-0924": 404_950_016,
}

TOTALS: dict[str, Difference] = {
    "stepfun-ai/Step-3.7-Flash": Difference(
        195_844_496_640,
        "81 rows more in embedding and head: the shortened config gives vocab_size 128,896; truths.csv was counted "
        "with the class default of 128,815 because the config has no text_config",
    ),
}

#: Within this share of the repository's total; the rest is in modules whose code is not public in transformers.
CLOSE_TOTALS: dict[str, tuple[int, float]] = {"moonshotai/Kimi-K3": (2_779_931_837_184, 1e-5)}

#: No truth at hand; the configs are read and the figure is only shown.
NO_TOTAL = frozenset({"openbmb/MiniCPM-MoE-8x2B", "OrionStarAI/Orion-14B-Base"})

REFUSED = {"google-t5/t5-small": "encoder-decoder"}

#: sliding_window holds for every layer; truths.csv was probed from layer_types, which these configs do not have.
UNIFORM_WINDOWS = {
    "mistralai/Mistral-7B-v0.1": 4096,
    "intfloat/e5-mistral-7b-instruct": 4096,
    "microsoft/Phi-3.5-MoE-instruct": 131_072,
}

#: Parameters of the MTP layers and other tensors that repositories hold beside the model, as stored elements.
BESIDE_THE_MODEL: dict[str, tuple[int, str]] = {
    "nvidia/DeepSeek-V3.1-NVFP4": (
        13_463_441_152,
        "MTP layer with its embedding and head, FP8 scales of the MTP layer",
    ),
    "nvidia/GLM-5-NVFP4": (9_952_939_776, "MTP layer in 16 bit"),
    "nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-FP8": (2_942_324_736, "MTP layer"),
}

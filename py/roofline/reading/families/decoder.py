"""Families that are nothing but a recipe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from ..blueprint import Blueprint
from ..keys import Keys
from ..recipe import Names, Recipe, read
from ..windows import alternating, patterned, switched, uniform

MIXTRAL_NAMES: Names = (
    ("mlp.gate", "block_sparse_moe.gate"),
    ("mlp.experts.*.gate_proj", "block_sparse_moe.experts.*.w1"),
    ("mlp.experts.*.up_proj", "block_sparse_moe.experts.*.w3"),
    ("mlp.experts.*.down_proj", "block_sparse_moe.experts.*.w2"),
)
FUSED_NAMES: Names = (
    ("self_attn.q_proj", "self_attn.qkv_proj"),
    ("self_attn.k_proj", "self_attn.qkv_proj"),
    ("self_attn.v_proj", "self_attn.qkv_proj"),
    ("mlp.gate_proj", "mlp.gate_up_proj"),
    ("mlp.up_proj", "mlp.gate_up_proj"),
)
GLM_NAMES: Names = FUSED_NAMES[3:]
SHARED_EXPERT_NAMES: Names = (("mlp.shared_experts", "mlp.shared_expert"),)

BAILING_NAMES: Names = (
    ("self_attn.q_proj", "attention.query_key_value"),
    ("self_attn.k_proj", "attention.query_key_value"),
    ("self_attn.v_proj", "attention.query_key_value"),
    ("self_attn.o_proj", "attention.dense"),
)

PLAIN = Recipe(qkv_bias=False, output_bias=False, mlp_bias=False)
_LLAMA = Recipe()
_QWEN2 = Recipe(qkv_bias=True, output_bias=False, mlp_bias=False, windows=switched)
_QWEN3 = Recipe(head_norm=True, mlp_bias=False, windows=switched)
_QWEN2_MOE = Recipe(
    qkv_bias="qkv_bias",
    output_bias=False,
    mlp_bias=False,
    windows=switched,
    shared_gate=True,
    names=SHARED_EXPERT_NAMES,
)
_MISTRAL = Recipe(qkv_bias=False, output_bias=False, mlp_bias=False, windows=uniform)
_PHI3 = Recipe(qkv_bias=False, output_bias=False, mlp_bias=False, windows=uniform, names=FUSED_NAMES)
_OLMO = Recipe(width_norm=True, mlp_bias=False)
_GEMMA3 = Recipe(mlp_bias=False, norms=4, head_norm=True, windows=patterned(6))
_HUNYUAN_DENSE = Recipe(head_norm=True, mlp_bias=False)
_MOE_HEAD_NORM = Recipe(head_norm=True, mlp_bias=False, windows=patterned(None))

_BAILING = Recipe(
    qkv_bias="use_qkv_bias", output_bias="use_bias", mlp_bias="use_bias", head_norm="use_qk_norm", names=BAILING_NAMES
)

RECIPES: Mapping[str, Recipe] = {
    "llama": _LLAMA,
    "granite": _LLAMA,
    "helium": Recipe(output_bias=False),
    "iquestcoder": _LLAMA,
    "yi": PLAIN,
    "cwm": Recipe(qkv_bias=False, output_bias=False, windows=patterned(None)),
    "aria_text": _LLAMA,
    "emu3_text_model": _LLAMA,
    "llava": PLAIN,
    "smollm3": Recipe(windows=switched),
    "seed_oss": Recipe(output_bias="attention_out_bias"),
    "arcee": Recipe(gated=False),
    "apertus": Recipe(gated=False, head_norm=True, vectors=2, mlp_bias=False),
    "nanochat": Recipe(gated=False, norm_parts=0, mlp_bias=False),
    "mistral": _MISTRAL,
    "ministral3": _MISTRAL,
    "ministral": Recipe(qkv_bias=False, output_bias=False, mlp_bias=False, windows=patterned(None)),
    "mixtral": Recipe(qkv_bias=False, output_bias=False, mlp_bias=False, windows=uniform, names=MIXTRAL_NAMES),
    "qwen2": _QWEN2,
    "qwen2_vl": _QWEN2,
    "qwen2_vl_text": _QWEN2,
    "qwen2_5_vl": _QWEN2,
    "qwen2_5_vl_text": _QWEN2,
    "qwen2_moe": _QWEN2_MOE,
    "mimo": Recipe(output_bias=False, mlp_bias=False, windows=switched),
    "qwen3": _QWEN3,
    "qwen3_moe": _QWEN3,
    "qwen3_vl_text": _QWEN3,
    "qwen3_vl_moe_text": _QWEN3,
    "qwen3_omni_moe_text": _QWEN3,
    "phi3": _PHI3,
    "phi3_v": _PHI3,
    "phi4mm": _PHI3,
    "phi4_multimodal": _PHI3,
    "qwen2_5_omni_text": _QWEN2,
    "bailing_moe": _BAILING,
    "bailing_moe_v2": _BAILING,
    "phimoe": Recipe(norm_parts=2, mlp_bias=False, head_bias="lm_head_bias", windows=uniform, names=MIXTRAL_NAMES),
    "olmo": Recipe(norm_parts=0, mlp_bias=False),
    "olmo2": _OLMO,
    "olmo3": Recipe(width_norm=True, mlp_bias=False, windows=patterned(4)),
    "olmoe": _OLMO,
    "flex_olmo": _OLMO,
    "gemma": Recipe(mlp_bias=False),
    "gemma2": Recipe(mlp_bias=False, norms=4, windows=alternating),
    "gemma3_text": _GEMMA3,
    "gemma3": _GEMMA3,
    "vaultgemma": Recipe(mlp_bias=False, windows=alternating),
    "glm": Recipe(output_bias=False, mlp_bias=False, names=GLM_NAMES),
    "glm4": Recipe(output_bias=False, mlp_bias=False, norms=4, names=GLM_NAMES),
    "glm4_moe": Recipe(output_bias=False, mlp_bias=False, head_norm="use_qk_norm"),
    "glm4v_moe_text": Recipe(output_bias=False, mlp_bias=False, head_norm="use_qk_norm"),
    "glm4v_text": Recipe(qkv_bias=True, output_bias=False, mlp_bias=False, norms=4, names=GLM_NAMES),
    "solar_open": Recipe(output_bias=False, mlp_bias=False),
    "minimax_m2": Recipe(qkv_bias=False, output_bias=False, mlp_bias=False, width_norm=True, names=MIXTRAL_NAMES),
    "exaone": PLAIN,
    "exaone4": Recipe(qkv_bias=False, output_bias=False, mlp_bias=False, head_norm=True, windows=patterned(4)),
    "exaone_moe": Recipe(qkv_bias=False, output_bias=False, mlp_bias=False, head_norm=True, windows=patterned(4)),
    "dots1": Recipe(head_norm=True, mlp_bias=False),
    "hy_v3": Recipe(head_norm=True, mlp_bias=False),
    "mellum": _MOE_HEAD_NORM,
    "hunyuan_v1_dense": _HUNYUAN_DENSE,
    "internlm": Recipe(qkv_bias="bias", output_bias="bias", mlp_bias=False),
    "internlm2": Recipe(qkv_bias="bias", output_bias="bias", mlp_bias=False),
    "internlm3": Recipe(qkv_bias=("qkv_bias", "attention_bias"), output_bias=("bias", "attention_bias")),
    "orion": Recipe(qkv_bias=False, output_bias=False, mlp_bias=False, norm_parts=2),
    "ernie4_5": Recipe(qkv_bias="use_bias", output_bias="use_bias", mlp_bias="use_bias"),
    "deepseek": Recipe(mlp_bias=False),
    "granite_swa": Recipe(sinks=True, windows=patterned(None)),
    "starcoder2": Recipe(
        qkv_bias="use_bias",
        output_bias="use_bias",
        mlp_bias="use_bias",
        norm_parts=2,
        gated=False,
        windows=uniform,
    ),
    "nemotron": Recipe(norm_parts=2, gated=False),
    "jais2": Recipe(norm_parts=2, gated=False),
    "cohere": Recipe(mlp_bias=False, norms=1, width_norm="use_qk_norm"),
    "cohere2": Recipe(mlp_bias=False, norms=1, windows=patterned(4)),
}

FAMILIES: Mapping[str, Callable[[Keys], Blueprint]] = {
    name: partial(read, recipe=recipe) for name, recipe in RECIPES.items()
}

"""Decoders of one pattern: grouped-query attention and a feed-forward block in every layer, told apart by a recipe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from ...feedforward import FeedForward
from ...mixers import GroupedQueryAttention
from ..attention import Heads, hidden_size, is_tied, layer_count, read_heads, vocab_size
from ..blueprint import Block, Blueprint, ends, share
from ..experts import feed_forwards
from ..keys import Keys
from ..windows import Windows, alternating, full, patterned, switched, uniform

Choice = bool | str
Names = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What tells one such decoder from another; a text is the config key that decides, False where it is absent.

    Attributes:
        qkv_bias, output_bias, mlp_bias, head_bias: bias vectors.
        head_norm: norms of d weights on queries and keys.
        width_norm: norms over all heads: H d and K d weights.
        norms: norms per layer; ``norm_parts`` is 1 (RMSNorm), 2 (LayerNorm with bias) or 0 (no weights).
        gated: the feed-forward block has a gate.
        shared_gate: shared experts have a gate of one output.
        windows: which layers have a window.
        names: canonical to published module names.
    """

    qkv_bias: Choice = "attention_bias"
    output_bias: Choice = "attention_bias"
    mlp_bias: Choice = "mlp_bias"
    head_bias: Choice = False
    head_norm: Choice = False
    width_norm: Choice = False
    norms: int = 2
    norm_parts: int = 1
    gated: bool = True
    shared_gate: bool = False
    windows: Callable[[Keys, int], Windows] = full
    names: Names = ()


def chosen(keys: Keys, choice: Choice) -> bool:
    """Value of a choice."""
    return keys.flag(choice) if isinstance(choice, str) else choice


def norm_params(keys: Keys, recipe: Recipe, shape: Heads) -> int:
    """Weights of the query and key norms."""
    total = 0
    if chosen(keys, recipe.head_norm):
        total += 2 * shape.dim
    if chosen(keys, recipe.width_norm):
        total += (shape.heads + shape.kv_heads) * shape.dim
    return total


def attention(
    keys: Keys, recipe: Recipe, hidden: int, shape: Heads, window: int | None, extra: int = 0
) -> GroupedQueryAttention:
    """Attention of one layer; ``extra`` counts further vectors (sinks)."""
    return GroupedQueryAttention(
        hidden_size=hidden,
        heads=shape.heads,
        kv_heads=shape.kv_heads,
        key_dim=shape.dim,
        value_dim=shape.dim,
        window_tokens=window,
        qkv_bias=chosen(keys, recipe.qkv_bias),
        output_bias=chosen(keys, recipe.output_bias),
        norm_params=norm_params(keys, recipe, shape) + extra,
    )


def read(
    keys: Keys,
    recipe: Recipe,
    *,
    ffns: tuple[FeedForward, ...] | None = None,
    attention_vectors: Callable[[Heads], int] = lambda shape: 0,
) -> Blueprint:
    """Blueprint of a decoder that follows ``recipe``."""
    hidden, layers = hidden_size(keys), layer_count(keys)
    shape = read_heads(keys, hidden)
    norm = recipe.norm_parts * hidden
    if ffns is None:
        ffns = feed_forwards(
            keys,
            hidden,
            layers,
            gated=recipe.gated,
            bias=chosen(keys, recipe.mlp_bias),
            shared_gate=recipe.shared_gate,
        )
    extra = attention_vectors(shape)

    def make(kind: tuple[int | None, FeedForward]) -> Block:
        window, ffn = kind
        return Block(attention(keys, recipe, hidden, shape, window, extra), ffn, recipe.norms * norm)

    windows = recipe.windows(keys, layers)
    vocabulary, tied = vocab_size(keys), is_tied(keys)
    return Blueprint(
        hidden_size=hidden,
        vocab_size=vocabulary,
        blocks=share(tuple(zip(windows, ffns, strict=True)), make),
        outside=ends(vocabulary, hidden, tied=tied, head_bias=chosen(keys, recipe.head_bias)),
        tied=tied,
        extra_params=norm,
        names=recipe.names,
    )


MIXTRAL_NAMES: Names = (
    ("mlp.gate", "block_sparse_moe.gate"),
    ("mlp.experts.*.gate_proj", "block_sparse_moe.experts.*.w1"),
    ("mlp.experts.*.up_proj", "block_sparse_moe.experts.*.w3"),
    ("mlp.experts.*.down_proj", "block_sparse_moe.experts.*.w2"),
)
PHI3_NAMES: Names = (
    ("self_attn.q_proj", "self_attn.qkv_proj"),
    ("self_attn.k_proj", "self_attn.qkv_proj"),
    ("self_attn.v_proj", "self_attn.qkv_proj"),
    ("mlp.gate_proj", "mlp.gate_up_proj"),
    ("mlp.up_proj", "mlp.gate_up_proj"),
)
SHARED_EXPERT_NAMES: Names = (("mlp.shared_experts", "mlp.shared_expert"),)

_PLAIN = Recipe(qkv_bias=False, output_bias=False, mlp_bias=False)
_QWEN2 = Recipe(qkv_bias=True, output_bias=False, mlp_bias=False, windows=switched)
_QWEN3 = Recipe(head_norm=True, mlp_bias=False, windows=switched)

RECIPES: Mapping[str, Recipe] = {
    "llama": Recipe(),
    "granite": Recipe(),
    "seed_oss": Recipe(output_bias="attention_out_bias"),
    "mistral": Recipe(qkv_bias=False, output_bias=False, mlp_bias=False, windows=uniform),
    "ministral3": Recipe(qkv_bias=False, output_bias=False, mlp_bias=False, windows=uniform),
    "mixtral": Recipe(qkv_bias=False, output_bias=False, mlp_bias=False, windows=uniform, names=MIXTRAL_NAMES),
    "qwen2": _QWEN2,
    "qwen2_moe": Recipe(
        qkv_bias="qkv_bias",
        output_bias=False,
        mlp_bias=False,
        windows=switched,
        shared_gate=True,
        names=SHARED_EXPERT_NAMES,
    ),
    "qwen2_vl": _QWEN2,
    "qwen2_vl_text": _QWEN2,
    "qwen2_5_vl": _QWEN2,
    "qwen2_5_vl_text": _QWEN2,
    "qwen3": _QWEN3,
    "qwen3_moe": _QWEN3,
    "qwen3_vl_text": _QWEN3,
    "qwen3_vl_moe_text": _QWEN3,
    "phi3": Recipe(qkv_bias=False, output_bias=False, mlp_bias=False, windows=uniform, names=PHI3_NAMES),
    "olmo2": Recipe(width_norm=True, mlp_bias=False),
    "olmo3": Recipe(width_norm=True, mlp_bias=False, windows=patterned(None)),
    "gemma": _PLAIN,
    "gemma2": Recipe(mlp_bias=False, norms=4, windows=alternating),
    "gemma3_text": Recipe(mlp_bias=False, norms=4, head_norm=True, windows=patterned(6)),
    "glm4_moe": Recipe(output_bias=False, mlp_bias=False, head_norm="use_qk_norm"),
    "minimax_m2": Recipe(qkv_bias=False, output_bias=False, mlp_bias=False, width_norm=True, names=MIXTRAL_NAMES),
}

FAMILIES: Mapping[str, Callable[[Keys], Blueprint]] = {
    name: partial(read, recipe=recipe) for name, recipe in RECIPES.items()
}

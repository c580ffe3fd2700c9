"""Decoders with multi-head latent attention: DeepSeek V2 and V3, Kimi K2, GLM with a sparse indexer, MiniCPM3."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields

from ...feedforward import FeedForward, MixtureOfExperts
from ...mixers import LatentAttention, SparseLatentAttention
from ..attention import HEADS, hidden_size, is_tied, layer_count, vocab_size
from ..blueprint import Block, Blueprint, ends, share
from ..experts import feed_forwards
from ..keys import MAX_TOKENS, Keys


def latent_attention(keys: Keys, hidden: int) -> LatentAttention:
    """Dense MLA from its keys."""
    return LatentAttention(
        hidden_size=hidden,
        heads=keys.integer(*HEADS),
        query_rank=keys.optional("q_lora_rank") or 0,
        latent_dim=keys.integer("kv_lora_rank"),
        nope_dim=keys.integer("qk_nope_head_dim"),
        rope_dim=keys.integer("qk_rope_head_dim"),
        value_dim=value_width(keys, hidden),
        bias=keys.flag("attention_bias"),
    )


def value_width(keys: Keys, hidden: int) -> int:
    """v_head_dim, else hidden / heads (MiniCPM3)."""
    return keys.integer("v_head_dim", default=hidden // keys.integer(*HEADS) or 1)


def indexers(keys: Keys, layers: int) -> tuple[bool | None, ...]:
    """None = dense attention; True = the layer has an indexer of its own; False = it reuses an earlier one."""
    if keys.optional("index_topk", high=MAX_TOKENS) is None:
        return (None,) * layers
    words = keys.words("indexer_types", layers=layers)
    if words is None:
        return (True,) * layers
    return tuple(word == "full" for word in words)


def sparse_attention(keys: Keys, dense: LatentAttention, owns: bool | None) -> LatentAttention:
    """The same attention over chosen tokens; ``owns`` as in ``indexers``."""
    if owns is None or keys.value("index_topk") is None:
        return dense
    shape = {field.name: getattr(dense, field.name) for field in fields(dense)}
    return SparseLatentAttention(
        **shape,
        index_heads=keys.integer("index_n_heads"),
        index_dim=keys.integer("index_head_dim"),
        top_k=keys.integer("index_topk", high=MAX_TOKENS),
        owns_index=owns,
    )


def read_latent(keys: Keys) -> Blueprint:
    """MLA in every layer, sparse where the config has index keys; dense first layers, then experts.

    A.X K1 has a third norm behind its experts.
    """
    hidden, layers = hidden_size(keys), layer_count(keys)
    dense = latent_attention(keys, hidden)

    mixers = {owns: sparse_attention(keys, dense, owns) for owns in (True, False, None)}

    extra = hidden if keys.model_type == "axk1" else 0

    def make(kind: tuple[bool | None, FeedForward]) -> Block:
        norms = 2 * hidden + (extra if isinstance(kind[1], MixtureOfExperts) else 0)
        return Block(mixers[kind[0]], kind[1], norms)

    kinds = tuple(zip(indexers(keys, layers), feed_forwards(keys, hidden, layers), strict=True))
    vocabulary, tied = vocab_size(keys), is_tied(keys)
    return Blueprint(
        hidden_size=hidden,
        vocab_size=vocabulary,
        blocks=share(kinds, make),
        outside=ends(vocabulary, hidden, tied=tied),
        tied=tied,
        extra_params=hidden,
    )


FAMILIES: Mapping[str, Callable[[Keys], Blueprint]] = dict.fromkeys(
    (
        "deepseek_v2",
        "deepseek_v3",
        "deepseek_v32",
        "kimi_k2",
        "glm_moe_dsa",
        "glm4_moe_lite",
        "minicpm3",
        "mistral4",
        "axk1",
        "youtu",
    ),
    read_latent,
)

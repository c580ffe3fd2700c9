"""MiniMax: lightning attention hybrids (Text-01, M1) and block-sparse attention (M3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from ...errors import ConfigError
from ...feedforward import DenseFeedForward, FeedForward, MixtureOfExperts
from ...mixers import Mixer
from ...mixers.block_sparse import BlockSparseAttention
from ...mixers.recurrent import LightningAttention
from ..attention import Heads, hidden_size, layer_count, read_heads
from ..blueprint import Block, Blueprint, share
from ..experts import active_count, expert_count, feed_forwards, moe_layers
from ..keys import Keys
from ..recipe import Names, Recipe, attention, finish
from ..states import state_element_bytes
from .decoder import MIXTRAL_NAMES

RECIPE = Recipe(qkv_bias=False, output_bias=False, mlp_bias=False)
M3_RECIPE = Recipe(qkv_bias=False, output_bias=False, mlp_bias=False, head_norm=True)
M3_NAMES: Names = (("mlp.shared_experts", "block_sparse_moe.shared_experts"), *MIXTRAL_NAMES)


def lightning_layers(keys: Keys, layers: int) -> tuple[bool, ...]:
    """attn_type_list 0 = lightning, 1 = softmax; else layer_types."""
    marks = keys.per_layer("attn_type_list", layers=layers, high=1)
    if marks is not None:
        return tuple(mark == 0 for mark in marks)
    words = keys.words("layer_types", layers=layers)
    if words is None:
        raise keys.missing("attn_type_list", "layer_types")
    return tuple(word == "linear_attention" for word in words)


def read_lightning(keys: Keys) -> Blueprint:
    """Lightning attention with a softmax layer now and then, experts everywhere."""
    hidden, layers = hidden_size(keys), layer_count(keys)
    shape = read_heads(keys, hidden)
    softmax = attention(keys, RECIPE, hidden, shape, None)
    linear = LightningAttention(
        hidden_size=hidden,
        heads=shape.heads,
        head_dim=shape.dim,
        state_element_bytes=state_element_bytes(keys),
    )

    def make(kind: tuple[bool, FeedForward]) -> Block:
        return Block(linear if kind[0] else softmax, kind[1], 2 * hidden)

    kinds = tuple(zip(lightning_layers(keys, layers), feed_forwards(keys, hidden, layers), strict=True))
    return finish(keys, share(kinds, make), names=MIXTRAL_NAMES)


def sparse_layers(keys: Keys, layers: int) -> tuple[bool, ...]:
    """sparse_attention_freq of sparse_attention_config, else layer_types."""
    section = keys.section("sparse_attention_config")
    if section is None:
        words = keys.words("layer_types", layers=layers)
        return tuple(word != "full_attention" for word in words) if words else (False,) * layers
    if not section.flag("use_sparse_attention"):
        return (False,) * layers
    marks = section.per_layer("sparse_attention_freq", layers=layers, high=1)
    return (True,) * layers if marks is None else tuple(mark == 1 for mark in marks)


def sparse_attention(keys: Keys, hidden: int, shape: Heads) -> BlockSparseAttention:
    """Indexer from sparse_attention_config, or from the index_* keys."""
    section = keys.section("sparse_attention_config")
    source, names = (keys, _FLAT) if section is None else (section, _NESTED)
    return BlockSparseAttention(
        hidden_size=hidden,
        heads=shape.heads,
        kv_heads=shape.kv_heads,
        key_dim=shape.dim,
        value_dim=shape.dim,
        norm_params=2 * shape.dim,
        index_heads=source.integer(names[0]),
        index_dim=source.integer(names[1]),
        block_tokens=source.integer(names[2]),
        top_blocks=source.integer(names[3]),
    )


_NESTED = ("sparse_num_index_heads", "sparse_index_dim", "sparse_block_size", "sparse_topk_blocks")
_FLAT = ("index_n_heads", "index_head_dim", "index_block_size", "index_topk_blocks")


def m3_ffns(keys: Keys, hidden: int, layers: int) -> tuple[FeedForward, ...]:
    """Experts of width intermediate_size beside one shared expert; dense layers are wider."""
    experts = expert_count(keys)
    if not experts:
        raise keys.missing("num_local_experts")
    moe = MixtureOfExperts(
        hidden_size=hidden,
        experts=experts,
        active_experts=active_count(keys, experts),
        expert_width=keys.integer("intermediate_size"),
        shared_width=keys.optional("shared_intermediate_size") or 0,
    )
    marks = moe_layers(keys, layers)
    if all(marks):
        return (moe,) * layers
    block = DenseFeedForward(hidden_size=hidden, width=keys.integer("dense_intermediate_size"))
    return tuple(moe if mark else block for mark in marks)


def read_m3(keys: Keys) -> Blueprint:
    """Dense attention in the first layers, block-sparse in the others."""
    hidden, layers = hidden_size(keys), layer_count(keys)
    if keys.flag("attention_output_gate"):
        raise ConfigError("attention_output_gate is not modelled for MiniMax-M3", hint="Check config.json.")
    shape = read_heads(keys, hidden)
    sparse = sparse_layers(keys, layers)
    mixers: dict[bool, Mixer] = {False: attention(keys, M3_RECIPE, hidden, shape, None)}
    if any(sparse):
        mixers[True] = sparse_attention(keys, hidden, shape)

    def make(kind: tuple[bool, FeedForward]) -> Block:
        return Block(mixers[kind[0]], kind[1], 2 * hidden)

    blueprint = finish(keys, share(tuple(zip(sparse, m3_ffns(keys, hidden, layers), strict=True)), make))
    return replace(blueprint, names=M3_NAMES)


FAMILIES: Mapping[str, Callable[[Keys], Blueprint]] = {
    "minimax": read_lightning,
    "minimax_text_01": read_lightning,
    "minimax_m1": read_lightning,
    "minimax_m3_vl": read_m3,
    "minimax_m3_vl_text": read_m3,
    "minimax_m3": read_m3,
}

"""Liquid LFM2 and LFM3: short convolutions with an attention layer now and then, dense or with experts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from ...feedforward import DenseFeedForward, FeedForward
from ...mixers import Mixer
from ...mixers.mamba import ShortConvolution
from ..attention import hidden_size, layer_count, read_heads
from ..blueprint import Block, Blueprint, share
from ..experts import dense, feed_forwards
from ..keys import MAX_LAYERS, Keys
from ..recipe import Names, Recipe, attention, finish
from ..windows import WINDOW_WORDS, window_size

RECIPE = Recipe(qkv_bias=False, output_bias=False, mlp_bias=False, head_norm=True)
NAMES: Names = (
    ("self_attn.o_proj", "self_attn.out_proj"),
    ("mlp.gate_proj", "feed_forward.w1"),
    ("mlp.up_proj", "feed_forward.w3"),
    ("mlp.down_proj", "feed_forward.w2"),
    ("mlp.experts.*.gate_proj", "feed_forward.experts.*.w1"),
    ("mlp.experts.*.up_proj", "feed_forward.experts.*.w3"),
    ("mlp.experts.*.down_proj", "feed_forward.experts.*.w2"),
    ("mlp", "feed_forward"),
)


def adjusted_width(keys: Keys) -> int:
    """Width of the dense block: two thirds of the configured one, rounded up, where block_auto_adjust_ff_dim."""
    width = keys.integer("block_ff_dim", "intermediate_size")
    if not keys.flag("block_auto_adjust_ff_dim", default=True):
        return width
    factor = keys.number("block_ffn_dim_multiplier", default=1.0, low=0.01, high=100.0)
    multiple = keys.integer("block_multiple_of", default=256)
    return multiple * -(-int(factor * int(2 * width / 3)) // multiple)


def conv_layers(keys: Keys, layers: int) -> tuple[bool, ...]:
    """layer_types, else all but full_attn_idxs."""
    words = keys.words("layer_types", layers=layers)
    if words is not None:
        return tuple(word == "conv" for word in words)
    listed = keys.integers("full_attn_idxs", high=MAX_LAYERS)
    if listed is None:
        raise keys.missing("layer_types", "full_attn_idxs")
    return tuple(index not in set(listed) for index in range(layers))


def lfm_ffns(keys: Keys, hidden: int, layers: int) -> tuple[FeedForward, ...]:
    """Dense with an adjusted width; in the MoE model plain widths, the first num_dense_layers dense."""
    if keys.model_type != "lfm2_moe":
        return (DenseFeedForward(hidden_size=hidden, width=adjusted_width(keys)),) * layers
    first = keys.integer("num_dense_layers", low=0, high=MAX_LAYERS)
    return feed_forwards(keys, hidden, layers, marks=tuple(index >= first for index in range(layers)))


def read_lfm(keys: Keys) -> Blueprint:
    """LFM2 and LFM2-MoE."""
    hidden, layers = hidden_size(keys), layer_count(keys)
    mixers: Mapping[bool, Mixer] = {
        True: ShortConvolution(
            hidden_size=hidden, kernel=keys.integer("conv_L_cache", high=1_000), bias=keys.flag("conv_bias")
        ),
        False: attention(keys, RECIPE, hidden, read_heads(keys, hidden), None),
    }
    kinds = tuple(zip(conv_layers(keys, layers), lfm_ffns(keys, hidden, layers), strict=True))
    blocks = share(kinds, lambda kind: Block(mixers[kind[0]], kind[1], 2 * hidden))
    return finish(keys, blocks, names=NAMES)


def read_lfm3(keys: Keys) -> Blueprint:
    """LFM3: windows among the attention layers, norms behind the blocks too, a gate per head."""
    hidden, layers = hidden_size(keys), layer_count(keys)
    words = keys.words("layer_types", layers=layers)
    if words is None:
        raise keys.missing("layer_types")
    recipe = replace(RECIPE, qkv_bias="attention_bias", output_bias="attention_bias")
    shape, size = read_heads(keys, hidden), window_size(keys)
    gate = shape.heads if keys.flag("use_attention_gate") else 0
    norms = (4 if keys.flag("use_sandwich_norm") else 2) * hidden
    convolution = ShortConvolution(
        hidden_size=hidden, kernel=keys.integer("conv_L_cache", high=1_000), bias=keys.flag("conv_bias")
    )
    ffn = dense(keys, hidden)

    def make(word: str) -> Block:
        if word == "conv":
            return Block(convolution, ffn, norms)
        window = size if word in WINDOW_WORDS else None
        return Block(replace(attention(keys, recipe, hidden, shape, window), gate_width=gate), ffn, norms)

    return finish(keys, share(words, make), names=NAMES[1:])


FAMILIES: Mapping[str, Callable[[Keys], Blueprint]] = {"lfm2": read_lfm, "lfm2_moe": read_lfm, "lfm3": read_lfm3}

"""Llama 4: chunked attention in three layers of four, experts in every n-th layer beside one shared expert."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...feedforward import DenseFeedForward, FeedForward, MixtureOfExperts
from ..attention import hidden_size, layer_count
from ..blueprint import Blueprint
from ..experts import active_count, expert_count
from ..keys import MAX_LAYERS, MAX_TOKENS, Keys
from ..recipe import Names, Recipe, read
from ..windows import Windows, from_words

NAMES: Names = (
    ("mlp.gate_proj", "feed_forward.gate_proj"),
    ("mlp.up_proj", "feed_forward.up_proj"),
    ("mlp.down_proj", "feed_forward.down_proj"),
    ("mlp.gate", "feed_forward.router"),
    ("mlp.shared_experts", "feed_forward.shared_expert"),
    ("mlp.experts", "feed_forward.experts"),
)
GLOBAL_PERIOD = 4


def chunks(keys: Keys, layers: int) -> Windows:
    """Chunk of each layer: layer_types, else no_rope_layers (0 = global), else every fourth is global."""
    size = keys.optional("attention_chunk_size", high=MAX_TOKENS) or None
    if keys.items("layer_types"):
        return from_words(keys, layers, size)
    marks = keys.integers("no_rope_layers", high=1)
    if marks:
        keys.long_enough("no_rope_layers", marks, layers)
        return tuple(size if mark else None for mark in marks[:layers])
    period = keys.integer("no_rope_layer_interval", "nope_layer_interval", default=GLOBAL_PERIOD)
    return tuple(None if (index + 1) % period == 0 else size for index in range(layers))


def expert_layers(keys: Keys, layers: int) -> tuple[bool, ...]:
    """moe_layers lists them; else layer i has experts where i + 1 is a multiple of interleave_moe_layer_step."""
    listed = keys.integers("moe_layers", high=MAX_LAYERS)
    if listed is not None:
        chosen = set(listed)
        return tuple(index in chosen for index in range(layers))
    step = keys.integer("interleave_moe_layer_step", default=1)
    return tuple((index + 1) % step == 0 for index in range(layers))


def read_llama4(keys: Keys) -> Blueprint:
    """intermediate_size is the experts' width, intermediate_size_mlp the dense layers'."""
    hidden, layers, experts = hidden_size(keys), layer_count(keys), expert_count(keys)
    if not experts:
        raise keys.missing("num_local_experts")
    width = keys.integer("intermediate_size")
    moe: FeedForward = MixtureOfExperts(
        hidden_size=hidden,
        experts=experts,
        active_experts=active_count(keys, experts),
        expert_width=width,
        shared_width=width,
    )
    marks = expert_layers(keys, layers)
    block: FeedForward = moe
    if not all(marks):
        block = DenseFeedForward(hidden_size=hidden, width=keys.integer("intermediate_size_mlp"))
    keys.flag("use_qk_norm")  # a norm without weights
    return read(
        keys,
        Recipe(mlp_bias=False, windows=chunks, names=NAMES),
        ffns=tuple(moe if mark else block for mark in marks),
    )


FAMILIES: Mapping[str, Callable[[Keys], Blueprint]] = {"llama4_text": read_llama4}

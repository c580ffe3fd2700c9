"""Hybrids of gated DeltaNet and gated attention: Qwen3-Next, Qwen3.5, Qwen3.6, OLMo hybrid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from ...errors import UnsupportedArchitecture
from ...feedforward import FeedForward
from ...mixers import Mixer
from ...mixers.recurrent import GatedDeltaNet
from ..attention import hidden_size, layer_count, read_heads
from ..blueprint import Block, Blueprint, share
from ..keys import Keys
from ..recipe import Names, Recipe, attention, finish, recipe_ffns
from ..states import kinds_of_layers, state_element_bytes
from .decoder import SHARED_EXPERT_NAMES

RECIPE = Recipe(mlp_bias=False, head_norm=True, output_gate=True, shared_gate=True, names=SHARED_EXPERT_NAMES)
NEXT_NAMES: Names = (
    *SHARED_EXPERT_NAMES,
    ("linear_attn.in_proj_qkv", "linear_attn.in_proj_qkvz"),
    ("linear_attn.in_proj_z", "linear_attn.in_proj_qkvz"),
    ("linear_attn.in_proj_b", "linear_attn.in_proj_ba"),
    ("linear_attn.in_proj_a", "linear_attn.in_proj_ba"),
)
OLMO_NAMES: Names = (
    ("linear_attn.in_proj_qkv", "linear_attn.q_proj"),
    ("linear_attn.in_proj_z", "linear_attn.g_proj"),
    ("linear_attn.in_proj_b", "linear_attn.b_proj"),
    ("linear_attn.in_proj_a", "linear_attn.a_proj"),
    ("linear_attn.out_proj", "linear_attn.o_proj"),
)


def delta_net(keys: Keys, hidden: int) -> GatedDeltaNet:
    """Gated DeltaNet from the linear_* keys."""
    return GatedDeltaNet(
        hidden_size=hidden,
        key_heads=keys.integer("linear_num_key_heads"),
        value_heads=keys.integer("linear_num_value_heads"),
        key_dim=keys.integer("linear_key_head_dim"),
        value_dim=keys.integer("linear_value_head_dim"),
        kernel=keys.integer("linear_conv_kernel_dim", high=64),
        state_element_bytes=state_element_bytes(keys),
    )


def read_delta(keys: Keys, recipe: Recipe = RECIPE) -> Blueprint:
    """Three DeltaNet layers, then one of attention, unless layer_types says otherwise."""
    hidden, layers = hidden_size(keys), layer_count(keys)
    mixers: Mapping[str, Mixer] = {
        "linear_attention": delta_net(keys, hidden),
        "full_attention": attention(keys, recipe, hidden, read_heads(keys, hidden), None),
    }

    def make(kind: tuple[str, FeedForward]) -> Block:
        if kind[0] not in mixers:
            raise UnsupportedArchitecture(
                f"layer_types holds {kind[0][:40]!r}, which {keys.model_type} does not have",
                hint="Check layer_types in config.json.",
            )
        return Block(mixers[kind[0]], kind[1], 2 * hidden)

    words = kinds_of_layers(keys, layers, 4, "full_attention", "linear_attention")
    keys.flag("attn_output_gate", default=True)
    kinds = tuple(zip(words, recipe_ffns(keys, recipe, hidden, layers), strict=True))
    return finish(keys, share(kinds, make), names=recipe.names)


def read_next(keys: Keys) -> Blueprint:
    """Qwen3-Next publishes the input projections fused."""
    return replace(read_delta(keys), names=NEXT_NAMES)


def read_olmo(keys: Keys) -> Blueprint:
    """OLMo hybrid: plain attention with norms over all heads, separate input projections."""
    return read_delta(keys, Recipe(mlp_bias=False, width_norm=True, names=OLMO_NAMES))


FAMILIES: Mapping[str, Callable[[Keys], Blueprint]] = {
    "qwen3_next": read_next,
    "olmo_hybrid": read_olmo,
    "qwen3_5_text": read_delta,
    "qwen3_5_moe_text": read_delta,
    "qwen3_5": read_delta,
    "qwen3_5_moe": read_delta,
}

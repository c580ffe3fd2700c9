"""Hybrids of Kimi delta attention and MLA: Kimi-Linear, Kimi-K3, Bailing (Ling)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from ...errors import ConfigError
from ...feedforward import FeedForward, MixtureOfExperts
from ...mixers import LatentAttention, Mixer
from ...mixers.recurrent import KimiDeltaAttention
from ..attention import hidden_size, layer_count
from ..blueprint import Block, Blueprint, share
from ..experts import feed_forwards, moe_layers
from ..keys import MAX_LAYERS, Keys
from ..recipe import finish
from ..states import state_element_bytes
from .deepseek import latent_attention

DEFAULT_PERIOD = 4


def kinds(keys: Keys, layers: int) -> tuple[str, ...]:
    """layer_types, else the 1-based lists of linear_attn_config.

    Raises:
        ConfigError: the two lists do not cover every layer once.
    """
    words = keys.words("layer_types", layers=layers)
    if words is not None:
        return words
    period = keys.optional("layer_group_size", low=1, high=MAX_LAYERS)
    if period is not None:
        return tuple("linear_attention" if (i + 1) % period else "full_attention" for i in range(layers))
    linear = keys.section("linear_attn_config")
    if linear is None:
        raise keys.missing("linear_attn_config", "layer_types")
    marks = dict.fromkeys(linear.integers("full_attn_layers", high=MAX_LAYERS) or (), "full_attention")
    marks.update(dict.fromkeys(linear.integers("kda_layers", high=MAX_LAYERS) or (), "linear_attention"))
    if any(index + 1 not in marks for index in range(layers)):
        raise ConfigError(
            "linear_attn_config does not say what every layer is",
            hint="Check kda_layers and full_attn_layers in config.json.",
        )
    return tuple(marks[index + 1] for index in range(layers))


def delta_attention(keys: Keys, hidden: int) -> KimiDeltaAttention:
    """Shape from linear_attn_config, or from the linear_* keys; the gate is low rank unless use_full_rank_gate."""
    linear = keys.section("linear_attn_config")
    source = keys if linear is None else linear
    head_dim = source.integer("head_dim" if linear is not None else "linear_head_dim")
    full_rank = keys.model_type == "bailing_hybrid"
    return KimiDeltaAttention(
        hidden_size=hidden,
        heads=source.integer("num_heads" if linear is not None else "linear_num_heads"),
        head_dim=head_dim,
        kernel=source.integer("short_conv_kernel_size" if linear is not None else "linear_conv_kernel_dim", high=64),
        gate_rank=0 if full_rank or source.flag("use_full_rank_gate") else head_dim,
        decay_rank=0 if full_rank else head_dim,
        state_element_bytes=state_element_bytes(keys),
    )


def kimi_ffns(keys: Keys, hidden: int, layers: int) -> tuple[FeedForward, ...]:
    """Common keys; in K3 the experts work in routed_expert_hidden_size, with a norm in front where configured."""
    blocks = feed_forwards(keys, hidden, layers, marks=moe_layers(keys, layers))
    latent = keys.optional("routed_expert_hidden_size", low=1)
    if latent is None:
        return blocks
    norm = latent if keys.flag("latent_moe_use_norm") else 0
    made = {
        block: replace(block, expert_input_size=latent, norm_params=norm)
        for block in set(blocks)
        if isinstance(block, MixtureOfExperts)
    }
    return tuple(made[block] if isinstance(block, MixtureOfExperts) else block for block in blocks)


def gated(keys: Keys, mixer: LatentAttention) -> LatentAttention:
    """K3 gates the values of MLA, Bailing's hybrid each head, Kimi-Linear nothing."""
    if keys.model_type == "bailing_hybrid":
        return replace(mixer, gate_width=mixer.heads)
    if keys.flag("mla_use_output_gate"):
        return replace(mixer, gate_width=mixer.heads * mixer.value_dim)
    return mixer


def read_kimi(keys: Keys) -> Blueprint:
    """KDA and MLA layers; dense first layers, then experts."""
    hidden, layers = hidden_size(keys), layer_count(keys)
    mla = gated(keys, latent_attention(keys, hidden))
    mixers: Mapping[str, Mixer] = {"linear_attention": delta_attention(keys, hidden), "full_attention": mla}

    def make(kind: tuple[str, FeedForward]) -> Block:
        if kind[0] not in mixers:
            raise ConfigError(f"layer_types holds {kind[0][:40]!r}", hint="Check layer_types in config.json.")
        return Block(mixers[kind[0]], kind[1], 2 * hidden)

    pairs = tuple(zip(kinds(keys, layers), kimi_ffns(keys, hidden, layers), strict=True))
    return finish(keys, share(pairs, make))


FAMILIES: Mapping[str, Callable[[Keys], Blueprint]] = {
    "kimi_linear": read_kimi,
    "kimi_k3": read_kimi,
    "bailing_hybrid": read_kimi,
}

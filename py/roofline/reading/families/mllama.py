"""Llama 3.2 Vision: cross attention to image tokens in some layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace

from ...mixers import GroupedQueryAttention, Mixer
from ...mixers.others import CrossAttention
from ..attention import hidden_size, layer_count, read_heads
from ..blueprint import Block, Blueprint, share
from ..experts import dense
from ..keys import MAX_LAYERS, Keys
from ..recipe import Recipe, attention, finish

RECIPE = Recipe(qkv_bias=False, output_bias=False, mlp_bias=False)
IMAGE_ROWS = 8


def cross(mixer: GroupedQueryAttention) -> CrossAttention:
    """The same shape across to the image, with norms on queries and keys."""
    values = {field.name: getattr(mixer, field.name) for field in fields(mixer)}
    return CrossAttention(**{**values, "norm_params": 2 * mixer.key_dim})


def read_mllama(keys: Keys) -> Blueprint:
    """Cross-attention layers replace self attention and have two gates; the embedding has eight rows for images."""
    hidden, layers = hidden_size(keys), layer_count(keys)
    listed = keys.integers("cross_attention_layers", high=MAX_LAYERS)
    if listed is None:
        raise keys.missing("cross_attention_layers")
    plain = attention(keys, RECIPE, hidden, read_heads(keys, hidden), None)
    mixers: Mapping[bool, Mixer] = {False: plain, True: cross(plain)}
    ffn, chosen = dense(keys, hidden), set(listed)
    blocks = share(
        tuple(index in chosen for index in range(layers)),
        lambda crossing: Block(mixers[crossing], ffn, 2 * hidden + 2 * crossing),
    )
    blueprint = finish(keys, blocks)
    first, *rest = blueprint.outside
    return replace(
        blueprint,
        outside=(replace(first, outputs=first.outputs + IMAGE_ROWS), *rest),
        remarks=("Cross-attention layers cache image tokens only; prompts here are text, so they cache nothing.",),
    )


FAMILIES: Mapping[str, Callable[[Keys], Blueprint]] = {"mllama_text_model": read_mllama, "mllama": read_mllama}

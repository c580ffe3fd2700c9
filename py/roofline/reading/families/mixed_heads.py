"""Decoders whose window layers have other heads than the full ones: Step-3.5/3.7, MiMo-V2, Laguna."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from ...feedforward import FeedForward
from ...mixers import GroupedQueryAttention
from ..attention import Heads, hidden_size, layer_count, read_heads
from ..blueprint import Block, Blueprint, share
from ..experts import feed_forwards, moe_layers
from ..keys import MAX_LAYERS, MAX_TOKENS, Keys
from ..recipe import Recipe, attention, finish
from ..windows import Windows, patterned, window_size

STEP = Recipe(head_norm=True)
LAGUNA = Recipe(mlp_bias=False, head_norm=True)
STEP_FIRST_DENSE = 3
MIMO_PERIOD = 6


def step_marks(keys: Keys, layers: int) -> tuple[bool, ...]:
    """Layers with experts: mlp_layer_types or first_k_dense_replace, else moe_layers_enum, else from the fourth on."""
    if keys.value("mlp_layer_types", "first_k_dense_replace") is not None:
        return moe_layers(keys, layers)
    listed = keys.value("moe_layers_enum")
    if isinstance(listed, str):
        chosen = {int(part) for part in listed.split(",")[:MAX_LAYERS] if part.strip().isdecimal() and len(part) < 9}
        return tuple(index in chosen for index in range(layers))
    return tuple(index >= STEP_FIRST_DENSE for index in range(layers))


def window_heads(keys: Keys, shape: Heads) -> Heads:
    """Heads of the window layers: attention_other_setting or num_sliding_attention_heads where given."""
    other = keys.section("attention_other_setting")
    if other is not None:
        heads = other.integer("num_attention_heads", default=shape.heads)
        return Heads(
            heads,
            other.integer("num_attention_groups", "num_key_value_heads", default=shape.kv_heads),
            other.integer("head_dim", default=shape.dim),
        )
    return replace(shape, heads=keys.integer("num_sliding_attention_heads", default=shape.heads))


def gate_width(keys: Keys, shape: Heads) -> int:
    """Outputs of the gate: one per head unless ``gating`` says otherwise."""
    per_head = keys.value("gating") in (None, True, "per-head")
    return shape.heads if per_head else shape.heads * shape.dim


def read_step(keys: Keys) -> Blueprint:
    """Step-3.5 and 3.7: a gate of one output per head."""
    hidden, layers = hidden_size(keys), layer_count(keys)
    shape = read_heads(keys, hidden)
    shapes = {False: shape, True: window_heads(keys, shape)}
    windows = patterned(None)(keys, layers)
    ffns = feed_forwards(keys, hidden, layers, marks=step_marks(keys, layers))

    def make(kind: tuple[int | None, FeedForward]) -> Block:
        chosen = shapes[kind[0] is not None]
        mixer = attention(keys, STEP, hidden, chosen, kind[0])
        mixer = replace(mixer, gate_width=gate_width(keys, chosen))
        return Block(mixer, kind[1], 2 * hidden)

    return finish(keys, share(tuple(zip(windows, ffns, strict=True)), make))


def read_laguna(keys: Keys) -> Blueprint:
    """Laguna: a number of heads per layer, a gate per head, a router with a bias."""
    hidden, layers = hidden_size(keys), layer_count(keys)
    shape = read_heads(keys, hidden)
    heads = keys.per_layer("num_attention_heads_per_layer", layers=layers, low=1) or (shape.heads,) * layers
    windows = patterned(None)(keys, layers)
    marks = moe_layers(keys, layers)
    ffns = feed_forwards(keys, hidden, layers, router_bias=True, marks=marks)

    def make(kind: tuple[int | None, int, FeedForward]) -> Block:
        chosen = replace(shape, heads=kind[1])
        mixer = replace(attention(keys, LAGUNA, hidden, chosen, kind[0]), gate_width=gate_width(keys, chosen))
        return Block(mixer, kind[2], 2 * hidden)

    return finish(keys, share(tuple(zip(windows, heads, ffns, strict=True)), make))


def mimo_windows(keys: Keys, layers: int) -> Windows:
    """hybrid_layer_pattern 1 = window; sliding_window_size counts the tokens before the query's own."""
    before = keys.optional("sliding_window_size", high=MAX_TOKENS)
    size = window_size(keys) if before is None else before + 1
    marks = keys.per_layer("hybrid_layer_pattern", layers=layers, high=1)
    if marks is not None:
        if size is None and any(marks):
            raise keys.missing("sliding_window")
        return tuple(size if mark else None for mark in marks)
    if keys.items("layer_types") is not None:
        words = keys.words("layer_types", layers=layers) or ()
        return tuple(size if word == "sliding_attention" else None for word in words)
    return tuple(None if index == 0 or (index + 1) % MIMO_PERIOD == 0 else size for index in range(layers))


def mimo_attention(keys: Keys, hidden: int, window: int | None) -> GroupedQueryAttention:
    """Keys wider than values; window layers have the swa_* heads (twice the kv heads where not given) and sinks."""
    shape = read_heads(keys, hidden)
    value_dim = keys.integer("v_head_dim", default=shape.dim)
    if window is None:
        sinks = keys.flag("add_full_attention_sink_bias")
    else:
        kv_heads = keys.integer("swa_num_key_value_heads", default=2 * shape.kv_heads)
        heads = keys.integer("swa_num_attention_heads", default=shape.heads)
        shape = Heads(heads, kv_heads, keys.integer("swa_head_dim", default=shape.dim))
        value_dim = keys.integer("swa_v_head_dim", default=value_dim)
        sinks = keys.flag("add_swa_attention_sink_bias", default=True)
    return GroupedQueryAttention(
        hidden_size=hidden,
        heads=shape.heads,
        kv_heads=shape.kv_heads,
        key_dim=shape.dim,
        value_dim=value_dim,
        window_tokens=window,
        qkv_bias=keys.flag("attention_bias"),
        norm_params=shape.heads if sinks else 0,
    )


def read_mimo(keys: Keys) -> Blueprint:
    """MiMo-V2: experts after the first layer unless the config says otherwise."""
    hidden, layers = hidden_size(keys), layer_count(keys)
    told = keys.value("moe_layer_freq", "mlp_layer_types") is not None
    marks = moe_layers(keys, layers) if told else tuple(index > 0 for index in range(layers))
    kinds = tuple(zip(mimo_windows(keys, layers), feed_forwards(keys, hidden, layers, marks=marks), strict=True))
    blocks = share(kinds, lambda kind: Block(mimo_attention(keys, hidden, kind[0]), kind[1], 2 * hidden))
    return finish(keys, blocks)


FAMILIES: Mapping[str, Callable[[Keys], Blueprint]] = {
    "step3p5": read_step,
    "step3p7": read_step,
    "laguna": read_laguna,
    "mimo_v2_flash": read_mimo,
}

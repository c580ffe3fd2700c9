"""Gemma 3n and Gemma 4: shared caches, per-layer embeddings, K = V, experts beside a dense block."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from ...errors import ConfigError
from ...feedforward import DenseFeedForward, FeedForward, MixtureOfExperts
from ...mixers import GroupedQueryAttention
from ...weights import Linear, Role, Split
from ..attention import Heads, hidden_size, layer_count, read_heads
from ..blueprint import Block, Blueprint, share, table
from ..experts import active_count, expert_count
from ..keys import MAX_LAYERS, MAX_VOCABULARY, Keys
from ..recipe import Names, Recipe, attention, finish
from ..windows import patterned

RECIPE = Recipe(mlp_bias=False, head_norm=True)
GEMMA4_PERIOD, GEMMA3N_PERIOD = 6, 5
GEMMA4_GLOBAL_DIM = 512
NAMES: Names = (
    ("mlp.gate", "router.proj"),
    ("mlp.experts", "experts"),
)
NORMS = 4


def first_sharing(keys: Keys, layers: int) -> int:
    """Index from which on layers reuse an earlier cache (num_kv_shared_layers at the end).

    Raises:
        ConfigError: more sharing layers than layers.
    """
    shared = keys.integer("num_kv_shared_layers", default=0, low=0, high=MAX_LAYERS)
    if shared >= layers and shared:
        raise ConfigError(f"num_kv_shared_layers is {shared} of {layers} layers", hint="Check config.json.")
    return layers - shared


def sharing(mixer: GroupedQueryAttention) -> GroupedQueryAttention:
    """The same attention on another layer's keys and values: no projections, no key norm, no cache."""
    return replace(mixer, key_projection=False, value_projection=False, stores=False, norm_params=mixer.key_dim)


def small(name: str, inputs: int, outputs: int) -> Linear:
    """Narrow matrix of the per-layer inputs that every rank copies."""
    return Linear(name, inputs, outputs, Role.MLP, Split.NONE, name)


def per_layer_inputs(keys: Keys, hidden: int, layers: int) -> tuple[int, tuple[Linear, ...], tuple[Linear, ...], int]:
    """Width of the per-layer embedding (0 if none), tables, matrices in a layer, and vectors outside."""
    width = keys.optional("hidden_size_per_layer_input") or 0
    if not width:
        return 0, (), (), 0
    rows = keys.integer("vocab_size_per_layer_input", high=MAX_VOCABULARY)
    outside = (
        table(rows, layers * width, "embed_tokens_per_layer"),
        small("per_layer_model_projection", hidden, layers * width),
    )
    inside = (
        small("per_layer_input_gate", hidden, width),
        small("per_layer_projection", width, hidden),
    )
    return width, outside, inside, width


def gemma4_mixers(keys: Keys, hidden: int) -> Mapping[bool, GroupedQueryAttention]:
    """Window layers with the plain keys; full ones with the global_* keys and, where configured, K = V."""
    shape = read_heads(keys, hidden)
    size = keys.integer("sliding_window", high=1_000_000_000)
    dim = keys.integer("global_head_dim", default=GEMMA4_GLOBAL_DIM)
    equal = keys.flag("attention_k_eq_v")
    kv_heads = keys.optional("num_global_key_value_heads", low=1) if equal else None
    full = Heads(shape.heads, kv_heads or shape.kv_heads, dim)
    return {
        True: attention(keys, RECIPE, hidden, shape, size),
        False: replace(attention(keys, RECIPE, hidden, full, None), value_projection=not equal),
    }


def gemma4_ffn(keys: Keys, hidden: int, *, wide: bool) -> FeedForward:
    """Dense block, twice as wide in sharing layers where configured, or experts beside a dense block."""
    width = keys.integer("intermediate_size") * (2 if wide and keys.flag("use_double_wide_mlp") else 1)
    if not keys.flag("enable_moe_block"):
        return DenseFeedForward(hidden_size=hidden, width=width)
    experts = expert_count(keys)
    if not experts:
        raise keys.missing("num_experts")
    return MixtureOfExperts(
        hidden_size=hidden,
        experts=experts,
        active_experts=active_count(keys, experts),
        expert_width=keys.integer("moe_intermediate_size"),
        dense_width=width,
        norm_params=4 * hidden + experts,  # three norms, the router's input and expert scales
    )


def read_gemma4(keys: Keys) -> Blueprint:
    """Gemma 4: five window layers, then a full one."""
    hidden, layers = hidden_size(keys), layer_count(keys)
    windows = patterned(GEMMA4_PERIOD)(keys, layers)
    mixers = gemma4_mixers(keys, hidden)
    start = first_sharing(keys, layers)
    width, tables, inside, vectors = per_layer_inputs(keys, hidden, layers)

    def make(kind: tuple[bool, bool]) -> Block:
        window, shared = kind
        mixer = sharing(mixers[window]) if shared else mixers[window]
        norms = (NORMS + (1 if width else 0)) * hidden
        return Block(mixer, gemma4_ffn(keys, hidden, wide=shared), norms, inside)

    kinds = tuple((window is not None and index != layers - 1, index >= start) for index, window in enumerate(windows))
    return finish(keys, share(kinds, make), tables=tables, extra_params=hidden + vectors, names=NAMES)


def altup(keys: Keys, hidden: int) -> tuple[int, int]:
    """Vectors per layer and matrices outside of AltUp: (per layer, number of h x h matrices outside)."""
    inputs = keys.integer("altup_num_inputs", default=4, high=64)
    router = inputs * hidden + hidden
    return router + inputs**2 + inputs**3 + hidden, 2 * (inputs - 1)


def read_gemma3n(keys: Keys) -> Blueprint:
    """Gemma 3n: four streams (AltUp), a low-rank residual (Laurel), a width per layer."""
    hidden, layers = hidden_size(keys), layer_count(keys)
    windows = patterned(GEMMA3N_PERIOD)(keys, layers)
    shape, start = read_heads(keys, hidden), first_sharing(keys, layers)
    widths = keys.per_layer("intermediate_size", layers=layers, low=1)
    if widths is None:
        raise keys.missing("intermediate_size")
    rank = keys.integer("laurel_rank", default=64)
    streams, outer = altup(keys, hidden)
    _, tables, inside, vectors = per_layer_inputs(keys, hidden, layers)
    matrices = tuple(small(f"altup_projections.{index}", hidden, hidden) for index in range(outer))
    laurel = (small("laurel.linear_left", hidden, rank), small("laurel.linear_right", rank, hidden))
    norms = (NORMS + 2) * hidden + streams

    def make(kind: tuple[int | None, bool, int]) -> Block:
        window, shared, width = kind
        mixer = attention(keys, RECIPE, hidden, shape, window)
        ffn = DenseFeedForward(hidden_size=hidden, width=width)
        return Block(sharing(mixer) if shared else mixer, ffn, norms, (*laurel, *inside))

    kinds = tuple((window, index >= start, widths[index]) for index, window in enumerate(windows))
    return finish(keys, share(kinds, make), tables=(*tables, *matrices), extra_params=hidden + vectors)


FAMILIES: Mapping[str, Callable[[Keys], Blueprint]] = {
    "gemma4_text": read_gemma4,
    "gemma4": read_gemma4,
    "gemma3n_text": read_gemma3n,
    "gemma3n": read_gemma3n,
}

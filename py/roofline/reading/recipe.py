"""Decoders of one pattern: grouped-query attention and a feed-forward block in every layer, told apart by a recipe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..feedforward import DenseFeedForward, FeedForward
from ..mixers import GroupedQueryAttention
from ..weights import Linear
from .attention import Heads, hidden_size, is_tied, layer_count, read_heads, vocab_size
from .blueprint import Block, Blueprint, ends, share
from .experts import feed_forwards
from .keys import Keys
from .windows import Windows, full

#: True, False, or the config keys that decide (the first that is given; False where none is).
Choice = bool | str | tuple[str, ...]
Names = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What tells one such decoder from another.

    Attributes:
        qkv_bias, output_bias, mlp_bias, head_bias: bias vectors.
        head_norm: norms of d weights on queries and keys.
        width_norm: norms over all heads: H d and K d weights.
        sinks: one attention sink per head.
        output_gate: the query projection holds a gate as wide as the queries.
        norms: norms per layer; ``norm_parts`` is 1 (RMSNorm), 2 (LayerNorm with bias) or 0 (no weights).
        vectors: further parameters per layer.
        gated: the feed-forward block has a gate.
        wide: feed-forward width over hidden width where the config gives none.
        shared_gate: shared experts have a gate of one output.
        router_bias: the router has a bias that is a parameter.
        windows: which layers have a window.
        tables: learned tables beside the embedding.
        names: canonical to published module names.
    """

    qkv_bias: Choice = "attention_bias"
    output_bias: Choice = "attention_bias"
    mlp_bias: Choice = "mlp_bias"
    head_bias: Choice = False
    head_norm: Choice = False
    width_norm: Choice = False
    sinks: bool = False
    output_gate: bool = False
    norms: int = 2
    norm_parts: int = 1
    vectors: int = 0
    gated: bool = True
    wide: int = 0
    shared_gate: bool = False
    router_bias: bool = False
    windows: Callable[[Keys, int], Windows] = full
    tables: Callable[[Keys, int], tuple[Linear, ...]] = lambda keys, hidden: ()
    names: Names = ()


def chosen(keys: Keys, choice: Choice) -> bool:
    """Value of a choice."""
    if isinstance(choice, bool):
        return choice
    return keys.flag(*((choice,) if isinstance(choice, str) else choice))


def norm_params(keys: Keys, recipe: Recipe, shape: Heads) -> int:
    """Weights of the query and key norms, and sinks."""
    total = shape.heads if recipe.sinks else 0
    if chosen(keys, recipe.head_norm):
        total += 2 * shape.dim
    if chosen(keys, recipe.width_norm):
        total += (shape.heads + shape.kv_heads) * shape.dim
    return total


def attention(keys: Keys, recipe: Recipe, hidden: int, shape: Heads, window: int | None) -> GroupedQueryAttention:
    """Attention of one layer."""
    return GroupedQueryAttention(
        hidden_size=hidden,
        heads=shape.heads,
        kv_heads=shape.kv_heads,
        key_dim=shape.dim,
        value_dim=shape.dim,
        window_tokens=window,
        qkv_bias=chosen(keys, recipe.qkv_bias),
        output_bias=chosen(keys, recipe.output_bias),
        output_gate=recipe.output_gate,
        norm_params=norm_params(keys, recipe, shape),
    )


def recipe_ffns(keys: Keys, recipe: Recipe, hidden: int, layers: int) -> tuple[FeedForward, ...]:
    """Feed-forward blocks with the common keys."""
    return feed_forwards(
        keys,
        hidden,
        layers,
        gated=recipe.gated,
        bias=chosen(keys, recipe.mlp_bias),
        shared_gate=recipe.shared_gate,
        router_bias=recipe.router_bias,
        wide=recipe.wide,
    )


def read(
    keys: Keys, recipe: Recipe, *, ffns: tuple[FeedForward, ...] | None = None, shape: Heads | None = None
) -> Blueprint:
    """Blueprint of a decoder that follows ``recipe``; a family may give its own blocks or heads."""
    hidden, layers = hidden_size(keys), layer_count(keys)
    heads = shape or read_heads(keys, hidden)
    blocks = ffns or recipe_ffns(keys, recipe, hidden, layers)
    norms = recipe.norms * recipe.norm_parts * hidden + recipe.vectors

    def make(kind: tuple[int | None, FeedForward]) -> Block:
        window, ffn = kind
        return Block(attention(keys, recipe, hidden, heads, window), ffn, norms)

    kinds = tuple(zip(recipe.windows(keys, layers), blocks, strict=True))
    return finish(
        keys,
        share(kinds, make),
        tables=recipe.tables(keys, hidden),
        head_bias=chosen(keys, recipe.head_bias),
        extra_params=recipe.norm_parts * hidden,
        names=recipe.names,
    )


def finish(
    keys: Keys,
    blocks: tuple[Block, ...],
    *,
    tables: tuple[Linear, ...] = (),
    head_bias: bool = False,
    extra_params: int | None = None,
    names: Names = (),
    remarks: tuple[str, ...] = (),
) -> Blueprint:
    """Blueprint of ``blocks`` between the usual embedding, final norm (h weights unless told) and head."""
    hidden, vocabulary, tied = hidden_size(keys), vocab_size(keys), is_tied(keys)
    extra = hidden if extra_params is None else extra_params
    return Blueprint(
        hidden_size=hidden,
        vocab_size=vocabulary,
        blocks=blocks,
        outside=ends(vocabulary, hidden, tied=tied, head_bias=head_bias, tables=tables),
        tied=tied,
        extra_params=extra + (vocabulary if head_bias and tied else 0),
        names=names,
        remarks=remarks,
    )


def dense_of(hidden: int, width: int, recipe: Recipe, keys: Keys) -> DenseFeedForward:
    """Dense block of a given width."""
    return DenseFeedForward(hidden_size=hidden, width=width, gated=recipe.gated, bias=chosen(keys, recipe.mlp_bias))

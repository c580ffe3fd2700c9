"""Hyper-connections between layers: DeepSeek-V4 (compressed attention) and Hunyuan V4 (sparse MLA)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from ...errors import ConfigError
from ...feedforward import MixtureOfExperts
from ...formats import FP32
from ...mixers.compressed import CompressedAttention
from ...weights import Linear, Role, Split
from ..attention import HEADS, hidden_size, layer_count
from ..blueprint import Block, Blueprint, share
from ..experts import active_count, expert_count, feed_forwards, shared_width
from ..keys import MAX_LAYERS, MAX_TOKENS, Keys
from ..recipe import Names, finish
from .deepseek import indexers, latent_attention, sparse_attention

INDEXED_RATIO = 4
CONNECTIONS = ("hc_attn_fn", "hc_ffn_fn")
MAX_RATIO = 1_000_000
NAMES: Names = (
    ("mlp.gate", "ffn.gate"),
    ("mlp.experts.*.gate_proj", "ffn.experts.*.w1"),
    ("mlp.experts.*.up_proj", "ffn.experts.*.w3"),
    ("mlp.experts.*.down_proj", "ffn.experts.*.w2"),
    ("mlp.shared_experts.gate_proj", "ffn.shared_experts.w1"),
    ("mlp.shared_experts.up_proj", "ffn.shared_experts.w3"),
    ("mlp.shared_experts.down_proj", "ffn.shared_experts.w2"),
)
RATES = {"compressed_sparse_attention": 4, "heavily_compressed_attention": 128}


def ratios(keys: Keys, layers: int) -> tuple[int, ...]:
    """Tokens per compressed entry in each layer: compress_ratios (longer by the MTP layers), else layer_types.

    Raises:
        ConfigError: neither, or a layer type of another kind.
    """
    given = keys.integers("compress_ratios", high=MAX_RATIO)
    if given is not None:
        keys.long_enough("compress_ratios", given, layers)
        return given[:layers]
    words = keys.words("layer_types", layers=layers)
    if words is None:
        raise keys.missing("compress_ratios", "layer_types")
    section = keys.section("compress_rates")
    rates = {word: rate if section is None else section.integer(word, default=rate) for word, rate in RATES.items()}
    rates["sliding_attention"] = 0
    for word in words:
        if word not in rates:
            raise ConfigError(f"layer_types holds {word[:40]!r}", hint="Check layer_types in config.json.")
    return tuple(rates[word] for word in words)


def compressed(keys: Keys, hidden: int, ratio: int) -> CompressedAttention:
    """Attention of one layer; those with ratio 4 have an indexer."""
    indexed = ratio == INDEXED_RATIO
    heads, groups = keys.integer(*HEADS), keys.integer("o_groups")
    head_dim = keys.integer("head_dim")
    if heads * head_dim % groups:
        raise ConfigError(f"o_groups {groups} does not divide the heads", hint="Check o_groups in config.json.")
    return CompressedAttention(
        hidden_size=hidden,
        heads=heads,
        head_dim=head_dim,
        query_rank=keys.integer("q_lora_rank"),
        output_rank=keys.integer("o_lora_rank"),
        output_groups=groups,
        window_tokens=keys.integer("sliding_window", high=MAX_TOKENS),
        ratio=ratio,
        index_heads=keys.integer("index_n_heads") if indexed else 0,
        index_dim=keys.integer("index_head_dim") if indexed else 0,
        top_k=keys.integer("index_topk", high=MAX_TOKENS) if indexed else 0,
    )


def connection(name: str, hidden: int, streams: int, outputs: int) -> Linear:
    """Matrix of a hyper-connection: from all streams to their mixing weights, on every rank, in FP32.

    vLLM's DeepseekV4DecoderLayer allocates them so, after the reference's Block, because the iteration needs it.
    """
    return Linear(name, streams * hidden, outputs, Role.MLP, Split.NONE, name, stored=FP32, quantizable=False)


def read_v4(keys: Keys) -> Blueprint:
    """Experts in every layer, in two hyper-connections."""
    hidden, layers = hidden_size(keys), layer_count(keys)
    experts, streams = expert_count(keys), keys.integer("hc_mult", high=64)
    if not experts:
        raise keys.missing("n_routed_experts")
    width = keys.integer("moe_intermediate_size")
    moe = MixtureOfExperts(
        hidden_size=hidden,
        experts=experts,
        active_experts=active_count(keys, experts),
        expert_width=width,
        shared_width=shared_width(keys, width),
    )
    keys.integer("num_hash_layers", default=0, low=0, high=MAX_LAYERS)
    outputs = 2 * streams + streams**2
    mixing = tuple(connection(name, hidden, streams, outputs) for name in CONNECTIONS)
    vectors = 2 * (outputs + 3)

    def make(ratio: int) -> Block:
        return Block(compressed(keys, hidden, ratio), moe, 2 * hidden + vectors, mixing)

    final = streams * streams * hidden + streams + 1
    return finish(keys, share(ratios(keys, layers), make), extra_params=hidden + final, names=NAMES)


def read_hunyuan_v4(keys: Keys) -> Blueprint:
    """Hunyuan V4: sparse MLA with sinks and a gate, in hyper-connections without a mixing matrix between streams."""
    hidden, streams = hidden_size(keys), keys.integer("hc_mult", high=64)
    dense = latent_attention(keys, hidden)
    dense = replace(dense, sinks=True, gate_width=dense.heads * dense.value_dim)
    ffns = feed_forwards(keys, hidden, layer_count(keys))
    mixers = {owns: sparse_attention(keys, dense, owns) for owns in (True, False, None)}
    mixing = tuple(connection(name, hidden, streams, 2 * streams) for name in CONNECTIONS)
    norms = 2 * hidden + 2 * (2 * streams + 2)
    kinds = tuple(zip(indexers(keys, len(ffns)), ffns, strict=True))
    blocks = share(kinds, lambda kind: Block(mixers[kind[0]], kind[1], norms, mixing))
    final = streams * streams * hidden + streams + 1
    return finish(keys, blocks, extra_params=hidden + final)


FAMILIES: Mapping[str, Callable[[Keys], Blueprint]] = {
    "deepseek_v4": read_v4,
    "deepseek_ref": read_v4,
    "hy_v4": read_hunyuan_v4,
}

"""Mixture-of-experts keys: how many experts, how wide, and which layers have them."""

from __future__ import annotations

from ..feedforward import DenseFeedForward, FeedForward, MixtureOfExperts
from .keys import MAX_EXPERTS, Keys

COUNT = ("num_local_experts", "n_routed_experts", "num_experts", "moe_num_experts")
ACTIVE = (
    "num_experts_per_tok",
    "num_experts_per_token",
    "experts_per_token",
    "top_k_experts",
    "moe_topk",
    "moe_k",
    "moe_top_k",
)
WIDTH = ("moe_intermediate_size", "expert_intermediate_size")
DENSE_WIDTH = ("intermediate_size", "ffn_hidden_size", "d_ff", "n_inner", "ffn_dim")
SHARED = ("n_shared_experts", "num_shared_experts", "moe_num_shared_experts", "num_shared_expert")


def expert_count(keys: Keys) -> int:
    """Routed experts E; 0 for a dense model (absent, null, 0 or 1)."""
    count = keys.optional(*COUNT, high=MAX_EXPERTS) or 0
    return count if count > 1 else 0


def active_count(keys: Keys, experts: int) -> int:
    """Experts k that serve a token."""
    return keys.integer(*ACTIVE, low=1, high=experts)


def moe_layers(keys: Keys, layers: int) -> tuple[bool, ...]:
    """Which layers have experts, in every spelling but the families' own ones."""
    words = keys.words("mlp_layer_types", layers=layers)
    if words is not None:
        return tuple(word == "sparse" for word in words)
    if isinstance(keys.value("moe_layer_freq"), (list, tuple)):
        marks = keys.per_layer("moe_layer_freq", layers=layers, high=1)
        return tuple(bool(mark) for mark in marks or ())
    first_dense = keys.integer("first_k_dense_replace", default=0, low=0)
    step = keys.integer("moe_layer_freq", "decoder_sparse_step", default=1)
    dense = set(keys.integers("mlp_only_layers") or ())
    by_step = keys.value("decoder_sparse_step") is not None
    return tuple(
        index >= first_dense and index not in dense and ((index + 1) % step == 0 if by_step else index % step == 0)
        for index in range(layers)
    )


def shared_width(keys: Keys, expert_width: int) -> int:
    """Width of all shared experts together; 0 = none."""
    own = keys.optional("shared_expert_intermediate_size", "moe_shared_expert_intermediate_size", "share_expert_dim")
    if own is not None:
        return own * (keys.optional(*SHARED, high=MAX_EXPERTS) or 1)
    return expert_width * (keys.optional(*SHARED, high=MAX_EXPERTS) or 0)


def dense(keys: Keys, hidden_size: int, *, gated: bool = True, bias: bool = False, wide: int = 0) -> DenseFeedForward:
    """The dense block of the model; ``wide`` times the hidden width where the config gives none."""
    width = keys.integer(*DENSE_WIDTH, default=wide * hidden_size or None)
    return DenseFeedForward(hidden_size=hidden_size, width=width, gated=gated, bias=bias)


def feed_forwards(
    keys: Keys,
    hidden_size: int,
    layers: int,
    *,
    gated: bool = True,
    bias: bool = False,
    shared_gate: bool = False,
    router_bias: bool = False,
    wide: int = 0,
    marks: tuple[bool, ...] | None = None,
) -> tuple[FeedForward, ...]:
    """Feed-forward block of every layer for families with the common keys; ``marks`` says which have experts."""
    experts = expert_count(keys)
    if not experts:
        return (dense(keys, hidden_size, gated=gated, bias=bias, wide=wide),) * layers
    if marks is None:
        marks = moe_layers(keys, layers)
    width = keys.integer(*WIDTH, *(("intermediate_size",) if all(marks) else ()))
    moe = MixtureOfExperts(
        hidden_size=hidden_size,
        experts=experts,
        active_experts=active_count(keys, experts),
        expert_width=width,
        shared_width=shared_width(keys, width),
        shared_gate=shared_gate,
        gated=gated,
        shared_gated=gated,
        bias=bias,
        router_bias=router_bias,
    )
    if all(marks):
        return (moe,) * layers
    block = dense(keys, hidden_size, gated=gated, bias=bias)
    return tuple(moe if mark else block for mark in marks)

"""Keys of multi-head and grouped-query attention."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import ConfigError
from .keys import MAX_LAYERS, MAX_VOCABULARY, Keys

LAYERS = ("num_hidden_layers", "n_layer", "n_layers", "num_layers")
HIDDEN = ("hidden_size", "n_embd", "d_model", "dim")
HEADS = ("num_attention_heads", "n_head", "n_heads", "num_heads")
KV_HEADS = ("num_key_value_heads", "num_kv_heads", "n_head_kv", "multi_query_group_num", "num_attention_groups")
HEAD_DIM = ("head_dim", "kv_channels", "attention_head_dim")
VOCABULARY = ("vocab_size", "padded_vocab_size", "embedding_size")
CONTEXT = (
    "max_position_embeddings",
    "n_positions",
    "max_sequence_length",
    "max_seq_len",
    "model_max_length",
    "max_context_length",
    "seq_length",
    "n_ctx",
)


@dataclass(frozen=True, slots=True)
class Heads:
    """Shape of attention: query heads, key-value heads, width of one head."""

    heads: int
    kv_heads: int
    dim: int


def layer_count(keys: Keys) -> int:
    """Number of decoder layers."""
    return keys.integer(*LAYERS, high=MAX_LAYERS)


def hidden_size(keys: Keys) -> int:
    """Width h of the residual stream."""
    return keys.integer(*HIDDEN)


def vocab_size(keys: Keys) -> int:
    """Rows of the embedding."""
    return keys.integer(*VOCABULARY, high=MAX_VOCABULARY, root=True)


def is_tied(keys: Keys) -> bool:
    """Whether the head reuses the embedding; the class default where the config does not say."""
    return keys.flag("tie_word_embeddings", root=True)


def read_heads(keys: Keys, hidden: int) -> Heads:
    """Heads with the rules of the config: absent kv heads are MHA, absent head width is hidden / heads.

    Raises:
        ConfigError: kv heads do not divide the heads, or the head width does not follow.
    """
    heads = keys.integer(*HEADS)
    kv_heads = keys.optional(*KV_HEADS, low=1) or heads
    if heads % kv_heads:
        raise ConfigError(
            f"num_key_value_heads {kv_heads:,} does not divide num_attention_heads {heads:,}",
            hint="Check both in config.json.",
        )
    return Heads(heads, kv_heads, head_width(keys, hidden, heads))


def head_width(keys: Keys, hidden: int, heads: int) -> int:
    """Width of one head.

    Raises:
        ConfigError: not given and hidden is not a multiple of heads.
    """
    given = keys.optional(*HEAD_DIM, low=1)
    if given:
        return given
    if hidden % heads:
        raise ConfigError(
            f"hidden_size {hidden:,} is not a multiple of num_attention_heads {heads:,} and there is no head_dim",
            hint="Check hidden_size, num_attention_heads and head_dim in config.json.",
        )
    return hidden // heads

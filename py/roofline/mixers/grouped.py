"""Multi-head, grouped-query and multi-query attention, full or inside a window."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..weights import Linear, Role, Split
from .base import (
    ACTIVATION_BYTES,
    Cache,
    DecodeWork,
    PrefillWork,
    Work,
    attended_pairs,
    local_heads,
    output_projection,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupedQueryAttention:
    """MHA, GQA and MQA, optionally inside a sliding or chunked window.

    Attributes:
        key_dim, value_dim: widths of one head (they differ in few models).
        window_tokens: a token sees at most this many tokens, itself included.
        qkv_bias, output_bias: bias vectors.
        norm_params: query and key norms, sinks.
        output_gate: the query projection is twice as wide (a gate on the output).
        gate_width: outputs of a gate projection of its own; 0 = none.
        key_projection, value_projection: False where keys or values reuse another projection.
        stores: False where the layer reads another layer's cache.
    """

    hidden_size: int
    heads: int
    kv_heads: int
    key_dim: int
    value_dim: int
    window_tokens: int | None = None
    qkv_bias: bool = False
    output_bias: bool = False
    norm_params: int = 0
    output_gate: bool = False
    gate_width: int = 0
    key_projection: bool = True
    value_projection: bool = True
    stores: bool = True

    @property
    def label(self) -> str:
        """Name of the family for people."""
        kind = "MQA" if self.kv_heads == 1 < self.heads else "MHA" if self.kv_heads == self.heads else "GQA"
        return kind if self.window_tokens is None else f"{kind}, window of {self.window_tokens:,}"

    @property
    def head_units(self) -> int:
        """Heads that tensor parallelism must divide."""
        return self.heads

    def linears(self) -> tuple[Linear, ...]:
        """Weight matrices."""
        queries = self.heads * self.key_dim * (2 if self.output_gate else 1)
        rows = [self._input("q_proj", queries, self.heads)]
        if self.key_projection:
            rows.append(self._input("k_proj", self.kv_heads * self.key_dim, self.kv_heads))
        if self.value_projection:
            rows.append(self._input("v_proj", self.kv_heads * self.value_dim, self.kv_heads))
        if self.gate_width:
            rows.append(
                Linear(
                    "self_attn.gate_proj",
                    self.hidden_size,
                    self.gate_width,
                    Role.ATTENTION,
                    Split.COLUMN,
                    "gate",
                    units=self.heads,
                )
            )
        width = self.heads * self.value_dim
        rows.append(output_projection("self_attn.o_proj", width, self.hidden_size, self.heads, bias=self.output_bias))
        return tuple(rows)

    def _input(self, name: str, outputs: int, units: int) -> Linear:
        return Linear(
            f"self_attn.{name}",
            self.hidden_size,
            outputs,
            Role.ATTENTION,
            Split.COLUMN,
            "qkv",
            units=units,
            bias=outputs if self.qkv_bias else 0,
        )

    def extra_params(self) -> int:
        """Parameters outside matrices."""
        return self.norm_params

    def caches(self) -> tuple[Cache, ...]:
        """What it keeps for one sequence."""
        if not self.stores:
            return ()
        return (
            Cache(
                units=self.kv_heads,
                elements_per_entry=self.kv_heads * (self.key_dim + self.value_dim),
                window_tokens=self.window_tokens,
            ),
        )

    def decode(self, ranks: int, kv_bytes: float) -> DecodeWork:
        """Core work of a new token on one of ``ranks`` GPUs."""
        flop_per_pair, bytes_per_query, bytes_per_key = self._per_token(ranks, kv_bytes)
        window = math.inf if self.window_tokens is None else self.window_tokens

        def work(context: float) -> Work:
            seen = context if context < window else window
            return flop_per_pair * seen, bytes_per_key * seen + bytes_per_query

        return work

    def prefill(self, ranks: int, kv_bytes: float) -> PrefillWork:
        """Core work of prompt tokens on one of ``ranks`` GPUs."""
        flop_per_pair, bytes_per_query, bytes_per_key = self._per_token(ranks, kv_bytes)
        window = self.window_tokens

        def work(new: float, past: float) -> Work:
            read = past + new if window is None else min(past, window) + new
            return flop_per_pair * attended_pairs(new, past, window), bytes_per_key * read + bytes_per_query * new

        return work

    def _per_token(self, ranks: int, kv_bytes: float) -> tuple[float, float, float]:
        """FLOP of a query and a key, bytes of a query and its result, bytes of a key and its value."""
        width = self.key_dim + self.value_dim
        queries, keys = local_heads(self.heads, ranks) * width, local_heads(self.kv_heads, ranks) * width
        return 2.0 * queries, queries * ACTIVATION_BYTES, keys * kv_bytes

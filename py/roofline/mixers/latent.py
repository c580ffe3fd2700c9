"""Multi-head latent attention (MLA), and with a sparse indexer (DSA)."""

from __future__ import annotations

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
class LatentAttention:
    """Multi-head latent attention (MLA, DeepSeek-V2, arXiv 2405.04434).

    The cache holds one latent of ``latent_dim + rope_dim`` elements per token that every tensor-parallel rank copies.
    Decode works in the latent space (the key and value up-projections are absorbed: the same FLOP per token as applying
    them); prefill expands keys and values per head.

    Attributes:
        query_rank: width of the query's down projection; 0 = none.
        latent_dim: kv_lora_rank.
        nope_dim, rope_dim, value_dim: widths of one head.
        bias: the down projections carry biases.
        gate_width: outputs of a gate (one per head, or as wide as the heads' values); 0 = none.
        sinks: one attention sink per head.
    """

    hidden_size: int
    heads: int
    query_rank: int
    latent_dim: int
    nope_dim: int
    rope_dim: int
    value_dim: int
    bias: bool = False
    gate_width: int = 0
    sinks: bool = False

    @property
    def label(self) -> str:
        """Name of the family for people."""
        return "MLA"

    @property
    def head_units(self) -> int:
        """Heads that tensor parallelism must divide."""
        return self.heads

    def linears(self) -> tuple[Linear, ...]:
        """Weight matrices."""
        query_dim = self.nope_dim + self.rope_dim
        rows = []
        if self.query_rank:
            rows.append(self._down("q_a_proj", self.query_rank))
            rows.append(self._up("q_b_proj", self.query_rank, self.heads * query_dim, "q_b"))
        else:
            rows.append(self._up("q_proj", self.hidden_size, self.heads * query_dim, "q"))
        rows.append(self._down("kv_a_proj_with_mqa", self.latent_dim + self.rope_dim))
        rows.append(self._up("kv_b_proj", self.latent_dim, self.heads * (self.nope_dim + self.value_dim), "kv_b"))
        if self.gate_width:
            rows.append(self._up("g_proj", self.hidden_size, self.gate_width, "gate"))
        width = self.heads * self.value_dim
        rows.append(output_projection("self_attn.o_proj", width, self.hidden_size, self.heads, bias=self.bias))
        return tuple(rows)

    def _down(self, name: str, outputs: int) -> Linear:
        bias = outputs if self.bias else 0
        return Linear(f"self_attn.{name}", self.hidden_size, outputs, Role.ATTENTION, Split.NONE, "qkv_a", bias=bias)

    def _up(self, name: str, inputs: int, outputs: int, kernel: str) -> Linear:
        return Linear(f"self_attn.{name}", inputs, outputs, Role.ATTENTION, Split.COLUMN, kernel, units=self.heads)

    def extra_params(self) -> int:
        """Parameters outside matrices."""
        return self.query_rank + self.latent_dim + (self.heads if self.sinks else 0)

    def caches(self) -> tuple[Cache, ...]:
        """What it keeps for one sequence."""
        return (Cache(elements_per_entry=self.latent_dim + self.rope_dim),)

    def decode(self, ranks: int, kv_bytes: float) -> DecodeWork:
        """Core work of a new token on one of ``ranks`` GPUs."""
        width = self.latent_dim + self.rope_dim
        elements = local_heads(self.heads, ranks) * (width + self.latent_dim)
        flop_per_token, bytes_per_token = 2.0 * elements, width * kv_bytes
        bytes_per_query = elements * ACTIVATION_BYTES

        def work(context: float) -> Work:
            return flop_per_token * context, bytes_per_token * context + bytes_per_query

        return work

    def prefill(self, ranks: int, kv_bytes: float) -> PrefillWork:
        """Core work of prompt tokens on one of ``ranks`` GPUs."""
        elements = local_heads(self.heads, ranks) * (self.nope_dim + self.rope_dim + self.value_dim)
        flop_per_pair, expanded = 2.0 * elements, elements * ACTIVATION_BYTES
        bytes_per_cached = (self.latent_dim + self.rope_dim) * kv_bytes

        def work(new: float, past: float) -> Work:
            moved = past * bytes_per_cached + (past + 2.0 * new) * expanded
            return flop_per_pair * attended_pairs(new, past, None), moved

        return work


#: An index key is FP8 with one FP32 scale, whatever the cache's format (aiconfigurator_core 0.12.0, sdk/common.py).
INDEX_SCALE_BYTES = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SparseLatentAttention(LatentAttention):
    """MLA that attends to the ``top_k`` tokens chosen by an indexer (DSA, DeepSeek-V3.2).

    The indexer scores every cached token with ``index_heads`` small FP8 heads that each rank computes whole; the core
    then reads at most ``top_k`` latents. A prefill costs the cheaper of this and dense attention under a mask, which
    DeepSeek serves short prompts with (DeepSeek-V3.2 report, arXiv 2512.02556, section 2.1).

    Attributes:
        index_heads, index_dim: shape of the indexer.
        top_k: tokens attended to.
        owns_index: False where the layer reuses an earlier layer's choice.
    """

    index_heads: int
    index_dim: int
    top_k: int
    owns_index: bool = True

    @property
    def label(self) -> str:
        """Name of the family for people."""
        return f"MLA, sparse {self.top_k:,}" if self.owns_index else f"MLA, sparse {self.top_k:,}, shared index"

    def linears(self) -> tuple[Linear, ...]:
        """Weight matrices, the indexer's copied on every rank."""
        rows = LatentAttention.linears(self)
        if not self.owns_index:
            return rows
        query = self.query_rank or self.hidden_size
        return (
            *rows,
            self._index("wq_b", query, self.index_heads * self.index_dim, "index q"),
            self._index("wk", self.hidden_size, self.index_dim, "index k"),
            self._index("weights_proj", self.hidden_size, self.index_heads, "index weights", quantizable=False),
        )

    @staticmethod
    def _index(name: str, inputs: int, outputs: int, kernel: str, *, quantizable: bool = True) -> Linear:
        return Linear(
            f"self_attn.indexer.{name}",
            inputs,
            outputs,
            Role.ATTENTION,
            Split.NONE,
            kernel,
            quantizable=quantizable,
        )

    def extra_params(self) -> int:
        """Norms, with the index keys' LayerNorm."""
        return LatentAttention.extra_params(self) + (2 * self.index_dim if self.owns_index else 0)

    def caches(self) -> tuple[Cache, ...]:
        """Latent in the cache's format, index key in its own."""
        return (Cache(elements_per_entry=self.latent_dim + self.rope_dim, fixed_bytes_per_entry=self.index_bytes),)

    @property
    def index_bytes(self) -> float:
        """Bytes of one token's index key."""
        return self.index_dim + INDEX_SCALE_BYTES if self.owns_index else 0.0

    def _index_flop(self, pairs: float) -> float:
        return 2.0 * self.index_heads * self.index_dim * pairs if self.owns_index else 0.0

    def decode(self, ranks: int, kv_bytes: float) -> DecodeWork:
        """Index scores over the whole context, attention over the chosen tokens."""
        attention = LatentAttention.decode(self, ranks, kv_bytes)

        def work(context: float) -> Work:
            flop, moved = attention(min(context, self.top_k))
            return flop + self._index_flop(context), moved + context * self.index_bytes

        return work

    def prefill(self, ranks: int, kv_bytes: float) -> PrefillWork:
        """Index scores over all pairs; attention dense, or in the latent space over the chosen tokens."""
        dense = LatentAttention.prefill(self, ranks, kv_bytes)
        heads, width = local_heads(self.heads, ranks), self.latent_dim + self.rope_dim
        flop_per_pair = 2.0 * heads * (width + self.latent_dim)
        bytes_per_token, bytes_per_query = width * kv_bytes, 2.0 * heads * width * ACTIVATION_BYTES

        def work(new: float, past: float) -> Work:
            chosen = attended_pairs(new, past, self.top_k)
            sparse = flop_per_pair * chosen, (past + new) * bytes_per_token + new * bytes_per_query
            flop, moved = min(dense(new, past), sparse)
            index = self._index_flop(attended_pairs(new, past, None))
            return flop + index, moved + (past + new) * self.index_bytes

        return work

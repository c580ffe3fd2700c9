"""Compressed attention of DeepSeek-V4: a short window of full entries beside a stream of compressed ones.

Keys and values are one vector of ``head_dim`` that all heads share. A layer keeps the last ``window_tokens`` of them
and, where ``ratio`` is not 0, one compressed entry per ``ratio`` tokens. Layers with an indexer attend only to the
``top_k`` best compressed entries. Parameters: transformers 5.23.0, models/deepseek_v4; index keys in FP4 and state in
FP32: aiconfigurator_core 0.12.0.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..weights import Linear, Role, Split
from .base import ACTIVATION_BYTES, Cache, DecodeWork, PrefillWork, Work, attended_pairs, local_heads

INDEX_ELEMENT_BYTES = 0.5
STATE_ELEMENT_BYTES = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CompressedAttention:
    """One layer of DeepSeek-V4.

    Attributes:
        head_dim: width of the shared key-value vector.
        query_rank, output_rank, output_groups: inner widths of the query and grouped output projections.
        window_tokens: full entries kept.
        ratio: tokens per compressed entry; 0 = none.
        index_heads, index_dim, top_k: indexer; 0 heads = none, every compressed entry is attended to.
    """

    hidden_size: int
    heads: int
    head_dim: int
    query_rank: int
    output_rank: int
    output_groups: int
    window_tokens: int
    ratio: int = 0
    index_heads: int = 0
    index_dim: int = 0
    top_k: int = 0

    @property
    def label(self) -> str:
        """Name of the family for people."""
        if not self.ratio:
            return f"window of {self.window_tokens:,}"
        kind = f", top {self.top_k:,}" if self.index_heads else ""
        return f"compressed {self.ratio}:1{kind}"

    @property
    def head_units(self) -> int:
        """Heads that tensor parallelism must divide."""
        return self.heads

    @property
    def overlap(self) -> int:
        """Streams that the compressor mixes: 2 with an indexer, else 1."""
        return 2 if self.index_heads else 1

    def linears(self) -> tuple[Linear, ...]:
        """Weight matrices: queries, shared key-value, grouped output, compressor, indexer."""
        h, width = self.hidden_size, self.heads * self.head_dim
        inner = self.output_groups * self.output_rank
        rows = [
            self._copied("attn.wq_a", h, self.query_rank, "qkv_a"),
            self._copied("attn.wkv", h, self.head_dim, "qkv_a"),
            Linear("attn.wq_b", self.query_rank, width, Role.ATTENTION, Split.COLUMN, "q_b", units=self.heads),
            Linear(
                "attn.wo_a",
                width // self.output_groups,
                inner,
                Role.ATTENTION,
                Split.COLUMN,
                "o_a",
                units=self.output_groups,
            ),
            Linear("attn.wo_b", inner, h, Role.ATTENTION, Split.ROW, "o", units=self.output_groups),
        ]
        if self.ratio:
            rows += self._compressor("attn.compressor", self.overlap * self.head_dim, "compressor")
        if self.index_heads:
            index = self.index_heads * self.index_dim
            rows.append(self._copied("attn.indexer.wq_b", self.query_rank, index, "index q"))
            rows.append(self._copied("attn.indexer.weights_proj", h, self.index_heads, "index weights", False))
            rows += self._compressor("attn.indexer.compressor", 2 * self.index_dim, "index compressor")
        return tuple(rows)

    def _compressor(self, prefix: str, width: int, kernel: str) -> tuple[Linear, Linear]:
        names = (f"{prefix}.wkv", f"{prefix}.wgate")
        first, second = (self._copied(name, self.hidden_size, width, kernel, False) for name in names)
        return first, second

    @staticmethod
    def _copied(name: str, inputs: int, outputs: int, kernel: str, quantizable: bool = True) -> Linear:
        return Linear(name, inputs, outputs, Role.ATTENTION, Split.NONE, kernel, quantizable=quantizable)

    def extra_params(self) -> int:
        """Norms, sinks, and the position tables and norms of the compressors."""
        total = self.query_rank + self.head_dim + self.heads
        if self.ratio:
            total += self.ratio * self.overlap * self.head_dim + self.head_dim
        if self.index_heads:
            total += self.ratio * 2 * self.index_dim + self.index_dim
        return total

    def caches(self) -> tuple[Cache, ...]:
        """Window, compressed entries, index keys, and the FP32 state of an unfinished entry; copied on every rank."""
        window = Cache(elements_per_entry=self.head_dim, window_tokens=self.window_tokens)
        if not self.ratio:
            return (window,)
        return (
            window,
            Cache(
                elements_per_entry=self.head_dim,
                stride_tokens=self.ratio,
                fixed_bytes_per_entry=self._index_key_bytes,
                state_bytes=2 * self.ratio * self.overlap * self.head_dim * STATE_ELEMENT_BYTES,
            ),
        )

    @property
    def _index_key_bytes(self) -> float:
        return self.index_dim * INDEX_ELEMENT_BYTES if self.index_heads else 0.0

    def _index(self, entries: float, scored: float) -> Work:
        if not self.index_heads:
            return 0.0, 0.0
        return 2.0 * self.index_heads * self.index_dim * scored, entries * self._index_key_bytes

    def decode(self, ranks: int, kv_bytes: float) -> DecodeWork:
        """Window and compressed entries attended to, index scores over all compressed ones."""
        width = local_heads(self.heads, ranks) * self.head_dim
        bytes_per_entry = self.head_dim * kv_bytes

        def work(context: float) -> Work:
            entries = context // self.ratio if self.ratio else 0.0
            chosen = min(entries, self.top_k) if self.index_heads else entries
            seen = min(context, self.window_tokens) + chosen
            index_flop, index_bytes = self._index(entries, entries)
            moved = seen * bytes_per_entry + 2.0 * width * ACTIVATION_BYTES
            return 4.0 * width * seen + index_flop, moved + index_bytes

        return work

    def prefill(self, ranks: int, kv_bytes: float) -> PrefillWork:
        """As decode, summed over the new tokens."""
        width = local_heads(self.heads, ranks) * self.head_dim
        bytes_per_entry = self.head_dim * kv_bytes

        def work(new: float, past: float) -> Work:
            pairs = attended_pairs(new, past, self.window_tokens)
            entries = scored = 0.0
            if self.ratio:
                entries = (past + new) // self.ratio
                scored = attended_pairs(new, past, None) / self.ratio
                reach = self.top_k * self.ratio if self.index_heads else None
                pairs += attended_pairs(new, past, reach) / self.ratio
            index_flop, index_bytes = self._index(entries, scored)
            read = min(past, self.window_tokens) + new + entries
            moved = read * bytes_per_entry + 2.0 * new * width * ACTIVATION_BYTES
            return 4.0 * width * pairs + index_flop, moved + index_bytes

        return work

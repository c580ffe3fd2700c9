"""Grouped-query attention over chosen blocks of tokens (MiniMax-M3)."""

from __future__ import annotations

from dataclasses import dataclass

from ..weights import Linear, Role, Split
from .base import Cache, DecodeWork, PrefillWork, Work, attended_pairs
from .grouped import GroupedQueryAttention


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockSparseAttention(GroupedQueryAttention):
    """GQA in which an index key per token decides which blocks a query attends to.

    Attributes:
        index_heads, index_dim: shape of the indexer; each rank computes it whole.
        block_tokens, top_blocks: a query attends to ``top_blocks`` blocks, the local one included.
    """

    index_heads: int
    index_dim: int
    block_tokens: int
    top_blocks: int

    @property
    def label(self) -> str:
        """Name of the family for people."""
        return f"{GroupedQueryAttention.label.fget(self)}, {self.top_blocks} blocks of {self.block_tokens}"  # type: ignore[attr-defined]

    @property
    def reach_tokens(self) -> int:
        """Tokens that a query attends to at most."""
        return self.block_tokens * self.top_blocks

    def linears(self) -> tuple[Linear, ...]:
        """Weight matrices, the indexer's copied on every rank."""
        index = self.index_heads * self.index_dim
        return (
            *GroupedQueryAttention.linears(self),
            self._index("index_q_proj", index),
            self._index("index_k_proj", self.index_dim),
        )

    def _index(self, name: str, outputs: int) -> Linear:
        return Linear(f"self_attn.{name}", self.hidden_size, outputs, Role.ATTENTION, Split.NONE, "index qk")

    def extra_params(self) -> int:
        """Norms of heads and of the indexer."""
        return self.norm_params + 2 * self.index_dim

    def caches(self) -> tuple[Cache, ...]:
        """Keys and values, and one index key per token in the same format."""
        return (*GroupedQueryAttention.caches(self), Cache(elements_per_entry=self.index_dim))

    def decode(self, ranks: int, kv_bytes: float) -> DecodeWork:
        """Index scores over the whole context, attention over the chosen blocks."""
        attention = GroupedQueryAttention.decode(self, ranks, kv_bytes)

        def work(context: float) -> Work:
            flop, moved = attention(min(context, self.reach_tokens))
            return flop + self._index_flop(context), moved + context * self.index_dim * kv_bytes

        return work

    def prefill(self, ranks: int, kv_bytes: float) -> PrefillWork:
        """Index scores over all pairs, attention over the chosen blocks."""
        attention = GroupedQueryAttention.prefill(self, ranks, kv_bytes)

        def work(new: float, past: float) -> Work:
            flop, moved = attention(new, past)
            pairs = attended_pairs(new, past, None)
            chosen = attended_pairs(new, past, self.reach_tokens)
            flop = flop * chosen / pairs + self._index_flop(pairs)
            return flop, moved + (past + new) * self.index_dim * kv_bytes

        return work

    def _index_flop(self, pairs: float) -> float:
        return 2.0 * self.index_heads * self.index_dim * pairs

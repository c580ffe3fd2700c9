"""What every token mixer has: its cache, the work of its core, and the members of the protocol.

Shapes: H query heads, K key-value heads, d head width, S cached tokens of one sequence. A multiply-add is 2 FLOP.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ..weights import Linear, Role, Split

ACTIVATION_BYTES = 2.0


#: FLOP and bytes of memory traffic on one GPU; a plain tuple, since every kernel of every step makes one.
Work = tuple[float, float]
#: Work of one new token after so many cached ones.
DecodeWork = Callable[[float], Work]
#: Work of so many prompt tokens of one sequence after so many cached ones.
PrefillWork = Callable[[float, float], Work]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """What one layer keeps for one sequence.

    Attributes:
        units: key-value heads that tensor parallelism divides; 0 = one latent that every rank copies.
        elements_per_entry: elements of one entry over all units, in the cache's number format.
        window_tokens: at most this many tokens are kept (None = all).
        stride_tokens: tokens per entry (compressed caches).
        fixed_bytes_per_entry: bytes per entry in a format of its own (index keys), copied on every rank.
        state_bytes: recurrent state, independent of the length.
        state_units: heads over which the state is divided; 0 = copied.
    """

    units: int = 0
    elements_per_entry: int = 0
    window_tokens: int | None = None
    stride_tokens: int = 1
    fixed_bytes_per_entry: float = 0.0
    state_bytes: float = 0.0
    state_units: int = 0

    def entries(self, tokens: float) -> float:
        """Entries kept after ``tokens`` tokens."""
        kept = tokens if self.window_tokens is None else min(tokens, self.window_tokens)
        return kept if self.stride_tokens == 1 else kept // self.stride_tokens

    def share(self, ranks: int) -> float:
        """Share of the entries on the fullest of ``ranks`` GPUs: heads split until one is left, then copies."""
        return -(-self.units // ranks) / self.units if self.units else 1.0

    def bytes_per_entry(self, element_bytes: float, ranks: int) -> float:
        """Bytes of an entry on the fullest of ``ranks`` GPUs."""
        return self.elements_per_entry * element_bytes * self.share(ranks) + self.fixed_bytes_per_entry

    def local_state_bytes(self, ranks: int) -> float:
        """Bytes of the recurrent state on the fullest of ``ranks`` GPUs."""
        return self.state_bytes * (-(-self.state_units // ranks) / self.state_units if self.state_units else 1.0)

    def bytes(self, tokens: float, element_bytes: float, ranks: int = 1) -> float:
        """Bytes of one sequence of ``tokens`` tokens on the fullest of ``ranks`` GPUs."""
        return self.entries(tokens) * self.bytes_per_entry(element_bytes, ranks) + self.local_state_bytes(ranks)

    def growth_bytes(self, tokens: float, element_bytes: float) -> float:
        """Bytes per token that it gains after ``tokens`` tokens, as a share of whole entries."""
        start = tokens // self.stride_tokens * self.stride_tokens
        end = start + self.stride_tokens
        return (self.bytes(end, element_bytes) - self.bytes(start, element_bytes)) / self.stride_tokens


class Mixer(Protocol):
    """Members that every token mixer has."""

    @property
    def label(self) -> str:
        """Name of the family for people."""

    @property
    def head_units(self) -> int:
        """Heads that tensor parallelism must divide (0 = any)."""

    def linears(self) -> tuple[Linear, ...]:
        """Weight matrices."""

    def extra_params(self) -> int:
        """Parameters outside matrices: norms, sinks, convolutions."""

    def caches(self) -> tuple[Cache, ...]:
        """What it keeps for one sequence."""

    def decode(self, ranks: int, kv_bytes: float) -> DecodeWork:
        """Core work of a new token on one of ``ranks`` GPUs, ``kv_bytes`` bytes per element of the cache."""

    def prefill(self, ranks: int, kv_bytes: float) -> PrefillWork:
        """Core work of prompt tokens on one of ``ranks`` GPUs, ``kv_bytes`` bytes per element of the cache."""


def attended_pairs(new: float, past: float, window: int | None) -> float:
    """Query-key pairs of ``new`` causal tokens after ``past`` ones: sum of min(past + i, window) for i = 1..new."""
    if window is None or past + new <= window:
        return new * past + new * (new + 1) / 2
    growing = min(max(window - past, 0.0), new)
    return growing * past + growing * (growing + 1) / 2 + (new - growing) * window


def local_heads(heads: int, ranks: int) -> int:
    """Heads on the fullest of ``ranks`` GPUs."""
    return -(-heads // ranks)


def output_projection(
    name: str, inputs: int, hidden_size: int, heads: int, *, bias: bool = False, role: Role = Role.ATTENTION
) -> Linear:
    """Projection from the heads back to the hidden width."""
    kernel = "o" if role is Role.ATTENTION else "state o"
    return Linear(name, inputs, hidden_size, role, Split.ROW, kernel, units=heads, bias=hidden_size if bias else 0)

"""Mixers without a growing cache of their own, and two mixers side by side."""

from __future__ import annotations

from dataclasses import dataclass

from ..weights import Linear, Role, Split
from .base import Cache, Mixer, Work
from .grouped import GroupedQueryAttention


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearReplacement:
    """A square matrix in the place of attention (Nemotron-NAS)."""

    hidden_size: int

    @property
    def label(self) -> str:
        """Name of the family for people."""
        return "linear in place of attention"

    @property
    def head_units(self) -> int:
        """Any number of ranks."""
        return 0

    def linears(self) -> tuple[Linear, ...]:
        """Weight matrices."""
        h = self.hidden_size
        return (Linear("self_attn.linear_attn", h, h, Role.ATTENTION, Split.COLUMN, "linear"),)

    def extra_params(self) -> int:
        """None."""
        return 0

    def caches(self) -> tuple[Cache, ...]:
        """None."""
        return ()

    def decode(self, context: float, ranks: int, kv_bytes: float) -> Work:
        """No core."""
        return Work(0.0, 0.0)

    def prefill(self, new: float, past: float, ranks: int, kv_bytes: float) -> Work:
        """No core."""
        return Work(0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossAttention(GroupedQueryAttention):
    """Attention to image tokens (mllama); nothing is cached or attended to for text alone."""

    @property
    def label(self) -> str:
        """Name of the family for people."""
        return "cross attention to images"

    def caches(self) -> tuple[Cache, ...]:
        """None for text."""
        return ()

    def decode(self, context: float, ranks: int, kv_bytes: float) -> Work:
        """No core for text."""
        return Work(0.0, 0.0)

    def prefill(self, new: float, past: float, ranks: int, kv_bytes: float) -> Work:
        """No core for text."""
        return Work(0.0, 0.0)


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Two mixers on the same input, their outputs added (Falcon-H1: attention and Mamba-2)."""

    first: Mixer
    second: Mixer

    @property
    def label(self) -> str:
        """Name of the family for people."""
        return f"{self.first.label} beside {self.second.label}"

    @property
    def head_units(self) -> int:
        """Heads of the first that tensor parallelism must divide."""
        return self.first.head_units

    def linears(self) -> tuple[Linear, ...]:
        """Weight matrices of both."""
        return (*self.first.linears(), *self.second.linears())

    def extra_params(self) -> int:
        """Parameters outside matrices."""
        return self.first.extra_params() + self.second.extra_params()

    def caches(self) -> tuple[Cache, ...]:
        """Caches of both."""
        return (*self.first.caches(), *self.second.caches())

    def decode(self, context: float, ranks: int, kv_bytes: float) -> Work:
        """Core work of both."""
        one = self.first.decode(context, ranks, kv_bytes)
        two = self.second.decode(context, ranks, kv_bytes)
        return Work(one.flop + two.flop, one.bytes + two.bytes)

    def prefill(self, new: float, past: float, ranks: int, kv_bytes: float) -> Work:
        """Core work of both."""
        one = self.first.prefill(new, past, ranks, kv_bytes)
        two = self.second.prefill(new, past, ranks, kv_bytes)
        return Work(one.flop + two.flop, one.bytes + two.bytes)

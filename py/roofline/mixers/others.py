"""Mixers without a growing cache of their own, and two mixers side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..weights import Linear, Role, Split
from .base import Cache, DecodeWork, Mixer, PrefillWork, Work
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

    def decode(self, ranks: int, kv_bytes: float) -> DecodeWork:
        """No core."""
        return _no_work

    def prefill(self, ranks: int, kv_bytes: float) -> PrefillWork:
        """No core."""
        return _no_work


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

    def decode(self, ranks: int, kv_bytes: float) -> DecodeWork:
        """No core for text."""
        return _no_work

    def prefill(self, ranks: int, kv_bytes: float) -> PrefillWork:
        """No core for text."""
        return _no_work


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

    def decode(self, ranks: int, kv_bytes: float) -> DecodeWork:
        """Core work of both."""
        return _both(self.first.decode(ranks, kv_bytes), self.second.decode(ranks, kv_bytes))

    def prefill(self, ranks: int, kv_bytes: float) -> PrefillWork:
        """Core work of both."""
        return _both(self.first.prefill(ranks, kv_bytes), self.second.prefill(ranks, kv_bytes))


def _no_work(*tokens: float) -> Work:
    return 0.0, 0.0


def _both(first: Callable[..., Work], second: Callable[..., Work]) -> Callable[..., Work]:
    def work(*tokens: float) -> Work:
        first_flop, first_bytes = first(*tokens)
        second_flop, second_bytes = second(*tokens)
        return first_flop + second_flop, first_bytes + second_bytes

    return work

"""What a family reader hands back: blocks in order and what stands outside the layers, before number formats."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ..feedforward import FeedForward
from ..mixers import Mixer
from ..weights import Linear, Role, Split

Kind = TypeVar("Kind", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Block:
    """One decoder layer.

    Attributes:
        mixer, ffn: None where absent.
        norm_params: norms and other vectors of the layer itself.
        others: matrices that belong to neither (per-layer embeddings, hyper-connections).
    """

    mixer: Mixer | None
    ffn: FeedForward | None
    norm_params: int
    others: tuple[Linear, ...] = ()

    def linears(self) -> tuple[Linear, ...]:
        """Every matrix under its canonical name."""
        parts = [part.linears() for part in (self.mixer, self.ffn) if part is not None]
        return tuple(linear for part in parts for linear in part) + self.others

    def extra_params(self) -> int:
        """Parameters outside matrices."""
        return self.norm_params + sum(part.extra_params() for part in (self.mixer, self.ffn) if part is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Blueprint:
    """A decoder before number formats.

    Attributes:
        blocks: every layer in order; equal layers are the same object.
        outside: embedding first; the head too unless tied.
        tied: the head reuses the embedding.
        extra_params: final norm and other vectors outside the layers.
        names: (canonical, published) beginnings of module names, first match wins.
        remarks: for people.
    """

    hidden_size: int
    vocab_size: int
    blocks: tuple[Block, ...]
    outside: tuple[Linear, ...]
    tied: bool
    extra_params: int
    names: tuple[tuple[str, str], ...] = ()
    remarks: tuple[str, ...] = ()


def share(kinds: Sequence[Kind], make: Callable[[Kind], Block]) -> tuple[Block, ...]:
    """One block per kind, repeated in order, so that equal layers are one object."""
    made = {kind: make(kind) for kind in dict.fromkeys(kinds)}
    return tuple(made[kind] for kind in kinds)


def embedding(vocab_size: int, hidden_size: int, name: str = "embed_tokens") -> Linear:
    """Table of ``vocab_size`` rows, divided over the vocabulary."""
    return Linear(name, hidden_size, vocab_size, Role.EMBEDDING, Split.COLUMN, "embedding", quantizable=False)


def head(vocab_size: int, hidden_size: int, *, bias: bool = False) -> Linear:
    """Projection to the vocabulary."""
    return Linear(
        "lm_head",
        hidden_size,
        vocab_size,
        Role.HEAD,
        Split.COLUMN,
        "head",
        bias=vocab_size if bias else 0,
        quantizable=False,
    )


def table(rows: int, width: int, name: str) -> Linear:
    """Learned table beside the token embedding (positions, per-layer inputs)."""
    return Linear(name, width, rows, Role.EMBEDDING, Split.NONE, name, quantizable=False)


def ends(
    vocab_size: int, hidden_size: int, *, tied: bool, head_bias: bool = False, tables: tuple[Linear, ...] = ()
) -> tuple[Linear, ...]:
    """Embedding, other tables, and the head unless tied."""
    first = (embedding(vocab_size, hidden_size), *tables)
    return first if tied else (*first, head(vocab_size, hidden_size, bias=head_bias))

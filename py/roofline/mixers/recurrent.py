"""Linear attention: layers with a matrix state per head instead of a cache that grows.

Shapes: H heads, dk and dv widths of keys and values, state dk x dv per head. A step reads and writes the state once; a
prompt is processed in chunks of C tokens inside which attention is quadratic (gated delta rule: arXiv 2412.06464; Kimi
delta attention: arXiv 2510.26692; lightning attention: arXiv 2401.04658).
"""

from __future__ import annotations

from dataclasses import dataclass

from ..weights import Linear, Role, Split
from .base import ACTIVATION_BYTES, Cache, DecodeWork, PrefillWork, local_heads, output_projection

CHUNK_TOKENS = 64
#: decay (1), read with the key, write, read with the query (2 each), per state element and token
DELTA_FLOP = 7.0
#: decay, write, read with the query
LIGHTNING_FLOP = 5.0


def state_input(name: str, hidden_size: int, outputs: int, units: int, kernel: str = "in") -> Linear:
    """Projection into the heads of a recurrent layer."""
    return Linear(name, hidden_size, outputs, Role.STATE, Split.COLUMN, kernel, units=units)


def step_work(heads: int, state_elements: int, element_bytes: float, flop_per_element: float) -> DecodeWork:
    """One token: every state element is read, updated and written, whatever the context."""
    elements = heads * state_elements
    each = flop_per_element * elements, 2.0 * elements * element_bytes
    return lambda context: each


def per_token(flop: float, moved_bytes: float) -> PrefillWork:
    """Work in proportion to the new tokens."""
    return lambda new, past: (new * flop, new * moved_bytes)


def chunked_work(heads: int, key_dim: int, value_dim: int, *, delta: bool) -> PrefillWork:
    """A prompt in chunks: quadratic inside a chunk, the state handed on between chunks.

    The delta rule also forms and inverts the key products of a chunk (3 dk + 2 dv against dk + dv), and corrects the
    values with the state (three products with the state against two).
    """
    inside = 3 * key_dim + 2 * value_dim if delta else key_dim + value_dim
    between = 6 if delta else 4
    state = key_dim * value_dim
    vectors = 2 * key_dim + 2 * value_dim
    handed_on = 2.0 * state / CHUNK_TOKENS
    flop = heads * (2.0 * CHUNK_TOKENS * inside + between * state)
    return per_token(flop, heads * (vectors + handed_on) * ACTIVATION_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class GatedDeltaNet:
    """Gated delta rule with a short convolution (Qwen3-Next, Qwen3.5).

    Attributes:
        key_heads, value_heads: several value heads share one key head.
        key_dim, value_dim: dk, dv.
        kernel: taps of the convolution over queries, keys and values.
        state_element_bytes: of the recurrent state.
    """

    hidden_size: int
    key_heads: int
    value_heads: int
    key_dim: int
    value_dim: int
    kernel: int
    state_element_bytes: float = 2.0

    @property
    def label(self) -> str:
        """Name of the family for people."""
        return "gated DeltaNet"

    @property
    def head_units(self) -> int:
        """Heads that tensor parallelism must divide."""
        return self.value_heads

    @property
    def conv_width(self) -> int:
        """Channels of the convolution."""
        return 2 * self.key_heads * self.key_dim + self.value_heads * self.value_dim

    def linears(self) -> tuple[Linear, ...]:
        """Weight matrices."""
        h, values = self.hidden_size, self.value_heads * self.value_dim
        return (
            state_input("linear_attn.in_proj_qkv", h, self.conv_width, self.key_heads),
            state_input("linear_attn.in_proj_z", h, values, self.value_heads),
            state_input("linear_attn.in_proj_b", h, self.value_heads, self.value_heads, "gates"),
            state_input("linear_attn.in_proj_a", h, self.value_heads, self.value_heads, "gates"),
            output_projection("linear_attn.out_proj", values, h, self.value_heads, role=Role.STATE),
        )

    def extra_params(self) -> int:
        """Convolution, decays and the norm of the output."""
        return self.conv_width * self.kernel + 2 * self.value_heads + self.value_dim

    def caches(self) -> tuple[Cache, ...]:
        """Recurrent state and the last inputs of the convolution."""
        state = self.value_heads * self.key_dim * self.value_dim * self.state_element_bytes
        conv = self.conv_width * self.kernel * ACTIVATION_BYTES
        return (Cache(state_bytes=state + conv, state_units=self.value_heads),)

    def decode(self, ranks: int, kv_bytes: float) -> DecodeWork:
        """Core work of a new token on one of ``ranks`` GPUs, whatever the context."""
        heads = local_heads(self.value_heads, ranks)
        return step_work(heads, self.key_dim * self.value_dim, self.state_element_bytes, DELTA_FLOP)

    def prefill(self, ranks: int, kv_bytes: float) -> PrefillWork:
        """Core work of prompt tokens on one of ``ranks`` GPUs."""
        heads = local_heads(self.value_heads, ranks)
        return chunked_work(heads, self.key_dim, self.value_dim, delta=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class KimiDeltaAttention:
    """Delta rule with a decay per channel (Kimi-Linear, Kimi-K3).

    Attributes:
        heads, head_dim: keys and values have the same width.
        kernel: taps of the three convolutions.
        gate_rank, decay_rank: inner width of the output gate and of the decay; 0 = one full matrix.
    """

    hidden_size: int
    heads: int
    head_dim: int
    kernel: int
    gate_rank: int
    decay_rank: int
    state_element_bytes: float = 2.0

    @property
    def label(self) -> str:
        """Name of the family for people."""
        return "Kimi delta attention"

    @property
    def head_units(self) -> int:
        """Heads that tensor parallelism must divide."""
        return self.heads

    def linears(self) -> tuple[Linear, ...]:
        """Weight matrices."""
        h, width = self.hidden_size, self.heads * self.head_dim
        inputs = (state_input(f"self_attn.{name}_proj", h, width, self.heads) for name in "qkv")
        return (
            *inputs,
            *self._gate("f", self.decay_rank, width),
            *self._gate("g", self.gate_rank, width),
            state_input("self_attn.b_proj", h, self.heads, self.heads, "gates"),
            output_projection("self_attn.o_proj", width, h, self.heads, role=Role.STATE),
        )

    def _gate(self, letter: str, rank: int, width: int) -> tuple[Linear, ...]:
        if not rank:
            return (state_input(f"self_attn.{letter}_proj", self.hidden_size, width, self.heads),)
        down = Linear(f"self_attn.{letter}_a_proj", self.hidden_size, rank, Role.STATE, Split.NONE, "gates a")
        return down, state_input(f"self_attn.{letter}_b_proj", rank, width, self.heads, f"{letter} gate b")

    def extra_params(self) -> int:
        """Convolutions, decays and the norm of the output."""
        width = self.heads * self.head_dim
        return 3 * width * self.kernel + self.heads + width + self.head_dim

    def caches(self) -> tuple[Cache, ...]:
        """Recurrent state and the last inputs of the convolutions."""
        state = self.heads * self.head_dim**2 * self.state_element_bytes
        conv = 3 * self.heads * self.head_dim * self.kernel * ACTIVATION_BYTES
        return (Cache(state_bytes=state + conv, state_units=self.heads),)

    def decode(self, ranks: int, kv_bytes: float) -> DecodeWork:
        """Core work of a new token on one of ``ranks`` GPUs, whatever the context."""
        heads = local_heads(self.heads, ranks)
        return step_work(heads, self.head_dim**2, self.state_element_bytes, DELTA_FLOP)

    def prefill(self, ranks: int, kv_bytes: float) -> PrefillWork:
        """Core work of prompt tokens on one of ``ranks`` GPUs."""
        return chunked_work(local_heads(self.heads, ranks), self.head_dim, self.head_dim, delta=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class LightningAttention:
    """Linear attention with a fixed decay per head and an output gate (MiniMax-Text-01, MiniMax-M1)."""

    hidden_size: int
    heads: int
    head_dim: int
    state_element_bytes: float = 2.0

    @property
    def label(self) -> str:
        """Name of the family for people."""
        return "lightning attention"

    @property
    def head_units(self) -> int:
        """Heads that tensor parallelism must divide."""
        return self.heads

    def linears(self) -> tuple[Linear, ...]:
        """Weight matrices."""
        h, width = self.hidden_size, self.heads * self.head_dim
        return (
            state_input("self_attn.qkv_proj", h, 3 * width, self.heads),
            state_input("self_attn.output_gate", h, width, self.heads, "gate"),
            output_projection("self_attn.out_proj", width, h, self.heads, role=Role.STATE),
        )

    def extra_params(self) -> int:
        """Norm of the output."""
        return self.heads * self.head_dim

    def caches(self) -> tuple[Cache, ...]:
        """Recurrent state."""
        state = self.heads * self.head_dim**2 * self.state_element_bytes
        return (Cache(state_bytes=state, state_units=self.heads),)

    def decode(self, ranks: int, kv_bytes: float) -> DecodeWork:
        """Core work of a new token on one of ``ranks`` GPUs, whatever the context."""
        heads = local_heads(self.heads, ranks)
        return step_work(heads, self.head_dim**2, self.state_element_bytes, LIGHTNING_FLOP)

    def prefill(self, ranks: int, kv_bytes: float) -> PrefillWork:
        """Core work of prompt tokens on one of ``ranks`` GPUs."""
        return chunked_work(local_heads(self.heads, ranks), self.head_dim, self.head_dim, delta=False)

"""State space layers: Mamba (arXiv 2312.00752), Mamba-2 (arXiv 2405.21060), and the short convolution of LFM2.

Shapes: di inner width, n state size, g groups of B and C, k taps of the convolution.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..weights import Linear, Role, Split
from .base import ACTIVATION_BYTES, Cache, DecodeWork, PrefillWork, local_heads, output_projection
from .recurrent import per_token, state_input, step_work

SCAN_CHUNK_TOKENS = 256
#: decay, write of the input, read of the output, per state element and token
STATE_FLOP = 5.0


def _local(width: int, ranks: int) -> int:
    return -(-width // ranks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mamba2:
    """Scalar decay per head, state head_dim x n per head.

    Attributes:
        heads, head_dim: di = heads x head_dim.
        state_size, groups: n, g.
        kernel: k.
        conv_bias, input_bias, output_bias: bias vectors.
        gated_norm: norm of di weights before the output projection.
        prefix: module path as published.
    """

    hidden_size: int
    heads: int
    head_dim: int
    state_size: int
    groups: int
    kernel: int
    conv_bias: bool = True
    input_bias: bool = False
    output_bias: bool = False
    gated_norm: bool = True
    state_element_bytes: float = 2.0
    prefix: str = "mamba"

    @property
    def label(self) -> str:
        """Name of the family for people."""
        return "Mamba-2"

    @property
    def head_units(self) -> int:
        """Heads that tensor parallelism must divide."""
        return self.heads

    @property
    def inner(self) -> int:
        """Inner width di."""
        return self.heads * self.head_dim

    @property
    def conv_width(self) -> int:
        """Channels of the convolution: x, B and C."""
        return self.inner + 2 * self.groups * self.state_size

    def linears(self) -> tuple[Linear, ...]:
        """Weight matrices: gate, x, B, C and step sizes in one; then the output."""
        outputs = self.inner + self.conv_width + self.heads
        bias = outputs if self.input_bias else 0
        into = Linear(f"{self.prefix}.in_proj", self.hidden_size, outputs, Role.STATE, Split.COLUMN, "in", bias=bias)
        out = output_projection(
            f"{self.prefix}.out_proj",
            self.inner,
            self.hidden_size,
            self.heads,
            bias=self.output_bias,
            role=Role.STATE,
        )
        return into, out

    def extra_params(self) -> int:
        """Convolution, decay, skip and step bias per head, gated norm."""
        conv = self.conv_width * (self.kernel + (1 if self.conv_bias else 0))
        return conv + 3 * self.heads + (self.inner if self.gated_norm else 0)

    def caches(self) -> tuple[Cache, ...]:
        """Recurrent state and the last inputs of the convolution."""
        state = self.inner * self.state_size * self.state_element_bytes
        conv = self.conv_width * self.kernel * ACTIVATION_BYTES
        return (Cache(state_bytes=state + conv, state_units=self.heads),)

    def decode(self, ranks: int, kv_bytes: float) -> DecodeWork:
        """Core work of a new token on one of ``ranks`` GPUs, whatever the context."""
        heads = local_heads(self.heads, ranks)
        return step_work(heads, self.head_dim * self.state_size, self.state_element_bytes, STATE_FLOP)

    def prefill(self, ranks: int, kv_bytes: float) -> PrefillWork:
        """Chunked scan: C B^T and its product with x inside a chunk, two products with the state between chunks."""
        heads = local_heads(self.heads, ranks)
        groups = local_heads(self.groups, ranks)
        state = self.head_dim * self.state_size
        inside = 2.0 * SCAN_CHUNK_TOKENS * (groups * self.state_size + heads * self.head_dim)
        vectors = 2 * heads * self.head_dim + 2 * groups * self.state_size
        handed_on = 2.0 * heads * state / SCAN_CHUNK_TOKENS
        return per_token(inside + 4.0 * heads * state, (vectors + handed_on) * ACTIVATION_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mamba1:
    """Selective scan with a decay per channel and state element.

    Attributes:
        inner: di.
        state_size: n.
        step_rank: inner width of the step size projection.
        kernel: k.
        inner_norms: norms on step size, B and C (Jamba).
    """

    hidden_size: int
    inner: int
    state_size: int
    step_rank: int
    kernel: int
    conv_bias: bool = True
    projection_bias: bool = False
    inner_norms: bool = False
    state_element_bytes: float = 2.0
    prefix: str = "mamba"

    @property
    def label(self) -> str:
        """Name of the family for people."""
        return "Mamba"

    @property
    def head_units(self) -> int:
        """Any number of ranks divides the channels."""
        return 0

    def linears(self) -> tuple[Linear, ...]:
        """Weight matrices; what the step size, B and C are made from is summed over ranks."""
        h, di, bias = self.hidden_size, self.inner, self.projection_bias
        small = self.step_rank + 2 * self.state_size
        return (
            Linear(f"{self.prefix}.in_proj", h, 2 * di, Role.STATE, Split.COLUMN, "in", bias=2 * di if bias else 0),
            Linear(f"{self.prefix}.x_proj", di, small, Role.STATE, Split.ROW, "x"),
            Linear(f"{self.prefix}.dt_proj", self.step_rank, di, Role.STATE, Split.COLUMN, "dt", bias=di),
            Linear(f"{self.prefix}.out_proj", di, h, Role.STATE, Split.ROW, "state o", bias=h if bias else 0),
        )

    def extra_params(self) -> int:
        """Convolution, decays, skip, inner norms."""
        conv = self.inner * (self.kernel + (1 if self.conv_bias else 0))
        norms = self.step_rank + 2 * self.state_size if self.inner_norms else 0
        return conv + self.inner * self.state_size + self.inner + norms

    def caches(self) -> tuple[Cache, ...]:
        """Recurrent state and the last inputs of the convolution."""
        state = self.inner * self.state_size * self.state_element_bytes
        return (Cache(state_bytes=state + self.inner * self.kernel * ACTIVATION_BYTES, state_units=self.inner),)

    def decode(self, ranks: int, kv_bytes: float) -> DecodeWork:
        """Core work of a new token on one of ``ranks`` GPUs, whatever the context."""
        return step_work(_local(self.inner, ranks), self.state_size, self.state_element_bytes, STATE_FLOP)

    def prefill(self, ranks: int, kv_bytes: float) -> PrefillWork:
        """Sequential scan that keeps the state on chip: vectors in and out once."""
        inner = _local(self.inner, ranks)
        flop = STATE_FLOP * inner * self.state_size
        return per_token(flop, (3 * inner + 2 * self.state_size) * ACTIVATION_BYTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortConvolution:
    """Gated convolution over the last ``kernel`` tokens (LFM2)."""

    hidden_size: int
    kernel: int
    bias: bool = False

    @property
    def label(self) -> str:
        """Name of the family for people."""
        return "short convolution"

    @property
    def head_units(self) -> int:
        """Any number of ranks divides the channels."""
        return 0

    def linears(self) -> tuple[Linear, ...]:
        """Weight matrices: two gates and the input; then the output."""
        h = self.hidden_size
        into = state_input("conv.in_proj", h, 3 * h, 0)
        out = Linear("conv.out_proj", h, h, Role.STATE, Split.ROW, "state o", bias=h if self.bias else 0)
        return (into if not self.bias else _with_bias(into)), out

    def extra_params(self) -> int:
        """Taps."""
        return self.hidden_size * (self.kernel + (1 if self.bias else 0))

    def caches(self) -> tuple[Cache, ...]:
        """The last inputs."""
        return (Cache(state_bytes=self.hidden_size * self.kernel * ACTIVATION_BYTES, state_units=self.hidden_size),)

    def decode(self, ranks: int, kv_bytes: float) -> DecodeWork:
        """Core work of a new token on one of ``ranks`` GPUs, whatever the context."""
        return step_work(_local(self.hidden_size, ranks), self.kernel, ACTIVATION_BYTES, 2.0)

    def prefill(self, ranks: int, kv_bytes: float) -> PrefillWork:
        """Core work of prompt tokens on one of ``ranks`` GPUs."""
        width = _local(self.hidden_size, ranks)
        return per_token(2.0 * width * self.kernel, 4 * width * ACTIVATION_BYTES)


def _with_bias(linear: Linear) -> Linear:
    return Linear(
        linear.name,
        linear.inputs,
        linear.outputs,
        linear.role,
        linear.split,
        linear.kernel,
        units=linear.units,
        bias=linear.outputs,
    )

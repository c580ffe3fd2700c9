"""Closed forms for the time of one kernel call, and the constants they take.

Every form is a roofline, smooth-max(FLOP / (peak x ec), bytes / (bandwidth x em)), plus what kernels pay besides: a
launch, a serial walk along the contraction, passes that quantise activations, tiles that are padded. The forms were
fitted on measured operator tables (docs/model.md); with the default constants they are the ideal roofline.

A curve's ``timer`` takes what is the same for all steps, the number of calls among it, and returns the function that
times them: a step has some ten kernels, an estimate four steps, a search thousands of estimates.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .formats import Rate

MMA_ROWS = 64
LATENT_MMA_ROWS = 16
CONTEXT_SCALE_TOKENS = 1000.0


class Time(NamedTuple):
    """Time of a kernel in seconds: what is fixed, and the rest, which counts for what the kernel waits for most."""

    compute_s: float
    memory_s: float
    link_s: float
    fixed_s: float

    @property
    def total_s(self) -> float:
        """All of it."""
        return self.compute_s + self.memory_s + self.link_s + self.fixed_s


#: The fields of ``Time`` as a plain tuple: thousands are added up for one that is shown, and a named one takes over ten
#: times as long to make.
TimeFields = tuple[float, float, float, float]


def smooth_max(a: float, b: float, sharpness: float) -> float:
    """(a^h + b^h)^(1/h) without overflow; h = infinity is the maximum: r^inf is 0 for r < 1, and 2^0 is 1."""
    if a < b:
        a, b = b, a
    if b <= 0.0:
        return a
    return a * (1.0 + (b / a) ** sharpness) ** (1.0 / sharpness)  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixCurve:
    """A matrix product of M rows.

    t = launch + depth_s x K + quantize_passes x 3 M K / BW + smooth-max(compute, memory)
    """

    rate: Rate | None = None
    launch_s: float = 0.0
    depth_s: float = 0.0
    quantize_passes: float = 0.0
    memory_efficiency: float = 1.0
    compute_efficiency: float = 1.0
    sharpness: float = math.inf

    def piece(
        self,
        inner_width: float,
        flop_per_row: float,
        weight_bytes: float,
        io_bytes_per_row: float,
        peak_flop_per_s: float,
        hbm_bytes_per_s: float,
        calls: int = 1,
    ) -> MatrixPiece:
        """Calls of a product that reads ``weight_bytes`` once each; ``inner_width`` is the contraction width."""
        byte_s = calls / (hbm_bytes_per_s * self.memory_efficiency)
        return (
            calls * (self.launch_s + self.depth_s * inner_width),
            calls * self.quantize_passes * 3.0 * inner_width / hbm_bytes_per_s,
            calls * flop_per_row / (peak_flop_per_s * self.compute_efficiency),
            weight_bytes * byte_s,
            io_bytes_per_row * byte_s,
            self.sharpness,
        )

    def timer(self, *kernel: float) -> Callable[[float], TimeFields]:
        """Time of the calls of one product, of its rows M; the arguments are those of ``piece``."""
        return matrices_timer([self.piece(*kernel)])  # type: ignore[arg-type]


#: Calls of one matrix product, in seconds: fixed, fixed per row, arithmetic per row, weights, activations per row; and
#: the sharpness of the larger.
MatrixPiece = tuple[float, float, float, float, float, float]


def matrices_timer(pieces: Sequence[MatrixPiece]) -> Callable[[float], TimeFields]:
    """Time of matrix products one after the other, of the rows M that pass each of them."""
    fixed_s, fixed_row_s = sum(piece[0] for piece in pieces), sum(piece[1] for piece in pieces)
    roofs = tuple((*piece[2:], 1.0 / piece[-1]) for piece in pieces)

    def time(rows: float) -> TimeFields:
        compute_s = memory_s = 0.0  # smooth_max is written out below: two of three kernels are matrix products
        for compute_row_s, weights_s, memory_row_s, sharpness, root in roofs:
            compute = rows * compute_row_s
            memory = weights_s + rows * memory_row_s
            if compute >= memory:
                compute_s += compute * (1.0 + (memory / compute) ** sharpness) ** root
            else:
                memory_s += memory * (1.0 + (compute / memory) ** sharpness) ** root
        return compute_s, memory_s, 0.0, fixed_s + rows * fixed_row_s

    return time


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpertCurve:
    """Routed experts of one layer: routing, permutation, two grouped products, reduction.

    rows per expert m = max(tile, assignments / touched + tile / 2); FLOP are those of the padded rows;
    t = launch + expert_s x touched + smooth-max(compute, weights / (BW em)) + activation_passes x activations / BW.
    Popularity of experts is Gamma-distributed with shape ``popularity_exponent`` (infinity = uniform routing).

    Attributes:
        remote_share: share of the activation traffic that assignments of other ranks' experts cause.
        skew_exponent: the hottest of n expert ranks carries n^skew times the mean load.
    """

    rate: Rate | None = None
    launch_s: float = 0.0
    expert_s: float = 0.0
    tile_tokens: float = 0.0
    activation_passes: float = 1.0
    remote_share: float = 0.0
    memory_efficiency: float = 1.0
    compute_efficiency: float = 1.0
    sharpness: float = math.inf
    popularity_exponent: float = math.inf
    skew_exponent: float = 0.0

    def toucher(self, experts: int, active: int) -> Callable[[float], float]:
        """Expected distinct experts of one layer that so many tokens use, ``active`` of ``experts`` each.

        k + (E - k)(1 - (1 + x/theta)^-theta) with x = -ln(1 - k/E)(tokens - 1); theta -> infinity is E(1 - (1 -
        k/E)^tokens).
        """
        if active >= experts:
            return lambda tokens: active * min(tokens, 1.0)
        theta, rest = self.popularity_exponent, experts - active
        x_per_token = -math.log1p(-active / experts)

        def touched(tokens: float) -> float:
            if tokens <= 1.0:
                return active * tokens
            x = x_per_token * (tokens - 1.0)
            missed = math.exp(-x) if theta == math.inf else (1.0 + x / theta) ** -theta
            return active + rest * (1.0 - missed)

        return touched

    def timer(
        self, flop_per_assignment: float, peak_flop_per_s: float, hbm_bytes_per_s: float, calls: int = 1
    ) -> Callable[[float, float, float, float], TimeFields]:
        """Time of calls on the hottest GPU, of (weight bytes, activation bytes, assignments, experts touched) each."""
        assignment_s = calls * flop_per_assignment / (peak_flop_per_s * self.compute_efficiency)
        byte_s = calls / (hbm_bytes_per_s * self.memory_efficiency)
        pass_s = calls * self.activation_passes / hbm_bytes_per_s
        launch_s, expert_s = calls * self.launch_s, calls * self.expert_s
        tile, half_tile, sharpness = self.tile_tokens, self.tile_tokens / 2, self.sharpness

        def time(weight_bytes: float, activation_bytes: float, assignments: float, touched: float) -> TimeFields:
            rows = assignments / touched + half_tile
            padded = touched * (rows if rows > tile else tile)
            compute = (padded if padded > assignments else assignments) * assignment_s
            memory = weight_bytes * byte_s
            passes = pass_s * activation_bytes
            rest, fixed = smooth_max(compute, memory, sharpness) + passes, launch_s + expert_s * touched
            return (rest, 0.0, 0.0, fixed) if compute >= memory + passes else (0.0, rest, 0.0, fixed)

        return time


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodeCurve:
    """Attention core of a decode step, or a recurrence.

    t = launch + context_s x s/(s + 1000) + smooth-max(smooth-max8(memory, compute), sequence_s x sequences x heads).
    Query rows are padded to a tile of the tensor cores: compute is at least that of ``tile_tokens`` query rows per key
        head.
    """

    rate: Rate = Rate.BF16
    launch_s: float = 0.0
    context_s: float = 0.0
    sequence_s: float = 0.0
    tile_flop_per_element: float = 0.0
    memory_efficiency: float = 1.0
    compute_efficiency: float = 1.0
    inner_sharpness: float = math.inf
    sharpness: float = math.inf

    def timer(
        self, peak_flop_per_s: float, hbm_bytes_per_s: float, calls: int = 1
    ) -> Callable[[float, float, float, float, float], TimeFields]:
        """Time of calls of (FLOP, bytes moved, cache elements read, tokens seen per sequence, sequences x heads) each.

        Heads are the key-value heads on this GPU.
        """
        flop_s = calls / (peak_flop_per_s * self.compute_efficiency)
        byte_s = calls / (hbm_bytes_per_s * self.memory_efficiency)
        launch_s, context_s, sequence_s = calls * self.launch_s, calls * self.context_s, calls * self.sequence_s
        tile_flop, inner_sharpness, sharpness = self.tile_flop_per_element, self.inner_sharpness, self.sharpness

        def time(flop: float, moved_bytes: float, elements: float, seen_tokens: float, pieces: float) -> TimeFields:
            padded = tile_flop * elements
            compute = (padded if padded > flop else flop) * flop_s
            memory = moved_bytes * byte_s
            fixed = launch_s + context_s * seen_tokens / (seen_tokens + CONTEXT_SCALE_TOKENS)
            core = smooth_max(smooth_max(memory, compute, inner_sharpness), sequence_s * pieces, sharpness)
            return (core, 0.0, 0.0, fixed) if compute >= memory else (0.0, core, 0.0, fixed)

        return time


@dataclass(frozen=True, slots=True, kw_only=True)
class PrefillCurve:
    """Attention core of prompt tokens.

    t = launch + smooth-max(token_s x s, compute x (1 + diagonal_tokens / s)) + io_passes x bytes / BW, s = tokens
    seen_tokens by the last.
    """

    rate: Rate = Rate.BF16
    launch_s: float = 0.0
    token_s: float = 0.0
    diagonal_tokens: float = 0.0
    io_passes: float = 1.0
    compute_efficiency: float = 1.0
    sharpness: float = math.inf

    def timer(
        self, peak_flop_per_s: float, hbm_bytes_per_s: float, calls: int = 1
    ) -> Callable[[float, float, float], TimeFields]:
        """Time of calls of (FLOP, bytes moved, tokens seen by the last) each."""
        flop_s = calls / (peak_flop_per_s * self.compute_efficiency)
        byte_s = calls * max(self.io_passes, 1.0) / hbm_bytes_per_s
        launch_s, token_s = calls * self.launch_s, calls * self.token_s
        diagonal, sharpness = self.diagonal_tokens, self.sharpness

        def time(flop: float, moved_bytes: float, seen_tokens: float) -> TimeFields:
            compute = flop * flop_s * (1.0 + diagonal / seen_tokens)
            memory = moved_bytes * byte_s
            rest = smooth_max(token_s * seen_tokens, compute, sharpness) + memory
            return (rest, 0.0, 0.0, launch_s) if compute >= memory else (0.0, rest, 0.0, launch_s)

        return time


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamCurve:
    """Small kernels that stream activations: norms, residuals, activations, rotary embedding, cache writes."""

    launch_s: float = 0.0
    memory_efficiency: float = 1.0

    def timer(self, hbm_bytes_per_s: float, calls: int = 1) -> Callable[[float], TimeFields]:
        """Time of all small kernels of so many layers, of the bytes that they move in one."""
        byte_s, launch_s = calls / (hbm_bytes_per_s * self.memory_efficiency), calls * self.launch_s

        def time(moved_bytes: float) -> TimeFields:
            return 0.0, moved_bytes * byte_s, 0.0, launch_s

        return time


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectiveCurve:
    """A collective over n GPUs of one link domain.

    t = smooth-max(launch + hop_s x log2 n, bytes on the link / (link x e))
    """

    launch_s: float = 0.0
    hop_s: float = 0.0
    link_efficiency: float = 1.0
    sharpness: float = math.inf

    def timer(self, group: int, link_bytes_per_s: float, calls: int = 1) -> Callable[[float], TimeFields]:
        """Time of calls, of the bytes that each puts on each GPU's link, one direction."""
        fixed = calls * (self.launch_s + self.hop_s * math.log2(group))
        byte_s, sharpness = calls / (link_bytes_per_s * self.link_efficiency), self.sharpness

        def time(moved_bytes: float) -> TimeFields:
            return 0.0, 0.0, smooth_max(fixed, moved_bytes * byte_s, sharpness) - fixed, fixed

        return time

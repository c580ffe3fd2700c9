"""Closed forms for the time of one kernel call, and the constants they take.

Every form is a roofline, smooth-max(FLOP / (peak x ec), bytes / (bandwidth x em)), plus what kernels pay besides: a
launch, a serial walk along the contraction, passes that quantise activations, tiles that are padded. The forms were
fitted on measured operator tables (docs/model.md); with the default constants they are the ideal roofline.

A curve's ``timer`` takes what is the same for all calls and returns the function that times one: a step has some ten
kernels, an estimate four steps, a search thousands of estimates.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from .formats import Rate

MMA_ROWS = 64
LATENT_MMA_ROWS = 16
CONTEXT_SCALE_TOKENS = 1000.0


class Time(NamedTuple):
    """Time of one call in seconds: ``total_s`` and what a roofline of each resource alone would take."""

    total_s: float
    compute_s: float
    memory_s: float
    link_s: float
    fixed_s: float


#: The fields of ``Time`` as a plain tuple: thousands are added up for one that is shown, and a named one takes over ten
#: times as long to make.
TimeFields = tuple[float, float, float, float, float]


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

    def timer(
        self, inner_width: float, peak_flop_per_s: float, hbm_bytes_per_s: float
    ) -> Callable[[float, float, float], TimeFields]:
        """Time of one call of (FLOP, bytes moved, rows M); ``inner_width`` is the contraction width on this GPU."""
        flop_per_s = peak_flop_per_s * self.compute_efficiency
        bytes_per_s = hbm_bytes_per_s * self.memory_efficiency
        start_s = self.launch_s + self.depth_s * inner_width
        row_s = self.quantize_passes * 3.0 * inner_width / hbm_bytes_per_s
        sharpness = self.sharpness

        def time(flop: float, moved_bytes: float, rows: float) -> TimeFields:
            compute = flop / flop_per_s
            memory = moved_bytes / bytes_per_s
            fixed = start_s + row_s * rows
            return fixed + smooth_max(compute, memory, sharpness), compute, memory, 0.0, fixed

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
        self, flop_per_assignment: float, peak_flop_per_s: float, hbm_bytes_per_s: float
    ) -> Callable[[float, float, float, float], TimeFields]:
        """Time of one call on the hottest GPU, of (weight bytes, activation bytes, assignments, experts touched)."""
        flop_per_s = peak_flop_per_s * self.compute_efficiency
        bytes_per_s = hbm_bytes_per_s * self.memory_efficiency
        pass_s = self.activation_passes / hbm_bytes_per_s
        launch_s, expert_s, tile, sharpness = self.launch_s, self.expert_s, self.tile_tokens, self.sharpness

        def time(weight_bytes: float, activation_bytes: float, assignments: float, touched: float) -> TimeFields:
            rows = assignments / touched + tile / 2
            padded = touched * (rows if rows > tile else tile)
            compute = (padded if padded > assignments else assignments) * flop_per_assignment / flop_per_s
            memory = weight_bytes / bytes_per_s
            passes = pass_s * activation_bytes
            fixed = launch_s + expert_s * touched
            return fixed + smooth_max(compute, memory, sharpness) + passes, compute, memory + passes, 0.0, fixed

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
        self, peak_flop_per_s: float, hbm_bytes_per_s: float
    ) -> Callable[[float, float, float, float, float], TimeFields]:
        """Time of one call.

        It is a function of arithmetic in FLOP, memory traffic in bytes, elements read from the cache, tokens seen per
        sequence, and sequences x key-value heads on this GPU.
        """
        flop_per_s = peak_flop_per_s * self.compute_efficiency
        bytes_per_s = hbm_bytes_per_s * self.memory_efficiency
        launch_s, context_s, sequence_s, tile_flop = (
            self.launch_s,
            self.context_s,
            self.sequence_s,
            self.tile_flop_per_element,
        )
        inner_sharpness, sharpness = self.inner_sharpness, self.sharpness

        def time(flop: float, moved_bytes: float, elements: float, seen_tokens: float, pieces: float) -> TimeFields:
            padded = tile_flop * elements
            compute = (padded if padded > flop else flop) / flop_per_s
            memory = moved_bytes / bytes_per_s
            fixed = launch_s + context_s * seen_tokens / (seen_tokens + CONTEXT_SCALE_TOKENS)
            core = smooth_max(memory, compute, inner_sharpness)
            core = smooth_max(core, sequence_s * pieces, sharpness)
            return fixed + core, compute, memory, 0.0, fixed

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

    def timer(self, peak_flop_per_s: float, hbm_bytes_per_s: float) -> Callable[[float, float, float], TimeFields]:
        """Time of one call for one prompt of (FLOP, bytes moved, tokens seen by the last)."""
        flop_per_s = peak_flop_per_s * self.compute_efficiency
        byte_s = max(self.io_passes, 1.0) / hbm_bytes_per_s
        launch_s, token_s, diagonal, sharpness = self.launch_s, self.token_s, self.diagonal_tokens, self.sharpness

        def time(flop: float, moved_bytes: float, seen_tokens: float) -> TimeFields:
            compute = flop / flop_per_s * (1.0 + diagonal / seen_tokens)
            memory = byte_s * moved_bytes
            core = smooth_max(token_s * seen_tokens, compute, sharpness) + memory
            return launch_s + core, compute, memory, 0.0, launch_s

        return time


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamCurve:
    """Small kernels that stream activations: norms, residuals, activations, rotary embedding, cache writes."""

    launch_s: float = 0.0
    memory_efficiency: float = 1.0

    def timer(self, hbm_bytes_per_s: float) -> Callable[[float], TimeFields]:
        """Time of all small kernels of one layer, of the bytes that they move."""
        bytes_per_s, launch_s = hbm_bytes_per_s * self.memory_efficiency, self.launch_s

        def time(moved_bytes: float) -> TimeFields:
            memory = moved_bytes / bytes_per_s
            return launch_s + memory, 0.0, memory, 0.0, launch_s

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

    def timer(self, group: int, link_bytes_per_s: float) -> Callable[[float], TimeFields]:
        """Time of one call, of the bytes that it puts on each GPU's link, one direction."""
        fixed = self.launch_s + self.hop_s * math.log2(group)
        bytes_per_s, sharpness = link_bytes_per_s * self.link_efficiency, self.sharpness

        def time(moved_bytes: float) -> TimeFields:
            transfer = moved_bytes / bytes_per_s
            return smooth_max(fixed, transfer, sharpness), 0.0, 0.0, transfer, fixed

        return time

"""Closed forms for the time of one kernel call, and the constants they take.

Every form is a roofline, smooth-max(FLOP / (peak x ec), bytes / (bandwidth x em)), plus what kernels pay besides: a
launch, a serial walk along the contraction, passes that quantise activations, tiles that are padded. The forms were
fitted on measured operator tables (docs/model.md); with the default constants they are the ideal roofline.
"""

from __future__ import annotations

import math
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
    """(a^h + b^h)^(1/h) without overflow; h = infinity is the maximum."""
    if a < b:
        a, b = b, a
    if b <= 0.0 or sharpness == math.inf:
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

    def time(
        self,
        flop: float,
        moved_bytes: float,
        tokens: float,
        inner_width: float,
        peak_flop_per_s: float,
        hbm_bytes_per_s: float,
    ) -> TimeFields:
        """Time of one call; ``inner_width`` is the contraction width on this GPU."""
        compute = flop / (peak_flop_per_s * self.compute_efficiency)
        memory = moved_bytes / (hbm_bytes_per_s * self.memory_efficiency)
        fixed = (
            self.launch_s
            + self.depth_s * inner_width
            + self.quantize_passes * 3.0 * tokens * inner_width / hbm_bytes_per_s
        )
        return fixed + smooth_max(compute, memory, self.sharpness), compute, memory, 0.0, fixed


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

    def touched(self, tokens: float, experts: int, active: int) -> float:
        """Expected distinct experts of one layer that ``tokens`` tokens use.

        k + (E - k)(1 - (1 + x/theta)^-theta) with x = -ln(1 - k/E)(tokens - 1); theta -> infinity is E(1 - (1 -
        k/E)^tokens).
        """
        if tokens <= 1 or active >= experts:
            return active * min(tokens, 1.0)
        x = -math.log1p(-active / experts) * (tokens - 1.0)
        theta = self.popularity_exponent
        missed = math.exp(-x) if theta == math.inf else (1.0 + x / theta) ** -theta
        return active + (experts - active) * (1.0 - missed)

    def time(
        self,
        flop_per_assignment: float,
        weight_bytes: float,
        activation_bytes: float,
        assignments: float,
        touched: float,
        peak_flop_per_s: float,
        hbm_bytes_per_s: float,
    ) -> TimeFields:
        """Time of one call on the hottest GPU; ``assignments`` and ``touched`` are local."""
        rows = max(self.tile_tokens, assignments / touched + self.tile_tokens / 2)
        padded = max(touched * rows, assignments)
        compute = padded * flop_per_assignment / (peak_flop_per_s * self.compute_efficiency)
        memory = weight_bytes / (hbm_bytes_per_s * self.memory_efficiency)
        passes = self.activation_passes * activation_bytes / hbm_bytes_per_s
        fixed = self.launch_s + self.expert_s * touched
        return fixed + smooth_max(compute, memory, self.sharpness) + passes, compute, memory + passes, 0.0, fixed


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

    def time(
        self,
        flop: float,
        moved_bytes: float,
        elements: float,
        seen_tokens: float,
        pieces: float,
        peak_flop_per_s: float,
        hbm_bytes_per_s: float,
    ) -> TimeFields:
        """Time of one call.

        Args:
            flop: arithmetic.
            moved_bytes: memory traffic.
            elements: elements read from the cache.
            seen_tokens: tokens seen_tokens per sequence.
            pieces: sequences x key-value heads on this GPU.
            peak_flop_per_s: dense peak.
            hbm_bytes_per_s: memory bandwidth.
        """
        compute = max(flop, self.tile_flop_per_element * elements) / (peak_flop_per_s * self.compute_efficiency)
        memory = moved_bytes / (hbm_bytes_per_s * self.memory_efficiency)
        fixed = self.launch_s + self.context_s * seen_tokens / (seen_tokens + CONTEXT_SCALE_TOKENS)
        core = smooth_max(memory, compute, self.inner_sharpness)
        core = smooth_max(core, self.sequence_s * pieces, self.sharpness)
        return fixed + core, compute, memory, 0.0, fixed


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

    def time(
        self, flop: float, moved_bytes: float, seen_tokens: float, peak_flop_per_s: float, hbm_bytes_per_s: float
    ) -> TimeFields:
        """Time of one call for one prompt."""
        compute = flop / (peak_flop_per_s * self.compute_efficiency) * (1.0 + self.diagonal_tokens / seen_tokens)
        memory = max(self.io_passes, 1.0) * moved_bytes / hbm_bytes_per_s
        core = smooth_max(self.token_s * seen_tokens, compute, self.sharpness) + memory
        return self.launch_s + core, compute, memory, 0.0, self.launch_s


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamCurve:
    """Small kernels that stream activations: norms, residuals, activations, rotary embedding, cache writes."""

    launch_s: float = 0.0
    memory_efficiency: float = 1.0

    def time(self, moved_bytes: float, hbm_bytes_per_s: float) -> TimeFields:
        """Time of all small kernels of one layer."""
        memory = moved_bytes / (hbm_bytes_per_s * self.memory_efficiency)
        return self.launch_s + memory, 0.0, memory, 0.0, self.launch_s


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectiveCurve:
    """A collective over n GPUs of one link domain.

    t = smooth-max(launch + hop_s x log2 n, bytes on the link / (link x e))
    """

    launch_s: float = 0.0
    hop_s: float = 0.0
    link_efficiency: float = 1.0
    sharpness: float = math.inf

    def time(self, moved_bytes: float, group: int, link_bytes_per_s: float) -> TimeFields:
        """Time of one call that puts ``moved_bytes`` on each GPU's link, one direction."""
        fixed = self.launch_s + self.hop_s * math.log2(group)
        transfer = moved_bytes / (link_bytes_per_s * self.link_efficiency)
        return smooth_max(fixed, transfer, self.sharpness), 0.0, 0.0, transfer, fixed

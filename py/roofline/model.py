"""A decoder as a sequence of layers; parameter counts, cache bytes and weight bytes.

The model knows nothing of GPUs: everything here is before any parallelism.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .errors import DeploymentError, WorkloadError, shown
from .feedforward import FeedForward, MixtureOfExperts
from .formats import BF16, KV_BYTES, NAMED, Format, Rate
from .mixers import Cache, LatentAttention, Mixer
from .weights import Linear, Role


@dataclass(frozen=True, slots=True)
class Layer:
    """One decoder layer.

    Attributes:
        mixer: attention or recurrence; None where the block is absent.
        ffn: feed-forward block; None where absent.
        weights: matrices of both, with the checkpoint's formats.
        extra_params: norms and other vectors, kept in 16 bit.
    """

    mixer: Mixer | None
    ffn: FeedForward | None
    weights: tuple[Linear, ...]
    extra_params: int


def make_layer(
    mixer: Mixer | None,
    ffn: FeedForward | None,
    norm_params: int,
    stored: Callable[[Linear], Linear] = lambda linear: linear,
) -> Layer:
    """Build a layer; ``stored`` returns each matrix with its format in the checkpoint."""
    blocks = [block for block in (mixer, ffn) if block is not None]
    weights = tuple(stored(linear) for block in blocks for linear in block.linears())
    return Layer(mixer, ffn, weights, norm_params + sum(block.extra_params() for block in blocks))


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """What the published files say about number formats.

    Attributes:
        label: words for people, e.g. "FP8, 128 x 128 blocks".
        quantized: True where any matrix is stored below 16 bit.
        kv_precision: declared cache format, "fp16" or "fp8"; None when nothing is declared.
        origin: where a quantisation is described, e.g. "quantization_config" or "hf_quant_config.json"; "" for none.
        main_rate: rate of most elements that are stored below 16 bit; None for none.
    """

    label: str = "BF16/FP16"
    quantized: bool = False
    kv_precision: str | None = None
    origin: str = ""
    main_rate: Rate | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Model:
    """A decoder-only language model.

    Attributes:
        name: for people; never used in a formula.
        architecture: model_type of the config, for people.
        hidden_size, vocab_size: widths.
        layers: every layer in order; equal layers are the same object or equal.
        outside: embeddings and head (a tied head is the embedding and appears once).
        tied: True where the head reuses the embedding.
        extra_params: final norm and other vectors outside the layers.
        tower_params: vision and audio towers; None if the config does not tell.
        context_tokens: longest context that the config states; None if it does not.
        checkpoint: number formats of the published files.
        mtp_layers: layers for multi-token prediction that the config declares; they are not counted.
        remarks: what the reader of the config wants people to know.
    """

    name: str
    architecture: str
    hidden_size: int
    vocab_size: int
    layers: tuple[Layer, ...] = field(repr=False)
    outside: tuple[Linear, ...] = field(repr=False)
    tied: bool
    extra_params: int = 0
    tower_params: int | None = 0
    context_tokens: int | None = None
    checkpoint: Checkpoint = field(default_factory=Checkpoint)
    mtp_layers: int = 0
    remarks: tuple[str, ...] = ()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Print shortly: the layers are many."""
        printer.text(f"Model({self.name!r}, {self.total_params:,} parameters, {len(self.layers)} layers)")

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], name: str = "model", sidecar: Mapping[str, Any] | None = None
    ) -> Model:
        """Read a config.json (and hf_quant_config.json as ``sidecar``).

        Raises:
            ConfigError: a key is missing or makes no sense.
            UnsupportedArchitecture: the family is not modelled.
        """
        from .reading import read_model

        return read_model(config, name=name, sidecar=sidecar)

    @classmethod
    def manual(
        cls,
        *,
        total_params: float,
        hidden_size: int,
        layers: int,
        heads: int,
        kv_heads: int,
        experts: int = 0,
        active_experts: int = 0,
        head_dim: int | None = None,
        vocab_size: int = 128_256,
        name: str = "manual model",
    ) -> Model:
        """Build a gated decoder of exactly ``total_params`` parameters; the feed-forward width follows from them.

        Raises:
            ConfigError: numbers out of range, or too few parameters for the shapes.
        """
        from .manual import manual_model

        return manual_model(
            total_params=total_params,
            hidden_size=hidden_size,
            layers=layers,
            heads=heads,
            kv_heads=kv_heads,
            experts=experts,
            active_experts=active_experts,
            head_dim=head_dim,
            vocab_size=vocab_size,
            name=name,
        )

    @cached_property
    def layer_groups(self) -> tuple[tuple[Layer, int], ...]:
        """Distinct layers with their number, in order of first appearance."""
        return tuple(Counter(self.layers).items())

    @cached_property
    def plans(self) -> dict[object, object]:
        """Layouts that were made of this model, kept as long as the model (``plan.plan_for``)."""
        return {}

    @cached_property
    def total_params(self) -> int:
        """Parameters of the language model, without towers and MTP layers."""
        sizes = (
            (count, layer.extra_params + sum(w.params for w in layer.weights)) for layer, count in self.layer_groups
        )
        inside = sum(count * size for count, size in sizes)
        return inside + self.extra_params + sum(linear.params for linear in self.outside)

    @cached_property
    def active_params(self) -> int:
        """Parameters used for one token, embeddings included."""
        idle = 0.0
        for layer, count in self.layer_groups:
            if isinstance(layer.ffn, MixtureOfExperts):
                routed = count * sum(linear.params for linear in layer.weights if linear.role is Role.EXPERT)
                idle += routed * (1 - layer.ffn.active_experts / layer.ffn.experts)
        return self.total_params - round(idle)

    @cached_property
    def caches(self) -> tuple[tuple[Cache, int], ...]:
        """Distinct caches with the number of layers that keep them."""
        counts: Counter[Cache] = Counter()
        for layer, count in self.layer_groups:
            for cache in layer.mixer.caches() if layer.mixer is not None else ():
                counts[cache] += count
        return tuple(counts.items())

    @cached_property
    def latent(self) -> bool:
        """True where attention is MLA."""
        return any(isinstance(layer.mixer, LatentAttention) for layer, _ in self.layer_groups)

    @cached_property
    def keeps_attention(self) -> bool:
        """True where heads share one cached vector (MLA, compressed): published FP4 exports leave that attention."""
        return {bool(cache.units) for cache, _ in self.caches if cache.elements_per_entry} == {False}

    def kv_bytes(self, tokens: float, kv_precision: str = "auto") -> float:
        """Cache and recurrent state of one sequence in bytes, all layers, before any parallelism.

        ``auto`` is the checkpoint's declared cache format, else 16 bit.

        Raises:
            WorkloadError: ``tokens`` is no number from 0 on.
            DeploymentError: unknown precision.
        """
        each = self._element_bytes(tokens, kv_precision)
        return sum(count * cache.bytes(tokens, each) for cache, count in self.caches)

    def kv_bytes_per_token(self, tokens: float = 0, kv_precision: str = "auto") -> float:
        """Bytes by which the cache of one sequence grows per token once it holds ``tokens`` tokens.

        Full windows grow no further; a cache of compressed entries grows by its share of an entry.

        Raises:
            WorkloadError: ``tokens`` is no number from 0 on.
            DeploymentError: unknown precision.
        """
        element_bytes = self._element_bytes(tokens, kv_precision)
        return sum(count * cache.growth_bytes(tokens, element_bytes) for cache, count in self.caches)

    def _element_bytes(self, tokens: float, kv_precision: str) -> float:
        """Bytes of a cache element; the length is checked on the way."""
        if not isinstance(tokens, (int, float)) or not 0 <= tokens < math.inf:
            raise WorkloadError("tokens must be 0 or more", hint="Give the length of one sequence in tokens.")
        if kv_precision == "auto":
            kv_precision = self.checkpoint.kv_precision or "fp16"
        return kv_element_bytes(kv_precision)

    def format_of(self, linear: Linear, precision: str) -> Format:
        """Format of a matrix under a precision: the checkpoint's own ("auto") or a named one.

        A named format re-quantises what an already quantised checkpoint quantises, else every linear layer except
        embeddings, head, router, and attention of MLA under FP4. What is stored at this width keeps its form (FP8 in
        blocks), and so does all of a checkpoint that is mostly of this width (FP4 experts beside FP8 attention).
        """
        if precision == "auto" or not linear.quantizable:
            return linear.stored
        wanted = named_format(precision)
        if wanted is BF16:
            return BF16
        if self.checkpoint.quantized:
            same = linear.stored.bits >= BF16.bits or wanted.rate in (linear.stored.rate, self.checkpoint.main_rate)
            return linear.stored if same else wanted
        return BF16 if linear.role is Role.ATTENTION and self.keeps_attention and precision == "fp4" else wanted

    def weight_bytes(self, precision: str = "auto") -> float:
        """Bytes of all weights in this precision, scales included; towers in 16 bit are counted when known.

        Raises:
            DeploymentError: unknown precision.
        """
        total = 0.0
        for layer, count in self.layer_groups:
            total += count * (2 * layer.extra_params + sum(self.linear_bytes(w, precision) for w in layer.weights))
        total += sum(self.linear_bytes(linear, precision) for linear in self.outside)
        return total + 2 * (self.extra_params + (self.tower_params or 0))

    def linear_bytes(self, linear: Linear, precision: str) -> float:
        """Bytes of a matrix with its scales, and its bias in 16 bit."""
        return linear.elements * self.format_of(linear, precision).bytes_per_element + 2 * linear.copies * linear.bias


def named_format(precision: str) -> Format:
    """Format for a precision's name.

    Raises:
        DeploymentError: unknown name.
    """
    try:
        return NAMED[precision]
    except (KeyError, TypeError):
        raise DeploymentError(
            f"unknown precision {shown(precision)}",
            hint="Use auto, fp16 (also bf16), fp8 or fp4.",
            code="unsupported-precision",
        ) from None


def kv_element_bytes(kv_precision: str) -> float:
    """Bytes of one cache element.

    Raises:
        DeploymentError: unknown name.
    """
    try:
        return KV_BYTES[kv_precision]
    except (KeyError, TypeError):
        raise DeploymentError(
            f"unknown KV cache precision {shown(kv_precision)}",
            hint="Use auto, fp16 (also bf16) or fp8.",
            code="unsupported-precision",
        ) from None

"""Serving engines: defaults at a named reference version, and how each divides a GPU's memory.

Three conventions (M = memory the engine sees, W = weights, R = reserve of ``reserve.py``, f = memory fraction):

    vLLM            cache = f M - W - R                       f covers everything
    SGLang          cache = f (M - context) - W               activations and graphs live in the rest
    TensorRT-LLM    cache = f (M - W - R)                     f applies to what is free
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from .data import ENGINE_FIGURES, Figure, figure
from .fraction import DerivedFraction, Layout, Step, by_memory, steps
from .gpus import Gpu
from .reserve import Reserve, ReserveConstants

__all__ = ["ENGINES", "Engine", "ExpertPadding", "KvRule", "Layout", "MemoryConvention"]


class MemoryConvention(StrEnum):
    """What an engine's memory fraction is a fraction of."""

    TOTAL = "share of total"
    STATIC = "weights and cache over available"
    FREE = "share of free"


@dataclass(frozen=True, slots=True, kw_only=True)
class KvRule:
    """One row of the table that decides the cache format when nothing is asked for; unset conditions match anything.

    Attributes:
        kv: "fp8" or "fp16".
        declared: format that the checkpoint declares.
        weights: "fp16", "fp8" or "fp4".
        attention: "gqa", "mla", "sparse-mla" (DeepSeek-V3.2's indexer) or "compressed" (DeepSeek-V4).
        generation: GPU generation.
        source: where the rule is from.
        date: of the source.
    """

    kv: str
    declared: str | None = None
    weights: str | None = None
    attention: str | None = None
    generation: str | None = None
    source: str
    date: str

    def matches(self, *, declared: str | None, weights: str, attention: str, generation: str) -> bool:
        """Whether every condition that is set holds."""
        pairs = (
            (self.declared, declared),
            (self.weights, weights),
            (self.attention, attention),
            (self.generation, generation),
        )
        return all(wanted is None or wanted == actual for wanted, actual in pairs)


@dataclass(frozen=True, slots=True)
class ExpertPadding:
    """Multiples to which an engine pads one rank's share of an expert."""

    hidden_multiple: int
    width_multiple: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """One serving engine at its reference version.

    Attributes:
        name: key of ENGINES.
        version: version that the defaults are read from.
        version_date: its date.
        version_note: how it relates to the measured rows.
        memory_convention: meaning of the memory fraction.
        memory_note: the same in words.
        memory_fraction: default; None where it is derived.
        derived_fraction: how it is derived; None where it is fixed.
        max_running: most sequences in the batch of one attention-data-parallel rank, by GPU memory.
        max_batched_tokens: most tokens in one step (the prefill chunk), by GPU memory.
        mixes_prefill_and_decode: prompt chunks and decodes share a step; else prompts run in steps of their own.
        reserves_full_length: a request starts only when its whole length has room; else it grows as tokens come.
        kv_rules: cache format when nothing is asked for; first match wins, else 16 bit.
        expert_padding: by "format/generation", e.g. "mxfp4/Hopper".
        reserve: constants of the memory that is neither weights nor cache.
        figures: the published figures, by name.
    """

    name: str
    version: str
    version_date: str
    version_note: str
    memory_convention: MemoryConvention
    memory_note: str
    memory_fraction: float | None
    derived_fraction: DerivedFraction | None
    max_running: tuple[Step, ...]
    max_batched_tokens: tuple[Step, ...]
    mixes_prefill_and_decode: bool
    reserves_full_length: bool
    kv_rules: tuple[KvRule, ...]
    expert_padding: Mapping[str, ExpertPadding]
    reserve: ReserveConstants
    figures: Mapping[str, Figure]

    def default_memory_fraction(self, gpu: Gpu, layout: Layout, max_batched_tokens: int | None = None) -> float:
        """The fraction that the engine takes when none is given, in its own meaning."""
        if self.derived_fraction is not None:
            chunk_tokens = max_batched_tokens or self.default_max_batched_tokens(gpu)
            return self.derived_fraction.fraction(_shown_bytes(gpu), layout, chunk_tokens)
        if self.memory_fraction is None:
            raise ValueError(f"{self.name} has neither a fraction nor a rule for it")
        return self.memory_fraction

    def default_max_running(self, gpu: Gpu) -> int:
        """Most sequences in the batch of one attention-data-parallel rank."""
        return by_memory(self.max_running, _shown_bytes(gpu))

    def default_max_batched_tokens(self, gpu: Gpu) -> int:
        """Most tokens in one step: the prefill chunk."""
        return by_memory(self.max_batched_tokens, _shown_bytes(gpu))

    def default_kv_precision(
        self, *, weights: str, attention: str, generation: str, declared: str | None = None
    ) -> str:
        """Cache format when nothing is asked for: "fp16" or "fp8"; arguments as in KvRule."""
        for rule in self.kv_rules:
            if rule.matches(declared=declared, weights=weights, attention=attention, generation=generation):
                return rule.kv
        return "fp16"

    def kv_cache_bytes(
        self, *, memory_bytes: float, memory_fraction: float, weight_bytes: float, reserve: Reserve
    ) -> float:
        """Bytes left for the cache on one GPU; negative when the weights do not fit."""
        match self.memory_convention:
            case MemoryConvention.TOTAL:
                return memory_fraction * memory_bytes - weight_bytes - reserve.total_bytes
            case MemoryConvention.STATIC:
                return memory_fraction * (memory_bytes - reserve.context_bytes) - weight_bytes
            case MemoryConvention.FREE:
                return memory_fraction * (memory_bytes - weight_bytes - reserve.total_bytes)

    def missing_bytes(self, shortfall_bytes: float, memory_fraction: float) -> float:
        """GPU memory that would have to be free for ``shortfall_bytes`` more of cache."""
        if self.memory_convention is MemoryConvention.FREE:
            return shortfall_bytes / memory_fraction
        return shortfall_bytes


def _shown_bytes(gpu: Gpu) -> float:
    """Memory as nvidia-smi shows it, by which engines choose their defaults."""
    return gpu.driver_memory_bytes or gpu.memory_bytes


def _steps(name: str, raw: Mapping[str, Any]) -> tuple[Step, ...]:
    """The default of this name: a table by memory, one value, or a smaller one below a size."""
    table = f"{name}_by_memory"
    if table in raw:
        return steps(raw[table], 1)
    last = Step(float("inf"), int(figure(raw[name]).si_known))
    small = f"{name}_small"
    if small not in raw:
        return (last,)
    return (Step(figure(raw["large_gpu"]).si_known, int(figure(raw[small]).si_known)), last)


def _expert_padding(raw: Mapping[str, Any]) -> dict[str, ExpertPadding]:
    return {
        key: ExpertPadding(int(rule["hidden_multiple"]["value"]), int(rule["width_multiple"]["value"]))
        for key, rule in raw.get("padding", {}).items()
    }


def _derived_fraction(raw: Mapping[str, Any]) -> DerivedFraction | None:
    if "fraction_rule" not in raw:
        return None
    return DerivedFraction.from_raw(raw["fraction_rule"], raw["graph_sequences_by_memory"])


def _engine(name: str, raw: Mapping[str, Any]) -> Engine:
    figures = {key: figure(value) for key, value in raw.items() if isinstance(value, dict) and "value" in value}
    return Engine(
        name=name,
        version=raw["version"],
        version_date=raw["version_date"],
        version_note=raw["version_note"],
        memory_convention=MemoryConvention(raw["memory_convention"]),
        memory_note=raw["memory_note"],
        memory_fraction=figures["memory_fraction"].value,
        derived_fraction=_derived_fraction(raw),
        max_running=_steps("max_running", raw),
        max_batched_tokens=_steps("max_batched_tokens", raw),
        mixes_prefill_and_decode=bool(figures["mixes_prefill_and_decode"].value),
        reserves_full_length=bool(figures["reserves_full_length"].value),
        kv_rules=tuple(KvRule(**rule) for rule in raw["kv_rules"]),
        expert_padding=MappingProxyType(_expert_padding(raw)),
        reserve=ReserveConstants.from_figures({key: figure(value) for key, value in raw["reserve"].items()}),
        figures=MappingProxyType(figures),
    )


#: The engines by name, in the order in which a picker shows them.
ENGINES: Mapping[str, Engine] = MappingProxyType({name: _engine(name, raw) for name, raw in ENGINE_FIGURES.items()})

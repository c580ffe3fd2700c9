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
from .gpus import Gpu
from .reserve import Reserve, ReserveConstants

MIB = 2.0**20


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What an engine's defaults depend on beside the GPU.

    Attributes:
        tensor_parallel: ranks of attention and dense blocks.
        pipeline_parallel: stages.
        attention_data_parallel: copies of attention, each with its own requests.
        latent_attention: the model caches one latent per token (MLA).
    """

    tensor_parallel: int = 1
    pipeline_parallel: int = 1
    attention_data_parallel: int = 1
    latent_attention: bool = False

    @property
    def engine_ranks(self) -> int:
        """Tensor-parallel size as SGLang counts it: attention data parallelism is inside."""
        return self.tensor_parallel * self.attention_data_parallel


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
        kv_rules: cache format when nothing is asked for; first match wins, else 16 bit.
        reserve: constants of the memory that is neither weights nor cache.
        figures: the published figures, by name.
    """

    name: str
    version: str
    version_date: str
    version_note: str
    memory_convention: MemoryConvention
    memory_note: str
    kv_rules: tuple[KvRule, ...]
    reserve: ReserveConstants
    figures: Mapping[str, Figure]
    raw: Mapping[str, Any]

    @property
    def mixes_prefill_and_decode(self) -> bool:
        """Prompt chunks and decodes share a step; else prompts run in steps of their own, before decodes."""
        return bool(self.figures["mixes_prefill_and_decode"].value)

    def default_memory_fraction(self, gpu: Gpu, layout: Layout, max_batched_tokens: int | None = None) -> float:
        """The fraction that the engine takes when none is given, in its own meaning."""
        fraction = self.figures["memory_fraction"].value
        if fraction is not None:
            return fraction
        return _sglang_fraction(self.raw, gpu, layout, max_batched_tokens or self.default_max_batched_tokens(gpu))

    def default_max_running(self, gpu: Gpu) -> int:
        """Most sequences in the batch of one attention-data-parallel rank."""
        return int(self._by_size("max_running", gpu))

    def default_max_batched_tokens(self, gpu: Gpu) -> int:
        """Most tokens in one step: the prefill chunk."""
        if "chunk_by_memory" in self.raw:
            return int(_row_by_memory(self.raw["chunk_by_memory"], _driver_mib(gpu))[1])
        return int(self._by_size("max_batched_tokens", gpu))

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

    def _by_size(self, name: str, gpu: Gpu) -> float:
        small = f"{name}_small"
        if small in self.figures and gpu.memory_bytes < self.figures["large_gpu"].si_known:
            return self.figures[small].si_known
        return self.figures[name].si_known


def _driver_mib(gpu: Gpu) -> float:
    return (gpu.driver_memory_bytes or gpu.memory_bytes) / MIB


def _row_by_memory(rows: list[list[Any]], mib: float) -> list[Any]:
    """The first row whose upper bound is above the memory; the last row has none."""
    return next(row for row in rows if row[0] is None or mib < row[0])


def _prefill_graphs(chunk_tokens: int) -> int:
    """Prefill sizes for which SGLang captures a graph, up to the chunk (server_args.py)."""
    steps = (
        (4, 33, 4),
        (48, 257, 16),
        (288, 513, 32),
        (576, 1025, 64),
        (1280, 4097, 256),
        (4608, chunk_tokens + 1, 512),
    )
    return sum(size <= chunk_tokens for start, stop, step in steps for size in range(start, stop, step))


def _sglang_fraction(raw: Mapping[str, Any], gpu: Gpu, layout: Layout, chunk_tokens: int) -> float:
    """SGLang's mem_fraction_static: 1 - (chunk, graph and parallelism allowances) / memory, to three digits."""
    rule = {key: value["value"] for key, value in raw["fraction_rule"].items()}
    memory_mib = _driver_mib(gpu)
    ranks = layout.engine_ranks
    sequences = _row_by_memory(raw["graph_sequences_by_memory"], memory_mib)[1 if ranks < 4 else 2]
    reserved = rule["base"] + max(chunk_tokens, 2048) * rule["per_chunk_token"] + sequences * rule["per_graph_sequence"]
    reserved += ranks * layout.pipeline_parallel * rule["per_gpu"]
    if layout.attention_data_parallel > 1:
        reserved += sequences * layout.attention_data_parallel * rule["per_graph_sequence_and_dp_rank"]
        if sequences > 300:
            reserved += sequences * layout.attention_data_parallel * rule["per_large_graph_sequence_and_dp_rank"]
    if layout.latent_attention:
        reserved += rule["prefill_graphs_latent"]
    else:
        reserved += _prefill_graphs(chunk_tokens) * rule["per_prefill_graph"]
    if memory_mib > 60 * 1024:
        reserved = max(reserved, rule["least"])
    share: float = (memory_mib - reserved) / memory_mib
    return round(share, 3)


def _engine(name: str, raw: Mapping[str, Any]) -> Engine:
    figures = {key: figure(value) for key, value in raw.items() if isinstance(value, dict) and "value" in value}
    return Engine(
        name=name,
        version=raw["version"],
        version_date=raw["version_date"],
        version_note=raw["version_note"],
        memory_convention=MemoryConvention(raw["memory_convention"]),
        memory_note=raw["memory_note"],
        kv_rules=tuple(KvRule(**rule) for rule in raw["kv_rules"]),
        reserve=ReserveConstants.from_figures({key: figure(value) for key, value in raw["reserve"].items()}),
        figures=MappingProxyType(figures),
        raw=MappingProxyType(dict(raw)),
    )


#: The engines by name, in the order in which a picker shows them.
ENGINES: Mapping[str, Engine] = MappingProxyType({name: _engine(name, raw) for name, raw in ENGINE_FIGURES.items()})

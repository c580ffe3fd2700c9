"""Memory of the fullest GPU by the engine's own convention, and the sequences that fit (research: start-up logs).

weights + reserve + cache share what the memory fraction grants; ``engines.py`` gives each engine's meaning of the
fraction and
``reserve.py`` the memory that is neither weights nor cache.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from .deployment import Deployment, Workload
from .engines import Layout
from .feedforward import MixtureOfExperts
from .formats import BF16
from .mixers import LatentAttention
from .model import Model, kv_element_bytes, named_format
from .plan import Plan
from .reserve import Reserve, Shapes, reserve
from .weights import Role

per_model = lru_cache(maxsize=512)
"""Remembers what depends on a model and its precision or layout alone; a search or a curve asks for it many times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Settings of the engine, defaults resolved.

    Attributes:
        kv_precision: "fp16" or "fp8".
        memory_fraction: in the engine's own meaning.
        max_running: sequences in the batch of one replica.
        max_batched_tokens: tokens of one step.
    """

    kv_precision: str
    memory_fraction: float
    max_running: int
    max_batched_tokens: int


class Memory(NamedTuple):
    """Memory of one replica.

    Attributes:
        weight_bytes_per_gpu, weight_bytes: fullest GPU; sum over the replica, copies included.
        reserve: memory beyond weights and cache on one GPU, by part.
        kv_cache_bytes_per_gpu: room for the cache on the fullest GPU, not below 0.
        kv_cache_bytes: the same over the replica's GPUs.
        sequence_bytes_per_gpu: one finished request on that GPU.
        max_concurrency: full-length sequences of one replica, capped by max_running.
        capacity_tokens: distinct tokens in such sequences over the replica.
        running_sequences: sequences that run together once the system is busy, before the cap: as many as fit at
            their mean
            occupancy, which is the full length where the engine reserves it from the start.
        shortfall_bytes_per_gpu: what is missing for one full-length sequence; 0 when it fits.
    """

    weight_bytes_per_gpu: float
    weight_bytes: float
    reserve: Reserve
    kv_cache_bytes_per_gpu: float
    kv_cache_bytes: float
    sequence_bytes_per_gpu: float
    max_concurrency: int
    capacity_tokens: float
    running_sequences: int
    shortfall_bytes_per_gpu: float

    @property
    def fits(self) -> bool:
        """At least one full-length sequence has room."""
        return self.max_concurrency > 0


@per_model
def resolve_limits(model: Model, deployment: Deployment) -> Limits:
    """Take the engine's defaults where the user gave nothing."""
    engine, gpu = deployment.engine_data, deployment.gpu_data
    chunk = deployment.max_batched_tokens or engine.default_max_batched_tokens(gpu)
    fraction = deployment.memory_fraction
    if fraction is None:
        fraction = engine.default_memory_fraction(gpu, _engine_layout(model, deployment), chunk)
    running = deployment.max_running
    if running is None:
        running = engine.default_max_running(gpu) * deployment.attention_data_parallel
    kv_precision = deployment.kv_precision
    if kv_precision == "auto":
        kv_precision = engine.default_kv_precision(
            declared=declared_kv(model, deployment.precision),
            weights=weight_class(model, deployment.precision),
            attention=attention_class(model),
            generation=gpu.generation,
        )
    return Limits(
        kv_precision="fp16" if kv_precision == "bf16" else kv_precision,
        memory_fraction=fraction,
        max_running=running,
        max_batched_tokens=chunk,
    )


@per_model
def declared_kv(model: Model, precision: str) -> str | None:
    """Cache format that the weights' files declare.

    A named FP8 or FP4 stands for a ModelOpt export of the model, and those declare an FP8 cache:
        ``kv_cache_quant_algo``
    is FP8 in 13 of the 16 hf_quant_config.json that were read (2026-11-24); the three without it mix formats.
    """
    if precision in ("fp8", "fp4") and any(
        model.format_of(linear, precision) is named_format(precision)
        for layer, _ in model.layer_groups
        for linear in layer.weights
    ):
        return "fp8"
    return model.checkpoint.kv_precision


@per_model
def weight_class(model: Model, precision: str) -> str:
    """Format of most matrix elements inside the layers: "fp16", "fp8" or "fp4"."""
    elements: dict[str, float] = {}
    for layer, count in model.layer_groups:
        for linear in layer.weights:
            bits = model.format_of(linear, precision).bits
            name = "fp16" if bits >= BF16.bits else "fp8" if bits > 6 else "fp4"
            elements[name] = elements.get(name, 0.0) + count * linear.elements
    return max(elements, key=elements.__getitem__) if elements else "fp16"


@per_model
def attention_class(model: Model) -> str:
    """Kind of cache: "gqa", "mla", "sparse-mla" (with index keys) or "compressed" (several tokens per entry)."""
    caches = [cache for cache, _ in model.caches]
    if any(cache.stride_tokens > 1 for cache in caches):
        return "compressed"
    if any(cache.fixed_bytes_per_entry and not cache.units for cache in caches):
        return "sparse-mla"
    return "mla" if model.latent else "gqa"


def _engine_layout(model: Model, deployment: Deployment) -> Layout:
    return Layout(
        tensor_parallel=deployment.tensor_parallel,
        pipeline_parallel=deployment.pipeline_parallel,
        attention_data_parallel=deployment.attention_data_parallel,
        latent_attention=model.latent,
    )


def memory_shapes(model: Model, deployment: Deployment, limits: Limits) -> Shapes:
    """Shapes of the largest batch on one GPU, for the reserve."""
    ranks = deployment.tensor_parallel
    slices = deployment.expert_group // deployment.expert_parallel
    widths = _widths(model)
    return Shapes(
        batched_tokens=limits.max_batched_tokens,
        running=-(-limits.max_running // deployment.attention_data_parallel),
        hidden_size=model.hidden_size,
        vocab_size=model.vocab_size,
        layers=-(-len(model.layers) // deployment.pipeline_parallel),
        gpus=deployment.gpus_per_replica,
        dense_width=widths.dense / ranks,
        experts_per_token=widths.experts_per_token,
        expert_width=widths.expert / slices,
        latent_up_width=widths.latent_up / ranks,
    )


@per_model
def _reserve(model: Model, deployment: Deployment, limits: Limits) -> Reserve:
    return reserve(deployment.engine_data.reserve, memory_shapes(model, deployment, limits))


class _Widths(NamedTuple):
    """Largest widths of a model's layers, in elements; 0 where it has no such layer."""

    dense: int
    experts_per_token: int
    expert: int
    latent_up: int


@per_model
def _widths(model: Model) -> _Widths:
    dense = [w.outputs for w in _matrices(model) if w.role in (Role.MLP, Role.SHARED_EXPERT)]
    experts = [layer.ffn for layer, _ in model.layer_groups if isinstance(layer.ffn, MixtureOfExperts)]
    latent = [layer.mixer for layer, _ in model.layer_groups if isinstance(layer.mixer, LatentAttention)]
    return _Widths(
        dense=max(dense, default=0),
        experts_per_token=max((block.active_experts for block in experts), default=0),
        expert=max((block.expert_width for block in experts), default=0),
        latent_up=max((m.heads * (m.nope_dim + m.rope_dim + m.value_dim) for m in latent), default=0),
    )


def _matrices(model: Model) -> list:  # type: ignore[type-arg]
    return [linear for layer, _ in model.layer_groups for linear in layer.weights]


def sequence_bytes(plan: Plan, element_bytes: float, ranks: int) -> Callable[[float], float]:
    """Bytes of one sequence on the fullest GPU, of its tokens."""
    stages = [
        [
            (cache.entries, count * cache.bytes_per_entry(element_bytes, ranks), count * cache.local_state_bytes(ranks))
            for cache, count in caches
        ]
        for caches in plan.stage_caches
    ]

    def held_bytes(tokens: float) -> float:
        return max([sum([entries(tokens) * each + state for entries, each, state in stage]) for stage in stages])

    return held_bytes


def fit_memory(model: Model, plan: Plan, deployment: Deployment, limits: Limits, workload: Workload) -> Memory:
    """Memory of a replica and the sequences that it holds."""
    ranks, copies = deployment.tensor_parallel, deployment.attention_data_parallel
    element_bytes = kv_element_bytes(limits.kv_precision)
    reserved = _reserve(model, deployment, limits)
    room = deployment.engine_data.kv_cache_bytes(
        memory_bytes=deployment.gpu_data.memory_bytes,
        memory_fraction=limits.memory_fraction,
        weight_bytes=plan.weight_bytes_per_gpu,
        reserve=reserved,
    )
    held_bytes = sequence_bytes(plan, element_bytes, ranks)
    full = held_bytes(workload.total_tokens)
    occupied = full if deployment.engine_data.reserves_full_length else held_bytes(workload.mean_tokens)
    per_rank = _count(room, full)
    fitting = min(limits.max_running, copies * per_rank)
    return Memory(
        weight_bytes_per_gpu=plan.weight_bytes_per_gpu,
        weight_bytes=plan.weight_bytes,
        reserve=reserved,
        kv_cache_bytes_per_gpu=max(room, 0.0),
        kv_cache_bytes=max(room, 0.0) * deployment.gpus_per_replica,
        sequence_bytes_per_gpu=full,
        max_concurrency=fitting,
        capacity_tokens=copies * max(room, 0.0) / full * workload.total_tokens if full and per_rank else 0.0,
        running_sequences=max(copies * _count(room, occupied), copies * per_rank),
        shortfall_bytes_per_gpu=0.0
        if fitting
        else deployment.engine_data.missing_bytes(max(full - room, 0.0), limits.memory_fraction),
    )


def _count(room: float, each: float) -> int:
    if room <= 0:
        return 0
    return int(room // each) if each else 10**9

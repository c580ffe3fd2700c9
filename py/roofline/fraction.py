"""SGLang's default for mem_fraction_static: 1 less allowances for activations and CUDA graphs (server_args.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .data import figure

MIB = 2.0**20
#: From this many tensor-parallel ranks on, graphs are captured for larger batches.
MANY_RANKS = 4
#: Above this many sequences per graph, attention data parallelism costs more for each.
LARGE_GRAPH_SEQUENCES = 300
#: The prefill chunk counts as at least this long.
LEAST_CHUNK_TOKENS = 2048
#: The smallest allowance holds on GPUs above this size.
LARGE_GPU_BYTES = 60 * 2.0**30


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


@dataclass(frozen=True, slots=True)
class Step:
    """A default for GPUs with less than so much memory; infinity on the last step."""

    below_bytes: float
    value: int


def steps(rows: Sequence[Sequence[Any]], column: int) -> tuple[Step, ...]:
    """Steps of a table whose rows start with an upper bound in MiB (null on the last)."""
    return tuple(Step(float("inf") if row[0] is None else row[0] * MIB, row[column]) for row in rows)


def by_memory(table: tuple[Step, ...], memory_bytes: float) -> int:
    """The default for a GPU of this size."""
    return next(step.value for step in table if memory_bytes < step.below_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedFraction:
    """The allowances, in bytes unless said.

    Attributes:
        base_bytes: always.
        bytes_per_chunk_token: activations of the prefill chunk.
        bytes_per_graph_sequence: decode graphs.
        bytes_per_gpu: for each GPU of the replica.
        bytes_per_graph_sequence_and_dp_rank: padding under attention data parallelism.
        bytes_per_large_graph_sequence_and_dp_rank: in addition where graphs are large.
        bytes_per_prefill_graph: for each captured prefill size, models without MLA.
        latent_prefill_graph_bytes: for all of them, models with MLA.
        least_bytes: smallest sum on large GPUs.
        graph_sequences_few_ranks, graph_sequences_many_ranks: largest decode batch with a graph, by GPU memory.
    """

    base_bytes: float
    bytes_per_chunk_token: float
    bytes_per_graph_sequence: float
    bytes_per_gpu: float
    bytes_per_graph_sequence_and_dp_rank: float
    bytes_per_large_graph_sequence_and_dp_rank: float
    bytes_per_prefill_graph: float
    latent_prefill_graph_bytes: float
    least_bytes: float
    graph_sequences_few_ranks: tuple[Step, ...]
    graph_sequences_many_ranks: tuple[Step, ...]

    @classmethod
    def from_raw(cls, rule: Mapping[str, Any], graph_sequences: Sequence[Sequence[Any]]) -> DerivedFraction:
        """Take the allowances from their published figures."""
        return cls(
            **{name: figure(raw).si_known for name, raw in rule.items()},
            graph_sequences_few_ranks=steps(graph_sequences, 1),
            graph_sequences_many_ranks=steps(graph_sequences, 2),
        )

    def fraction(self, memory_bytes: float, layout: Layout, chunk_tokens: int) -> float:
        """The fraction for a GPU on which nvidia-smi shows ``memory_bytes``, to three digits."""
        return round(1 - self.reserved_bytes(memory_bytes, layout, chunk_tokens) / memory_bytes, 3)

    def reserved_bytes(self, memory_bytes: float, layout: Layout, chunk_tokens: int) -> float:
        """Sum of the allowances."""
        many = layout.engine_ranks >= MANY_RANKS
        sequences = by_memory(self.graph_sequences_many_ranks if many else self.graph_sequences_few_ranks, memory_bytes)
        reserved = self.base_bytes + max(chunk_tokens, LEAST_CHUNK_TOKENS) * self.bytes_per_chunk_token
        reserved += sequences * self.bytes_per_graph_sequence
        reserved += layout.engine_ranks * layout.pipeline_parallel * self.bytes_per_gpu
        reserved += self._data_parallel_bytes(sequences, layout.attention_data_parallel)
        if layout.latent_attention:
            reserved += self.latent_prefill_graph_bytes
        else:
            reserved += prefill_graphs(chunk_tokens) * self.bytes_per_prefill_graph
        return max(reserved, self.least_bytes) if memory_bytes > LARGE_GPU_BYTES else reserved

    def _data_parallel_bytes(self, sequences: int, copies: int) -> float:
        if copies == 1:
            return 0.0
        each = self.bytes_per_graph_sequence_and_dp_rank
        if sequences > LARGE_GRAPH_SEQUENCES:
            each += self.bytes_per_large_graph_sequence_and_dp_rank
        return sequences * copies * each


def prefill_graphs(chunk_tokens: int) -> int:
    """Prefill sizes for which SGLang captures a graph, up to the chunk."""
    ranges = (
        range(4, 33, 4),
        range(48, 257, 16),
        range(288, 513, 32),
        range(576, 1025, 64),
        range(1280, 4097, 256),
        range(4608, chunk_tokens + 1, 512),
    )
    return sum(size <= chunk_tokens for sizes in ranges for size in sizes)

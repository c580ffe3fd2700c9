"""Layouts that a search tries: how one replica of a model can be cut on one type of GPU."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from .feedforward import MixtureOfExperts
from .gpus import Gpu
from .model import Model
from .placement import domain_gpus
from .plan import runs_on

#: Pipeline stages that are tried.
STAGES = (1, 2, 4)
#: Attention-data-parallel ranks over the network between nodes, beyond one link domain.
NETWORK_RANKS = 32


class Layout(NamedTuple):
    """Parallelism of one replica, by the names of Deployment."""

    tensor_parallel: int
    pipeline_parallel: int = 1
    attention_data_parallel: int = 1
    expert_parallel: int = 1

    @property
    def gpus(self) -> int:
        """GPUs of one replica."""
        return self.tensor_parallel * self.pipeline_parallel * self.attention_data_parallel


def layouts(model: Model, gpu: Gpu) -> Iterator[Layout]:
    """Powers of two that the model's heads and experts and the GPU's links allow, the fewest GPUs first.

    Attention data parallelism and expert parallelism are tried for mixture-of-experts models only: for others the
    first is a slower form of more replicas, and the second has nothing to spread.
    """
    experts = _routed_experts(model)
    found = {layout for ranks in _ranks(model, gpu) for layout in _of_ranks(model, gpu, ranks, experts)}
    return iter(sorted(found, key=lambda layout: (layout.gpus, layout)))


def _routed_experts(model: Model) -> int:
    counts = [layer.ffn.experts for layer, _ in model.layer_groups if isinstance(layer.ffn, MixtureOfExperts)]
    return min(counts, default=0)


def _ranks(model: Model, gpu: Gpu) -> list[int]:
    mixers = [layer.mixer for layer, _ in model.layer_groups if layer.mixer is not None]
    return [n for n in _powers(domain_gpus(gpu)) if all(runs_on(mixer, n) for mixer in mixers)]


def _of_ranks(model: Model, gpu: Gpu, ranks: int, experts: int) -> Iterator[Layout]:
    reach = 10**9 if gpu.nic_bytes_per_s is not None else domain_gpus(gpu)
    for stages in STAGES:
        if stages <= len(model.layers) and ranks * stages <= reach:
            yield Layout(ranks, stages)
    if 1 < ranks <= experts:
        yield Layout(ranks, 1, 1, ranks)
    if experts:
        yield from _shared_experts(gpu, ranks, experts, reach)


def _shared_experts(gpu: Gpu, ranks: int, experts: int, reach: int) -> Iterator[Layout]:
    """Copies of attention over common experts; over the network only with whole experts on each GPU."""
    domain = domain_gpus(gpu)
    for group in _powers(min(reach, max(domain, NETWORK_RANKS))):
        copies = group // ranks
        if copies < 2 or (group > domain and ranks > 1):
            continue
        if group <= domain:
            yield Layout(ranks, 1, copies, 1)
        if group <= experts:
            yield Layout(ranks, 1, copies, group)


def _powers(most: int) -> list[int]:
    return [2**power for power in range(most.bit_length())]

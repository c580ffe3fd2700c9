"""GPUs: memory, dense rates, links, power and list price, every figure with source and date.

Rates are dense: 2:4 sparsity, which datasheet headlines include, is not used by serving engines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from .data import GPU_FIGURES, PRICE_FIGURES, Figure, figure
from .errors import DeploymentError, shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """List price for on-demand use.

    Attributes:
        usd_per_gpu_hour: median over providers.
        low_usd_per_gpu_hour: lowest listed.
        high_usd_per_gpu_hour: highest listed.
        providers: how many the median is over.
        figure: sources and date; roofline.offers has each provider's own price.
    """

    usd_per_gpu_hour: float
    low_usd_per_gpu_hour: float
    high_usd_per_gpu_hour: float
    providers: int
    figure: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """One GPU as a serving engine sees it; SI units, links in one direction.

    Attributes:
        name: key of GPUS.
        aliases: other names accepted for it.
        generation: "Hopper" or "Blackwell".
        family: finer name for calibration, e.g. "Blackwell Ultra".
        marketed_memory_bytes: capacity on the label.
        driver_memory_bytes: what nvidia-smi shows; None where not found.
        memory_bytes: total that the engine sees and multiplies by its memory fraction.
        hbm_bytes_per_s: peak of the memory.
        bf16_flop_per_s: dense peak of BF16 and FP16 tensor cores.
        fp8_flop_per_s: dense peak of FP8.
        fp4_flop_per_s: dense peak of FP4; None where the hardware has none.
        int8_op_per_s: dense peak of INT8; None where unknown.
        nvlink_bytes_per_s: one direction, all links of one GPU; None without NVLink.
        nvlink_group_gpus: GPUs that NVLink joins; 1 without NVLink.
        nvlink_domain_gpus: largest group that tensor parallelism may span (the server where cards speak PCIe).
        pcie_bytes_per_s: one direction; None where the GPU has no PCIe link to its peers.
        nic_bytes_per_s: network per GPU between nodes; None where it differs between servers.
        gpus_per_node: GPUs that one node of a deployment counts.
        tdp_w: board power; None where unknown.
        price: list price; None where no provider lists one.
        figures: the published figures behind all this, by name.
    """

    name: str
    aliases: tuple[str, ...]
    generation: str
    family: str
    marketed_memory_bytes: float
    driver_memory_bytes: float | None
    memory_bytes: float
    hbm_bytes_per_s: float
    bf16_flop_per_s: float
    fp8_flop_per_s: float
    fp4_flop_per_s: float | None
    int8_op_per_s: float | None
    nvlink_bytes_per_s: float | None
    nvlink_group_gpus: int
    nvlink_domain_gpus: int
    pcie_bytes_per_s: float | None
    nic_bytes_per_s: float | None
    gpus_per_node: int
    tdp_w: float | None
    price: Price | None
    figures: Mapping[str, Figure]

    def dense_flop_per_s(self, rate: str) -> float | None:
        """Dense peak for "bf16", "fp8", "fp4" or "int8"; None where the hardware has no such rate."""
        peaks = {
            "bf16": self.bf16_flop_per_s,
            "fp8": self.fp8_flop_per_s,
            "fp4": self.fp4_flop_per_s,
            "int8": self.int8_op_per_s,
        }
        return peaks[rate]

    def link_bytes_per_s(self, gpus: int) -> float:
        """One-direction rate between this many GPUs of one domain: NVLink while it joins them all, else PCIe."""
        if self.nvlink_bytes_per_s is not None and (gpus <= self.nvlink_group_gpus or self.pcie_bytes_per_s is None):
            return self.nvlink_bytes_per_s
        if self.pcie_bytes_per_s is None:
            raise ValueError(f"{self.name} has neither NVLink nor PCIe")
        return self.pcie_bytes_per_s

    @property
    def interconnect_bytes_per_s(self) -> float:
        """One-direction rate between all GPUs of a domain."""
        return self.link_bytes_per_s(self.nvlink_domain_gpus)


def _price(name: str) -> Price | None:
    raw = PRICE_FIGURES.get(name)
    if raw is None:
        return None
    return Price(
        usd_per_gpu_hour=raw["value"],
        low_usd_per_gpu_hour=raw["low"],
        high_usd_per_gpu_hour=raw["high"],
        providers=raw["providers"],
        figure=figure(raw),
    )


def _gpu(name: str, raw: Mapping[str, Any]) -> Gpu:
    figures = {key: figure(value) for key, value in raw.items() if isinstance(value, dict)}
    return Gpu(
        name=name,
        aliases=tuple(raw["aliases"]),
        generation=raw["generation"],
        family=raw["family"],
        marketed_memory_bytes=figures["marketed_memory"].si_known,
        driver_memory_bytes=figures["driver_memory"].si,
        memory_bytes=figures["engine_memory"].si_known,
        hbm_bytes_per_s=figures["hbm_bandwidth"].si_known,
        bf16_flop_per_s=figures["bf16_dense"].si_known,
        fp8_flop_per_s=figures["fp8_dense"].si_known,
        fp4_flop_per_s=figures["fp4_dense"].si,
        int8_op_per_s=figures["int8_dense"].si,
        nvlink_bytes_per_s=figures["nvlink_one_way"].si,
        nvlink_group_gpus=int(figures["nvlink_group"].si_known),
        nvlink_domain_gpus=int(figures["tensor_parallel_domain"].si_known),
        pcie_bytes_per_s=figures["pcie_one_way"].si,
        nic_bytes_per_s=figures["nic"].si,
        gpus_per_node=int(figures["gpus_per_node"].si_known),
        tdp_w=figures["tdp"].si,
        price=_price(name),
        figures=MappingProxyType(figures),
    )


def _names(gpu: Gpu) -> Iterator[str]:
    yield gpu.name
    yield from gpu.aliases


#: The GPUs by name, in the order in which a picker shows them.
GPUS: Mapping[str, Gpu] = MappingProxyType({name: _gpu(name, raw) for name, raw in GPU_FIGURES.items()})

_BY_ANY_NAME: Mapping[str, Gpu] = MappingProxyType(
    {name.casefold(): gpu for gpu in GPUS.values() for name in _names(gpu)}
)


def find_gpu(name: str) -> Gpu:
    """The GPU of this name or alias, upper and lower case alike.

    Raises:
        DeploymentError: no GPU has this name (code "unknown-gpu").
    """
    gpu = _BY_ANY_NAME.get(" ".join(str(name).split()).casefold())
    if gpu is None:
        raise DeploymentError(f"unknown GPU {shown(name)}", hint=f"Use one of {', '.join(GPUS)}.", code="unknown-gpu")
    return gpu

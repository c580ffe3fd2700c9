"""A GPU and an engine with the constants that apply to one deployment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .constants import CONSTANTS, Constants, Overhead
from .curves import CollectiveCurve, DecodeCurve, ExpertCurve, MatrixCurve, PrefillCurve, StreamCurve
from .deployment import Deployment
from .formats import Format, Rate
from .gpus import Gpu
from .model import kv_element_bytes
from .placement import domain_gpus
from .rows import Core

_WEIGHT_ONLY = frozenset({"int2", "int3", "int4", "int8", "nf4"})
_SAME_KERNEL: Mapping[str, str] = {"fp32": "bf16", "mxfp8": "fp8_block"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Peaks, links and curves that operators are timed with.

    Attributes:
        gpu: figures of the GPU.
        constants: curves of the engine on this GPU family.
        hbm_bytes_per_s: memory bandwidth.
        ranks, data_ranks, stages: tensor-parallel, attention-data-parallel and pipeline group sizes.
        kv_format: "fp16" or "fp8".
        kv_bytes: bytes of one cache element.
    """

    gpu: Gpu
    constants: Constants
    hbm_bytes_per_s: float
    ranks: int
    data_ranks: int
    stages: int
    kv_format: str
    kv_bytes: float

    def peak_flop_per_s(self, rate: Rate) -> float:
        """Dense peak in FLOP/s; formats that the hardware cannot multiply are widened to BF16 first."""
        return self.gpu.dense_flop_per_s(rate) or self.gpu.bf16_flop_per_s

    def matrix(self, stored: Format) -> tuple[MatrixCurve, float]:
        """Curve and peak of a matrix product with weights stored this way."""
        curve = self.constants.matrix[curve_key(stored)]
        return curve, self.peak_flop_per_s(curve.rate or stored.rate)

    def experts(self, stored: Format) -> tuple[ExpertCurve, float]:
        """Curve and peak of routed experts stored this way."""
        curve = self.constants.experts[curve_key(stored)]
        return curve, self.peak_flop_per_s(curve.rate or stored.rate)

    def decode_core(self, core: Core) -> tuple[DecodeCurve, float]:
        """Curve and peak of a decode core."""
        curve = self.constants.decode[f"{core}/{self.kv_format}"]
        return curve, self.peak_flop_per_s(curve.rate)

    def prefill_core(self, core: Core) -> tuple[PrefillCurve, float]:
        """Curve and peak of a prefill core."""
        curve = self.constants.prefill[f"{core}/{self.kv_format}"]
        return curve, self.peak_flop_per_s(curve.rate)

    @property
    def stream(self) -> StreamCurve:
        """Small kernels."""
        return self.constants.stream

    @property
    def collective(self) -> CollectiveCurve:
        """Collectives inside a link domain."""
        return self.constants.collective

    @property
    def overhead(self) -> Overhead:
        """Engine overheads."""
        return self.constants.overhead

    def link_bytes_per_s(self, group: int) -> float:
        """Bytes/s in one direction between the GPUs of a group: its NVLink or PCIe domain, else the network.

        Raises:
            ValueError: the group needs a network of unknown speed, which ``placement.place`` refuses.
        """
        if group <= domain_gpus(self.gpu):
            return self.gpu.link_bytes_per_s(group)
        if self.gpu.nic_bytes_per_s is None:
            raise ValueError(f"the network speed of {self.gpu.name} is not known")
        return self.gpu.nic_bytes_per_s


def make_machine(deployment: Deployment, kv_format: str, constants: Constants | None = None) -> Machine:
    """Resolve the constants of a deployment; ``constants`` replaces the calibrated ones (e.g. IDEAL)."""
    gpu = deployment.gpu_data
    return Machine(
        gpu=gpu,
        constants=constants or CONSTANTS[deployment.engine, gpu.family],
        hbm_bytes_per_s=gpu.hbm_bytes_per_s,
        ranks=deployment.tensor_parallel,
        data_ranks=deployment.attention_data_parallel,
        stages=deployment.pipeline_parallel,
        kv_format=kv_format,
        kv_bytes=kv_element_bytes(kv_format),
    )


def curve_key(stored: Format) -> str:
    """Format under which the constants of a stored format are kept."""
    if stored.name in _WEIGHT_ONLY:
        return "weight_only"
    return _SAME_KERNEL.get(stored.name, stored.name)

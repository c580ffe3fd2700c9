"""What a user chooses: hardware, parallelism and precision (``Deployment``) and the traffic (``Workload``)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cached_property

from .engines import ENGINES, Engine
from .errors import DeploymentError, RooflineError, WorkloadError, shown
from .gpus import GPUS, Gpu, find_gpu

MAX_TOKENS = 100_000_000
MAX_COUNT = 1_000_000
PRECISIONS = ("auto", "fp16", "bf16", "fp8", "fp4")
KV_PRECISIONS = ("auto", "fp16", "bf16", "fp8")


class EngineName(StrEnum):
    """Serving engines that the model of time and memory knows."""

    VLLM = "vLLM"
    SGLANG = "SGLang"
    TENSORRT_LLM = "TensorRT-LLM"


def whole(name: str, value: object, low: int, high: int, error: type[RooflineError] = DeploymentError) -> int:
    """Return ``value`` as an int between ``low`` and ``high``.

    Raises:
        error: not a whole number, or out of range.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high and value == int(value):
        return int(value)
    raise error(
        f"{name} must be a whole number of {low:,} to {high:,}",
        hint=f"Give {name} as a whole number of {low:,} to {high:,}.",
        code="invalid-number",
    )


def real(name: str, value: object, low: float, high: float, error: type[RooflineError] = DeploymentError) -> float:
    """Return ``value`` as a float above ``low`` and at most ``high``.

    Raises:
        error: not a number, or out of range.
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low < value <= high:
        raise error(
            f"{name} must be above {low:g} and at most {high:g}",
            hint=f"Give {name} as a number above {low:g} and at most {high:g}.",
            code="invalid-number",
        )
    return float(value)


def _is_zero(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value == 0


def _choice(name: str, value: object, allowed: tuple[str, ...], code: str) -> None:
    if value not in allowed:
        raise DeploymentError(f"unknown {name} {shown(value)}", hint=f"Use one of {', '.join(allowed)}.", code=code)


def _known_gpu(name: object) -> Gpu:
    gpu = find_gpu(name) if isinstance(name, str) else None
    if gpu is None:
        raise DeploymentError(f"unknown GPU {shown(name)}", hint=f"Use one of {', '.join(GPUS)}.", code="unknown-gpu")
    return gpu


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """Hardware, parallelism and precision; DESIGN section 3 gives the meaning of every field.

    Raises:
        DeploymentError: an unknown name or a number out of range.
    """

    gpu: str = "H200 SXM"
    nodes: int = 1
    tensor_parallel: int = 1
    expert_parallel: int = 1
    pipeline_parallel: int = 1
    attention_data_parallel: int = 1
    precision: str = "auto"
    kv_precision: str = "auto"
    engine: str = EngineName.VLLM
    memory_fraction: float | None = None
    max_running: int | None = None
    max_batched_tokens: int | None = None
    usd_per_gpu_hour: float | None = None
    utilization: float = 1.0

    def __post_init__(self) -> None:
        """Check every field by itself; how they go together is checked against the model."""
        object.__setattr__(self, "gpu", _known_gpu(self.gpu).name)
        _choice("engine", self.engine, tuple(ENGINES), "unknown-engine")
        _choice("precision", self.precision, PRECISIONS, "unsupported-precision")
        _choice("kv_precision", self.kv_precision, KV_PRECISIONS, "unsupported-precision")
        for name in ("nodes", "tensor_parallel", "expert_parallel", "pipeline_parallel", "attention_data_parallel"):
            object.__setattr__(self, name, whole(name, getattr(self, name), 1, 100_000))
        for name in ("max_running", "max_batched_tokens"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, whole(name, getattr(self, name), 1, MAX_TOKENS))
        if self.memory_fraction is not None:
            real("memory_fraction", self.memory_fraction, 0.0, 1.0)
        if self.usd_per_gpu_hour is not None and not _is_zero(self.usd_per_gpu_hour):
            real("usd_per_gpu_hour", self.usd_per_gpu_hour, 0.0, 1e6)
        real("utilization", self.utilization, 0.0, 1.0)
        if self.expert_group % self.expert_parallel:
            raise DeploymentError(
                f"expert_parallel {self.expert_parallel} does not divide tensor_parallel x attention_data_parallel"
                f" = {self.expert_group}",
                hint=f"Use a divisor of {self.expert_group}; expert parallelism adds no GPU.",
                code="expert-parallel",
            )

    def __hash__(self) -> int:
        """Of all fields, worked out once: whatever depends on a deployment is looked up by it."""
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash(tuple(self.__getstate__().values()))

    def __getstate__(self) -> dict[str, object]:
        """The fields, for a copy in another process: what was worked out here, the hash among it, may differ there."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @cached_property
    def gpu_data(self) -> Gpu:
        """Figures of the GPU."""
        return GPUS[self.gpu]

    @cached_property
    def engine_data(self) -> Engine:
        """Defaults and conventions of the engine."""
        return ENGINES[self.engine]

    @property
    def expert_group(self) -> int:
        """GPUs over which the routed experts of one layer are spread."""
        return self.tensor_parallel * self.attention_data_parallel

    @property
    def gpus_per_replica(self) -> int:
        """GPUs of one replica."""
        return self.tensor_parallel * self.pipeline_parallel * self.attention_data_parallel


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """Lengths of one request and the number of clients per replica (None = the most that fit at full length).

    Raises:
        WorkloadError: a number out of range.
    """

    input_tokens: float = 2048
    output_tokens: float = 1024
    concurrency: int | None = None

    def __post_init__(self) -> None:
        """Check the ranges; lengths may be fractional (means of a benchmark)."""
        for name in ("input_tokens", "output_tokens"):
            value = getattr(self, name)
            real(name, value, 0.0, MAX_TOKENS, WorkloadError)
            if value < 1:
                raise WorkloadError(f"{name} must be at least 1", hint="A request has at least one token each way.")
        if self.concurrency is not None:
            object.__setattr__(self, "concurrency", whole("concurrency", self.concurrency, 1, MAX_COUNT, WorkloadError))

    @property
    def total_tokens(self) -> float:
        """Tokens of a finished request."""
        return self.input_tokens + self.output_tokens

    @property
    def mean_tokens(self) -> float:
        """Mean context of a request while it decodes: input + output/2."""
        return self.input_tokens + self.output_tokens / 2

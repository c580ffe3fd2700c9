"""The one façade: ``estimate(model, deployment, workload)`` gives every figure of DESIGN section 4."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .constants import Constants
from .cost import cost
from .deployment import Deployment, Workload
from .engines import Engine
from .formats import Rate
from .kernels import Operator
from .memory import Limits, Memory, fit_memory, per_model, resolve_limits, weight_class
from .model import Model
from .placement import Placement, place
from .plan import plan_for
from .ranges import Case, Evidence, bounds, evidence, kind_of, load_band
from .replica import Replica
from .serving import Load, Serving
from .steps import Step


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that the reader of the figures should know.

    Attributes:
        code: stable slug.
        text: one sentence.
    """

    code: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """Figures of one deployment in SI units; DESIGN section 4 gives the meaning of each.

    Times, throughput and costs are None when the model does not fit; costs also without a price. ``..._low`` and
    ``..._high``
    bound the 80 % range (``ranges``; None with constants of one's own). ``evidence`` counts the measured runs like this
    one. ``prefill``, ``decode``, ``memory`` and ``limits`` hold the working.
    """

    replicas: int
    gpus_per_replica: int
    idle_gpus: int
    weight_bytes_per_gpu: float
    weight_bytes: float
    kv_bytes_per_token_per_gpu: float
    kv_capacity_tokens: int
    kv_cache_bytes: float
    max_concurrency: int
    concurrency: int
    running: int
    fits: bool
    prefill_s: float | None = None
    ttft_s: float | None = None
    decode_step_s: float | None = None
    tpot_s: float | None = None
    request_latency_s: float | None = None
    request_tokens_per_s: float | None = None
    replica_decode_tokens_per_s: float | None = None
    replica_tokens_per_s: float | None = None
    system_tokens_per_s: float | None = None
    prefill_bound: str | None = None
    decode_bound: str | None = None
    usd_per_million_input_tokens: float | None = None
    usd_per_million_output_tokens: float | None = None
    usd_per_million_tokens: float | None = None
    usd_per_month: float | None = None
    steady_ttft_s: float | None = None
    prefill_s_low: float | None = None
    prefill_s_high: float | None = None
    ttft_s_low: float | None = None
    ttft_s_high: float | None = None
    decode_step_s_low: float | None = None
    decode_step_s_high: float | None = None
    tpot_s_low: float | None = None
    tpot_s_high: float | None = None
    request_latency_s_low: float | None = None
    request_latency_s_high: float | None = None
    request_tokens_per_s_low: float | None = None
    request_tokens_per_s_high: float | None = None
    replica_decode_tokens_per_s_low: float | None = None
    replica_decode_tokens_per_s_high: float | None = None
    replica_tokens_per_s_low: float | None = None
    replica_tokens_per_s_high: float | None = None
    system_tokens_per_s_low: float | None = None
    system_tokens_per_s_high: float | None = None
    shortfall_bytes_per_gpu: float = 0.0
    kv_precision: str = "fp16"
    usd_per_gpu_hour: float | None = None
    notices: tuple[Notice, ...] = ()
    evidence: Evidence | None = None
    memory: Memory | None = field(default=None, repr=False)
    limits: Limits | None = field(default=None, repr=False)
    prefill: Step | None = field(default=None, repr=False)
    decode: Step | None = field(default=None, repr=False)

    @classmethod
    def of(cls, figures: dict[str, Any]) -> Estimate:
        """An estimate with these figures by name; an argument for each of them would take a tenth of its time."""
        made = object.__new__(cls)
        made.__dict__.update(figures)
        return made

    @property
    def prefill_operators(self) -> tuple[Operator, ...]:
        """Kernels of one prefill step."""
        return self.prefill.operators if self.prefill else ()

    @property
    def decode_operators(self) -> tuple[Operator, ...]:
        """Kernels of one decode step."""
        return self.decode.operators if self.decode else ()

    def to_dict(self) -> dict[str, Any]:
        """Every figure as JSON values; the working is left out."""
        skip = {"memory", "limits", "prefill", "decode", "notices"}
        row = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name not in skip}
        row["evidence"] = dataclasses.asdict(self.evidence) if self.evidence else None
        row["notices"] = [{"code": notice.code, "text": notice.text} for notice in self.notices]
        return row


def estimate(
    model: Model, deployment: Deployment, workload: Workload, *, constants: Constants | None = None
) -> Estimate:
    """Estimate memory, time, throughput and cost of serving ``model``.

    Args:
        model: what is served.
        deployment: hardware, layout and precision.
        workload: lengths and clients.
        constants: replaces the calibrated constants, e.g. ``constants.IDEAL`` for the pure roofline.

    Raises:
        DeploymentError: the layout is impossible.
    """
    placement = place(deployment)
    plan = plan_for(model, deployment)
    limits = resolve_limits(model, deployment)
    memory = fit_memory(model, plan, deployment, limits, workload)
    concurrency = workload.concurrency if workload.concurrency is not None else memory.max_concurrency
    price = deployment.usd_per_gpu_hour
    if price is None and deployment.gpu_data.price is not None:
        price = deployment.gpu_data.price.usd_per_gpu_hour
    figures: dict[str, Any] = {
        "replicas": placement.replicas,
        "gpus_per_replica": placement.gpus_per_replica,
        "idle_gpus": placement.idle_gpus,
        "weight_bytes_per_gpu": memory.weight_bytes_per_gpu,
        "weight_bytes": memory.weight_bytes,
        "kv_bytes_per_token_per_gpu": memory.sequence_bytes_per_gpu / workload.total_tokens,
        "kv_capacity_tokens": math.floor(memory.capacity_tokens) if memory.fits else 0,
        "kv_cache_bytes": memory.kv_cache_bytes,
        "max_concurrency": memory.max_concurrency,
        "concurrency": concurrency,
        "running": 0,
        "fits": memory.fits,
        "shortfall_bytes_per_gpu": memory.shortfall_bytes_per_gpu,
        "kv_precision": limits.kv_precision,
        "usd_per_gpu_hour": price,
        "memory": memory,
        "limits": limits,
    }
    weights = weight_class(model, deployment.precision)
    figures["notices"] = tuple(
        _notices(model, deployment, workload, placement, limits, memory, concurrency, price=price, weights=weights)
    )
    if not memory.fits:
        return Estimate.of(figures)
    replica = Replica(model, deployment, workload, limits, memory, constants)
    load = replica.load(concurrency)
    figures["running"] = load.running
    figures |= _figures(replica.serve(concurrency), workload, deployment, placement, load, price)
    if constants is None:
        case = _case(model, deployment, weights, load_band(load.concurrency, load.running))
        figures |= bounds(figures, case)
        figures["evidence"] = evidence(model, case)
    return Estimate.of(figures)


@per_model
def _case(model: Model, deployment: Deployment, weights: str, load: str) -> Case:
    """What ranges and evidence depend on."""
    gpu = deployment.gpu_data
    return Case(
        engine=deployment.engine,
        family=gpu.family,
        generation=gpu.generation,
        kind=kind_of(model),
        weights=weights,
        load=load,
    )


def _figures(
    served: Serving,
    workload: Workload,
    deployment: Deployment,
    placement: Placement,
    load: Load,
    price: float | None,
) -> dict[str, Any]:
    """Time, throughput and cost figures of a deployment that fits."""
    output = workload.output_tokens
    latency_s = served.request_latency_s(output)
    sustained = load.concurrency * output / latency_s
    row: dict[str, Any] = {
        "prefill_s": served.prefill.total_s,
        "ttft_s": served.ttft_s,
        "steady_ttft_s": served.steady_ttft_s,
        "decode_step_s": served.decode.total_s,
        "tpot_s": served.tpot_s,
        "request_latency_s": latency_s,
        "request_tokens_per_s": 1.0 / served.tpot_s,
        "replica_decode_tokens_per_s": load.running / served.decode.total_s,
        "replica_tokens_per_s": sustained,
        "system_tokens_per_s": placement.replicas * sustained,
        "prefill_bound": served.prefill.bound,
        "decode_bound": served.decode.bound,
        "prefill": served.prefill,
        "decode": served.decode,
    }
    if price is not None:
        money = cost(
            usd_per_gpu_hour=price,
            utilization=deployment.utilization,
            gpus_per_replica=placement.gpus_per_replica,
            billed_gpus=placement.total_gpus,
            input_tokens=workload.input_tokens,
            output_tokens=output,
            prefill_s=served.prefill.total_s,
            decode_s=output * served.decode.total_s / load.running,
            replica_tokens_per_s=sustained,
        )
        row["usd_per_million_input_tokens"] = money.usd_per_million_input_tokens
        row["usd_per_million_output_tokens"] = money.usd_per_million_output_tokens
        row["usd_per_million_tokens"] = money.usd_per_million_tokens
        row["usd_per_month"] = money.usd_per_month
    return row


def _notices(
    model: Model,
    deployment: Deployment,
    workload: Workload,
    placement: Placement,
    limits: Limits,
    memory: Memory,
    concurrency: int,
    *,
    price: float | None,
    weights: str,
) -> Iterator[Notice]:
    """What the reader should know beside the figures."""
    gpu, engine = deployment.gpu_data, deployment.engine_data
    if weights == "fp4" and gpu.dense_flop_per_s(Rate.FP4) is None:
        yield Notice(
            "fp4-weight-only",
            f"{gpu.name} has no FP4 tensor cores: 4-bit weights save memory and are multiplied at the BF16 rate.",
        )
    if memory.fits and concurrency > memory.max_concurrency:
        yield _queue_notice(engine, limits, memory, concurrency)
    if model.context_tokens is not None and workload.total_tokens > model.context_tokens:
        yield Notice(
            "context-exceeded",
            f"Input and output are {workload.total_tokens:,.0f} tokens;"
            f" the config states a context of {model.context_tokens:,}.",
        )
    if price is None:
        yield Notice("no-price", f"No list price is known for {gpu.name}; enter one to get costs.")
    if placement.idle_gpus:
        yield Notice(
            "idle-gpus",
            f"{placement.idle_gpus} of {placement.total_gpus} GPUs are left over; the month bills them, tokens do not.",
        )
    if placement.crosses_domains:
        yield Notice("cross-node", "One replica spans several link domains: its traffic between them uses the network.")
    for remark in model.remarks:
        yield Notice("model", remark)


def _queue_notice(engine: Engine, limits: Limits, memory: Memory, concurrency: int) -> Notice:
    cap = "memory" if memory.max_concurrency < limits.max_running else f"{engine.name}'s limit of running sequences"
    return Notice(
        "queueing",
        f"{concurrency:,} clients, but {cap} holds {memory.max_concurrency:,} full-length sequences:"
        " the others wait in the queue, and the wait is in the time to first token.",
    )

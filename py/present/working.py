"""Everything that one estimate was computed from, and its inputs as quantities with their sources."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, wraps

from present.formula import Origin, Quantity
from roofline import Deployment, Estimate, Model, Workload
from roofline.constants import Constants
from roofline.data import Figure
from roofline.formats import Rate
from roofline.machine import Machine, make_machine
from roofline.memory import Limits, Memory
from roofline.operators import Bound, bind
from roofline.placement import Placement, place
from roofline.plan import Plan, plan_for
from roofline.provenance import provenance
from roofline.serving import Load, Serving, serve

_RATE_FIGURES = {"bf16": "bf16_dense", "fp8": "fp8_dense", "fp4": "fp4_dense"}


@dataclass(frozen=True)
class Working:
    """One estimate with what it was asked for; the engine's own objects are made again where it keeps none."""

    model: Model
    deployment: Deployment
    workload: Workload
    result: Estimate
    constants: Constants | None = None

    @cached_property
    def placement(self) -> Placement:
        """Replicas on nodes."""
        return place(self.deployment)

    @cached_property
    def plan(self) -> Plan:
        """Operators and bytes of one replica."""
        return plan_for(self.model, self.deployment)

    @cached_property
    def machine(self) -> Machine:
        """Peaks and curves."""
        return make_machine(self.deployment, self.result.kv_precision, self.constants)

    @cached_property
    def bound(self) -> Bound:
        """The plan on the machine."""
        return bind(self.plan, self.machine)

    @cached_property
    def serving(self) -> Serving:
        """The closed loop."""
        mixes = self.deployment.engine_data.mixes_prefill_and_decode
        load = Load(self.result.concurrency, self.result.running, self.limits.max_batched_tokens, mixes)
        return serve(self.bound, self.workload, load)

    @cached_property
    def made(self) -> dict[str, Quantity]:
        """Quantities made so far by the functions of `once`."""
        return {}

    @property
    def memory(self) -> Memory:
        """Memory of one replica."""
        assert self.result.memory is not None
        return self.result.memory

    @property
    def limits(self) -> Limits:
        """Settings of the engine, defaults resolved."""
        assert self.result.limits is not None
        return self.result.limits

    def yours(self, name: str, value: float, unit: str = "") -> Quantity:
        """What the user chose, or left as it was."""
        return Quantity(name, value, unit, Origin.YOURS)

    def datasheet(self, name: str, key: str, value: float, unit: str) -> Quantity:
        """A published figure of the GPU."""
        return from_figure(name, value, unit, Origin.DATASHEET, self.deployment.gpu_data.figures[key])

    def setting(self, name: str, value: float, *, chosen: bool, unit: str = "") -> Quantity:
        """A setting of the engine: the user's, or its default at the reference version."""
        if chosen:
            return self.yours(name, value, unit)
        engine = self.deployment.engine_data
        return Quantity(name, value, unit, Origin.ENGINE, f"{engine.name} {engine.version}", engine.version_date)

    def calibrated(self, name: str, value: float, curve: str, number_format: str = "", unit: str = "") -> Quantity:
        """A constant of this engine on this family of GPUs."""
        if self.constants is not None:
            return Quantity(name, value, unit, Origin.ASSUMED, "constants given with the call")
        found = provenance(self.deployment.engine, self.deployment.gpu_data.family, curve, number_format)
        if found is None:
            return Quantity(name, value, unit, Origin.ASSUMED, "ideal roofline: no row is fitted for this case")
        return Quantity(name, value, unit, Origin.CALIBRATED, found.source, found.date, found.note)

    def peak(self, rate: Rate, value: float) -> Quantity:
        """The dense peak that a multiplication runs at: of its own rate, else of BF16."""
        name = rate if self.machine.gpu.dense_flop_per_s(rate) == value else Rate.BF16
        return self.datasheet(f"dense {name.upper()} peak", _RATE_FIGURES[name], value, "FLOP/s")

    @property
    def bandwidth(self) -> Quantity:
        """Bandwidth of the GPU's memory."""
        return self.datasheet("memory bandwidth", "hbm_bandwidth", self.machine.hbm_bytes_per_s, "bytes/s")

    @property
    def input_tokens(self) -> Quantity:
        """Length of a prompt."""
        return self.yours("input tokens", self.workload.input_tokens, "tokens")

    @property
    def output_tokens(self) -> Quantity:
        """Length of an answer."""
        return self.yours("output tokens", self.workload.output_tokens, "tokens")


def once(make: Callable[[Working], Quantity]) -> Callable[[Working], Quantity]:
    """Make a quantity once for each working, however many formulas it stands in."""

    @wraps(make)
    def made(work: Working) -> Quantity:
        key = f"{make.__module__}.{make.__qualname__}"
        if key not in work.made:
            work.made[key] = make(work)
        return work.made[key]

    return made


def from_figure(name: str, value: float, unit: str, origin: Origin, figure: Figure) -> Quantity:
    """A quantity with the source of a published figure."""
    return Quantity(name, value, unit, origin, figure.source, figure.date, figure.note)

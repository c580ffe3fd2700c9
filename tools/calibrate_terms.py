"""Stage 2 of the calibration, its parameters: what is fitted on serving rows, and how it becomes constants.

A term is one quantity of an engine: a time, a share of the launches, a slowdown of kernels against their tables. Its
value for an engine, GPU generation and number format is

    start x exp(common + deviation of the engine)

with one common parameter, or one for each generation and format, and one deviation for each engine, all pulled towards
0 by a normal prior. What few rows say about one engine therefore stays near what all rows say, and an engine without
rows has the common value. No term knows a model.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from roofline.constants import Constants, Overhead

ENGINES = ("vLLM", "SGLang", "TensorRT-LLM")
GENERATIONS = ("Hopper", "Blackwell")
ANY = ""
#: Stored format -> the format whose parameters it shares.
EXPERT_FORMAT: Mapping[str, str] = {"weight_only": "mxfp4", "fp8": "fp8_block"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number of the fit: a logarithm, 0 at the start.

    Attributes:
        term: quantity that it scales.
        engine, generation, format: where it applies; "" is everywhere.
        deviation: standard deviation of its prior.
    """

    term: str
    engine: str = ANY
    generation: str = ANY
    format: str = ANY
    deviation: float = 1.0

    def applies(self, engine: str, generation: str, form: str) -> bool:
        """Whether it is part of the value there."""
        return self.engine in (ANY, engine) and self.generation in (ANY, generation) and self.format in (ANY, form)


@dataclass(frozen=True, slots=True)
class Term:
    """A quantity with its start, its bounds and the spread of its parameters.

    Attributes:
        start: value before the fit: the kernel table's (1 for a factor) or a usual figure.
        low, high: bounds of the value.
        common: standard deviation of ln(value / start) over everything.
        by_engine: of the engines' deviations; 0 = none.
        formats: (generation, format) pairs with a parameter each instead of one common parameter.
        neutral: value at which it does nothing.
    """

    name: str
    start: float
    low: float
    high: float
    common: float
    by_engine: float = 0.0
    formats: tuple[tuple[str, str], ...] = ()
    neutral: float = 0.0

    def held(self) -> Term:
        """The term without a parameter, where it does nothing."""
        return replace(self, start=self.neutral, low=self.neutral, high=self.neutral)

    def parameters(self) -> Iterator[Parameter]:
        """Its parameters, the common ones first."""
        if self.low == self.high:
            return
        for generation, form in self.formats or ((ANY, ANY),):
            yield Parameter(self.name, ANY, generation, form, self.common)
            if self.by_engine:
                for engine in ENGINES:
                    yield Parameter(self.name, engine, generation, form, self.by_engine)


EXPERT_FORMATS = (
    ("Hopper", "fp8_block"),
    ("Hopper", "mxfp4"),
    ("Blackwell", "fp8_block"),
    ("Blackwell", "nvfp4"),
    ("Blackwell", "mxfp4"),
)
#: Starts and spreads are what is plausible before any serving row is seen: graphs and dependent launches hide a part
#: of the launches of the tables, a static scale is fused into the kernel before, engines differ by some tens of
#: per cent.
TERMS = (
    Term("launch_factor", 0.85, 0.2, 1.5, 0.2, by_engine=0.2, neutral=1.0),
    Term("sequence_s", 6e-6, 1e-7, 5e-5, 0.7, by_engine=0.5),
    Term("request_s", 5e-3, 1e-4, 0.5, 0.7, by_engine=0.7),
    Term("prompt_token_s", 2e-6, 1e-8, 5e-5, 0.7, by_engine=0.7),
    Term("step_wait", 4.0, 0.3, 8.0, 0.4, by_engine=0.3),
    Term("host_kernel_s", 2e-5, 1e-6, 2e-4, 0.3, by_engine=0.25),
    Term("expert_slowdown", 1.0, 0.5, 2.5, 0.1, by_engine=0.1, formats=EXPERT_FORMATS, neutral=1.0),
    Term("expert_compute_slowdown", 1.0, 0.5, 3.0, 0.2, formats=EXPERT_FORMATS, neutral=1.0),
    Term("static_launch_s", 1e-6, 1e-7, 1e-5, 0.3),
    Term("popularity_exponent", 1.0, 0.2, 20.0, 0.7, neutral=math.inf),
    Term("skew_exponent", 0.25, 0.02, 0.8, 0.7),
    Term("stream_efficiency", 0.6, 0.2, 1.0, 0.3, neutral=0.8),
)
#: Not shipped: time to first token that the client of NVIDIA's own runs adds.
CLIENT = Term("client_s", 0.05, 1e-3, 1.0, 1.0, by_engine=0.7)


@dataclass(frozen=True, slots=True)
class Values:
    """The terms' values at one point of the parameter space."""

    terms: Mapping[str, Term]
    entries: Mapping[str, Sequence[tuple[Parameter, float]]]

    def of(self, name: str, engine: str, generation: str, form: str = ANY) -> float:
        """Value of a term for an engine, a generation and a format, within its bounds."""
        term = self.terms[name]
        total = sum(value for parameter, value in self.entries[name] if parameter.applies(engine, generation, form))
        return min(max(term.start * math.exp(total), term.low), term.high)


def values_of(terms: Sequence[Term], parameters: Sequence[Parameter], point: Sequence[float]) -> Values:
    """Values at a point; ``point`` has a number for each parameter."""
    entries: dict[str, list[tuple[Parameter, float]]] = {term.name: [] for term in terms}
    for parameter, value in zip(parameters, point, strict=True):
        entries[parameter.term].append((parameter, float(value)))
    return Values({term.name: term for term in terms}, entries)


def fitted_constants(kernel: Constants, values: Values, engine: str, generation: str) -> Constants:
    """Kernel curves as the running engine shows them, with its overheads."""
    launch = values.of("launch_factor", engine, generation)
    matrix = {name: _matrix(kernel, name, values, engine, generation, launch) for name in kernel.matrix}
    experts = {name: _experts(kernel, name, values, engine, generation, launch) for name in kernel.experts}
    return Constants(
        matrix=matrix,
        experts=experts,
        decode={name: replace(curve, launch_s=curve.launch_s * launch) for name, curve in kernel.decode.items()},
        prefill={name: replace(curve, launch_s=curve.launch_s * launch) for name, curve in kernel.prefill.items()},
        stream=replace(
            kernel.stream,
            launch_s=kernel.stream.launch_s * launch,
            memory_efficiency=values.of("stream_efficiency", engine, generation),
        ),
        collective=kernel.collective,
        overhead=_overhead(values, engine, generation),
    )


def _overhead(values: Values, engine: str, generation: str) -> Overhead:
    return Overhead(
        host_kernel_s=values.of("host_kernel_s", engine, generation),
        sequence_s=values.of("sequence_s", engine, generation),
        prompt_token_s=values.of("prompt_token_s", engine, generation),
        request_s=values.of("request_s", engine, generation),
        step_wait=values.of("step_wait", engine, generation),
    )


def _matrix(kernel: Constants, name: str, values: Values, engine: str, generation: str, launch: float) -> object:
    curve, launch_s = kernel.matrix[name], kernel.matrix[name].launch_s
    if name == "fp8":
        launch_s = kernel.matrix["bf16"].launch_s + values.of("static_launch_s", engine, generation)
    return replace(curve, launch_s=launch_s * launch)


def _experts(kernel: Constants, name: str, values: Values, engine: str, generation: str, launch: float) -> object:
    curve = kernel.experts[name]
    form = EXPERT_FORMAT.get(name, name)
    slowdown = values.of("expert_slowdown", engine, generation, form)
    compute = slowdown * values.of("expert_compute_slowdown", engine, generation, form)
    return replace(
        curve,
        launch_s=curve.launch_s * launch,
        expert_s=curve.expert_s * slowdown,
        compute_efficiency=min(1.0, curve.compute_efficiency / compute),
        memory_efficiency=min(1.0, curve.memory_efficiency / slowdown),
        popularity_exponent=values.of("popularity_exponent", engine, generation),
        skew_exponent=values.of("skew_exponent", engine, generation),
    )

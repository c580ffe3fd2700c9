"""Charts of one estimate's working: the roofline, where a step's time goes, what fills a GPU's memory."""

from collections.abc import Iterable, Iterator

from present import text
from present.charts import Axis, Chart, Datum, Table, bars, dots, line
from roofline import Estimate, Gpu
from roofline.operators import Kind, Operator
from roofline.steps import Step

PARTS = ("weights", "KV cache", "activations", "compute", "communication", "overhead")
"""Where the time of a step goes, in the order in which it is stacked."""

PHASES = ("prefill", "decode")
_LEAST_INTENSITY = 0.1
_RATES = (("BF16", "bf16"), ("FP8", "fp8"), ("FP4", "fp4"))
_READS = {
    Kind.MATRIX: "weights",
    Kind.EXPERTS: "weights",
    Kind.DECODE_CORE: "KV cache",
    Kind.PREFILL_CORE: "KV cache",
    Kind.ELEMENTWISE: "activations",
}


def _steps(result: Estimate) -> Iterator[tuple[str, Step]]:
    if result.prefill is not None and result.decode is not None:
        yield "prefill", result.prefill
        yield "decode", result.decode


def breakdown_s(step: Step) -> dict[str, float]:
    """Seconds of one step by cause; they add up to the whole step.

    What an operator takes beyond its fixed time counts for the resource that it waits for most.
    """
    parts = dict.fromkeys(PARTS, 0.0)
    for operator in step.operators:
        time = operator.time
        rest_s = operator.calls * (time.total_s - min(time.fixed_s, time.total_s))
        parts[_cause(operator)] += rest_s
    parts["overhead"] = step.overhead_s / step.steps
    return parts


def _cause(operator: Operator) -> str:
    if operator.time.link_s:
        return "communication"
    return "compute" if operator.time.compute_s >= operator.time.memory_s else _READS[operator.kind]


def breakdown_chart(result: Estimate) -> Chart:
    """Two stacked bars, each in shares of its step."""
    rows, cells = [], []
    for phase, step in _steps(result):
        whole_s = step.total_s / step.steps
        for part, seconds in breakdown_s(step).items():
            words = f"{part}: {text.duration(seconds)} of a {phase} step of {text.duration(whole_s)}"
            rows.append(Datum(x=phase, y=seconds / whole_s, series=part, label=part, words=words))
            cells.append((phase, part, str(text.duration(seconds)), str(text.share(seconds / whole_s))))
    return Chart(
        key="breakdown",
        title="Where the time of a step goes",
        summary=" ".join(f"{phase.capitalize()} is {step.bound}-bound." for phase, step in _steps(result)),
        x=Axis("Step", scale="band"),
        y=Axis("Share of the step"),
        layers=(bars(rows),),
        table=Table("Time of one step by cause", ("Step", "Part", "Time", "Share"), tuple(cells)),
    )


def memory_parts_bytes(result: Estimate, gpu: Gpu) -> dict[str, float]:
    """Bytes of the fullest GPU by use; without "missing" they add up to what the engine sees of its memory."""
    memory = result.memory
    assert memory is not None
    weights, cache = memory.weight_bytes_per_gpu, memory.kv_cache_bytes_per_gpu
    left = max(gpu.memory_bytes - weights - cache, 0.0)
    reserve = min(memory.reserve.total_bytes, left)
    parts = {"weights": min(weights, gpu.memory_bytes), "KV cache": cache, "reserve": reserve, "free": left - reserve}
    return parts | ({"missing": memory.shortfall_bytes_per_gpu} if memory.shortfall_bytes_per_gpu else {})


def memory_chart(result: Estimate, gpu: Gpu, *, binary: bool = False) -> Chart:
    """One stacked bar."""
    parts = memory_parts_bytes(result, gpu)
    sizes = {part: str(text.size(value, binary=binary)) for part, value in parts.items()}
    data = [
        Datum(x=gpu.name, y=value, series=part, label=f"{part} {sizes[part]}", words=f"{part}: {sizes[part]}")
        for part, value in parts.items()
    ]
    whole = text.size(gpu.memory_bytes, binary=binary)
    rows = ((part, sizes[part], str(text.share(value / gpu.memory_bytes))) for part, value in parts.items())
    return Chart(
        key="memory",
        title="What fills the memory of one GPU",
        summary=f"Of {whole}: " + text.listing([f"{part} {size}" for part, size in sizes.items()], "and") + ".",
        x=Axis("GPU", scale="band"),
        y=Axis("Memory", "bytes"),
        layers=(bars(data),),
        table=Table(f"Memory of one {gpu.name}", ("Use", "Size", "Share"), tuple(rows)),
    )


def roofline_chart(result: Estimate, gpu: Gpu) -> Chart:
    """Roofs of the GPU, and every operator that multiplies as a point sized by its share of the step."""
    points = [point for phase, step in _steps(result) for point in _operator_points(phase, step)]
    most = max([_knee(gpu, peak) for _, peak in _peaks(gpu)] + [float(point.x) for point in points]) * 4
    roofs = [line(_roof(gpu, name, peak, most)) for name, peak in _peaks(gpu)]
    return Chart(
        key="roofline",
        title="How close each operator comes to the roof",
        summary=f"Roofs of {gpu.name}: {text.listing([_roof_words(n, p) for n, p in _peaks(gpu)], 'and')}"
        f" above {_per_s(gpu.hbm_bytes_per_s, 'B')} of memory traffic.",
        x=Axis("Arithmetic intensity", "FLOP/byte", "log"),
        y=Axis("Speed", "FLOP/s", "log"),
        layers=(*roofs, dots(points)),
        table=Table(
            "Operators of one step on the fullest GPU",
            ("Step", "Operator", "Format", "Calls", "FLOP/byte", "FLOP/s", "Time", "Share"),
            tuple(row for phase, step in _steps(result) for row in _operator_rows(phase, step)),
        ),
    )


def _peaks(gpu: Gpu) -> list[tuple[str, float]]:
    found = ((label, gpu.dense_flop_per_s(rate)) for label, rate in _RATES)
    return [(label, peak) for label, peak in found if peak is not None]


def _knee(gpu: Gpu, peak: float) -> float:
    return peak / gpu.hbm_bytes_per_s


def _roof(gpu: Gpu, name: str, peak: float, most: float) -> list[Datum]:
    slope = gpu.hbm_bytes_per_s
    ends = ((_LEAST_INTENSITY, slope * _LEAST_INTENSITY), (_knee(gpu, peak), peak), (most, peak))
    return [Datum(x=x, y=y, series=name, label=name, words=_roof_words(name, peak)) for x, y in ends]


def _roof_words(name: str, peak: float) -> str:
    return f"{name} {_per_s(peak, 'FLOP')}"


def _per_s(value: float, unit: str) -> str:
    scale = ((1e6, f"M{unit}/s"), (1e9, f"G{unit}/s"), (1e12, f"T{unit}/s"), (1e15, f"P{unit}/s"))
    return str(text.scaled(value, scale))


def _operator_points(phase: str, step: Step) -> Iterable[Datum]:
    for operator in step.operators:
        if operator.flop and operator.bytes and not operator.time.link_s:
            share = _share(operator, step)
            words = f"{phase}, {operator.name}: {text.share(share)} of the step"
            yield Datum(
                x=operator.flop / operator.bytes,
                y=operator.flop / operator.time.total_s,
                series=phase,
                label=operator.name,
                words=words,
                size=share,
            )


def _share(operator: Operator, step: Step) -> float:
    return operator.calls * operator.time.total_s * step.steps / step.total_s


def _operator_rows(phase: str, step: Step) -> Iterable[tuple[str, ...]]:
    for operator in step.operators:
        counted = bool(operator.flop and operator.bytes)
        yield (
            phase,
            operator.name,
            operator.format,
            text.exact(operator.calls),
            text.significant(operator.flop / operator.bytes) if counted else text.UNKNOWN,
            _per_s(operator.flop / operator.time.total_s, "FLOP") if counted else text.UNKNOWN,
            str(text.duration(operator.calls * operator.time.total_s)),
            str(text.share(_share(operator, step))),
        )

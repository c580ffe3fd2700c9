"""Charts of one estimate's working: the roofline, where a step's time goes, what fills a GPU's memory."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from present import text
from present.charts import Axis, Chart, Datum, Table, bars, dots, line
from roofline import Estimate, Gpu
from roofline.kernels import Kind, Operator
from roofline.steps import Step

PARTS = ("weights", "KV cache", "activations", "compute", "communication", "overhead")
"""Where the time of a step goes, in the order in which it is stacked."""

PHASES = ("prefill", "decode")
TONES = {
    "weights": "1",
    "KV cache": "2",
    "activations": "3",
    "compute": "4",
    "communication": "5",
    "overhead": "6",
    "reserve": "6",
    "free": "quiet",
    "missing": "bad",
}
"""What has the same name has the same colour in every chart."""

_PHASE_NAMES: Mapping[str, Callable[[Estimate], str]] = {
    "prefill": lambda result: "Prefill of one prompt",
    "decode": lambda result: f"Decode, one token for {text.plural(round(result.running), 'request')}",
}
_LABELLED_SHARE = 0.04
"""Operators with less of a step than this say their name only when visited."""

_ROOM = 2.5
"""Factor by which the axis goes below the foot of the slope, for its label."""

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
        parts[_cause(operator)] += operator.calls * (operator.time.total_s - operator.time.fixed_s)
    parts["overhead"] = step.overhead_s / step.steps
    return parts


def _cause(operator: Operator) -> str:
    if operator.time.link_s:
        return "communication"
    return "compute" if operator.time.compute_s else _READS[operator.kind]


def breakdown_chart(result: Estimate) -> Chart:
    """A stacked bar for the prefill of a prompt and one for a decode step, each in shares of its own time."""
    rows, cells = [], []
    for phase, step in _steps(result):
        whole = text.duration(step.total_s)
        for part, step_s in breakdown_s(step).items():
            share = step_s * step.steps / step.total_s
            time = str(text.duration(step_s * step.steps))
            words = f"{part}: {time} of the {phase}, {text.percent(share)}"
            name = f"{_PHASE_NAMES[phase](result)}: {whole}, {step.bound}-bound"
            rows.append(Datum(x=name, y=share, series=part, label=f"{part} {time}", words=words))
            cells.append((phase, part, time, str(text.percent(share))))
    return Chart(
        key="breakdown",
        title="Where the time goes",
        summary="Time of kernels counts for what they wait for: weights, cache or activations from memory, arithmetic, "
        "or other GPUs. Overhead is launches, scheduling and the host.",
        x=Axis("Step", scale="band"),
        y=Axis("Share of the time", "share"),
        layers=(bars(rows),),
        table=Table("Time of a prefill and of a decode step by cause", ("Step", "Part", "Time", "Share"), tuple(cells)),
        tones=TONES,
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
    whole = text.size(gpu.memory_bytes, binary=binary)
    name = f"{gpu.name}, the fullest of a replica: {whole}"
    data = [
        Datum(
            x=name,
            y=value,
            series=part,
            label=f"{part} {sizes[part]}",
            words=_part_words(part, value, sizes[part], gpu),
        )
        for part, value in parts.items()
    ]
    rows = ((part, sizes[part], str(text.percent(value / gpu.memory_bytes))) for part, value in parts.items())
    return Chart(
        key="memory",
        title="What fills the memory of one GPU",
        summary=f"Of {whole}: " + text.listing([f"{part} {size}" for part, size in sizes.items()], "and") + ".",
        x=Axis("GPU", scale="band"),
        y=Axis("Memory", "bytes"),
        layers=(bars(data),),
        table=Table(f"Memory of one {gpu.name}", ("Use", "Size", "Share"), tuple(rows)),
        tones=TONES,
    )


def _part_words(part: str, value_bytes: float, size: str, gpu: Gpu) -> str:
    if part == "missing":
        return f"missing: {size} more than the GPU has"
    return f"{part}: {size}, {text.percent(value_bytes / gpu.memory_bytes)}"


def roofline_chart(result: Estimate, gpu: Gpu) -> Chart:
    """Roofs of the GPU, and every operator that multiplies as a point sized by its share of the step."""
    points = [point for phase, step in _steps(result) for point in _operator_points(phase, step)]
    intensities = [float(point.x) for point in points]
    least = min(1.0, *(each / 2 for each in intensities))
    most = max(*(_knee(gpu, peak) for _, peak in _peaks(gpu)), *intensities) * 4
    lowest = min(gpu.hbm_bytes_per_s * least / _ROOM, *(point.y for point in points))
    return Chart(
        key="roofline",
        title="How close each operator comes to the roof",
        summary=f"{gpu.name}: {text.listing([_roof_words(n, p) for n, p in _peaks(gpu)], 'and')}"
        f" above {_per_s(gpu.hbm_bytes_per_s, 'B')} of memory traffic."
        " The larger a point, the more of its step it takes.",
        x=Axis("Arithmetic intensity", "FLOP/byte", "log"),
        y=Axis("Speed", "FLOP/s", "log", low=lowest),
        layers=(
            line(_slope(gpu, least)),
            *(line(_roof(gpu, name, peak, most)) for name, peak in _peaks(gpu)),
            dots(points),
        ),
        table=Table(
            "Operators of one step on the fullest GPU",
            ("Step", "Operator", "Format", "Calls", "FLOP/byte", "FLOP/s", "Time", "Share"),
            tuple(row for phase, step in _steps(result) for row in _operator_rows(phase, step)),
        ),
        tones={point.series: "6" for point in _slope(gpu, least)}
        | {name: "6" for name, _ in _peaks(gpu)}
        | {"prefill": "3", "decode": "2"},
    )


def _peaks(gpu: Gpu) -> list[tuple[str, float]]:
    found = ((label, gpu.dense_flop_per_s(rate)) for label, rate in _RATES)
    return [(label, peak) for label, peak in found if peak is not None]


def _knee(gpu: Gpu, peak: float) -> float:
    return peak / gpu.hbm_bytes_per_s


def _slope(gpu: Gpu, least: float) -> list[Datum]:
    """What the memory feeds, from the highest knee down."""
    rate = gpu.hbm_bytes_per_s
    highest = max(_knee(gpu, peak) for _, peak in _peaks(gpu))
    return [Datum(x=x, y=rate * x, series=f"HBM {_per_s(rate, 'B')}") for x in (highest, least)]


def _roof(gpu: Gpu, name: str, peak: float, most: float) -> list[Datum]:
    words = f"{_roof_words(name, peak)}: reached from {text.significant(_knee(gpu, peak))} FLOP/byte on"
    knee = Datum(x=_knee(gpu, peak), y=peak, series=name, words=words)
    return [knee, Datum(x=most, y=peak, series=knee.series)]


def _roof_words(name: str, peak: float) -> str:
    return f"{name} {_per_s(peak, 'FLOP')}"


def _per_s(value: float, unit: str) -> str:
    scale = ((1e6, f"M{unit}/s"), (1e9, f"G{unit}/s"), (1e12, f"T{unit}/s"), (1e15, f"P{unit}/s"))
    return str(text.scaled(value, scale))


def _operator_points(phase: str, step: Step) -> Iterable[Datum]:
    for operator in step.operators:
        if operator.flop and operator.bytes and not operator.time.link_s:
            share = _share(operator, step)
            speed_flop_per_s = operator.flop / operator.time.total_s
            words = f"{operator.name}, {phase}: {text.percent(share)} of the step, {_per_s(speed_flop_per_s, 'FLOP')}"
            yield Datum(
                x=operator.flop / operator.bytes,
                y=speed_flop_per_s,
                series=phase,
                label=operator.name if share >= _LABELLED_SHARE else "",
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
            str(text.percent(_share(operator, step))),
        )

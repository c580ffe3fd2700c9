"""The curve: throughput of a GPU against the speed of one user, from one request to the most that fit."""

from present import text
from present.charts import Axis, Chart, Datum, Layer, Table, dots, line
from roofline.curve import Curve, CurvePoint

COLUMNS = (
    "Concurrent requests",
    "Tokens/s per user",
    "Tokens/s per GPU",
    "TTFT",
    "TPOT",
    "$/M output tokens",
    "Mark",
)


def curve_chart(curve: Curve) -> Chart:
    """Both axes logarithmic; the chosen point and the limits carry labels."""
    marks = _marks(curve)
    first, last = curve.points[0], curve.points[-1]
    return Chart(
        key="curve",
        title="Faster for each user, or more from each GPU",
        summary=f"From {_words(first)} to {_words(last)}.",
        x=Axis("Speed of one user", "tokens/s", "log"),
        y=Axis("Output of one GPU", "tokens/s", "log"),
        layers=(*_band(curve), line([_datum(p) for p in curve.points]), dots(_marked(curve, marks))),
        table=Table("Speed, latency and cost by concurrency", COLUMNS, tuple(_row(p, marks) for p in curve.points)),
    )


def _datum(point: CurvePoint, label: str = "") -> Datum:
    return Datum(x=point.request_tokens_per_s, y=point.tokens_per_s_per_gpu, label=label, words=_words(point))


def _band(curve: Curve) -> tuple[Layer, ...]:
    ranged = [(point, point.band) for point in curve.points]
    data = tuple(
        Datum(x=p.request_tokens_per_s, y=p.tokens_per_s_per_gpu, low=band[0], high=band[1])
        for p, band in ranged
        if band is not None
    )
    return (Layer("band", data),) if data else ()


def _marks(curve: Curve) -> dict[int, str]:
    """Labels by concurrency."""
    marks: dict[int, list[str]] = {curve.chosen: ["chosen"]}
    cap = "memory is full" if curve.limit == "memory" else "the engine takes no more"
    marks.setdefault(curve.most, []).append(cap)
    for limit, name in ((curve.ttft_limit, "TTFT"), (curve.tpot_limit, "TPOT")):
        if limit:
            marks.setdefault(limit, []).append(f"{name} target")
    return {concurrency: ", ".join(names) for concurrency, names in marks.items()}


def _marked(curve: Curve, marks: dict[int, str]) -> list[Datum]:
    return [_datum(point, marks[point.concurrency]) for point in curve.points if point.concurrency in marks]


def _words(point: CurvePoint) -> str:
    speed, output = text.rate(point.request_tokens_per_s), text.rate(point.tokens_per_s_per_gpu)
    return f"{text.plural(point.concurrency, 'request')} at once: {speed} per user, {output} per GPU"


def _row(point: CurvePoint, marks: dict[int, str]) -> tuple[str, ...]:
    result = point.estimate
    usd = result.usd_per_million_output_tokens
    return (
        text.exact(point.concurrency),
        text.significant(point.request_tokens_per_s),
        text.significant(point.tokens_per_s_per_gpu),
        str(text.duration(result.ttft_s or 0.0)),
        str(text.duration(result.tpot_s or 0.0)),
        text.UNKNOWN if usd is None else str(text.money(usd)),
        marks.get(point.concurrency, ""),
    )

"""The curve: throughput of a GPU against the speed of one user, and latency and cost along it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from present import text
from present.charts import Axis, Chart, Datum, Layer, Table, levels, line, marks
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
NO_TABLE = Table("", (), ())
"""Of a chart whose data stand in another one's table."""

LABELLED = tuple(4**power for power in range(10))
"""Concurrencies whose number is written along the curve."""


def curve_charts(curve: Curve) -> tuple[Chart, ...]:
    """The curve, and beside it the figures of each concurrency."""
    return (curve_chart(curve), *(_along(curve, figure) for figure in FIGURES if _known(curve, figure)))


def curve_chart(curve: Curve) -> Chart:
    """Both axes logarithmic; the chosen point and the limits carry labels, points the concurrency."""
    named = _names(curve)
    return Chart(
        key="curve",
        title="Faster for each user, or more from each GPU",
        summary=_story(curve),
        x=Axis("Speed of one user", "tokens/s", "log"),
        y=Axis("Output of one GPU", "tokens/s", "log"),
        layers=(
            *_band(curve),
            line([_datum(point, _number(point, named)) for point in curve.points]),
            marks([_datum(p, named[p.concurrency], p.concurrency == curve.chosen) for p in _named(curve, named)]),
        ),
        table=Table("Speed, latency and cost by concurrency", COLUMNS, tuple(_row(p, named) for p in curve.points)),
    )


def _story(curve: Curve) -> str:
    first, last = curve.points[0], curve.points[-1]
    missed = [name for limit, name in ((curve.ttft_limit, "TTFT"), (curve.tpot_limit, "TPOT")) if limit == 0]
    never = f" Not even one request keeps the {text.listing(missed, 'and')} target." if missed else ""
    ranged = " The band is the 80 % range." if _band(curve) else ""
    return (
        f"One request alone runs at {text.rate(first.request_tokens_per_s)}, each of {text.exact(last.concurrency)} at "
        f"{text.significant(last.request_tokens_per_s)}; the output of a GPU goes from "
        f"{text.significant(first.tokens_per_s_per_gpu)} to {text.rate(last.tokens_per_s_per_gpu)}.{never}{ranged} "
        "Choose a point to set the concurrency."
    )


def _datum(point: CurvePoint, label: str = "", chosen: bool = False) -> Datum:
    return Datum(
        x=point.request_tokens_per_s,
        y=point.tokens_per_s_per_gpu,
        label=label,
        words=_words(point),
        pick=str(point.concurrency),
        chosen=chosen,
    )


def _number(point: CurvePoint, named: Mapping[int, str]) -> str:
    """What is written along the curve: the first with its noun."""
    if point.concurrency not in LABELLED or point.concurrency in named:
        return ""
    return text.plural(point.concurrency, "request") if point.concurrency == 1 else text.exact(point.concurrency)


def _band(curve: Curve) -> tuple[Layer, ...]:
    ranged = [(point, point.band) for point in curve.points]
    data = tuple(
        Datum(x=p.request_tokens_per_s, y=p.tokens_per_s_per_gpu, low=band[0], high=band[1])
        for p, band in ranged
        if band is not None
    )
    return (Layer("band", data),) if data else ()


def _names(curve: Curve) -> dict[int, str]:
    """Labels by concurrency."""
    names: dict[int, list[str]] = {curve.chosen: [f"{text.exact(curve.chosen)}, chosen"]}
    cap = "memory is full" if curve.limit == "memory" else "the engine takes no more"
    names.setdefault(curve.most, [text.exact(curve.most)]).append(cap)
    for limit, name in ((curve.ttft_limit, "TTFT"), (curve.tpot_limit, "TPOT")):
        if limit and limit < curve.most:
            names.setdefault(limit, [text.exact(limit)]).append(f"{name} target")
    return {concurrency: _name(*parts) for concurrency, parts in names.items()}


def _name(head: str, *rest: str) -> str:
    return f"{head}: {text.listing(rest, 'and')}" if rest else head


def _named(curve: Curve, named: Mapping[int, str]) -> list[CurvePoint]:
    return [point for point in curve.points if point.concurrency in named]


def _at_once(point: CurvePoint) -> str:
    return f"{text.plural(point.concurrency, 'request')} at once"


def _words(point: CurvePoint) -> str:
    speed, output = text.rate(point.request_tokens_per_s), text.significant(point.tokens_per_s_per_gpu)
    first = text.duration(point.estimate.ttft_s or 0.0)
    usd = point.estimate.usd_per_million_output_tokens
    price = "" if usd is None else f", {text.money(usd)}/M output tokens"
    return f"{_at_once(point)}: {speed} per user, {output} per GPU, TTFT {first}{price}"


def _row(point: CurvePoint, named: Mapping[int, str]) -> tuple[str, ...]:
    result = point.estimate
    usd = result.usd_per_million_output_tokens
    name = named.get(point.concurrency, "")
    return (
        text.exact(point.concurrency),
        text.significant(point.request_tokens_per_s),
        text.significant(point.tokens_per_s_per_gpu),
        str(text.duration(result.ttft_s or 0.0)),
        str(text.duration(result.tpot_s or 0.0)),
        text.UNKNOWN if usd is None else str(text.money(usd)),
        name.removeprefix(text.exact(point.concurrency)).lstrip(",: "),
    )


@dataclass(frozen=True, slots=True)
class _Figure:
    """One figure along the curve: the API's name, a title, the unit of its axis, its formatter."""

    field: str
    title: str
    unit: str
    write: Callable[[float], text.Quantity]

    def value(self, point: CurvePoint, end: str = "") -> float | None:
        """Of a point: the figure, or an end of its range."""
        value: float | None = getattr(point.estimate, self.field + end, None)
        return value

    def datum(self, point: CurvePoint, label: str = "", chosen: bool = False) -> Datum:
        """The point, with the range where there is one."""
        value = self.value(point) or 0.0
        return Datum(
            x=point.concurrency,
            y=value,
            label=label,
            words=f"{_at_once(point)}: {self.write(value)}",
            low=self.value(point, "_low"),
            high=self.value(point, "_high"),
            pick=str(point.concurrency),
            chosen=chosen,
        )


FIGURES = (
    _Figure("ttft_s", "Time to first token (TTFT)", "s", text.duration),
    _Figure("tpot_s", "Time per output token (TPOT)", "s", text.duration),
    _Figure("usd_per_million_output_tokens", "Cost per million output tokens", "USD", text.money),
)
"""What is drawn along the concurrency."""


def _known(curve: Curve, figure: _Figure) -> bool:
    return all(figure.value(point) for point in curve.points)


def _along(curve: Curve, figure: _Figure) -> Chart:
    chosen = next(point for point in curve.points if point.concurrency == curve.chosen)
    data = [figure.datum(point) for point in curve.points]
    last = text.exact(curve.points[-1].concurrency)
    ranged = tuple(datum for datum in data if datum.low is not None and datum.high is not None)
    target_s = {"ttft_s": curve.ttft_s, "tpot_s": curve.tpot_s}.get(figure.field)
    goal = (levels([Datum(x=1, y=target_s, label=f"target {figure.write(target_s)}")]),) if target_s else ()
    return Chart(
        key=figure.field,
        title=figure.title,
        summary=f"{figure.write(data[0].y)} for one request, {figure.write(data[-1].y)} for {last}",
        x=Axis("Concurrent requests", "", "log2"),
        y=Axis("", figure.unit, "log"),
        layers=(
            *((Layer("band", ranged),) if ranged else ()),
            *goal,
            line(data),
            marks([figure.datum(chosen, str(figure.write(figure.value(chosen) or 0.0)), chosen=True)]),
        ),
        table=NO_TABLE,
        shape="small",
    )

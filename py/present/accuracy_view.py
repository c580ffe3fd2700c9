"""The Accuracy view as nodes and a chart: filters, errors, predicted against measured, ranges, known weak regimes."""

import re
from collections.abc import Callable, Mapping, Sequence

from present import text
from present.accuracy_report import (
    ANY,
    WITHIN,
    Choice,
    Figure,
    Point,
    Report,
    Run,
    Summary,
    chosen,
    options,
    summary,
)
from present.charts import Axis, Chart, Datum, Layer, Table, dots, line
from present.markup import Node, h
from present.text import Quantity, percent

LABELS: Mapping[str, str] = {
    "figure": "Figure",
    "fold": "Left out of the fit",
    "model": "Model",
    "gpu": "GPU",
    "engine": "Engine",
}
NAMES: Mapping[str, str] = {
    "tpot_s": "Time per output token",
    "ttft_s": "Time to first token",
    "replica_tokens_per_s": "Output tokens per second",
    "saturated dense": "Every slot busy, dense models",
    "saturated mixture": "Every slot busy, mixtures of experts",
    "first token": "One prompt alone",
    "cache memory": "Memory left to the KV cache",
}
FOLD_NAMES: Mapping[str, str] = {
    "model left out": "The model",
    "GPU left out": "The GPU",
    "engine left out": "The engine",
    "in sample": "Nothing",
}
ANY_NAMES: Mapping[str, str] = {"model": "All models", "gpu": "All GPUs", "engine": "All engines"}
ENGINE_TONES: Mapping[str, str] = {"vLLM": "1", "SGLang": "2", "TensorRT-LLM": "3"}
EQUAL = "predicted = measured"
CLOSED_LOOP = ("tpot_s", "ttft_s", "replica_tokens_per_s")
COLUMNS = (
    "Model",
    "GPUs",
    "Engine",
    "Weights",
    "Tokens in, out",
    "Clients",
    "Measured",
    "Predicted",
    "Error",
    "Source",
)
UNITS: Mapping[str, Callable[[float], Quantity]] = {
    "s": text.duration,
    "bytes": lambda value: text.size(value, binary=True),
    "tokens/s": text.rate,
}


def controls() -> tuple[Node, ...]:
    """The filters, still without options, which follow the choice."""
    return tuple(
        h("label", h("span", label), h("select", name=name, data_filter=name), class_="accuracy-filter")
        for name, label in LABELS.items()
    )


def option_nodes(report: Report, choice: Choice, name: str) -> tuple[Node, ...]:
    """Options of one filter, those of a column with the number of runs that each leaves."""
    figure = report.figure(choice.figure)
    if name == "figure":
        return tuple(h("option", NAMES.get(each.name, each.name), value=each.name) for each in report.figures)
    if name == "fold":
        return tuple(h("option", FOLD_NAMES[fold], value=fold) for fold in figure.folds)
    found = options(figure, choice, name)
    every = h("option", ANY_NAMES[name], value=ANY)
    return (every, *(h("option", f"{value} ({count})", value=value) for value, count in found))


def sentence(points: Sequence[Point], found: Summary | None) -> str:
    """The errors of the shown points in one sentence."""
    if found is None:
        return "No run passes these filters."
    models = text.plural(len({point.run.model for point in points}), "model")
    return (
        f"{text.plural(found.runs, 'measured run')} of {models}: median error {percent(found.median)}, nine of ten "
        f"within {percent(found.p90)}, {percent(found.within)} of them within {percent(WITHIN)}."
    )


def error_table(figure: Figure, choice: Choice) -> Node:
    """Errors of the chosen runs, one row for each kind of prediction."""
    points = chosen(figure, choice)
    rows = []
    for fold in figure.folds:
        found = summary(points, fold)
        if found is None:
            continue
        cells = (*map(percent, (found.median, found.p90, found.within)), percent(found.bias, signed=True))
        head = h("th", FOLD_NAMES[fold], scope="row")
        current = "true" if fold == choice.fold else None
        rows.append(h("tr", head, *(h("td", str(cell)) for cell in (found.runs, *cells)), aria_current=current))
    names = ("Left out of the fit", "Runs", "Median error", "90th percentile", f"Within {percent(WITHIN)}", "Bias")
    return table(f"Errors of {NAMES.get(figure.name, figure.name).lower()}", names, rows)


def table(caption: str, names: Sequence[str], rows: Sequence[Node]) -> Node:
    """A table that scrolls on its own where it is too wide."""
    head = h("thead", h("tr", *(h("th", name, scope="col") for name in names)))
    grid = h("table", h("caption", caption), head, h("tbody", *rows))
    return h("div", grid, class_="accuracy-table", tabindex="0", role="region", aria_label=caption)


def short(model: str) -> str:
    """A model without its organisation."""
    return model.rpartition("/")[2]


def gpus(run: Run) -> str:
    """Where it ran."""
    number = f"{run.gpus} × " if run.gpus else ""
    return f"{number}{run.gpu}{', ' + run.layout if run.layout else ''}"


def engine(run: Run) -> str:
    """What served it."""
    return f"{run.engine} {run.engine_version}".strip()


def lengths(run: Run) -> str:
    """Tokens of a request."""
    known = [text.exact(round(value)) for value in (run.input_tokens, run.output_tokens) if value is not None]
    return ", ".join(known)


def clients(run: Run) -> str:
    """Load of a run."""
    return "" if run.concurrency is None else text.exact(run.concurrency)


def words(point: Point, figure: Figure, fold: str) -> str:
    """A point in full."""
    run, write = point.run, UNITS[figure.unit]
    share = point.predicted[fold] / point.measured - 1.0
    off = f"{percent(abs(share))} too {'high' if share > 0 else 'low'}"
    setup = [gpus(run), f"{run.precision} weights" if run.precision else "", _shape(run), run.note, run.measured]
    return (
        f"{short(run.model)}, {engine(run)}: measured {write(point.measured)}, "
        f"predicted {write(point.predicted[fold])}, {off}. {', '.join(part for part in setup if part)}. {run.source}"
    )


def _shape(run: Run) -> str:
    load = f", {text.plural(run.concurrency, 'client')}" if run.concurrency else ""
    return f"{lengths(run)} tokens{load}" if run.input_tokens is not None else ""


def cells(point: Point, figure: Figure, fold: str) -> tuple[str, ...]:
    """A point as a row of the table; empty cells say that the source does not tell."""
    run, write = point.run, UNITS[figure.unit]
    found = (
        short(run.model),
        gpus(run),
        engine(run),
        run.precision,
        lengths(run),
        clients(run),
        str(write(point.measured)),
        str(write(point.predicted[fold])),
        str(percent(point.predicted[fold] / point.measured - 1.0, signed=True)),
        ", ".join(part for part in (run.source, run.measured, run.note) if part),
    )
    return tuple(cell or text.UNKNOWN for cell in found)


def chart(report: Report, choice: Choice) -> Chart:
    """Predicted against measured on logarithmic axes, with the diagonal and 20 % on both sides of it."""
    figure = report.figure(choice.figure)
    points, fold = chosen(figure, choice), choice.fold
    values = [value for point in points for value in (point.measured, point.predicted[fold])]
    low, high = (min(values), max(values)) if values else (1.0, 10.0)
    ends = [_end(value) for value in (low, high)]
    axis = {"unit": figure.unit, "scale": "log", "low": low * (1 - WITHIN), "high": high * (1 + WITHIN)}
    drawn = [
        Datum(x=p.measured, y=p.predicted[fold], series=p.run.engine, words=words(p, figure, fold)) for p in points
    ]
    return Chart(
        key=f"accuracy-{figure.name.replace(' ', '-')}",
        title=f"{figure.title}: predicted against measured",
        summary=f"{sentence(points, summary(points, fold))} The band is {percent(WITHIN)} to each side.",
        x=Axis("Measured", **axis),  # type: ignore[arg-type]
        y=Axis("Predicted", **axis),  # type: ignore[arg-type]
        layers=(Layer("band", tuple(ends)), line([_plain(end) for end in ends]), dots(drawn)),
        table=Table(
            f"{NAMES.get(figure.name, figure.name)}, {fold}, largest error first",
            COLUMNS,
            tuple(cells(point, figure, fold) for point in sorted(points, key=lambda p: -_off(p, fold))),
        ),
        tones={**ENGINE_TONES, EQUAL: "quiet", "": "quiet"},
        shape="square",
    )


def _end(value: float) -> Datum:
    return Datum(x=value, y=value, low=value * (1 - WITHIN), high=value * (1 + WITHIN))


def _plain(end: Datum) -> Datum:
    return Datum(x=end.x, y=end.y)


def _off(point: Point, fold: str) -> float:
    ratio = point.predicted[fold] / point.measured
    return max(ratio, 1.0 / ratio)


def ranges(report: Report, figure: str) -> Node | None:
    """Share of left-out runs inside their 80 % range, by regime; None where the figure has no range of its own."""
    groups = report.coverage.get(figure)
    if groups is None:
        return None
    order = sorted(groups.items(), key=lambda item: (_place(item[0]), item[0]))
    rows = [
        h(
            "tr",
            h("th", _regime(name), scope="row"),
            h("td", str(n)),
            h("td", str(percent(share))),
        )
        for name, (n, share) in order
    ]
    caption = "Runs inside an 80\u00a0% range that was made without their model"
    return table(caption, ("Runs of", "Runs", "Inside"), rows)


def _place(regime: str) -> int:
    """Place of a regime in the table: all, GPUs, engines, loads, then models with their formats."""
    known = ("all", "Hopper", "Blackwell", *ENGINE_TONES, "light load", "medium load", "heavy load")
    return known.index(regime) if regime in known else len(known)


def _ids(words: str) -> str:
    """Names of files as the ids of their models."""
    return re.sub(r"(?<=\w)--(?=\w)", "/", words)


def _regime(name: str) -> str:
    if name == "all":
        return "All runs"
    return re.sub(r"\bfp(\d+)\b", r"FP\1", name)


def notes(report: Report, choice: Choice) -> tuple[Node, ...]:
    """What stands below the chart."""
    covered = ranges(report, choice.figure)
    return (
        *((_part("Ranges", covered),) if covered else ()),
        _part("Known weak regimes", h("ul", *(h("li", words) for words in report.weak))),
        _part("Not predicted", h("ul", *(h("li", _ids(words)) for words in report.missing))),
    )


def _part(title: str, content: Node) -> Node:
    return h("section", h("h3", title), content, class_="accuracy-part")


def like(choice: Choice, engine_name: str, gpu: str) -> Choice:
    """The runs nearest to a deployment: its engine on its GPU, for a figure of the closed loop."""
    figure = choice.figure if choice.figure in CLOSED_LOOP else CLOSED_LOOP[0]
    return choice._replace(figure=figure, engine=engine_name, gpu=gpu, model=ANY)

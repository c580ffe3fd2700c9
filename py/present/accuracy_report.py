"""The accuracy report (assets/accuracy-v1.json) as objects: measured runs, predictions, filters, errors."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

VERSION = 1
WITHIN = 0.2
ANY = ""
FOLDS = ("model left out", "GPU left out", "engine left out", "in sample")
"""What a prediction knew of the measured runs; the first is what to expect of a model that nobody has measured."""
IN_SAMPLE = FOLDS[-1]
KEYS = ("model", "gpu", "engine")
"""Columns that can be filtered."""


class Run(NamedTuple):
    """One measured run.

    Attributes:
        layout: such as "TP8 EP".
        concurrency: clients; None where every slot was busy.
        measured: the date, "" where the source gives none.
        note: what was unusual about it.
    """

    id: str
    model: str
    gpu: str
    gpus: int
    layout: str
    engine: str
    engine_version: str
    precision: str
    input_tokens: float | None
    output_tokens: float | None
    concurrency: float | None
    measured: str
    source: str
    note: str


class Point(NamedTuple):
    """A figure of a run: SI values, one prediction for each fold that the figure has."""

    run: Run
    measured: float
    predicted: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured figure with all its points.

    Attributes:
        unit: "s", "bytes" or "tokens/s".
        folds: of FOLDS, those that it has; a figure that nothing was fitted on has the last alone.
    """

    name: str
    title: str
    unit: str
    folds: tuple[str, ...]
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The whole report.

    Attributes:
        coverage: by figure and regime, runs and the share of them inside their 80 % range.
        weak: known weak regimes, in words.
        missing: why rows have no prediction, in words.
    """

    date: str
    figures: tuple[Figure, ...]
    coverage: Mapping[str, Mapping[str, tuple[int, float]]]
    weak: tuple[str, ...]
    missing: tuple[str, ...]

    def figure(self, name: str) -> Figure:
        """A figure by its name; the first where there is none of it."""
        return next((figure for figure in self.figures if figure.name == name), self.figures[0])


class Choice(NamedTuple):
    """What of the report is shown; ANY leaves a column open."""

    figure: str = "tpot_s"
    fold: str = FOLDS[0]
    model: str = ANY
    gpu: str = ANY
    engine: str = ANY


class Summary(NamedTuple):
    """Errors of some points as shares; bias is the median of predicted / measured, less 1."""

    runs: int
    median: float
    p90: float
    within: float
    bias: float


def read(text: str) -> Report:
    """The report of a file's text.

    Raises:
        ValueError: it is no such report.
    """
    try:
        data = json.loads(text)
        if data["version"] != VERSION:
            raise ValueError("another version")
        runs = tuple(_run(dict(zip(data["row_columns"], row, strict=True)), data["sources"]) for row in data["rows"])
        return Report(
            date=data["date"],
            figures=tuple(_figure(figure, runs) for figure in data["figures"]),
            coverage={name: {key: (n, s) for key, (n, s) in g.items()} for name, g in data["coverage"].items()},
            weak=tuple(data["weak_regimes"]),
            missing=tuple(_missing(data["not_predicted"])),
        )
    except (KeyError, TypeError, IndexError) as fault:
        raise ValueError(f"not an accuracy report: {fault!r}") from None


def _run(row: Mapping[str, Any], sources: Sequence[str]) -> Run:
    found = {name: _empty(name) if row[name] is None else row[name] for name in Run._fields}
    return Run(**{**found, "source": sources[row["source"]]})


def _empty(name: str) -> str | None:
    return None if name in ("input_tokens", "output_tokens", "concurrency") else ""


def _figure(data: Mapping[str, Any], runs: Sequence[Run]) -> Figure:
    folds = FOLDS if data["fitted"] else (IN_SAMPLE,)
    order = (IN_SAMPLE, *FOLDS[:-1])[: len(folds)]
    points = tuple(
        Point(runs[row], measured, dict(zip(order, predicted, strict=True)))
        for row, measured, *predicted in data["points"]
    )
    return Figure(data["name"], data["title"], data["unit"], folds, points)


def _missing(reasons: Mapping[str, Mapping[str, int]]) -> Iterable[str]:
    for title, found in reasons.items():
        for reason, count in found.items():
            yield f"{count} {title} {'run' if count == 1 else 'runs'}: {reason}"


def fold_of(figure: Figure, wanted: str) -> str:
    """The fold that is shown: the wanted one where the figure has it."""
    return wanted if wanted in figure.folds else figure.folds[0]


def chosen(figure: Figure, choice: Choice, *, but: str = "") -> tuple[Point, ...]:
    """Points that pass the filters, without the filter of the column `but`."""
    wanted = {key: getattr(choice, key) for key in KEYS if key != but}
    return tuple(
        point
        for point in figure.points
        if all(value in (ANY, getattr(point.run, key)) for key, value in wanted.items())
    )


def options(figure: Figure, choice: Choice, key: str) -> tuple[tuple[str, int], ...]:
    """Values of a column that the other filters leave, with the number of points of each."""
    counts: dict[str, int] = {}
    for point in chosen(figure, choice, but=key):
        value = getattr(point.run, key)
        counts[value] = counts.get(value, 0) + 1
    return tuple(sorted(counts.items()))


def settled(report: Report, choice: Choice) -> Choice:
    """The choice, without filters that the figure has no points for."""
    figure = report.figure(choice.figure)
    choice = choice._replace(figure=figure.name, fold=fold_of(figure, choice.fold))
    for key in KEYS:
        if getattr(choice, key) not in (ANY, *(value for value, _ in options(figure, choice, key))):
            choice = choice._replace(**{key: ANY})
    return choice


def percentile(values: Sequence[float], q: float) -> float:
    """Linear between order statistics; of at least one value."""
    ordered = sorted(values)
    place = q * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def summary(points: Sequence[Point], fold: str) -> Summary | None:
    """Errors of these points; None without any."""
    ratios = [point.predicted[fold] / point.measured for point in points if fold in point.predicted]
    if not ratios:
        return None
    errors = [abs(ratio - 1.0) for ratio in ratios]
    return Summary(
        runs=len(ratios),
        median=percentile(errors, 0.5),
        p90=percentile(errors, 0.9),
        within=sum(error <= WITHIN for error in errors) / len(errors),
        bias=percentile(ratios, 0.5) - 1.0,
    )

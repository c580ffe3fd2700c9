"""docs/accuracy.svg: predicted against measured, each model left out of the fit in turn."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from .left_out import left_out_points
from .predict import Outcome
from .report import figure_points, sure
from .stats import Point

PICTURE = Path(__file__).resolve().parents[2] / "docs" / "accuracy.svg"
#: Okabe and Ito's colours, which stay apart for colour-blind readers, and a mark of its own for each engine.
COLOURS = {"vLLM": "#0072b2", "SGLang": "#d55e00", "TensorRT-LLM": "#009e73"}
FONT = 'font-family="sans-serif" font-size="11"'
SIDE, MARGIN, GAP = 300, 60, 30
DECADE_MARKS = (1, 2, 5)
PANELS = (("tpot_s", "Time per output token, ms"), ("ttft_s", "Time to first token, ms"))


def picture(outcome: Outcome) -> str:
    """The whole picture."""
    width = len(PANELS) * (SIDE + MARGIN) + GAP
    height = SIDE + 2 * MARGIN + 20
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" {FONT}>',
        "<title>Predicted against measured, each model left out of the fit in turn</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for number, (figure, title) in enumerate(PANELS):
        points = sure(left_out_points(figure_points(outcome, figure), "model"))
        parts += _panel(points, title, MARGIN + number * (SIDE + MARGIN), 30)
    parts += [*_legend(MARGIN, height - 14), "</svg>"]
    return "\n".join(parts) + "\n"


def _panel(points: Sequence[Point], title: str, left: float, top: float) -> Iterator[str]:
    values = [math.log10(1e3 * value) for p in points for value in (p.predicted, p.measured)]
    low, high = min(values) - 0.05, max(values) + 0.05

    def place(value_s: float) -> float:
        return SIDE * (math.log10(1e3 * value_s) - low) / (high - low)

    yield f'<g transform="translate({left},{top})">'
    yield f'<text x="{SIDE / 2}" y="-10" text-anchor="middle" font-weight="bold">{title}</text>'
    yield f'<rect width="{SIDE}" height="{SIDE}" fill="none" stroke="#888888"/>'
    yield from _band(high - low)
    for mark in _marks(low, high):
        at = place(mark / 1e3)
        yield f'<line x1="{at:.1f}" x2="{at:.1f}" y1="{SIDE}" y2="{SIDE + 4}" stroke="#888888"/>'
        yield f'<text x="{at:.1f}" y="{SIDE + 16}" text-anchor="middle">{mark:g}</text>'
        yield f'<line x1="-4" x2="0" y1="{SIDE - at:.1f}" y2="{SIDE - at:.1f}" stroke="#888888"/>'
        yield f'<text x="-7" y="{SIDE - at + 4:.1f}" text-anchor="end">{mark:g}</text>'
    for point in points:
        x, y = place(point.measured), SIDE - place(point.predicted)
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2" fill="{COLOURS[point.regimes["engine"]]}" fill-opacity="0.6"/>'
    yield f'<text x="{SIDE / 2}" y="{SIDE + 32}" text-anchor="middle">measured</text>'
    yield f'<text transform="translate(-42,{SIDE / 2}) rotate(-90)" text-anchor="middle">predicted</text>'
    yield "</g>"


def _band(decades: float) -> Iterator[str]:
    """The diagonal and 20 % on both sides of it."""
    for factor, dash in ((1.0, ""), (1.2, ' stroke-dasharray="3 3"'), (0.8, ' stroke-dasharray="3 3"')):
        shift = SIDE * math.log10(factor) / decades
        start, end = max(-shift, 0.0), min(SIDE - shift, SIDE)
        yield (
            f'<line x1="{start:.1f}" y1="{SIDE - start - shift:.1f}" x2="{end:.1f}" y2="{SIDE - end - shift:.1f}"'
            f' stroke="#444444"{dash}/>'
        )


def _marks(low: float, high: float) -> list[float]:
    steps = DECADE_MARKS if high - low < 2 else (1,)
    every = [step * 10.0**decade for decade in range(math.floor(low), math.ceil(high) + 1) for step in steps]
    return [mark for mark in every if low <= math.log10(mark) <= high]


def _legend(left: float, top: float) -> Iterator[str]:
    for number, (name, colour) in enumerate(COLOURS.items()):
        x = left + 110 * number
        yield f'<circle cx="{x}" cy="{top - 4}" r="4" fill="{colour}"/><text x="{x + 9}" y="{top}">{name}</text>'
    yield f'<text x="{left + 340}" y="{top}">dashed: 20 % off</text>'

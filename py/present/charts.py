"""What a chart shows, apart from how it is drawn: data, axes, title, and the same data as a table.

A drawing library reads `Chart.to_dict()`. Values are SI; labels and the table carry text for people.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

Cell = str


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis; unit "" for pure numbers, scale "linear", "log" or "band"."""

    label: str
    unit: str = ""
    scale: str = "linear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Datum:
    """One thing that is drawn.

    `x` is a number or, on a band axis, a name; `low` and `high` bound `y`; `size` is a share of one; `words` says
    the point in full, for a tooltip and for readers of the screen.
    """

    x: float | str
    y: float
    series: str = ""
    label: str = ""
    words: str = ""
    low: float | None = None
    high: float | None = None
    size: float | None = None


@dataclass(frozen=True, slots=True)
class Layer:
    """Data drawn with one mark: "line", "dot", "bar", "rule" (a vertical line at x) or "band"."""

    mark: str
    data: tuple[Datum, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The same data for people who read tables."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One chart. The title says what is to be seen, the summary what it shows for those who do not see it."""

    key: str
    title: str
    summary: str
    x: Axis
    y: Axis
    layers: tuple[Layer, ...]
    table: Table

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a drawing library."""
        return asdict(self)


def line(points: Sequence[Datum]) -> Layer:
    """A line through points."""
    return Layer("line", tuple(points))


def dots(points: Sequence[Datum]) -> Layer:
    """A dot for each point."""
    return Layer("dot", tuple(points))


def bars(parts: Sequence[Datum]) -> Layer:
    """Parts stacked in order."""
    return Layer("bar", tuple(parts))


def rules(marks: Sequence[Datum]) -> Layer:
    """Vertical lines with a label."""
    return Layer("rule", tuple(marks))

"""What a chart shows, apart from how it is drawn: data, axes, title, and the same data as a table.

js/charts.mjs draws `Chart.to_dict()` (page/charts.py hands it over as JSON); every field is described at its class.
Values are SI; labels and the table carry text for people.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

Cell = str


@dataclass(frozen=True, slots=True)
class Axis:
    """One axis.

    Attributes:
        label: what is measured, without the unit.
        unit: "" for pure numbers. Ticks carry "s", "bytes", "USD" and "share" themselves; others stand by the label.
        scale: "linear", "log", "log2" (ticks at powers of two) or, on x alone, "band": each x is the name of a row of
            stacked bars.
        low, high: ends of the axis; None takes those of the data (a linear axis then includes 0).
    """

    label: str
    unit: str = ""
    scale: str = "linear"
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Datum:
    """One thing that is drawn.

    Attributes:
        x: a number or, on a band axis, the name of a row.
        y: a number.
        series: of equal names, equal colours. A line is labelled with its series, dots get a legend.
        label: written beside the point, or into its bar.
        words: the point in full, for its tip and for readers of the screen; "head: rest" makes a head line of the tip.
            A point without words cannot be visited.
        low, high: bounds of y, for a band.
        size: a share of one: area of a dot.
        pick: what a click or Enter on the point sends as detail of `chart:pick`; "" where nothing is to be chosen.
        chosen: the one that the form says.
    """

    x: float | str
    y: float
    series: str = ""
    label: str = ""
    words: str = ""
    low: float | None = None
    high: float | None = None
    size: float | None = None
    pick: str = ""
    chosen: bool = False

    def to_dict(self) -> dict[str, float | str | bool]:
        """The fields that say something, by name."""
        values = [(name, getattr(self, name)) for name in self.__slots__]
        return {name: value for name, value in values if value is not None and value is not False and value != ""}


@dataclass(frozen=True, slots=True)
class Layer:
    """Data drawn with one mark, later layers above earlier ones.

    Attributes:
        mark: "line", "dot" (thousands are fine), "mark" (a ring with its label; filled where chosen), "bar" (parts of
            a row, stacked in order), "rule" (a vertical line at x), "level" (a horizontal one at y) or "band" (from low
            to high).
        data: in the order of a line.
    """

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
    """One chart.

    Attributes:
        key: a name for files and tests.
        title: what is to be seen.
        summary: what it shows, also for those who do not see it.
        tones: colour of a series where it is not left to the order: "1" to "6", "quiet", "bad".
        shape: "wide", "small" (one of several side by side) or "square".
    """

    key: str
    title: str
    summary: str
    x: Axis
    y: Axis
    layers: tuple[Layer, ...]
    table: Table
    tones: Mapping[str, str] = field(default_factory=dict)
    shape: str = "wide"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a drawing library; of data only what is set, since there may be thousands."""
        layers = [{"mark": layer.mark, "data": [datum.to_dict() for datum in layer.data]} for layer in self.layers]
        others = {name: getattr(self, name) for name in ("key", "title", "summary", "shape")}
        axes = {"x": asdict(self.x), "y": asdict(self.y)}
        return {**others, **axes, "layers": layers, "table": asdict(self.table), "tones": dict(self.tones)}


def line(points: Sequence[Datum]) -> Layer:
    """A line through points."""
    return Layer("line", tuple(points))


def dots(points: Sequence[Datum]) -> Layer:
    """A dot for each point."""
    return Layer("dot", tuple(points))


def marks(points: Sequence[Datum]) -> Layer:
    """Points that stand out, with their labels."""
    return Layer("mark", tuple(points))


def bars(parts: Sequence[Datum]) -> Layer:
    """Parts stacked in order."""
    return Layer("bar", tuple(parts))


def rules(at: Sequence[Datum]) -> Layer:
    """Vertical lines with a label."""
    return Layer("rule", tuple(at))


def levels(at: Sequence[Datum]) -> Layer:
    """Horizontal lines with a label."""
    return Layer("level", tuple(at))

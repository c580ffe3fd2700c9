"""Formulas with their numbers: what "How" shows.

A quantity is a named value with its unit and where it comes from. One that was computed has a formula over other
quantities, so that a figure can be opened down to datasheets, configs and calibrated constants. A formula is shown
in names and in numbers; both are written from the same tree, and the tree evaluates to the figure.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, floor, inf, log2, prod, sqrt

from roofline.curves import smooth_max

DIGITS = 6
"""Significant digits in formulas: enough that what is read off gives the result again."""


class Origin(StrEnum):
    """Where a quantity comes from, in the words that are shown."""

    YOURS = "your choice"
    DATASHEET = "datasheet"
    PRICE = "price list"
    CONFIG = "the model’s config"
    ENGINE = "engine default"
    CALIBRATED = "calibrated"
    MEASURED = "measured"
    ASSUMED = "assumed"
    COMPUTED = "computed"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A named value in SI; `unit` is "" for counts and ratios."""

    name: str
    value: float
    unit: str = ""
    origin: Origin = Origin.COMPUTED
    source: str = ""
    date: str = ""
    note: str = ""
    formula: "Operation | None" = None

    def __str__(self) -> str:
        """The value as it stands in formulas."""
        return amount(self.value, self.unit)

    def walk(self) -> Iterator["Quantity"]:
        """This quantity and all that it is made of, each once, outer ones first."""
        queue, seen = [self], set()
        for quantity in queue:
            if id(quantity) not in seen:
                seen.add(id(quantity))
                yield quantity
                queue.extend(quantity.formula.quantities() if quantity.formula else ())


@dataclass(frozen=True, slots=True)
class Operation:
    """An operator, "+", "−", "×", "÷" or the name of a function, and what it is applied to."""

    sign: str
    parts: "tuple[Term, ...]"

    def quantities(self) -> Iterator[Quantity]:
        """The quantities in this formula, not those within their own."""
        for part in self.parts:
            if isinstance(part, Quantity):
                yield part
            elif isinstance(part, Operation):
                yield from part.quantities()

    def value(self) -> float:
        """Evaluate over the values of the quantities."""
        values = [each.value() if isinstance(each, Operation) else _number(each) for each in self.parts]
        return _EVALUATE[self.sign](values)

    def names(self) -> str:
        """The formula in names."""
        return _written(self, lambda quantity: quantity.name)

    def numbers(self) -> str:
        """The formula with the values in place of the names."""
        return _written(self, str)


class Deferred(Operation):
    """A formula that is made when somebody looks into it."""

    __slots__ = ("_made", "_make")
    _make: Callable[[], Operation]
    _made: Operation | None

    def __init__(self, make: Callable[[], Operation]) -> None:
        """`make` gives the formula; it is called once."""
        object.__setattr__(self, "_make", make)
        object.__setattr__(self, "_made", None)

    def _opened(self) -> Operation:
        made = self._made
        if made is None:
            made = self._make()
            object.__setattr__(self, "_made", made)
        return made

    @property
    def sign(self) -> str:
        """The operator."""
        return self._opened().sign

    @property
    def parts(self) -> "tuple[Term, ...]":
        """What it is applied to."""
        return self._opened().parts


Term = Quantity | Operation | float


def _number(term: "Quantity | float") -> float:
    return term.value if isinstance(term, Quantity) else term


_EVALUATE: dict[str, Callable[[list[float]], float]] = {
    "+": sum,
    "−": lambda values: values[0] - sum(values[1:]),
    "×": prod,
    "÷": lambda values: values[0] / values[1],
    "max": max,
    "min": min,
    "floor": lambda values: float(floor(values[0])),
    "ceil": lambda values: float(ceil(values[0])),
    "log2": lambda values: log2(values[0]),
    "sqrt": lambda values: sqrt(values[0]),
    "smax": lambda values: smooth_max(values[0], values[1], values[2]),
}
_RANK = {"+": 1, "−": 1, "×": 2, "÷": 2}


def _written(term: Term, leaf: Callable[[Quantity], str]) -> str:
    if isinstance(term, Quantity):
        return leaf(term)
    if not isinstance(term, Operation):
        return amount(term, "")
    if term.sign not in _RANK:
        return f"{term.sign}({', '.join(_written(part, leaf) for part in term.parts)})"
    return f" {term.sign} ".join(_inner(term, index, leaf) for index in range(len(term.parts)))


def _inner(outer: Operation, index: int, leaf: Callable[[Quantity], str]) -> str:
    """One part, in parentheses where reading from left to right would bind it otherwise."""
    part = outer.parts[index]
    written = _written(part, leaf)
    if not isinstance(part, Operation) or part.sign not in _RANK:
        return written
    weaker = _RANK[part.sign] < _RANK[outer.sign]
    later = index > 0 and _RANK[part.sign] == _RANK[outer.sign] and outer.sign in "−÷"
    return f"({written})" if weaker or later or (index > 0 and part.sign == "÷") else written


def total(*parts: Term) -> Operation:
    """A sum; zeros are left out where something else stays."""
    kept = tuple(part for part in parts if isinstance(part, Operation) or _number(part)) or parts[:1]
    return Operation("+", kept)


def less(first: Term, *others: Term) -> Operation:
    """A difference."""
    return Operation("−", (first, *others))


def times(*parts: Term) -> Operation:
    """A product."""
    return Operation("×", parts)


def over(numerator: Term, denominator: Term) -> Operation:
    """A quotient."""
    return Operation("÷", (numerator, denominator))


def apply(function: str, *parts: Term) -> Operation:
    """A function: max, min, floor, ceil, log2, sqrt."""
    return Operation(function, parts)


def smooth(first: Term, second: Term, sharpness: Quantity) -> Operation:
    """The smooth maximum (a^p + b^p)^(1/p); a plain one where p is infinite."""
    return apply("max", first, second) if sharpness.value == inf else apply("smax", first, second, sharpness)


_PREFIXES: dict[str, tuple[tuple[float, str], ...]] = {
    "s": ((1e-9, "ns"), (1e-6, "µs"), (1e-3, "ms"), (1.0, "s")),
    "bytes": ((1.0, "B"), (1e3, "kB"), (1e6, "MB"), (1e9, "GB"), (1e12, "TB")),
    "bytes/s": ((1.0, "B/s"), (1e9, "GB/s"), (1e12, "TB/s")),
    "FLOP": ((1.0, "FLOP"), (1e6, "MFLOP"), (1e9, "GFLOP"), (1e12, "TFLOP")),
    "FLOP/s": ((1.0, "FLOP/s"), (1e12, "TFLOP/s")),
}


def amount(value: float, unit: str) -> str:
    """A value with its unit, prefix chosen, without grouping: what a reader, or a program, can compute with."""
    if unit == "USD":
        return f"${_digits(value)}"
    prefixes = _PREFIXES.get(unit)
    if prefixes is None:
        return f"{_digits(value)} {unit}" if unit else _digits(value)
    factor, name = prefixes[0] if value else prefixes[-1 if unit == "s" else 0]
    for candidate, prefixed in prefixes:
        if abs(value) >= candidate:
            factor, name = candidate, prefixed
    return f"{_digits(value / factor)} {name}"


def _digits(value: float) -> str:
    if float(value).is_integer() and abs(value) < 1e15:
        return str(int(value))
    if 1e6 <= abs(value) < 1e15:
        return f"{float(f'{value:.{DIGITS}g}'):.0f}"
    return f"{value:.{DIGITS}g}"

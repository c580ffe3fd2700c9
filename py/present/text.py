"""Numbers to text: one formatter per quantity, used everywhere on the page.

A figure is rounded once, to at most three significant digits, and only here. The unit prefix is
chosen after rounding, so 999.96 MB reads "1.00 GB". GB is 10^9 bytes; GiB, on request, 2^30.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, isfinite, log10

DIGITS = 3
UNKNOWN = "–"

Scale = Sequence[tuple[float, str]]
"""Factors in rising order, each with its unit."""

DECIMAL_BYTES: Scale = ((1, "B"), (1e3, "kB"), (1e6, "MB"), (1e9, "GB"), (1e12, "TB"))
BINARY_BYTES: Scale = ((1, "B"), (2**10, "KiB"), (2**20, "MiB"), (2**30, "GiB"), (2**40, "TiB"))
TIME: Scale = ((1e-6, "µs"), (1e-3, "ms"), (1, "s"))
LARGE: Scale = ((1, ""), (1e3, "K"), (1e6, "M"), (1e9, "B"), (1e12, "T"))


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as it is shown, apart from its unit so that each can have its own type size."""

    number: str
    unit: str = ""
    glued: bool = False
    """True where the unit follows without a space: 70.6B."""

    def __str__(self) -> str:
        """The figure as one piece of text."""
        gap = "" if self.glued or not self.unit else "\u00a0"
        return f"{self.number}{gap}{self.unit}"


def span(low: Quantity, high: Quantity) -> str:
    """Both ends of a range, a unit that they share once."""
    return f"{low.number if low.unit == high.unit else low} to {high}"


def rounded(value: float, digits: int = DIGITS) -> float:
    """Round to significant digits."""
    if value == 0 or not isfinite(value):
        return value
    return round(value, digits - 1 - floor(log10(abs(value))))


def significant(value: float, digits: int = DIGITS) -> str:
    """Write a number with exactly `digits` significant digits and grouped thousands."""
    if not isfinite(value):
        return UNKNOWN
    value = rounded(value, digits)
    if value == 0:
        return "0"
    decimals = max(0, digits - 1 - floor(log10(abs(value))))
    return f"{value:,.{decimals}f}"


def exact(value: float) -> str:
    """Write a number that the user gave: every digit, grouped thousands."""
    return f"{value:,.12g}" if value % 1 else f"{value:,.0f}"


def scaled(value: float, scale: Scale, *, glued: bool = False) -> Quantity:
    """Choose the largest unit of which the rounded value holds at least one."""
    factor, unit = scale[0]
    for candidate, name in scale[1:]:
        if rounded(abs(value) / candidate) < 1:
            break
        factor, unit = candidate, name
    return Quantity(significant(value / factor), unit, glued)


def size(value_bytes: float, *, binary: bool = False) -> Quantity:
    """Bytes as GB (10^9), or as GiB (2^30)."""
    quantity = scaled(value_bytes, BINARY_BYTES if binary else DECIMAL_BYTES)
    if quantity.unit == "B":
        return Quantity(significant(value_bytes).removesuffix(".00"), "B")
    return quantity


def duration(value_s: float) -> Quantity:
    """Seconds in the unit that suits them."""
    return scaled(value_s, TIME)


def rate(value_tokens_per_s: float) -> Quantity:
    """Tokens per second."""
    return Quantity(significant(value_tokens_per_s), "tokens/s")


def parameters(count: float) -> Quantity:
    """A parameter count: 8.03B."""
    return scaled(count, LARGE, glued=True)


def count(value: float) -> Quantity:
    """A whole number of things, an estimate: no decimals, three significant digits."""
    return Quantity(f"{rounded(value):,.0f}")


def money(value_usd: float) -> Quantity:
    """Dollars: cents at least, three significant digits below a dollar."""
    if not isfinite(value_usd):
        return Quantity(UNKNOWN)
    if 0 < abs(value_usd) < 1:
        number = significant(value_usd)
    elif abs(rounded(value_usd)) < 100:
        number = f"{rounded(value_usd):,.2f}"
    else:
        number = f"{rounded(value_usd):,.0f}"
    return Quantity(f"${number}")


def percent(share: float, *, signed: bool = False) -> Quantity:
    """A share of one: whole per cent from ten on, one decimal below; what is left of nothing is not nothing."""
    number = f"{abs(share) * 100:,.{0 if abs(share) >= 0.0995 else 1}f}"
    if float(number.replace(",", "")) == 0:
        return Quantity("<0.1" if share and not signed else "0", "%")
    sign = "−" if share < 0 else "+" if signed else ""
    return Quantity(sign + number, "%")


def plural(number: float, singular: str, many: str | None = None) -> str:
    """A counted noun: "1 GPU", "8 GPUs"."""
    noun = singular if number == 1 else (many or f"{singular}s")
    return f"{count(number)} {noun}"


def listing(names: Sequence[str], last: str = "or") -> str:
    """Names as a phrase: "a, b or c"."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"

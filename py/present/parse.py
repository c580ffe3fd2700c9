"""Tolerant reading of numbers that people type: 8k, 128K, 1e6, 70B, 2,5 and 2.5, 60%.

Nothing here guesses silently: what was understood is written back into its box by the page.
"""

import re
from math import isfinite

KIBI = {"k": 2**10, "m": 2**20}
"""Multipliers of token counts: a context of 128K is 131,072 tokens."""
KILO = {"k": 10**3, "m": 10**6, "b": 10**9, "g": 10**9, "t": 10**12}
"""Multipliers of everything else."""

MAX_CHARACTERS = 40
_SPACES = re.compile(r"[\s_'’\u00a0\u2009\u202f]")
_NUMBER = re.compile(r"([+-]?\d*(?:[.,]\d+)*[.,]?)(e[+-]?\d{1,3})?([a-z]?)(%?)")
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(?:([.,])\d{3})(?:\1\d{3})*")


class NotANumber(ValueError):
    """The text does not say a number; the message says so in words."""


def count(text: str, *, tokens: bool = False) -> int:
    """Read a whole number. Raises NotANumber."""
    value = _read(text, KIBI if tokens else KILO, whole=True)
    if value != int(value):
        raise NotANumber(f"{_shown(text)} is not a whole number.")
    return int(value)


def number(text: str) -> float:
    """Read a finite number; a trailing % divides by 100. Raises NotANumber."""
    return float(_read(text, KILO, whole=False))


def _read(text: str, multipliers: dict[str, int], *, whole: bool) -> float:
    """Mantissa times exponent times multiplier.

    In a whole number a lone separator followed by three digits groups thousands (1,024); in a
    measure it is the decimal mark.
    """
    if len(text) > MAX_CHARACTERS:
        raise NotANumber("That is too long for a number.")
    match = _NUMBER.fullmatch(_SPACES.sub("", text).lower().lstrip("$"))
    if match is None or not any(letter.isdigit() for letter in match[1]):
        raise NotANumber(f"{_shown(text)} is not a number.")
    mantissa, exponent, suffix, percent = match.groups()
    if suffix and suffix not in multipliers:
        raise NotANumber(f"{_shown(text)}: the ending {suffix!r} is not known here.")
    plain = _plain(mantissa, grouped=whole and not (exponent or suffix))
    value = _times(plain + (exponent or ""), multipliers.get(suffix, 1))
    return value / 100 if percent else value


def _times(digits: str, factor: int) -> float:
    """Keep whole numbers whole, so that no digit of a parameter count is lost."""
    try:
        value = int(digits) if digits.lstrip("+-").isdigit() else float(digits)
        value *= factor
        if not isfinite(value):
            raise NotANumber("That number is too large.")
    except (ValueError, OverflowError):
        raise NotANumber("That number cannot be read.") from None
    return value


def _plain(mantissa: str, *, grouped: bool) -> str:
    """Write the mantissa the way Python reads it: no grouping, a point for decimals."""
    marks = [letter for letter in mantissa if letter in ".,"]
    if not marks:
        return mantissa
    if len(set(marks)) == 2:
        decimal = marks[-1]
        group = "," if decimal == "." else "."
        return _decimal(mantissa.replace(group, ""), decimal)
    if len(marks) > 1 or (grouped and _GROUPED.fullmatch(mantissa)):
        return _ungrouped(mantissa)
    return _decimal(mantissa, marks[0])


def _decimal(digits: str, mark: str) -> str:
    if digits.count(mark) > 1:
        raise NotANumber(f"{_shown(digits)} has two decimal marks.")
    return digits.replace(mark, ".")


def _ungrouped(digits: str) -> str:
    if not _GROUPED.fullmatch(digits):
        raise NotANumber(f"{_shown(digits)} is not a number.")
    return digits.replace(".", "").replace(",", "")


def _shown(text: str) -> str:
    return f"“{text.strip()[:MAX_CHARACTERS]}”"

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
_NUMBER = re.compile(r"([+-]?[0-9]*(?:[.,][0-9]+)*[.,]?)(e[+-]?[0-9]{1,3})?([a-z]?)(%?)")
_GROUPED = re.compile(r"[+-]?[1-9][0-9]{0,2}(?:([.,])[0-9]{3})(?:\1[0-9]{3})*")


class NotANumber(ValueError):
    """The text does not say a number; the message says so in words."""


def count(text: str, *, tokens: bool = False) -> int:
    """Read a whole number, in whole-number arithmetic: 8.03B keeps every digit. Raises NotANumber.

    A lone separator followed by three digits groups thousands (1,024) unless a multiplier follows.
    """
    mantissa, exponent, factor, percent = _parts(text, KIBI if tokens else KILO)
    plain = _plain(mantissa, grouped=factor == 1 and not exponent)
    before, _, after = plain.partition(".")
    numerator, power = int(before + after or "0") * factor, exponent - len(after)
    if percent or (power < 0 and numerator % 10**-power):
        raise NotANumber(f"{_shown(text)} is not a whole number.")
    return int(numerator * 10 ** max(power, 0)) // int(10 ** max(-power, 0))


def number(text: str) -> float:
    """Read a finite number; a lone separator is the decimal mark, a trailing % divides by 100.

    Raises NotANumber.
    """
    mantissa, exponent, factor, percent = _parts(text, KILO)
    value = float(f"{_plain(mantissa, grouped=False)}e{exponent}") * factor
    if not isfinite(value):
        raise NotANumber(f"{_shown(text)} is too large.")
    return value / 100 if percent else value


def _parts(text: str, multipliers: dict[str, int]) -> tuple[str, int, int, bool]:
    """Mantissa, exponent of ten, multiplier, and whether a % follows."""
    if len(text) > MAX_CHARACTERS:
        raise NotANumber("is too long for a number.")
    match = _NUMBER.fullmatch(_SPACES.sub("", text).lower().lstrip("$"))
    if match is None or not any(letter.isdigit() for letter in match[1]):
        raise NotANumber(f"{_shown(text)} is not a number.")
    mantissa, exponent, suffix, percent = match.groups()
    if suffix and suffix not in multipliers:
        raise NotANumber(f"{_shown(text)}: the ending {suffix!r} is not known here.")
    return mantissa, int((exponent or "e0")[1:]), multipliers.get(suffix, 1), bool(percent)


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

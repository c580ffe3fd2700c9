"""Fields of what a form and a link say: each carries the rule by which its text is read and written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

from present import parse
from present.text import exact, listing


class Refused(ValueError):
    """The text of one field cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How the text of one field is read, and how its value is written."""

    label: str
    read: Callable[[str], Any]
    write: Callable[[Any], str] = str


@dataclass(frozen=True, slots=True)
class Bounds:
    """The range that a number must lie in, ends included."""

    low: float
    high: float

    def check(self, value: float) -> None:
        """Raise Refused where the value lies outside."""
        if not self.low <= value <= self.high:
            raise Refused(f"must be between {exact(self.low)} and {exact(self.high)}.")


@dataclass(frozen=True, slots=True)
class Issue:
    """One field whose text could not be used, and why; `label` is its name for people."""

    field: str
    reason: str
    label: str = ""

    @property
    def text(self) -> str:
        """The whole sentence, with the name of the field."""
        if not self.label:
            return self.reason
        gap = " " if self.reason.startswith(("must", "is ")) else ": "
        return f"{self.label}{gap}{self.reason}"


def rules_of(form: type) -> Mapping[str, Rule]:
    """The rules of a dataclass made of these fields, by field."""
    return MappingProxyType({each.name: each.metadata["rule"] for each in fields(form)})


def read(rules: Mapping[str, Rule], values: Mapping[str, str]) -> tuple[dict[str, Any], tuple[Issue, ...]]:
    """Read texts by field name; what cannot be used is left out and reported."""
    used: dict[str, Any] = {}
    issues = []
    for key, rule in rules.items():
        if key not in values:
            continue
        try:
            used[key] = rule.read(values[key])
        except (Refused, parse.NotANumber) as problem:
            issues.append(Issue(key, str(problem), rule.label))
    return used, tuple(issues)


_NO_ALIASES: Mapping[str, str] = MappingProxyType({})


def flag(label: str) -> Any:
    """Ticked or not; not ticked by default."""

    def read(text: str) -> bool:
        if text.strip().lower() not in {"", "0", "1", "on", "true", "false"}:
            raise Refused("must be 1 or left out.")
        return text.strip().lower() in {"1", "on", "true"}

    return field(default=False, metadata={"rule": Rule(label, read, lambda value: "1" if value else "")})


def choice(label: str, default: str, choices: tuple[str, ...], aliases: Mapping[str, str] = _NO_ALIASES) -> Any:
    """One of several names, whatever their case."""
    by_name = {name.lower(): choice for name, choice in aliases.items()}
    by_name |= {choice.lower(): choice for choice in choices}

    def read(text: str) -> str:
        try:
            return by_name[text.strip().lower()]
        except KeyError:
            shown = text.strip()[:40]
            raise Refused(f"“{shown}” is not known here: {listing(choices)}.") from None

    return field(default=default, metadata={"rule": Rule(label, read)})


def count(label: str, default: int | None, low: int, high: int, *, tokens: bool = False) -> Any:
    """A whole number; where the default is None, an empty text leaves the choice to the engine."""
    bounds = Bounds(low, high)

    def read(text: str) -> int | None:
        if default is None and not text.strip():
            return None
        value = parse.count(text, tokens=tokens)
        bounds.check(value)
        return value

    return field(default=default, metadata={"rule": Rule(label, read, written)})


def measure(label: str, default: float | None, low: float, high: float) -> Any:
    """A number; where the default is None, an empty text leaves the choice to the engine."""
    bounds = Bounds(low, high)

    def read(text: str) -> float | None:
        if default is None and not text.strip():
            return None
        value = parse.number(text)
        bounds.check(value)
        return value

    return field(default=default, metadata={"rule": Rule(label, read, written)})


def written(value: float | None) -> str:
    """The shortest text that reads back as the same number; the decimal mark is a point."""
    if value is None:
        return ""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def several(label: str, choices: tuple[str, ...], aliases: Mapping[str, str] = _NO_ALIASES) -> Any:
    """Some of several names with commas between, in the order of the choices; none by default."""
    by_name = {name.lower(): choice for name, choice in aliases.items()}
    by_name |= {choice.lower(): choice for choice in choices}

    def read(text: str) -> tuple[str, ...]:
        asked = [name.strip() for name in text.split(",") if name.strip()]
        unknown = [name[:40] for name in asked if name.lower() not in by_name]
        if unknown:
            raise Refused(f"“{unknown[0]}” is not known here: {listing(choices)}.")
        if not asked:
            raise Refused("must have at least one ticked.")
        found = {by_name[name.lower()] for name in asked}
        return tuple(choice for choice in choices if choice in found)

    return field(default=(), metadata={"rule": Rule(label, read, ",".join)})

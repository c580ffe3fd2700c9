"""Pinned scenarios in the link: `a.model`, `a.gpu` ... are the first, `b.` and `c.` the others.

The model always stands there, so that a pinned default scenario has a key; the unit of memory never does.
"""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from present import fields, state
from present.fields import Issue
from present.state import DEFAULT, MAX_QUERY_CHARACTERS, PINS, RULES, Scenario

MODEL = "model"
_NOT_PINNED = frozenset({"units"})


class TooLong(ValueError):
    """The link cannot hold so much."""


def name_of(pin: str) -> str:
    """A pin's name for people: A, B or C."""
    return pin.upper()


def read(query: str) -> tuple[dict[str, Scenario], tuple[Issue, ...]]:
    """Pinned scenarios by pin; what cannot be used keeps its default and is reported."""
    pairs = parse_qsl(query.removeprefix("?")[:MAX_QUERY_CHARACTERS], keep_blank_values=True)
    found: dict[str, Scenario] = {}
    issues: list[Issue] = []
    for pin in PINS:
        said = {key.removeprefix(f"{pin}."): text for key, text in pairs if key.startswith(f"{pin}.")}
        if said:
            used, wrong = fields.read(RULES, said)
            found[pin] = plain(Scenario(**used))
            issues += [Issue(issue.field, issue.reason, f"{name_of(pin)}: {issue.label}") for issue in wrong]
    return found, tuple(issues)


def plain(scenario: Scenario) -> Scenario:
    """The scenario without what a pin does not keep."""
    return Scenario(**{key: getattr(scenario, key) for key in RULES if key not in _NOT_PINNED})


def pairs_of(query: str) -> tuple[tuple[str, str], ...]:
    """Keys of pins with their texts, as they stand in a link."""
    pairs = parse_qsl(query.removeprefix("?")[:MAX_QUERY_CHARACTERS], keep_blank_values=True)
    return tuple(pair for pair in pairs if _is_pin(pair[0]))


def with_pins(query: str, pinned: Mapping[str, Scenario]) -> str:
    """The query string, without "?", with these pins; all else stays.

    Raises:
        TooLong: a link so long could not be read again.
    """
    others = [pair for pair in parse_qsl(query.removeprefix("?"), keep_blank_values=True) if not _is_pin(pair[0])]
    own = [pair for pin in PINS if pin in pinned for pair in _pairs(pin, pinned[pin])]
    made = urlencode([*others, *own], safe="/:@,")
    if own and len(made) > MAX_QUERY_CHARACTERS:
        raise TooLong("The link would get too long to be read again.")
    return made


def _pairs(pin: str, scenario: Scenario) -> list[tuple[str, str]]:
    said = {MODEL: scenario.model, **state.changes(plain(scenario))}
    return [(f"{pin}.{key}", text) for key, text in said.items()]


def _is_pin(key: str) -> bool:
    pin, dot, _ = key.partition(".")
    return bool(dot) and pin in PINS


def free(pinned: Mapping[str, Scenario]) -> str | None:
    """The first pin that is not taken."""
    return next((pin for pin in PINS if pin not in pinned), None)


def same(pinned: Mapping[str, Scenario], scenario: Scenario) -> str | None:
    """The pin that holds this scenario already."""
    return next((pin for pin, each in pinned.items() if each == plain(scenario)), None)


def words_of(scenario: Scenario) -> dict[str, str]:
    """Every field as people read it; what is left to the engine in words."""
    written = state.texts(scenario)
    return {key: _worded(key, getattr(scenario, key), written[key]) for key in RULES}


_EMPTY: Mapping[str, str] = {
    "concurrency": "most that fit",
    "usd_per_gpu_hour": "list price",
}
PRECISION_WORDS: Mapping[str, str] = {"auto": "as published", "fp16": "16 bit", "fp8": "FP8", "fp4": "FP4"}
_CHOICES: Mapping[str, Mapping[str, str]] = {
    "precision": PRECISION_WORDS,
    "kv_precision": {"auto": "engine’s choice", "fp16": "16 bit", "fp8": "FP8"},
    "manual": {"": "no", "1": "yes"},
}


def _worded(key: str, value: object, text: str) -> str:
    if key in _CHOICES:
        return _CHOICES[key][text]
    if value is None:
        return _EMPTY.get(key, "engine’s default")
    if isinstance(value, int):
        return f"{value:,}"
    return text


ALWAYS = frozenset(
    {
        "model",
        "gpu",
        "nodes",
        "tensor_parallel",
        "precision",
        "engine",
        "input_tokens",
        "output_tokens",
        "concurrency",
    }
)
"""Fields that a comparison names even where all agree on them."""


def fields_shown(scenarios: tuple[Scenario, ...]) -> tuple[str, ...]:
    """Fields of a comparison: those above, and all on which the scenarios differ or that are not at their default."""
    return tuple(
        key
        for key in RULES
        if key not in _NOT_PINNED
        and (key in ALWAYS or any(getattr(each, key) != getattr(DEFAULT, key) for each in scenarios))
    )

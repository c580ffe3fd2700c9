"""The scenario: what the form says, as one frozen object, to and from text.

The names of the fields are the names of the form's controls, the keys of the query string and,
but for the model, the arguments of the engine's API. Each field carries the rule by which its text
is read, so that a form and a link are held to the same bounds. Defaults are left out of links.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, urlencode

from present import hubtext, parse
from present.text import exact, listing
from roofline import ENGINES, GPUS

VERSION = "1"
"""Of the query string, its key `v`."""

FOREIGN_KEYS = frozenset({"v", "view", "embed", "theme", "show"})
"""Keys of the query string that are not part of a scenario."""

VIEWS = ("figures", "curve", "time", "find", "compare", "accuracy")
"""What can stand below the headline, the default first."""

MAX_QUERY_CHARACTERS = 8_000
MAX_TEXT_CHARACTERS = 300
PRECISIONS = ("auto", "fp16", "fp8", "fp4")
KV_PRECISIONS = ("auto", "fp16", "fp8")
UNITS = ("gb", "gib")
DEFAULT_MODEL = "deepseek-ai/DeepSeek-V3.1"
"""Bundled, so that the first answer needs no network."""

PASTED = "pasted config.json"
"""In the model box: the model is the pasted text. No id of the Hub has a space."""


class Refused(ValueError):
    """The text of one field cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How the text of one field is read, and how its value is written."""

    label: str
    read: Callable[[str], Any]
    write: Callable[[Any], str] = str


@dataclass(frozen=True, slots=True)
class Issue:
    """One field whose text could not be used, and why."""

    field: str
    reason: str

    @property
    def text(self) -> str:
        """The whole sentence, with the name of the field."""
        rule = RULES.get(self.field)
        if rule is None:
            return self.reason
        gap = " " if self.reason.startswith(("must", "is ")) else ": "
        return f"{rule.label}{gap}{self.reason}"


@dataclass(frozen=True, slots=True)
class Bounds:
    """The range that a number must lie in, ends included."""

    low: float
    high: float

    def check(self, value: float) -> None:
        """Raise Refused where the value lies outside."""
        if not self.low <= value <= self.high:
            raise Refused(f"must be between {exact(self.low)} and {exact(self.high)}.")


_NO_ALIASES: Mapping[str, str] = MappingProxyType({})
_GPU_ALIASES = {alias: gpu.name for gpu in GPUS.values() for alias in gpu.aliases}
_16_BIT = {"bf16": "fp16"}


def _model(label: str, default: str) -> Any:
    def read(text: str) -> str:
        text = text.strip()
        if len(text) > MAX_TEXT_CHARACTERS:
            raise Refused("is too long.")
        if hubtext.looks_like_token(text):
            raise Refused("must not be an access token, which would get into the link.")
        return text

    return field(default=default, metadata={"rule": Rule(label, read)})


def _flag(label: str) -> Any:
    def read(text: str) -> bool:
        if text.strip().lower() not in {"", "0", "1", "on", "true", "false"}:
            raise Refused("must be 1 or left out.")
        return text.strip().lower() in {"1", "on", "true"}

    return field(default=False, metadata={"rule": Rule(label, read, lambda value: "1" if value else "")})


def _choice(label: str, default: str, choices: tuple[str, ...], aliases: Mapping[str, str] = _NO_ALIASES) -> Any:
    by_name = {name.lower(): choice for name, choice in aliases.items()}
    by_name |= {choice.lower(): choice for choice in choices}

    def read(text: str) -> str:
        try:
            return by_name[text.strip().lower()]
        except KeyError:
            shown = text.strip()[:40]
            raise Refused(f"“{shown}” is not known here: {listing(choices)}.") from None

    return field(default=default, metadata={"rule": Rule(label, read)})


def _count(label: str, default: int | None, low: int, high: int, *, tokens: bool = False) -> Any:
    bounds = Bounds(low, high)

    def read(text: str) -> int | None:
        if default is None and not text.strip():
            return None
        value = parse.count(text, tokens=tokens)
        bounds.check(value)
        return value

    return field(default=default, metadata={"rule": Rule(label, read, _written)})


def _measure(label: str, default: float | None, low: float, high: float) -> Any:
    bounds = Bounds(low, high)

    def read(text: str) -> float | None:
        if default is None and not text.strip():
            return None
        value = parse.number(text)
        bounds.check(value)
        return value

    return field(default=default, metadata={"rule": Rule(label, read, _written)})


def _written(value: float | None) -> str:
    """The shortest text that reads back as the same number; the decimal mark is a point."""
    if value is None:
        return ""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Everything that the form says. Absent numbers (None) leave the choice to the engine."""

    model: str = _model("Model", DEFAULT_MODEL)
    gpu: str = _choice("GPU", "H200 SXM", tuple(GPUS), _GPU_ALIASES)
    nodes: int = _count("Nodes", 1, 1, 10_000)
    precision: str = _choice("Precision", "auto", PRECISIONS, _16_BIT)
    kv_precision: str = _choice("KV cache precision", "auto", KV_PRECISIONS, _16_BIT)
    tensor_parallel: int = _count("Tensor parallelism", 8, 1, 1_024)
    pipeline_parallel: int = _count("Pipeline parallelism", 1, 1, 1_024)
    expert_parallel: int = _count("Expert parallelism", 1, 1, 1_024)
    attention_data_parallel: int = _count("Attention data parallelism", 1, 1, 1_024)
    input_tokens: int = _count("Input tokens", 2_048, 1, 10_000_000, tokens=True)
    output_tokens: int = _count("Output tokens", 1_024, 1, 10_000_000, tokens=True)
    concurrency: int | None = _count("Concurrent requests", None, 1, 1_000_000)
    usd_per_gpu_hour: float | None = _measure("Price per GPU-hour", None, 0, 10_000)
    utilization: float = _measure("Utilization", 1.0, 0.01, 1)
    engine: str = _choice("Engine", "vLLM", tuple(ENGINES))
    memory_fraction: float | None = _measure("Memory fraction", None, 0.01, 1)
    max_running: int | None = _count("Max sequences", None, 1, 1_000_000)
    max_batched_tokens: int | None = _count("Tokens per step", None, 1, 10_000_000, tokens=True)
    manual: bool = _flag("Manual model parameters")
    total_params: int = _count("Total parameters", 70_600_000_000, 1, 10**14)
    hidden_size: int = _count("Hidden size", 8_192, 1, 1_000_000)
    layers: int = _count("Layers", 80, 1, 10_000)
    heads: int = _count("Attention heads", 64, 1, 100_000)
    kv_heads: int = _count("KV heads", 8, 1, 100_000)
    experts: int = _count("Experts", 0, 0, 100_000)
    active_experts: int = _count("Active experts", 0, 0, 100_000)
    units: str = _choice("Memory unit", "gb", UNITS)


RULES: Mapping[str, Rule] = {each.name: each.metadata["rule"] for each in fields(Scenario)}
MANUAL_FIELDS = (
    "total_params",
    "hidden_size",
    "layers",
    "heads",
    "kv_heads",
    "experts",
    "active_experts",
)
DEFAULT = Scenario()


def read(values: Mapping[str, str]) -> tuple[Scenario, tuple[Issue, ...]]:
    """Read texts by field name; what cannot be used keeps its default and is reported."""
    used: dict[str, Any] = {}
    issues = []
    for key, rule in RULES.items():
        if key not in values:
            continue
        try:
            used[key] = rule.read(values[key])
        except (Refused, parse.NotANumber) as problem:
            issues.append(Issue(key, str(problem)))
    return Scenario(**used), tuple(issues)


def texts(scenario: Scenario) -> dict[str, str]:
    """Every field as the text that stands in its control."""
    return {key: rule.write(getattr(scenario, key)) for key, rule in RULES.items()}


def changes(scenario: Scenario) -> dict[str, str]:
    """The fields that differ from their defaults, as text."""
    written, untouched = texts(scenario), texts(DEFAULT)
    return {key: text for key, text in written.items() if text != untouched[key]}


def to_query(scenario: Scenario, *, keep: str = "") -> str:
    """The query string, without "?", that opens this scenario. Empty for the default one.

    `keep` is the query of now: how the page is shown (embed, theme) stays as it is.
    """
    pairs = changes(scenario)
    version = {"v": VERSION} if pairs else {}
    return urlencode({**version, **pairs, **_foreign(keep)}, safe="/:@")


def view_of(query: str) -> str:
    """The view that a query string asks for; the default where it asks for none, or an unknown one."""
    asked = dict(parse_qsl(query.removeprefix("?")[:MAX_QUERY_CHARACTERS])).get("view", "")
    return asked if asked in VIEWS else VIEWS[0]


def with_view(query: str, view: str) -> str:
    """The query string with another view, without "?"; all else stays."""
    pairs = [pair for pair in parse_qsl(query.removeprefix("?"), keep_blank_values=True) if pair[0] != "view"]
    return urlencode([*pairs, *([("view", view)] if view != VIEWS[0] else [])], safe="/:@")


def _foreign(query: str) -> dict[str, str]:
    pairs = parse_qsl(query.removeprefix("?")[:MAX_QUERY_CHARACTERS])
    return {key: value for key, value in pairs if key in FOREIGN_KEYS and key != "v"}


def from_query(query: str) -> tuple[Scenario, tuple[Issue, ...]]:
    """Read a query string. Whatever cannot be used is named, never silently replaced."""
    if len(query) > MAX_QUERY_CHARACTERS:
        return DEFAULT, (Issue("", "The link is too long to be read; the defaults are shown."),)
    values = dict(parse_qsl(query.removeprefix("?"), keep_blank_values=True))
    scenario, issues = read(values)
    return scenario, (*_version_issue(values), *issues, *_unknown_keys(values))


def _version_issue(values: Mapping[str, str]) -> tuple[Issue, ...]:
    if values.get("v", VERSION) == VERSION:
        return ()
    shown = values["v"][:10]
    return (Issue("v", f"The link is of version “{shown}”; this page reads {VERSION}."),)


def _unknown_keys(values: Mapping[str, str]) -> tuple[Issue, ...]:
    unknown = [key[:40] for key in values if key not in RULES and key not in FOREIGN_KEYS]
    if not unknown:
        return ()
    return (Issue("", f"The link has settings unknown here: {listing(unknown[:5], 'and')}."),)

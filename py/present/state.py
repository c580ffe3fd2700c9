"""The scenario: what the form says, as one frozen object, to and from text.

The names of the fields are the names of the form's controls, the keys of the query string and,
but for the model, the arguments of the engine's API. Each field carries the rule by which its text
is read, so that a form and a link are held to the same bounds. Defaults are left out of links.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from present import fields, hubtext
from present.fields import Issue, Refused, Rule, choice, count, flag, measure, rules_of
from present.text import listing
from roofline import ENGINES, GPUS

VERSION = "1"
"""Of the query string, its key `v`."""

FIND_KEYS = frozenset(
    {
        "find_users",
        "find_requests_per_s",
        "find_ttft_s",
        "find_tpot_ms",
        "find_tokens_per_s",
        "find_usd_per_month",
        "find_gpus",
        "find_precisions",
    }
)
"""What a search for a deployment asks: the fields of present/wanted.py."""

MONEY_KEYS = frozenset(
    {"money_input_usd", "money_output_usd", "money_tokens_per_day", "money_usd_per_kwh", "money_pue"}
)
"""Prices beside the scenario: the fields of present/money.py."""

PINS = ("a", "b", "c")
"""Pinned scenarios: `a.gpu` is the GPU of the first (present/pins.py)."""

FRAME_KEYS = frozenset({"embed", "theme", "show"})
"""How the page stands inside another one."""

FOREIGN_KEYS = FIND_KEYS | FRAME_KEYS | MONEY_KEYS | {"v", "view", "how"}
"""Keys of the query string that are not part of the form's scenario."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Everything that the form says. Absent numbers (None) leave the choice to the engine."""

    model: str = _model("Model", DEFAULT_MODEL)
    gpu: str = choice("GPU", "H200 SXM", tuple(GPUS), _GPU_ALIASES)
    nodes: int = count("Nodes", 1, 1, 10_000)
    precision: str = choice("Weights", "auto", PRECISIONS, _16_BIT)
    kv_precision: str = choice("KV cache precision", "auto", KV_PRECISIONS, _16_BIT)
    tensor_parallel: int = count("Tensor parallelism", 8, 1, 1_024)
    pipeline_parallel: int = count("Pipeline parallelism", 1, 1, 1_024)
    expert_parallel: int = count("Expert parallelism", 1, 1, 1_024)
    attention_data_parallel: int = count("Attention data parallelism", 1, 1, 1_024)
    input_tokens: int = count("Input tokens", 2_048, 1, 10_000_000, tokens=True)
    output_tokens: int = count("Output tokens", 1_024, 1, 10_000_000, tokens=True)
    concurrency: int | None = count("Concurrent requests", None, 1, 1_000_000)
    usd_per_gpu_hour: float | None = measure("Price per GPU-hour", None, 0, 10_000)
    utilization: float = measure("Utilization", 1.0, 0.01, 1)
    engine: str = choice("Engine", "vLLM", tuple(ENGINES))
    memory_fraction: float | None = measure("Memory fraction", None, 0.01, 1)
    max_running: int | None = count("Max sequences", None, 1, 1_000_000)
    max_batched_tokens: int | None = count("Tokens per step", None, 1, 10_000_000, tokens=True)
    manual: bool = flag("Manual model parameters")
    total_params: int = count("Total parameters", 70_600_000_000, 1, 10**14)
    hidden_size: int = count("Hidden size", 8_192, 1, 1_000_000)
    layers: int = count("Layers", 80, 1, 10_000)
    heads: int = count("Attention heads", 64, 1, 100_000)
    kv_heads: int = count("KV heads", 8, 1, 100_000)
    experts: int = count("Experts", 0, 0, 100_000)
    active_experts: int = count("Active experts", 0, 0, 100_000)
    units: str = choice("Memory unit", "gb", UNITS)


RULES: Mapping[str, Rule] = rules_of(Scenario)
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
    used, issues = fields.read(RULES, values)
    return Scenario(**used), issues


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
    return urlencode({**version, **pairs, **_foreign(keep)}, safe="/:@,")


def is_in_link(scenario: Scenario) -> bool:
    """The link alone brings this scenario back; a pasted config.json is not part of it."""
    return scenario.manual or scenario.model != PASTED


def view_of(query: str) -> str:
    """The view that a query string asks for; the default where it asks for none, or an unknown one."""
    asked = asked_for(query, "view")
    return asked if asked in VIEWS else VIEWS[0]


def asked_for(query: str, key: str) -> str:
    """What a query string says for a key that is not part of a scenario; empty where it has none."""
    return dict(parse_qsl(query.removeprefix("?")[:MAX_QUERY_CHARACTERS])).get(key, "")[:MAX_TEXT_CHARACTERS]


def with_view(query: str, view: str) -> str:
    """The query string with another view, without "?"; all else stays."""
    return with_key(query, "view", view if view != VIEWS[0] else "")


def with_key(query: str, key: str, text: str) -> str:
    """The query string with this text for a key, without "?"; an empty one takes the key away. All else stays."""
    pairs = [pair for pair in parse_qsl(query.removeprefix("?"), keep_blank_values=True) if pair[0] != key]
    return urlencode([*pairs, *([(key, text)] if text else [])], safe="/:@,")


def unframed(query: str) -> str:
    """The query string for the page on its own; `query` may begin with "?", the answer does not."""
    pairs = query.removeprefix("?").split("&")
    return "&".join(pair for pair in pairs if pair.partition("=")[0] not in FRAME_KEYS)


def _foreign(query: str) -> dict[str, str]:
    pairs = parse_qsl(query.removeprefix("?")[:MAX_QUERY_CHARACTERS], keep_blank_values=True)
    return {key: value for key, value in pairs if _is_foreign(key) and key != "v"}


def _is_foreign(key: str) -> bool:
    pin, dot, field_name = key.partition(".")
    return key in FOREIGN_KEYS or (bool(dot) and pin in PINS and field_name in RULES)


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
    unknown = [key[:40] for key in values if key not in RULES and not _is_foreign(key)]
    if not unknown:
        return ()
    return (Issue("", f"The link has settings unknown here: {listing(unknown[:5], 'and')}."),)

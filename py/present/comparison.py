"""Scenarios side by side: what they differ in, and how much better or worse each is than the first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from present import pins, text
from present.cards import Answer
from present.errors import Problem
from present.figures import Figure, Writer
from present.state import RULES, Scenario

SAME = 0.005
"""Relative difference up to which two figures count as equal: less than three digits show."""

MANIFOLD = 1.995
"""Ratio from which a difference is said as a multiple."""


@dataclass(frozen=True, slots=True)
class Column:
    """One scenario: `pin` is "" for the form's; an answer, a problem, or what is in the way of both."""

    pin: str
    scenario: Scenario
    outcome: Answer | Problem | str

    @property
    def name(self) -> str:
        """For people."""
        return pins.name_of(self.pin) if self.pin else "In the form"

    @property
    def answer(self) -> Answer | None:
        """The answer, where there is one."""
        return self.outcome if isinstance(self.outcome, Answer) else None

    @property
    def obstacle(self) -> str:
        """Why there is none."""
        if isinstance(self.outcome, Problem):
            return self.outcome.title
        return "" if isinstance(self.outcome, Answer) else self.outcome


@dataclass(frozen=True, slots=True)
class Setting:
    """One field of the form over all columns."""

    key: str
    label: str
    texts: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Not all columns say the same."""
        return len(set(self.texts)) > 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """A figure against the first column's: `sense` is 1 for better, -1 for worse, 0 for neither."""

    sense: int
    words: str


@dataclass(frozen=True, slots=True)
class Result:
    """One figure over all columns; a column without an answer has None."""

    label: str
    figures: tuple[Figure | None, ...]
    verdicts: tuple[Verdict | None, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """How a figure is compared: its name, whether more is better, and the words for less and for more."""

    label: str
    sense: int
    less: str
    more: str


_TIME, _SPEED, _MONEY = ("shorter", "longer"), ("slower", "faster"), ("cheaper", "dearer")
KINDS: Mapping[str, Kind] = {
    "ttft_s": Kind("Time to first token", -1, *_TIME),
    "tpot_s": Kind("Time per token", -1, *_TIME),
    "request_tokens_per_s": Kind("Speed of one request", 1, *_SPEED),
    "request_latency_s": Kind("Time of a request", -1, *_TIME),
    "system_tokens_per_s": Kind("Throughput of the system", 1, "less", "more"),
    "running": Kind("Requests that run at once, per replica", 1, "fewer", "more"),
    "max_concurrency": Kind("Requests that fit, per replica", 1, "fewer", "more"),
    "replicas": Kind("Replicas", 0, "fewer", "more"),
    "gpus_per_replica": Kind("GPUs per replica", 0, "fewer", "more"),
    "weight_bytes_per_gpu": Kind("Weights on each GPU", 0, "less", "more"),
    "kv_capacity_tokens": Kind("Tokens that the KV cache holds", 1, "less", "more"),
    "usd_per_million_input_tokens": Kind("Input tokens, per million", -1, *_MONEY),
    "usd_per_million_output_tokens": Kind("Output tokens, per million", -1, *_MONEY),
    "usd_per_million_tokens": Kind("All tokens, per million", -1, *_MONEY),
    "usd_per_month": Kind("Cost per month", -1, *_MONEY),
}
"""Figures of a comparison, by the API's name."""


def settings(columns: Sequence[Column]) -> tuple[Setting, ...]:
    """Fields of the form, those that differ first."""
    scenarios = tuple(column.scenario for column in columns)
    worded = [pins.words_of(scenario) for scenario in scenarios]
    rows = [
        Setting(key, RULES[key].label, tuple(words[key] for words in worded)) for key in pins.fields_shown(scenarios)
    ]
    return tuple(sorted(rows, key=lambda row: not row.differs))


def results(columns: Sequence[Column], writer: Writer) -> tuple[Result, ...]:
    """Figures, each against the first column's."""
    return tuple(_result(field, kind, columns, writer) for field, kind in KINDS.items())


def _result(field: str, kind: Kind, columns: Sequence[Column], writer: Writer) -> Result:
    values = [getattr(column.answer.estimate, field) if column.answer else None for column in columns]
    figures = [writer.figure(field, v) if c.answer else None for c, v in zip(columns, values, strict=True)]
    verdicts = [None, *(verdict(kind, values[0], value) for value in values[1:])]
    return Result(kind.label, tuple(figures), tuple(verdicts))


def verdict(kind: Kind, base: float | None, value: float | None) -> Verdict | None:
    """A value against another one; None where one of them is unknown or nothing can be said."""
    if base is None or value is None or base <= 0 or value <= 0:
        return None
    ratio = value / base
    if abs(ratio - 1) <= SAME:
        return Verdict(0, "the same")
    word = kind.more if ratio > 1 else kind.less
    factor = max(ratio, 1 / ratio)
    amount = f"{text.rounded(factor, 2):g} ×" if factor >= MANIFOLD else str(text.percent(abs(ratio - 1)))
    return Verdict(kind.sense * (1 if ratio > 1 else -1), f"{amount} {word}")

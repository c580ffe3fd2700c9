"""What a search for a deployment is asked, as one frozen object, to and from the boxes of its view and the link.

In a link each field has the prefix `find_`: find_users=200&find_tpot_ms=50.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

from present import fields
from present.fields import Issue, count, measure, rules_of, several
from present.inputs import deployment, workload
from present.state import DEFAULT as DEFAULT_SCENARIO
from present.state import MAX_QUERY_CHARACTERS, PRECISIONS, Scenario
from roofline import GPUS, Model
from roofline.question import Demand, Question, Targets, speed_tpot_s

PREFIX = "find_"
DEFAULT_USERS = 100
"""Requests at once where nothing is said."""

MS_PER_S = 1e3
_GPU_ALIASES = {alias: gpu.name for gpu in GPUS.values() for alias in gpu.aliases}
_INSTEAD: Mapping[str, tuple[str, str]] = {
    "users": ("requests_per_s", "is left out: the link gives requests/s too."),
    "tokens_per_s": ("tpot_ms", "is left out: the link gives a time per token too."),
}
"""Fields that another one replaces, and what is said where both are given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Demand, targets, and what may be used. Of users and requests/s, and of the two speeds, one at most is given.

    Attributes:
        users: requests at once; DEFAULT_USERS where neither it nor requests_per_s is given.
        requests_per_s: arrivals.
        ttft_s, tpot_ms, tokens_per_s, usd_per_month: targets; None asks nothing.
        gpus: types; () is all.
        precisions: weight formats; () is the form's own.
    """

    users: int | None = count("Requests at once", None, 1, 1_000_000)
    requests_per_s: float | None = measure("Requests per second", None, 0.0001, 1_000_000)
    ttft_s: float | None = measure("Time to first token", None, 0.001, 10_000)
    tpot_ms: float | None = measure("Time per token", None, 0.001, 1_000_000)
    tokens_per_s: float | None = measure("Tokens/s per user", None, 0.001, 1_000_000)
    usd_per_month: float | None = measure("Budget", None, 1, 1e12)
    gpus: tuple[str, ...] = several("GPUs", tuple(GPUS), _GPU_ALIASES)
    precisions: tuple[str, ...] = several("Weights", PRECISIONS, {"bf16": "fp16"})

    @property
    def demand(self) -> Demand:
        """For the engine."""
        if self.requests_per_s is not None:
            return Demand(requests_per_s=self.requests_per_s)
        return Demand(users=self.users or DEFAULT_USERS)

    @property
    def targets(self) -> Targets:
        """For the engine."""
        tpot_s = self.tpot_ms / MS_PER_S if self.tpot_ms is not None else None
        if self.tokens_per_s is not None:
            tpot_s = speed_tpot_s(self.tokens_per_s)
        return Targets(ttft_s=self.ttft_s, tpot_s=tpot_s, usd_per_month=self.usd_per_month)


RULES = rules_of(Wanted)
DEFAULT = Wanted()


def read(values: Mapping[str, str]) -> tuple[Wanted, tuple[Issue, ...]]:
    """Read texts by field name; what cannot be used keeps its default and is reported."""
    used, issues = fields.read(RULES, values)
    for name, (other, reason) in _INSTEAD.items():
        if used.get(name) is not None and used.get(other) is not None:
            issues += (Issue(name, reason, RULES[name].label),)
            del used[name]
    if used.get("users") == DEFAULT_USERS:
        del used["users"]
    return Wanted(**used), issues


def texts(wanted: Wanted) -> dict[str, str]:
    """Every field as text."""
    return {key: rule.write(getattr(wanted, key)) for key, rule in RULES.items()}


def changes(wanted: Wanted) -> dict[str, str]:
    """The fields that differ from their defaults, as text."""
    untouched = texts(DEFAULT)
    return {key: text for key, text in texts(wanted).items() if text != untouched[key]}


def pairs_of(query: str) -> dict[str, str]:
    """What a query string says about a search, by field name; of unknown fields it says nothing (state.from_query)."""
    pairs = parse_qsl(query.removeprefix("?")[:MAX_QUERY_CHARACTERS], keep_blank_values=True)
    return {key.removeprefix(PREFIX): text for key, text in pairs if key.startswith(PREFIX)}


def with_wanted(query: str, wanted: Wanted) -> str:
    """The query string, without "?", with this search; all else stays."""
    others = [p for p in parse_qsl(query.removeprefix("?"), keep_blank_values=True) if not p[0].startswith(PREFIX)]
    own = [(PREFIX + key, text) for key, text in changes(wanted).items()]
    return urlencode([*others, *own], safe="/:@,")


def question(scenario: Scenario, model: Model, wanted: Wanted, prices: Mapping[str, float]) -> Question:
    """The engine's question: settings of the form are kept; its GPU, layout, nodes and concurrency are searched.

    `prices` are the user's own, by GPU. Raises RooflineError.
    """
    kept = searched(scenario)
    return Question(
        model=model,
        deployment=deployment(kept),
        workload=workload(kept),
        demand=wanted.demand,
        targets=wanted.targets,
        gpus=wanted.gpus,
        precisions=wanted.precisions,
        prices=prices,
    )


def searched(scenario: Scenario) -> Scenario:
    """The scenario without what a search answers: equal ones have equal answers."""
    return replace(
        scenario,
        nodes=1,
        tensor_parallel=1,
        pipeline_parallel=1,
        expert_parallel=1,
        attention_data_parallel=1,
        concurrency=None,
        gpu=DEFAULT_SCENARIO.gpu,
        usd_per_gpu_hour=None,
        units=DEFAULT_SCENARIO.units,
    )

"""What a search found, in words: the cheapest in a sentence, why each is not cheaper, and ways out of nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, floor, log10

from present import text
from present.fields import written
from present.pins import PRECISION_WORDS
from present.sentences import Sentence, Strong
from present.state import Scenario
from present.wanted import MS_PER_S, Wanted
from roofline.deployment import Deployment
from roofline.ranking import Nearest
from roofline.search import Candidate, Found

REASONS: Mapping[str, str] = {
    "ttft_s": "first token",
    "tpot_s": "time per token",
    "memory": "memory",
    "max-running": "engine’s limit of sequences",
    "throughput": "requests per second",
    "smallest": "size of a replica",
    "speed": "nothing, it is faster than asked",
}
"""What forbids fewer nodes, by Candidate.limited_by."""

UNMEASURED = "not measured"
UNMEASURED_NOTE = (
    "○ not measured: no measured run shares engine, GPU generation, kind of model and weights with it, so its range"
    " is wider."
)
LITTLE = (
    "Requests at once follow from requests per second by Little’s law, users = requests/s × time of a request, with"
    " the time that each deployment takes under that load."
)


@dataclass(frozen=True, slots=True)
class Way:
    """A button that gives way: its words, and the texts of boxes of the search that it sets."""

    label: str
    changes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Miss:
    """Why nothing was found: a title, sentences, and ways out."""

    title: str
    lines: tuple[str, ...]
    ways: tuple[Way, ...]


def layout(deployment: Deployment) -> str:
    """Parallelism in short: "TP 4, EP 8"."""
    degrees = {
        "PP": deployment.pipeline_parallel,
        "EP": deployment.expert_parallel,
        "attention DP": deployment.attention_data_parallel,
    }
    others = "".join(f", {name} {degree}" for name, degree in degrees.items() if degree > 1)
    return f"TP {deployment.tensor_parallel}{others}"


def hardware(candidate: Candidate) -> str:
    """What is bought: "16 × H100 SXM"."""
    return f"{text.exact(candidate.gpus)} × {candidate.deployment.gpu}"


def headline(found: Found) -> Sentence:
    """The cheapest in one sentence."""
    best = found.best[0]
    each = f"{text.plural(best.concurrency, 'request')} each" if best.replicas > 1 else f"{best.concurrency:,} at once"
    per_token = text.duration(best.estimate.tpot_s or 0.0)
    return (
        "The cheapest: ",
        Strong(hardware(best)),
        f", {layout(best.deployment)}, {text.plural(best.replicas, 'replica')} with {each}, ",
        Strong(f"{text.money(best.usd_per_month)} a month"),
        ", ",
        Strong(f"{per_token} a token"),
        f", first token after {text.duration(best.estimate.ttft_s or 0.0)}.",
    )


def weighed(found: Found) -> str:
    """How much was looked at."""
    meet = "all of them meet" if found.feasible == found.tried else f"{text.exact(found.feasible)} meet"
    tried, layouts = text.exact(found.tried), text.plural(found.layouts, "layout")
    return f"{tried} deployments of {layouts} were weighed; {meet} the targets."


def refusals(found: Found) -> tuple[str, ...]:
    """GPUs that have no candidate, and why."""
    words: dict[str, None] = {}
    for refusal in found.refusals:
        sentence = refusal.text[0].upper() + refusal.text[1:].rstrip(".")
        where = refusal.gpu if refusal.gpu not in sentence else ""
        words.setdefault(f"{where}: {sentence}." if where else f"{sentence}.")
    return tuple(words)


def changes(candidate: Candidate, prices: Mapping[str, float]) -> dict[str, str]:
    """Texts of the form's fields that say this candidate; your own prices stay with their GPU."""
    chosen = candidate.deployment
    return {
        "gpu": chosen.gpu,
        "nodes": str(candidate.nodes),
        "precision": chosen.precision,
        "tensor_parallel": str(chosen.tensor_parallel),
        "pipeline_parallel": str(chosen.pipeline_parallel),
        "expert_parallel": str(chosen.expert_parallel),
        "attention_data_parallel": str(chosen.attention_data_parallel),
        "concurrency": str(candidate.concurrency),
        "usd_per_gpu_hour": written(prices.get(chosen.gpu)),
    }


def in_form(candidate: Candidate, scenario: Scenario) -> bool:
    """The form says this candidate already."""
    said = {key: getattr(scenario, key) for key in ("gpu", "nodes", "precision", *LAYOUT, "concurrency")}
    chosen = {key: getattr(candidate.deployment, key) for key in ("gpu", "precision", *LAYOUT)}
    return said == {**chosen, "nodes": candidate.nodes, "concurrency": candidate.concurrency}


LAYOUT = ("tensor_parallel", "pipeline_parallel", "expert_parallel", "attention_data_parallel")


def miss(found: Found, wanted: Wanted, model: str) -> Miss:
    """What binds where nothing meets the targets, with the nearest values that can be had."""
    if found.obstacle == "targets":
        return _missed_targets(found, wanted)
    ways = [Way("Use every GPU", (("gpus", ""),))] if wanted.gpus else []
    if found.obstacle == "throughput":
        line = "No layout that fits keeps up with so many requests per second, however many nodes."
        return Miss("Nothing keeps up with the requests", (line,), tuple(ways))
    if found.obstacle == "memory":
        short = min((r.shortfall_bytes_per_gpu for r in found.refusals), default=0.0)
        lines = (f"The nearest layout is {text.size(short)} short on each GPU.",) if 0 < short < 1e15 else ()
        precisions = (("precisions", "fp8"),), (("precisions", "fp4"),)
        ways += [
            Way(f"Use {PRECISION_WORDS[p[0][1]]} weights", p) for p in precisions if p[0][1] not in wanted.precisions
        ]
        return Miss(f"{model} fits nowhere", lines, tuple(ways))
    return Miss("No deployment is possible", refusals(found), tuple(ways))


def _missed_targets(found: Found, wanted: Wanted) -> Miss:
    binding = [row for row in found.nearest if row.binds]
    lines = tuple(_line(row, wanted) for row in (binding or found.nearest))
    ways = tuple(_way({row.target: row.reached_value or 0.0}, wanted) for row in binding)
    if not binding:
        missed = {name: value for name, value in found.closest.items() if value > _wanted_value(found, name)}
        ways = (_way(missed, wanted),)
    if len(found.nearest) == 1:
        return Miss("Nothing meets this target", lines, ways)
    title = "Nothing meets all targets" if binding else "Nothing meets these targets, and no single one is in the way"
    return Miss(title, lines, ways)


def _wanted_value(found: Found, target: str) -> float:
    return next(row.wanted_value for row in found.nearest if row.target == target)


def _line(row: Nearest, wanted: Wanted) -> str:
    name, asked = _NAMES[row.target], _said(row.target, row.wanted_value, wanted)
    if row.binds:
        assert row.reached_value is not None
        others = " with the other targets met" if len(wanted.targets.wanted) > 1 else ""
        return f"{name}: {asked} asked, {_said(row.target, row.reached_value, wanted)} is the nearest{others}."
    return (
        f"{name}: {asked} asked, {_said(row.target, row.least_value, wanted)} is the nearest if it were the only one."
    )


_NAMES: Mapping[str, str] = {
    "ttft_s": "Time to first token",
    "tpot_s": "Time per token",
    "usd_per_month": "Budget",
}


def _said(target: str, value: float, wanted: Wanted) -> str:
    if target == "usd_per_month":
        return f"{text.money(value)} a month"
    if target == "tpot_s" and wanted.tokens_per_s is not None:
        return f"{text.rate(1 / value)} for each user"
    return str(text.duration(value))


def _way(values: Mapping[str, float], wanted: Wanted) -> Way:
    """A button that takes values that can be had, rounded to the safe side."""
    boxes = dict(_box(target, value, wanted) for target, value in values.items())
    words = {
        "ttft_s": lambda value: f"first token after {value} s",
        "tpot_ms": lambda value: f"{value} ms a token",
        "tokens_per_s": lambda value: f"{value} tokens/s",
        "usd_per_month": lambda value: f"{text.money(float(value))} a month",
    }
    label = " and ".join(words[box](value) for box, value in boxes.items())
    return Way(f"Take {label}", tuple(boxes.items()))


def _box(target: str, value: float, wanted: Wanted) -> tuple[str, str]:
    if target == "tpot_s":
        if wanted.tokens_per_s is not None:
            return "tokens_per_s", written(rounded_to(1 / value, up=False))
        return "tpot_ms", written(rounded_to(value * MS_PER_S, up=True))
    return target, written(rounded_to(value, up=True))


def rounded_to(value: float, *, up: bool, digits: int = text.DIGITS) -> float:
    """The nearest number of three significant digits that is not below (or not above) the value."""
    power = digits - 1 - floor(log10(value))
    for slack in (0, 1):
        steps = (ceil(value * 10.0**power) + slack) if up else (floor(value * 10.0**power) - slack)
        found = round(steps / 10.0**power, power)
        if found >= value if up else found <= value:
            return found
    return value

"""The answer in words: a headline, a short form of it, and what was computed."""

from dataclasses import dataclass

from present import text
from present.cards import Answer, Line
from present.figures import Writer
from present.state import Scenario
from roofline import GPUS, Estimate


@dataclass(frozen=True, slots=True)
class Strong:
    """A part of a sentence that the eye should find."""

    text: str
    kind: str = "figure"


Sentence = tuple[str | Strong, ...]


def headline(answer: Answer) -> Sentence:
    """The answer in one sentence."""
    estimate = answer.estimate
    replicas, serves = (" replica of ", "serves") if estimate.replicas == 1 else (" replicas of ", "each serve")
    speed = text.rate(estimate.request_tokens_per_s or 0)
    layout = (Strong(text.exact(estimate.replicas)), replicas, Strong(text.plural(estimate.gpus_per_replica, "GPU")))
    return (
        Strong("Fits", "verdict"),
        ": ",
        *layout,
        f" {serves} ",
        *_at_once(estimate),
        " at once, ",
        Strong(str(speed)),
        " per request",
        *_price_phrase(estimate),
        ".",
    )


def _at_once(estimate: Estimate) -> Sentence:
    running = round(estimate.running)
    if estimate.concurrency > running:
        return Strong(text.count(running).number), " of ", Strong(text.plural(estimate.concurrency, "client"))
    return (Strong(text.plural(running, "request")),)


def _price_phrase(estimate: Estimate) -> Sentence:
    cost_usd = estimate.usd_per_million_output_tokens
    return () if cost_usd is None else (", at ", Strong(str(text.money(cost_usd))), " per million output tokens")


def plain(sentence: Sentence) -> str:
    """The sentence without emphasis."""
    return "".join(part if isinstance(part, str) else part.text for part in sentence)


def summary(answer: Answer) -> str:
    """The answer for a narrow bar: no sentence."""
    estimate = answer.estimate
    parts = [
        text.plural(round(estimate.running), "request"),
        f"{text.rate(estimate.request_tokens_per_s or 0)} each",
    ]
    if estimate.usd_per_million_output_tokens is not None:
        parts.append(f"{text.money(estimate.usd_per_million_output_tokens)}/M output")
    return " · ".join(parts)


def evidence(estimate: Estimate) -> str:
    """How far off predictions of measured runs like this one are; empty with nothing to say."""
    found = estimate.evidence
    if found is None:
        return ""
    own = f"{text.count(found.with_this_model).number if found.with_this_model else 'none'} with this model"
    errors = f"{text.percent(found.tpot_error)} for time per token, {text.percent(found.ttft_error)} for TTFT"
    runs = text.plural(found.runs, "measured run")
    if found.similar:
        return (
            f"Median error {errors}, on {runs} like this one, each predicted without its model "
            f"({found.description}); {own}."
        )
    return (
        f"No measured run is like this one. On the nearest {runs} ({found.description}; {own}): median error {errors}."
    )


def asked(answer: Answer, writer: Writer) -> tuple[Line, ...]:
    """What was computed, in short lines: the model as it was understood, hardware, workload."""
    scenario, model = answer.scenario, answer.model
    total = writer.figure("total_params", model.total_params)
    parameters: Line = (total, " parameters")
    if model.active_params < model.total_params:
        parameters += (", ", writer.figure("active_params", model.active_params), " active")
    return (
        (model.name,),
        parameters,
        (weights_format(answer),),
        (f"{text.exact(scenario.nodes * GPUS[scenario.gpu].gpus_per_node)} × {scenario.gpu}",),
        (f"TP {scenario.tensor_parallel}{_other_parallelism(scenario)}",),
        (scenario.engine,),
        (f"{text.exact(scenario.input_tokens)} in, {text.exact(scenario.output_tokens)} out",),
    )


def weights_format(answer: Answer) -> str:
    """The weights' number format, in words."""
    if answer.scenario.precision == "auto":
        return answer.model.checkpoint.label.replace(" x ", " × ")
    return answer.scenario.precision.upper()


def _other_parallelism(scenario: Scenario) -> str:
    degrees = {
        "PP": scenario.pipeline_parallel,
        "EP": scenario.expert_parallel,
        "attention DP": scenario.attention_data_parallel,
    }
    return "".join(f", {name} {degree}" for name, degree in degrees.items() if degree > 1)


def notes(answer: Answer) -> tuple[tuple[str, str], ...]:
    """What is said beneath the figures, each with its code: the engine's notices, and the model's source."""
    notices = ((notice.code, notice.text) for notice in answer.estimate.notices)
    return (*notices, ("source", answer.source))

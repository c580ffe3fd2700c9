"""The answer as groups of cards, a headline and a line that says what was computed.

The labels of the first cards are those of the tool that this page replaces; people look for them.
Without an estimate the same cards come blank: that is how the page stands before its first answer.
"""

from dataclasses import dataclass

from present import text
from present.figures import Figure, Writer
from present.state import Scenario
from roofline import GPUS, Estimate, Model

HOURS_PER_MONTH = 730

Line = tuple[str | Figure, ...]
"""A line of text with figures in it."""

ASSUMPTIONS = (
    "No speculative decoding.",
    "No prefix-cache hits.",
    "Prefill and decode share the same GPUs.",
    "Every request has exactly these lengths; a client sends its next when the last is answered.",
)


@dataclass(frozen=True, slots=True)
class Card:
    """One figure under its label, with the lines that put it in context."""

    label: str
    figure: Figure
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Cards that answer one question."""

    key: str
    title: str
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """One complete result: what was asked, of which model, and the engine's estimate."""

    scenario: Scenario
    model: Model
    estimate: Estimate
    source: str
    """Where the model's description came from, in words."""


class _Pen:
    """Writes figures of one estimate, or blank ones."""

    def __init__(self, estimate: Estimate | None, writer: Writer) -> None:
        self.estimate = estimate
        self.writer = writer

    def __call__(self, field: str) -> Figure:
        return self.writer.figure(field, self.value(field))

    def value(self, field: str) -> float | str | None:
        value: float | str | None = getattr(self.estimate, field, None)
        return value

    def card(self, label: str, field: str, *lines: Line) -> Card:
        if self.estimate is None:
            return Card(label, self(field))
        spread = self.spread(field)
        return Card(label, self(field), (*lines, spread) if spread else lines)

    def counted(self, field: str, noun: str, rest: str = "") -> Line:
        """A figure that counts things: 1 GPU, 8 GPUs."""
        return (self(field), f" {noun}{'' if self.value(field) == 1 else 's'}{rest}")

    def spread(self, field: str) -> Line | None:
        """The range that holds the true value in 80 of 100 cases, where it is calibrated."""
        low, high = self.value(f"{field}_low"), self.value(f"{field}_high")
        if low is None or high is None:
            return None
        ends = self.writer.figure(field, low), self.writer.figure(field, high)
        return (f"80 % range {ends[0]} to {ends[1]}",)


def groups(answer: Answer | None, writer: Writer) -> tuple[Group, ...]:
    """The three groups of cards."""
    pen = _Pen(answer.estimate if answer else None, writer)
    return _memory(answer, pen), _performance(pen), _cost(answer, pen)


def _memory(answer: Answer | None, pen: _Pen) -> Group:
    degree = answer.scenario.tensor_parallel if answer else None
    layout = _layout(pen) if answer else ()
    return Group(
        "memory",
        "Memory",
        (
            pen.card(
                "Max Batch Size (per Replica)",
                "max_concurrency",
                (f"of {_length(answer)} tokens each",),
                (pen("running"), " run at once"),
            ),
            pen.card(
                "Model Weights Memory",
                "weight_bytes",
                (pen("weight_bytes_per_gpu"), " on each GPU"),
            ),
            pen.card(
                "Max KV Cache Memory",
                "kv_cache_bytes",
                ("holds ", pen("kv_capacity_tokens")),
                (pen("kv_bytes_per_token_per_gpu"), " per token and GPU"),
            ),
            Card("Tensor Parallelism", pen.writer.figure("tensor_parallel", degree), layout),
        ),
    )


def _layout(pen: _Pen) -> tuple[Line, ...]:
    lines = (pen.counted("gpus_per_replica", "GPU", " in a replica"), pen.counted("replicas", "replica"))
    return (*lines, pen.counted("idle_gpus", "GPU", " idle")) if pen.value("idle_gpus") else lines


def _length(answer: Answer | None) -> str:
    if answer is None:
        return text.UNKNOWN
    return text.exact(answer.scenario.input_tokens + answer.scenario.output_tokens)


def _performance(pen: _Pen) -> Group:
    return Group(
        "performance",
        "Performance",
        (
            pen.card(
                "Prefill Latency (TTFT)",
                "ttft_s",
                (pen("prefill_s"), " alone"),
                (pen("prefill_bound"),),
            ),
            pen.card(
                "Decode Throughput (per Replica)",
                "replica_decode_tokens_per_s",
                (pen("decode_step_s"), " a step"),
                (pen("decode_bound"),),
            ),
            pen.card(
                "Decode Throughput (per Request)",
                "request_tokens_per_s",
                (pen("tpot_s"), " a token (TPOT)"),
                (pen("request_latency_s"), " a request"),
            ),
            pen.card(
                "Total System Throughput",
                "system_tokens_per_s",
                ("sustained, prefill included",),
                (pen("replica_tokens_per_s"), " a replica"),
            ),
        ),
    )


def _cost(answer: Answer | None, pen: _Pen) -> Group:
    return Group(
        "cost",
        "Cost",
        (
            pen.card(
                "Input Token Cost",
                "usd_per_million_input_tokens",
                ("per million input tokens",),
            ),
            pen.card(
                "Output Token Cost",
                "usd_per_million_output_tokens",
                ("per million output tokens",),
            ),
            pen.card(
                "Blended Token Cost",
                "usd_per_million_tokens",
                ("per million tokens, both kinds",),
            ),
            pen.card("Cost per Month", "usd_per_month", *_bill(answer)),
        ),
    )


def _bill(answer: Answer | None) -> tuple[Line, ...]:
    if answer is None:
        return ()
    scenario, gpu = answer.scenario, GPUS[answer.scenario.gpu]
    billed = scenario.nodes * gpu.gpus_per_node
    price_usd, origin = price(scenario)
    if price_usd is None:
        return ((origin,),)
    hours = f"{text.exact(billed)} GPUs × {text.money(price_usd)}/h × {HOURS_PER_MONTH}\u00a0h"
    return ((hours,), (origin,))


def price(scenario: Scenario) -> tuple[float | None, str]:
    """Dollars per GPU-hour, and where the price comes from."""
    if scenario.usd_per_gpu_hour is not None:
        return scenario.usd_per_gpu_hour, "your price"
    listed = GPUS[scenario.gpu].price
    if listed is None:
        return None, "no list price is known; give yours"
    return listed.usd_per_gpu_hour, f"list price, {listed.figure.date}"


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

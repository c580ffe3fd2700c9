"""The answer as groups of cards.

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
    "Every request has exactly the lengths given.",
    "All clients start together and send ten requests each, one after another; TTFT includes that first rush.",
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
    with_token: bool = False
    """The model was read with the reader's access token: the answer is not exported."""


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
        ends = (self.writer.figure(field, end).quantity for end in (low, high))
        return (f"80 % range {text.span(*ends)}",)


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

"""How a figure came about: its formula in names and in the user's numbers, and the source of every input.

The quantities are taken from the objects that computed the figure; what is shown evaluates to what stands on the card.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from present import how_cost, how_memory, how_serving, how_time, how_weights, inputs
from present.cards import Answer
from present.formula import Origin, Quantity, times
from present.how_time import prefill_batch, running_batch
from present.working import Working
from roofline import Estimate

_RANGED = ("_low", "_high")


@dataclass(frozen=True, slots=True)
class Step:
    """One line of working: a name, its formula in names and in numbers, and the result."""

    name: str
    names: str
    numbers: str
    result: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Input:
    """A quantity that was not computed, or whose working is not shown: where it comes from."""

    name: str
    value: str
    origin: str
    source: str = ""
    date: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The working of one figure: a tree, and the same as lists."""

    field: str
    quantity: Quantity

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every formula once, the figure's own first."""
        return tuple(dict.fromkeys(step(each) for each in self.quantity.walk() if each.formula is not None))

    @property
    def inputs(self) -> tuple[Input, ...]:
        """Every quantity without a formula once."""
        return tuple(dict.fromkeys(given(each) for each in self.quantity.walk() if each.formula is None))


def step(quantity: Quantity) -> Step:
    """A quantity that has a formula, in words."""
    formula = quantity.formula
    assert formula is not None
    return Step(quantity.name, formula.names(), formula.numbers(), str(quantity), quantity.note)


def given(quantity: Quantity) -> Input:
    """A quantity that has none, in words."""
    origin = quantity.origin.value
    return Input(quantity.name, str(quantity), origin, quantity.source, quantity.date, quantity.note)


def working(answer: Answer) -> Working:
    """What an answer on the page was computed from."""
    scenario = answer.scenario
    return Working(answer.model, inputs.deployment(scenario), inputs.workload(scenario), answer.estimate)


def _prefill_bound(work: Working) -> Quantity:
    assert work.result.prefill is not None
    return how_time.bound(work, work.result.prefill, prefill_batch(work), "prompt alone")


def _decode_bound(work: Working) -> Quantity:
    assert work.result.decode is not None
    return how_time.bound(work, work.result.decode, running_batch(work), "decode step")


def _fits(work: Working) -> Quantity:
    return dataclasses.replace(how_memory.max_concurrency(work), note="it fits where at least one request does")


FIELDS: Mapping[str, Callable[[Working], Quantity]] = {
    "replicas": how_weights.replicas,
    "gpus_per_replica": how_weights.gpus_per_replica,
    "idle_gpus": how_weights.idle_gpus,
    "weight_bytes_per_gpu": how_weights.weight_bytes_per_gpu,
    "weight_bytes": how_weights.weight_bytes,
    "kv_bytes_per_token_per_gpu": how_memory.kv_bytes_per_token_per_gpu,
    "kv_capacity_tokens": how_memory.kv_capacity_tokens,
    "kv_cache_bytes": how_memory.kv_cache_bytes,
    "max_concurrency": how_memory.max_concurrency,
    "concurrency": how_memory.concurrency,
    "running": how_memory.running,
    "fits": _fits,
    "prefill_s": how_time.prefill_s,
    "ttft_s": how_serving.ttft_s,
    "steady_ttft_s": how_serving.steady_ttft_s,
    "decode_step_s": how_time.decode_step_s,
    "tpot_s": how_serving.tpot_s,
    "request_latency_s": how_serving.request_latency_s,
    "request_tokens_per_s": how_serving.request_tokens_per_s,
    "replica_decode_tokens_per_s": how_serving.replica_decode_tokens_per_s,
    "replica_tokens_per_s": how_serving.replica_tokens_per_s,
    "system_tokens_per_s": how_serving.system_tokens_per_s,
    "prefill_bound": _prefill_bound,
    "decode_bound": _decode_bound,
    "usd_per_million_input_tokens": how_cost.usd_per_million_input_tokens,
    "usd_per_million_output_tokens": how_cost.usd_per_million_output_tokens,
    "usd_per_million_tokens": how_cost.usd_per_million_tokens,
    "usd_per_month": how_cost.usd_per_month,
    "usd_per_gpu_hour": how_cost.usd_per_gpu_hour,
    "shortfall_bytes_per_gpu": how_memory.shortfall_bytes_per_gpu,
    "tensor_parallel": how_weights.tensor_parallel,
}
"""How each figure of an estimate is explained; the ends of a range follow from their figure."""


def explain(work: Working, field: str) -> Explanation | None:
    """The working of a figure; None where the estimate has no such figure. Raises KeyError for an unknown field."""
    base = next((field.removesuffix(end) for end in _RANGED if field.endswith(end)), field)
    make = FIELDS[base]
    if field in vars(Estimate) and getattr(work.result, field) is None:
        return None
    quantity = make(work)
    return Explanation(field, quantity if base == field else _range_end(work, field, quantity))


def _range_end(work: Working, field: str, middle: Quantity) -> Quantity:
    value: float = getattr(work.result, field)
    factor = Quantity(
        "end of the 80 % range",
        value / middle.value,
        origin=Origin.CALIBRATED,
        source="errors against measured runs of other models",
    )
    return Quantity(f"{middle.name}, end of the range", value, middle.unit, formula=times(middle, factor))


def to_text(explanation: Explanation) -> str:
    """The working as plain text, the sources below."""
    return "\n".join(text_lines(explanation)) + "\n"


def text_lines(explanation: Explanation) -> Iterator[str]:
    """The lines of that text, one after another: all of it takes a while."""
    told: set[Step | Input] = set()
    inputs = []
    for quantity in explanation.quantity.walk():
        if quantity.formula is None:
            inputs.append(given(quantity))
            continue
        line = step(quantity)
        if line not in told:
            told.add(line)
            yield f"{line.name} = {line.names}"
            yield f"  = {line.numbers}"
            yield f"  = {line.result}"
            if line.note:
                yield f"  ({line.note})"
    yield "Inputs:"
    for row in dict.fromkeys(inputs):
        where = ", ".join(part for part in (row.origin, row.source, row.date, row.note) if part)
        yield f"  {row.name} = {row.value} ({where})"

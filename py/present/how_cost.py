"""Formulas of money."""

from present.formula import Operation, Origin, Quantity, less, over, times, total
from present.how_memory import running
from present.how_serving import replica_tokens_per_s
from present.how_time import decode_step_s, prefill_s
from present.how_weights import gpus_per_replica, node_gpus, nodes
from present.working import Working, from_figure
from roofline.cost import HOURS_PER_MONTH, MILLION, SECONDS_PER_HOUR


def usd_per_gpu_hour(work: Working) -> Quantity:
    """The user's price, or the dated list price."""
    price = work.deployment.gpu_data.price
    name = "price of a GPU-hour"
    if work.deployment.usd_per_gpu_hour is not None or price is None:
        return work.yours(name, work.result.usd_per_gpu_hour or 0.0, "USD")
    return from_figure(name, price.usd_per_gpu_hour, "USD", Origin.PRICE, price.figure)


def request_usd(work: Working) -> Quantity:
    """Dollars for one request: its share of the replica's time."""
    per_second = over(times(gpus_per_replica(work), usd_per_gpu_hour(work)), SECONDS_PER_HOUR)
    busy = work.yours("utilization", work.deployment.utilization)
    formula = over(times(per_second, work.output_tokens), times(replica_tokens_per_s(work), busy))
    return Quantity("price of a request", formula.value(), "USD", formula=formula)


def input_share(work: Working) -> Quantity:
    """Part of a request's price that its prompt carries: the prefill over prefill and decode."""
    steps = times(work.output_tokens, decode_step_s(work))
    decoding = Quantity(
        "decode of a request", over(steps, running(work)).value(), "s", formula=over(steps, running(work))
    )
    prefill = prefill_s(work)
    formula = over(prefill, total(prefill, decoding))
    return Quantity("share of the input", formula.value(), formula=formula)


def usd_per_million_input_tokens(work: Working) -> Quantity:
    """The input's share over the input tokens."""
    formula = over(times(MILLION, request_usd(work), input_share(work)), work.input_tokens)
    return _price(work, "usd_per_million_input_tokens", "price of a million input tokens", formula)


def usd_per_million_output_tokens(work: Working) -> Quantity:
    """The rest over the output tokens."""
    formula = over(times(MILLION, request_usd(work), less(1.0, input_share(work))), work.output_tokens)
    return _price(work, "usd_per_million_output_tokens", "price of a million output tokens", formula)


def usd_per_million_tokens(work: Working) -> Quantity:
    """All of it over all tokens."""
    formula = over(times(MILLION, request_usd(work)), total(work.input_tokens, work.output_tokens))
    return _price(work, "usd_per_million_tokens", "price of a million tokens", formula)


def usd_per_month(work: Working) -> Quantity:
    """Whole nodes, idle GPUs included."""
    hours = Quantity("hours of a month", HOURS_PER_MONTH, origin=Origin.ASSUMED)
    formula = times(nodes(work), node_gpus(work), usd_per_gpu_hour(work), hours)
    return _price(work, "usd_per_month", "price of a month", formula)


def _price(work: Working, field: str, name: str, formula: Operation) -> Quantity:
    value = getattr(work.result, field)
    assert isinstance(value, float)
    return Quantity(name, value, "USD", formula=formula)

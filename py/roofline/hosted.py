"""Hosted API prices, and when running a model oneself costs less than buying its tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from .cost import HOURS_PER_MONTH, MILLION, SECONDS_PER_HOUR
from .data import read_later
from .deployment import Workload
from .estimate import Estimate

DAYS_PER_MONTH = HOURS_PER_MONTH / 24.0


@dataclass(frozen=True, slots=True)
class Spread:
    """Lowest, median and highest over providers, dollars per million tokens."""

    low_usd_per_million: float
    median_usd_per_million: float
    high_usd_per_million: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HostedPrice:
    """What providers charge for one model.

    Attributes:
        name: of the model in the price list.
        models: ids on the Hub that it stands for.
        providers: how many the spread is over.
        input, output: prices.
        source, date, note: where and when the list was read.
    """

    name: str
    models: tuple[str, ...]
    providers: int
    input: Spread
    output: Spread
    source: str
    date: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakEven:
    """Own deployment against a hosted price, over one month.

    Attributes:
        hosted_usd_per_request: what the provider takes for one request.
        own_usd_per_request: what the deployment costs per request while it is fully busy.
        requests_per_month: from this many requests on, the own deployment is cheaper.
        tokens_per_day: the same in input and output tokens a day.
        utilization: part of the deployment's capacity that they are; above 1 it is never cheaper.
        capacity_requests_per_month: what the deployment answers when it is always busy.
    """

    hosted_usd_per_request: float
    own_usd_per_request: float
    requests_per_month: float
    tokens_per_day: float
    utilization: float
    capacity_requests_per_month: float

    @property
    def possible(self) -> bool:
        """The own deployment is cheaper once it is busy enough."""
        return self.utilization <= 1.0


@cache
def hosted_prices() -> tuple[HostedPrice, ...]:
    """The price list, read when first asked for."""
    raw = read_later("api_prices", __name__)
    return tuple(_price(raw, row) for row in raw["prices"])


def hosted_price(model_name: str) -> HostedPrice | None:
    """The price of the model with this id on the Hub, a revision left out; None where the list has none."""
    wanted = model_name.partition("@")[0].casefold()
    for price in hosted_prices():
        if any(name.casefold() == wanted for name in price.models):
            return price
    return None


def break_even(
    result: Estimate, workload: Workload, *, input_usd_per_million: float, output_usd_per_million: float
) -> BreakEven | None:
    """Requests, tokens and utilisation at which the month's bill equals the hosted price of the same requests.

    None where the model does not fit, no price of the GPUs is known, or the hosted tokens are free.
    """
    hosted_usd = (
        workload.input_tokens * input_usd_per_million + workload.output_tokens * output_usd_per_million
    ) / MILLION
    if result.system_tokens_per_s is None or result.usd_per_month is None or hosted_usd <= 0.0:
        return None
    per_s = result.system_tokens_per_s / workload.output_tokens
    capacity = per_s * SECONDS_PER_HOUR * HOURS_PER_MONTH
    requests = result.usd_per_month / hosted_usd
    return BreakEven(
        hosted_usd_per_request=hosted_usd,
        own_usd_per_request=result.usd_per_month / capacity,
        requests_per_month=requests,
        tokens_per_day=requests * workload.total_tokens / DAYS_PER_MONTH,
        utilization=requests / capacity,
        capacity_requests_per_month=capacity,
    )


def _price(raw: Mapping[str, Any], row: Mapping[str, Any]) -> HostedPrice:
    return HostedPrice(
        name=row["name"],
        models=tuple(row["models"]),
        providers=row["providers"],
        input=_spread(row["input"]),
        output=_spread(row["output"]),
        source=raw["source"],
        date=raw["date"],
        note="; ".join(note for note in (row.get("note", ""), raw["note"]) if note),
    )


def _spread(row: Mapping[str, float]) -> Spread:
    return Spread(row["low"], row["median"], row["high"])

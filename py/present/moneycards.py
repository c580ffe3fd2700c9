"""Figures of "Money and energy" as cards, which the page, the exports and "How" share."""

from collections.abc import Iterator

from present import money, text
from present.cards import Answer, Card, Group, Line
from present.figures import Figure
from present.money import Comparison, Money
from present.text import UNKNOWN, Quantity

HOSTED, ENERGY = "Own GPUs or a hosted API", "Energy"
VOLUME_USD, VOLUME_SHARE = "volume_hosted_usd_per_month", "volume_utilization"


def input_field(rate: str) -> str:
    """Name of the hosted price of input tokens; the others likewise."""
    return f"hosted_{rate}_usd_per_million_input_tokens"


def output_field(rate: str) -> str:
    """Price of output tokens."""
    return f"hosted_{rate}_usd_per_million_output_tokens"


def request_field(rate: str) -> str:
    """Price of a request."""
    return f"hosted_{rate}_usd_per_request"


def tokens_field(rate: str) -> str:
    """Tokens a day from which one's own GPUs cost less."""
    return f"break_even_{rate}_tokens_per_day"


def share_field(rate: str) -> str:
    """The same as a part of what they can answer."""
    return f"break_even_{rate}_utilization"


def groups(answer: Answer, entered: Money) -> tuple[Group, ...]:
    """What there is to say: nothing of a model without a hosted price, or of a GPU of unknown power."""
    hosted = (*_hosted(answer, entered), *_volume(answer, entered))
    power = tuple(_energy(answer, entered))
    return (
        *((Group("hosted", HOSTED, hosted),) if hosted else ()),
        *((Group("energy", ENERGY, power),) if power else ()),
    )


def _hosted(answer: Answer, entered: Money) -> Iterator[Card]:
    for found in money.comparisons(answer, entered):
        yield _rate(found)


def _rate(found: Comparison) -> Card:
    """One hosted price: from which load on it costs more than the GPUs."""
    rate, even = found.rate, found.even
    input_price = _usd(input_field(rate.name), rate.input_usd_per_million)
    output_price = _usd(output_field(rate.name), rate.output_usd_per_million)
    request = _usd(request_field(rate.name), even.hosted_usd_per_request if even else None)
    share = _share(share_field(rate.name), even.utilization if even else None)
    lines: tuple[Line, ...] = (
        (input_price, " per million input tokens"),
        (output_price, " per million output tokens"),
        (request, " a request"),
        (share, " of what these GPUs can answer"),
    )
    return Card(f"Hosted price, {rate.name}", _from(rate.name, found), lines)


def _from(rate: str, found: Comparison) -> Figure:
    even = found.even
    if even is None:
        return Figure(tokens_field(rate), None, Quantity(UNKNOWN))
    if not even.possible:
        return Figure(tokens_field(rate), None, Quantity("never"))
    return Figure(tokens_field(rate), even.tokens_per_day, Quantity(money.tokens(even.tokens_per_day), "tokens a day"))


def _volume(answer: Answer, entered: Money) -> Iterator[Card]:
    found = money.volume(answer, entered)
    if found is not None:
        busy = _share(VOLUME_SHARE, found.utilization), " of what these GPUs can answer"
        label = f"{money.tokens(found.tokens_per_day)} tokens a day at the API"
        yield Card(label, _usd(VOLUME_USD, found.hosted_usd_per_month), (("a month",), busy))


def _energy(answer: Answer, entered: Money) -> Iterator[Card]:
    found = money.power(answer, entered)
    if found is None:
        return
    cost = found.usd_per_month
    yield _joules(
        "Energy per Output Token", "joules_per_output_token", found.joules_per_output_token, "prefill included"
    )
    yield _joules("Energy per Token", "joules_per_token", found.joules_per_token, "input and output tokens")
    month = Figure("kwh_per_month", found.kwh_per_month, Quantity(text.significant(found.kwh_per_month), "kWh"))
    yield Card("Energy per Month", month, (("while busy, building included",),))
    words = "enter a price per kWh" if cost is None else "at your price"
    yield Card("Electricity per Month", _usd("electricity_usd_per_month", cost), ((words,),))


def _joules(label: str, field: str, value: float, words: str) -> Card:
    return Card(label, Figure(field, value, Quantity(text.significant(value), "J")), ((words,),))


def _usd(field: str, value: float | None) -> Figure:
    return Figure(field, value, Quantity(UNKNOWN) if value is None else text.money(value))


def _share(field: str, value: float | None) -> Figure:
    return Figure(field, value, Quantity(UNKNOWN) if value is None else text.percent(value))

"""Money beyond the cards: a hosted API's price against one's own GPUs, electricity, and who lists which price.

What the reader enters here is part of the link, under keys of its own; it changes no figure of the cards.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from present import fields, inputs, state, text
from present.cards import Answer, price
from present.fields import Issue, Rule, count, measure, rules_of
from roofline.energy import Energy, energy
from roofline.hosted import DAYS_PER_MONTH, BreakEven, HostedPrice, break_even, hosted_price, hosted_prices


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What the reader enters; None is the list's price, the average, or nothing."""

    money_input_usd: float | None = measure("Hosted input price", None, 0, 100_000)
    money_output_usd: float | None = measure("Hosted output price", None, 0, 100_000)
    money_tokens_per_day: int | None = count("Tokens a day", None, 1, 10**15)
    money_usd_per_kwh: float | None = measure("Price of electricity", None, 0, 1_000)
    money_pue: float | None = measure("PUE", None, 1, 10)


RULES: Mapping[str, Rule] = rules_of(Money)
OWN = "yours"
"""Name of the reader's own price among those of the list."""


def read(values: Mapping[str, str]) -> tuple[Money, tuple[Issue, ...]]:
    """Read texts by field name; what cannot be used is left out and reported."""
    used, issues = fields.read(RULES, values)
    return Money(**used), issues


def from_query(query: str) -> tuple[Money, tuple[Issue, ...]]:
    """Read a query string."""
    return read(dict(parse_qsl(query.removeprefix("?")[: state.MAX_QUERY_CHARACTERS])))


def to_query(money: Money, query: str) -> str:
    """The query string with these entries, without "?"; all else stays."""
    for key, rule in RULES.items():
        query = state.with_key(query, key, rule.write(getattr(money, key)))
    return query


@dataclass(frozen=True, slots=True)
class Rate:
    """One price of a hosted model, dollars per million tokens, and whose it is."""

    name: str
    input_usd_per_million: float
    output_usd_per_million: float


def listed_rates(listed: HostedPrice) -> tuple[Rate, ...]:
    """Lowest, median and highest over providers."""
    return (
        Rate("lowest", listed.input.low_usd_per_million, listed.output.low_usd_per_million),
        Rate("median", listed.input.median_usd_per_million, listed.output.median_usd_per_million),
        Rate("highest", listed.input.high_usd_per_million, listed.output.high_usd_per_million),
    )


def presets() -> tuple[tuple[str, Rate], ...]:
    """Every listed price with its model, to choose from."""
    return tuple((listed.name, rate) for listed in hosted_prices() for rate in listed_rates(listed))


def own_rate(answer: Answer, money: Money) -> Rate | None:
    """The reader's own price; what of it is left open is the list's median. None where it stays open."""
    given = (money.money_input_usd, money.money_output_usd)
    if given == (None, None):
        return None
    listed = hosted_price(answer.model.name)
    median = listed_rates(listed)[1] if listed else None
    usual = (median.input_usd_per_million, median.output_usd_per_million) if median else (None, None)
    first, second = (mine if mine is not None else other for mine, other in zip(given, usual, strict=True))
    return None if first is None or second is None else Rate(OWN, first, second)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One price of a hosted model against the deployment; no break-even where that has no price."""

    rate: Rate
    even: BreakEven | None


def comparisons(answer: Answer, money: Money) -> tuple[Comparison, ...]:
    """The reader's own price where there is one, and what the list has for the model."""
    own, listed = own_rate(answer, money), hosted_price(answer.model.name)
    rates = (*([own] if own else []), *(listed_rates(listed) if listed else ()))
    return tuple(Comparison(rate, _even(answer, rate)) for rate in rates)


def _even(answer: Answer, rate: Rate) -> BreakEven | None:
    return break_even(
        answer.estimate,
        inputs.workload(answer.scenario),
        input_usd_per_million=rate.input_usd_per_million,
        output_usd_per_million=rate.output_usd_per_million,
    )


def chosen(found: tuple[Comparison, ...]) -> Comparison | None:
    """The one that sentences speak of: the reader's own, else the median."""
    return next((each for each in found if each.rate.name in (OWN, "median")), None)


def tokens(number: float) -> str:
    """A number of tokens: 47.1M."""
    return str(text.scaled(number, text.LARGE, glued=True))


def verdict(answer: Answer, money: Money) -> str:
    """From how many tokens a day the GPUs cost less than the hosted model, in one sentence."""
    if price(answer.scenario)[0] is None:
        return f"No price of {answer.scenario.gpu} is known: enter one beside the form’s GPU-hour to compare."
    found = chosen(comparisons(answer, money))
    if found is None:
        return _unlisted(answer, money)
    if found.even is None:
        return "What a provider gives away is never undercut: the hosted price is zero."
    whose = "your hosted price" if found.rate.name == OWN else "the median hosted price"
    if not found.even.possible:
        own, hosted = text.money(found.even.own_usd_per_request), text.money(found.even.hosted_usd_per_request)
        return f"These GPUs never cost less than {whose}: always busy, a request costs {own} here and {hosted} there."
    share = text.percent(found.even.utilization)
    return (
        f"From {tokens(found.even.tokens_per_day)} tokens a day on, these GPUs cost less than {whose}:"
        f" that is {share} of what they can answer."
    )


def _unlisted(answer: Answer, money: Money) -> str:
    if (money.money_input_usd, money.money_output_usd) != (None, None):
        return "Enter both prices, for input and for output tokens, to compare."
    date = hosted_prices()[0].date
    return (
        f"The list of {date} has no hosted price of {answer.model.name}."
        " Enter what a provider asks, or take the price of a like model."
    )


@dataclass(frozen=True, slots=True)
class Volume:
    """The reader's tokens a day: what the API takes for them, and how busy they keep the GPUs."""

    tokens_per_day: int
    requests_per_month: float
    hosted_usd_per_month: float
    utilization: float


def volume(answer: Answer, money: Money) -> Volume | None:
    """At the price that sentences speak of; None where no tokens are given, or no price is known."""
    found, given = chosen(comparisons(answer, money)), money.money_tokens_per_day
    if given is None or found is None or found.even is None:
        return None
    requests = given * DAYS_PER_MONTH / (answer.scenario.input_tokens + answer.scenario.output_tokens)
    return Volume(
        tokens_per_day=given,
        requests_per_month=requests,
        hosted_usd_per_month=requests * found.even.hosted_usd_per_request,
        utilization=requests / found.even.capacity_requests_per_month,
    )


def at_volume(answer: Answer, money: Money) -> str:
    """What the reader's tokens a day cost here and there; empty where none are given."""
    found, bill = volume(answer, money), answer.estimate.usd_per_month
    if found is None or bill is None:
        return ""
    hosted_usd = found.hosted_usd_per_month
    if found.utilization > 1.0:
        most = tokens(found.tokens_per_day / found.utilization)
        return (
            f"{tokens(found.tokens_per_day)} tokens a day are more than these GPUs can answer, which is {most}."
            f" The API takes {text.money(hosted_usd)} a month for them."
        )
    cheaper = "these GPUs cost less" if bill < hosted_usd else "the API costs less"
    return (
        f"{tokens(found.tokens_per_day)} tokens a day cost {text.money(hosted_usd)} a month at the API and"
        f" {text.money(bill)} on these GPUs, {text.percent(found.utilization)} busy: {cheaper}."
    )


def power(answer: Answer, money: Money) -> Energy | None:
    """Energy of the deployment; None where the GPU's board power is not known."""
    return energy(
        inputs.deployment(answer.scenario),
        answer.estimate,
        inputs.workload(answer.scenario),
        pue_factor=money.money_pue,
        usd_per_kwh=money.money_usd_per_kwh,
    )

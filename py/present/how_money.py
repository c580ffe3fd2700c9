"""Formulas of energy and of the break-even against a hosted API, over the objects that computed the figures."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from present import money, moneycards
from present.cards import Answer
from present.explain import Explanation, explain
from present.formula import Operation, Origin, Quantity, over, times, total
from present.how_cost import usd_per_month
from present.how_serving import replica_tokens_per_s, system_tokens_per_s
from present.how_weights import gpus_per_replica, replicas
from present.money import Money, Rate, Volume
from present.working import Working, from_figure
from roofline.cost import HOURS_PER_MONTH, MILLION, SECONDS_PER_HOUR
from roofline.energy import Energy, power_figures
from roofline.hosted import DAYS_PER_MONTH, BreakEven, HostedPrice, hosted_price

Makers = Mapping[str, Callable[[], Quantity]]


def explained(answer: Answer, work: Working, entered: Money, field: str) -> Explanation | None:
    """The working of a figure of the cards or of money and energy; None where this answer has none of that name."""
    make = makers(answer, work, entered).get(field)
    return Explanation(field, make()) if make is not None else explain(work, field)


def makers(answer: Answer, work: Working, entered: Money) -> Makers:
    """What makes the working of each figure of money and energy, by field."""
    found: dict[str, Callable[[], Quantity]] = {}
    listed = hosted_price(answer.model.name)
    for each in money.comparisons(answer, entered):
        price = Hosted(work, each.rate, entered, listed)
        found |= price.makers(each.even)
        if each == money.chosen(money.comparisons(answer, entered)):
            found |= _of_volume(price, each.even, money.volume(answer, entered))
    power = money.power(answer, entered)
    return found if power is None else {**found, **Power(work, power, entered).makers()}


def _of_volume(price: "Hosted", even: BreakEven | None, volume: Volume | None) -> Makers:
    if even is None or volume is None:
        return {}
    return {
        moneycards.VOLUME_USD: lambda: price.volume_usd(even, volume),
        moneycards.VOLUME_SHARE: lambda: price.volume_share(even, volume),
    }


@dataclass(frozen=True, slots=True)
class Hosted:
    """A hosted price against the deployment."""

    work: Working
    rate: Rate
    entered: Money
    listed: HostedPrice | None

    def makers(self, even: BreakEven | None) -> Makers:
        """By field."""
        name = self.rate.name
        prices: Makers = {
            moneycards.input_field(name): self.input_price,
            moneycards.output_field(name): self.output_price,
        }
        if even is None:
            return prices
        return {
            **prices,
            moneycards.request_field(name): lambda: self.request(even),
            moneycards.tokens_field(name): lambda: self.tokens_per_day(even),
            moneycards.share_field(name): lambda: self.utilization(even),
        }

    def input_price(self) -> Quantity:
        """Of a million input tokens."""
        return self._price("input", self.rate.input_usd_per_million, self.entered.money_input_usd)

    def output_price(self) -> Quantity:
        """Of a million output tokens."""
        return self._price("output", self.rate.output_usd_per_million, self.entered.money_output_usd)

    def _price(self, kind: str, usd: float, own: float | None) -> Quantity:
        name = f"hosted price of a million {kind} tokens"
        if self.listed is None or (self.rate.name == money.OWN and own is not None):
            return self.work.yours(name, usd, "USD")
        which = "median" if self.rate.name == money.OWN else self.rate.name
        note = f"{which} of {self.listed.name} at {self.listed.providers} providers; {self.listed.note}"
        return Quantity(name, usd, "USD", Origin.PRICE, self.listed.source, self.listed.date, note)

    def request(self, even: BreakEven) -> Quantity:
        """What the provider takes for one request."""
        charged = total(
            times(self.work.input_tokens, self.input_price()), times(self.work.output_tokens, self.output_price())
        )
        return Quantity("hosted price of a request", even.hosted_usd_per_request, "USD", formula=over(charged, MILLION))

    def requests(self, even: BreakEven) -> Quantity:
        """Requests whose hosted price is the month's bill."""
        formula = over(usd_per_month(self.work), self.request(even))
        return Quantity("break-even requests a month", even.requests_per_month, formula=formula)

    def tokens_per_day(self, even: BreakEven) -> Quantity:
        """The same in tokens."""
        formula = over(times(self.requests(even), self._length()), _days())
        return Quantity("break-even tokens a day", even.tokens_per_day, "tokens", formula=formula)

    def utilization(self, even: BreakEven) -> Quantity:
        """The same as a part of what the deployment can answer."""
        formula = over(self.requests(even), self.capacity(even))
        note = "above 1 the own GPUs never cost less"
        return Quantity("break-even utilization", even.utilization, note=note, formula=formula)

    def capacity(self, even: BreakEven) -> Quantity:
        """Requests a month of a deployment that is always busy."""
        per_s = over(system_tokens_per_s(self.work), self.work.output_tokens)
        formula = times(per_s, SECONDS_PER_HOUR, _hours())
        return Quantity("requests a month, always busy", even.capacity_requests_per_month, formula=formula)

    def volume_usd(self, even: BreakEven, volume: Volume) -> Quantity:
        """The API's bill for the reader's tokens a day."""
        formula = times(self._volume_requests(volume), self.request(even))
        return Quantity("hosted price of a month", volume.hosted_usd_per_month, "USD", formula=formula)

    def volume_share(self, even: BreakEven, volume: Volume) -> Quantity:
        """Part of the deployment that they keep busy."""
        formula = over(self._volume_requests(volume), self.capacity(even))
        return Quantity("utilization by these tokens", volume.utilization, formula=formula)

    def _volume_requests(self, volume: Volume) -> Quantity:
        a_day = self.work.yours("tokens a day", volume.tokens_per_day, "tokens")
        formula = over(times(a_day, _days()), self._length())
        return Quantity("requests a month", volume.requests_per_month, formula=formula)

    def _length(self) -> Operation:
        return total(self.work.input_tokens, self.work.output_tokens)


@dataclass(frozen=True, slots=True)
class Power:
    """Energy of the deployment."""

    work: Working
    found: Energy
    entered: Money

    def makers(self) -> Makers:
        """By field."""
        known: Makers = {
            "joules_per_output_token": self.joules_per_output_token,
            "joules_per_token": self.joules_per_token,
            "kwh_per_month": self.kwh_per_month,
        }
        return known if self.found.usd_per_month is None else {**known, "electricity_usd_per_month": self.usd_per_month}

    def gpu_w(self) -> Quantity:
        """Power of one GPU with its share of node and building."""
        figures, found = power_figures(), self.found
        share, node = figures.power_share[self.work.deployment.gpu_data.generation], figures.node_factor
        formula = times(
            self.work.datasheet("board power", "tdp", found.tdp_w, "W"),
            from_figure("share that serving draws", found.power_share, "", Origin.MEASURED, share),
            from_figure("node over its GPUs", found.node_factor, "", Origin.MEASURED, node),
            self._pue(),
        )
        return Quantity("power of a GPU with node and building", found.gpu_w, "W", formula=formula)

    def _pue(self) -> Quantity:
        name, factor = "PUE of the building", self.found.pue_factor
        if self.entered.money_pue is not None:
            return self.work.yours(name, factor)
        return from_figure(name, factor, "", Origin.ASSUMED, power_figures().pue)

    def joules_per_output_token(self) -> Quantity:
        """Power of a replica over its sustained output."""
        formula = over(times(gpus_per_replica(self.work), self.gpu_w()), replica_tokens_per_s(self.work))
        return Quantity("energy per output token", self.found.joules_per_output_token, "J", formula=formula)

    def joules_per_token(self) -> Quantity:
        """The same over all tokens."""
        work = self.work
        energy = times(self.joules_per_output_token(), work.output_tokens)
        formula = over(energy, total(work.input_tokens, work.output_tokens))
        return Quantity("energy per token", self.found.joules_per_token, "J", formula=formula)

    def kwh_per_month(self) -> Quantity:
        """All replicas, in the busy part of the month."""
        busy = self.work.yours("utilization", self.work.deployment.utilization)
        running = times(replicas(self.work), gpus_per_replica(self.work), self.gpu_w())
        formula = over(times(running, _hours(), busy), 1000.0)
        note = "watts over 1000 are kilowatts"
        return Quantity("energy of a month", self.found.kwh_per_month, "kWh", note=note, formula=formula)

    def usd_per_month(self) -> Quantity:
        """What that energy costs."""
        assert self.found.usd_per_month is not None and self.entered.money_usd_per_kwh is not None
        price = self.work.yours("price of a kWh", self.entered.money_usd_per_kwh, "USD")
        formula = times(self.kwh_per_month(), price)
        return Quantity("electricity of a month", self.found.usd_per_month, "USD", formula=formula)


def _hours() -> Quantity:
    return Quantity("hours of a month", HOURS_PER_MONTH, origin=Origin.ASSUMED)


def _days() -> Quantity:
    return Quantity("days of a month", DAYS_PER_MONTH, origin=Origin.ASSUMED)

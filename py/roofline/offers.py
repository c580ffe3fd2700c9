"""What each provider lists for a GPU-hour: the rows behind the list price of roofline.gpus."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from .data import Figure, figure, read_later


@dataclass(frozen=True, slots=True)
class Offer:
    """One published on-demand price.

    Attributes:
        name: provider, instance and region as published.
        figure: the price with source and date.
    """

    name: str
    figure: Figure

    @property
    def usd_per_gpu_hour(self) -> float:
        """The price."""
        return self.figure.si_known


@dataclass(frozen=True, slots=True)
class Provider:
    """All that one provider lists for a GPU."""

    name: str
    offers: tuple[Offer, ...]

    @property
    def usd_per_gpu_hour(self) -> float:
        """Median of its offers, with which it counts in the list price."""
        ordered = sorted(offer.usd_per_gpu_hour for offer in self.offers)
        middle = len(ordered) // 2
        return (ordered[middle] + ordered[~middle]) / 2

    @property
    def date(self) -> str:
        """Of its newest offer."""
        return max(offer.figure.date for offer in self.offers)

    @property
    def source(self) -> str:
        """Where its offers were found."""
        return "; ".join(dict.fromkeys(offer.figure.source for offer in self.offers))


@cache
def providers() -> dict[str, tuple[Provider, ...]]:
    """Providers by GPU, cheapest first; a GPU that nobody lists is absent."""
    found = {}
    for gpu, rows in read_later("offers", __name__).items():
        offers: dict[str, list[Offer]] = {}
        for row in rows:
            offers.setdefault(row["provider"], []).append(Offer(row["offer"], figure(row)))
        each = [Provider(name, tuple(some)) for name, some in offers.items()]
        found[gpu] = tuple(sorted(each, key=lambda provider: (provider.usd_per_gpu_hour, provider.name)))
    return found

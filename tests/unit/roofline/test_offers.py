"""Providers' own prices: the rows from which the list price of a GPU follows."""

import re
from statistics import median

import pytest

from roofline import GPUS
from roofline.offers import providers

LISTED = sorted(name for name, gpu in GPUS.items() if gpu.price is not None)


def test_exactly_the_gpus_with_a_list_price_have_providers():
    assert sorted(providers()) == LISTED


@pytest.mark.parametrize("gpu", LISTED)
def test_the_list_price_is_the_median_of_its_providers(gpu):
    price, found = GPUS[gpu].price, providers()[gpu]
    amounts = [offer.usd_per_gpu_hour for provider in found for offer in provider.offers]
    assert price.providers == len(found) == len({provider.name for provider in found})
    assert price.usd_per_gpu_hour == pytest.approx(median(each.usd_per_gpu_hour for each in found), abs=0.005)
    assert (price.low_usd_per_gpu_hour, price.high_usd_per_gpu_hour) == (min(amounts), max(amounts))
    assert price.figure.date == max(provider.date for provider in found)
    sources = {offer.figure.source for provider in found for offer in provider.offers}
    assert "; ".join(sorted(sources)) == price.figure.source


def test_the_cheapest_goes_first():
    for found in providers().values():
        usd = [provider.usd_per_gpu_hour for provider in found]
        assert usd == sorted(usd)


def test_every_offer_says_whose_it_is_and_of_when():
    for found in providers().values():
        for provider in found:
            assert re.fullmatch(r"[\w .&-]+", provider.name)
            assert provider.source
            for offer in provider.offers:
                assert offer.name.startswith(provider.name)
                assert offer.usd_per_gpu_hour > 0
                assert re.fullmatch(r"20\d\d(-\d\d){0,2}", offer.figure.date)


def test_a_provider_with_several_offers_counts_with_their_median():
    (lambda_,) = (each for each in providers()["H100 SXM"] if each.name == "Lambda")
    amounts = [offer.usd_per_gpu_hour for offer in lambda_.offers]
    assert len(amounts) > 2
    assert lambda_.usd_per_gpu_hour == pytest.approx(median(amounts))

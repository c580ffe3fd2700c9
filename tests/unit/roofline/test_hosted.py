"""Hosted prices and break-even, worked by hand."""

import csv
import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roofline import CATALOGUE, Deployment, Model, Workload, estimate
from roofline.hosted import break_even, hosted_price, hosted_prices

WORKLOAD = Workload(input_tokens=2000, output_tokens=500, concurrency=64)


@pytest.fixture(scope="module")
def result():
    model = Model.from_config(CATALOGUE["deepseek-ai/DeepSeek-V3.1"].config)
    return estimate(model, Deployment(tensor_parallel=8, usd_per_gpu_hour=4.0), WORKLOAD)


def test_by_hand(result):
    month = dataclasses.replace(result, system_tokens_per_s=1000.0)
    found = break_even(month, WORKLOAD, input_usd_per_million=0.5, output_usd_per_million=2.0)
    assert found.hosted_usd_per_request == pytest.approx(0.002)
    assert found.requests_per_month == pytest.approx(8 * 4 * 730 / 0.002)
    assert found.capacity_requests_per_month == pytest.approx(2 * 3600 * 730)
    assert found.utilization == pytest.approx(11_680_000 / 5_256_000)
    assert found.own_usd_per_request == pytest.approx(23_360 / 5_256_000)
    assert found.tokens_per_day == pytest.approx(11_680_000 * 2500 / (730 / 24))
    assert not found.possible


@given(st.floats(0.01, 50), st.floats(0.01, 50))
def test_at_break_even_both_bills_are_equal(result, price_in, price_out):
    found = break_even(result, WORKLOAD, input_usd_per_million=price_in, output_usd_per_million=price_out)
    assert found.requests_per_month * found.hosted_usd_per_request == pytest.approx(result.usd_per_month)
    assert found.possible == (found.own_usd_per_request <= found.hosted_usd_per_request * (1 + 1e-12))


def test_nothing_to_compare(result):
    free = {"input_usd_per_million": 0.0, "output_usd_per_million": 0.0}
    assert break_even(result, WORKLOAD, **free) is None
    unpriced = dataclasses.replace(result, usd_per_month=None)
    assert break_even(unpriced, WORKLOAD, input_usd_per_million=1.0, output_usd_per_million=1.0) is None


def test_a_model_is_found_by_its_id_in_any_case_without_its_revision():
    assert hosted_price("deepseek-ai/deepseek-v3.1@main").name == "DeepSeek-V3.1"
    assert hosted_price("openai/gpt-oss-120b").providers == 28
    assert hosted_price("nobody/nothing") is None


def test_no_model_has_two_prices():
    names = [name for price in hosted_prices() for name in price.models]
    assert len(names) == len(set(names))
    assert all(price.date and price.source and price.note for price in hosted_prices())


def test_prices_are_those_of_the_list(facts):
    with (facts / "hardware" / "api_prices_summary.csv").open(encoding="utf-8") as text:
        rows = {row["model"]: row for row in csv.DictReader(text)}
    assert set(rows) == {price.name for price in hosted_prices()}
    for price in hosted_prices():
        row = rows[price.name]
        for side, spread in (("in", price.input), ("out", price.output)):
            values = (spread.low_usd_per_million, spread.median_usd_per_million, spread.high_usd_per_million)
            assert values == tuple(float(row[f"{side}_{end}"]) for end in ("low", "median", "high"))

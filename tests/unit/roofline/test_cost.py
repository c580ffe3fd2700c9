"""Money, worked by hand: 8 GPUs at $3.60 are $0.008 per second; 1,000 tokens at 2,000 per second take half of one."""

import pytest

from roofline.cost import cost

CASE = {
    "usd_per_gpu_hour": 3.60,
    "utilization": 1.0,
    "gpus_per_replica": 8,
    "billed_gpus": 16,
    "input_tokens": 2000,
    "output_tokens": 1000,
    "prefill_s": 1.0,
    "decode_s": 3.0,
    "replica_tokens_per_s": 2000.0,
}


def test_a_request_is_split_by_the_time_of_prefill_and_decode():
    """$0.004 a request: a quarter for 2,000 tokens of input, the rest for 1,000 of output."""
    price = cost(**CASE)
    assert price.usd_per_million_input_tokens == pytest.approx(0.50)
    assert price.usd_per_million_output_tokens == pytest.approx(3.00)
    assert price.usd_per_million_tokens == pytest.approx(4 / 3)


def test_the_month_bills_every_gpu_for_730_hours():
    assert cost(**CASE).usd_per_month == pytest.approx(42_048)


def test_half_the_utilization_doubles_the_price_of_tokens_and_not_of_the_month():
    half = cost(**CASE | {"utilization": 0.5})
    assert half.usd_per_million_input_tokens == pytest.approx(1.00)
    assert half.usd_per_million_output_tokens == pytest.approx(6.00)
    assert half.usd_per_million_tokens == pytest.approx(8 / 3)
    assert half.usd_per_month == pytest.approx(42_048)


def test_idle_gpus_are_in_the_month_only():
    more = cost(**CASE | {"billed_gpus": 32})
    assert more.usd_per_million_tokens == pytest.approx(4 / 3)
    assert more.usd_per_month == pytest.approx(84_096)


def test_free_gpus_cost_nothing():
    assert cost(**CASE | {"usd_per_gpu_hour": 0.0}) == (0.0, 0.0, 0.0, 0.0)

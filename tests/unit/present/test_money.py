"""A hosted price against one's own GPUs, energy, list prices: in words, in nodes, in formulas."""

import dataclasses
import re

import pytest
from arithmetic import read
from hypothesis import given
from hypothesis import strategies as st

from present import how_money, money, moneyview, state
from present.explain import working
from present.formula import Origin
from present.money import RULES, Money
from roofline import GPUS
from roofline.hosted import hosted_price

entries = st.builds(
    Money,
    money_input_usd=st.none() | st.floats(0, 100_000),
    money_output_usd=st.none() | st.floats(0, 100_000),
    money_tokens_per_day=st.none() | st.integers(1, 10**15),
    money_usd_per_kwh=st.none() | st.floats(0, 1_000),
    money_pue=st.none() | st.floats(1, 10),
)


@given(entries, st.sampled_from(["", "?v=1&gpu=B200+SXM", "?view=find&money_pue=1.1&a.gpu=H20"]))
def test_a_link_holds_what_was_entered(entered, query):
    """parse(print(entries)) = entries, and nothing else of the link is touched."""
    written = money.to_query(entered, query)
    assert money.from_query(written) == (entered, ())
    assert money.to_query(entered, written) == written
    assert state.from_query(written) == state.from_query(query)


@given(st.sampled_from(sorted(RULES)), st.text(max_size=40))
def test_any_text_is_used_or_named(key, text):
    _, issues = money.read({key: text})
    assert [issue.field for issue in issues] in ([], [key])


@given(st.text(max_size=200))
def test_any_link_opens(query):
    assert isinstance(money.from_query(query)[0], Money)


def test_the_scenario_knows_the_keys():
    assert frozenset(RULES) == state.MONEY_KEYS
    query = "v=1&nodes=2&money_pue=1.2"
    assert state.to_query(state.from_query(query)[0], keep=query) == query


def test_the_median_of_the_list_is_what_sentences_speak_of(answer):
    found = answer()
    listed = hosted_price("deepseek-ai/DeepSeek-V3.1")
    main = money.chosen(money.comparisons(found, Money()))
    assert main.rate.output_usd_per_million == listed.output.median_usd_per_million
    words = money.verdict(found, Money())
    assert money.tokens(main.even.tokens_per_day) in words or "never" in words


def test_a_price_of_ones_own_goes_first(answer):
    found, entered = answer(), Money(money_input_usd=3.0, money_output_usd=12.0)
    rows = money.comparisons(found, entered)
    assert [row.rate.name for row in rows] == ["yours", "lowest", "median", "highest"]
    assert "your hosted price" in money.verdict(found, entered)
    half = money.own_rate(found, Money(money_input_usd=3.0))
    assert half.output_usd_per_million == hosted_price(found.model.name).output.median_usd_per_million


def test_an_unlisted_model_is_said_to_be_so(answer):
    found = answer(model="microsoft/phi-4", tensor_parallel=1)
    assert "has no hosted price of microsoft/phi-4" in money.verdict(found, Money())
    assert moneyview.comparison_nodes(found, Money()) == ()
    assert "both prices" in money.verdict(found, Money(money_input_usd=1.0))
    assert money.comparisons(found, Money(money_input_usd=1.0, money_output_usd=2.0))[0].even is not None


def test_a_gpu_without_a_price_is_said_to_be_so(answer):
    unknown = next(name for name, gpu in GPUS.items() if gpu.price is None)
    found = answer(model="meta-llama/Llama-3.1-8B", gpu=unknown, tensor_parallel=1)
    assert f"No price of {unknown} is known" in money.verdict(found, Money())
    assert "No list price" in moneyview.provider_nodes(found)[0].text()


def test_what_costs_nothing_is_not_undercut(answer):
    free = Money(money_input_usd=0.0, money_output_usd=0.0)
    assert "gives away" in money.verdict(answer(), free)
    assert "never" in money.verdict(answer(), Money(money_input_usd=1e-4, money_output_usd=1e-4))


def test_tokens_a_day_on_both_sides_of_the_break_even(answer):
    found, entered = answer(), Money(money_input_usd=3.0, money_output_usd=12.0)
    even = money.chosen(money.comparisons(found, entered)).even
    assert even.possible
    below, above, beyond = (
        money.at_volume(found, dataclasses.replace(entered, money_tokens_per_day=round(even.tokens_per_day * factor)))
        for factor in (0.9, 1.1, 2.0 / even.utilization)
    )
    assert below.endswith("the API costs less.")
    assert above.endswith("these GPUs cost less.")
    assert "more than these GPUs can answer" in beyond
    assert money.at_volume(found, entered) == ""


@pytest.mark.parametrize("gpu", [name for name, gpu in GPUS.items() if gpu.price is not None])
def test_every_provider_of_the_list_is_read(gpu):
    found, price = money.providers(gpu), GPUS[gpu].price
    assert len(found) == price.providers
    assert [usd for _, usd in found] == sorted(usd for _, usd in found)
    assert all(re.fullmatch(r"[\w .&-]+", name) for name, _ in found)


@pytest.mark.parametrize("pue", [None, 1.1])
def test_formulas_give_what_is_shown(answer, pue):
    found, entered = answer(utilization=0.5, nodes=2), Money(money_pue=pue, money_usd_per_kwh=0.12)
    work, shown = working(found), money.power(found, entered)
    per_token, month = (make(work, pue) for make in (how_money.joules_per_output_token, how_money.kwh_per_month))
    assert per_token.value == pytest.approx(shown.joules_per_output_token)
    assert month.value == pytest.approx(shown.kwh_per_month)
    assert shown.usd_per_month == pytest.approx(0.12 * shown.kwh_per_month)
    main = money.chosen(money.comparisons(found, entered))
    even = how_money.break_even_tokens_per_day(work, main.rate, Origin.PRICE, "list", "2026-11-24")
    assert even.value == pytest.approx(main.even.tokens_per_day)
    for quantity in (per_token, month, even):
        for each in quantity.walk():
            if each.formula is not None and each.name in (quantity.name, "hosted price of a request"):
                assert read(each.formula.numbers()) == pytest.approx(read(str(each)), rel=1e-4)
            if each.origin in (Origin.MEASURED, Origin.DATASHEET):
                assert each.source and each.date


def test_electricity_is_unknown_without_its_price(answer):
    text = "".join(node.text() for node in moneyview.energy_nodes(answer(), Money()))
    assert "enter a price per kWh" in text
    assert "at your price" in "".join(
        node.text() for node in moneyview.energy_nodes(answer(), Money(money_usd_per_kwh=0.1))
    )


def test_unknown_board_power_is_said(answer, monkeypatch):
    monkeypatch.setattr(money, "energy", lambda *_, **__: None)
    assert "not known" in moneyview.energy_nodes(answer(), Money())[0].text()
    assert moneyview.power_nodes(answer(), Money()) == ()

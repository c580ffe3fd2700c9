"""A hosted price against one's own GPUs, energy, list prices: in words, in nodes, in formulas."""

import dataclasses

import pytest
from arithmetic import read
from hypothesis import given
from hypothesis import strategies as st

from present import how_money, money, moneycards, moneyview, state
from present.explain import working
from present.figures import Figure
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


@pytest.mark.parametrize("gpu", GPUS)
def test_every_provider_of_the_list_is_shown_with_date_and_source(answer, gpu):
    found = answer(model="meta-llama/Llama-3.1-8B", gpu=gpu, tensor_parallel=1)
    nodes = [node for top in moneyview.provider_nodes(found) for node in top.walk()]
    dates = [node.text() for node in nodes if node.tag == "time"]
    names = [node.text() for node in nodes if node.tag == "strong"]
    assert len(names) == len(dates) == (GPUS[gpu].price.providers if GPUS[gpu].price else 0)
    assert all((*names, *dates))


ENTRIES = [
    Money(),
    Money(money_pue=1.1, money_usd_per_kwh=0.12, money_tokens_per_day=10**8),
    Money(money_output_usd=12.0, money_tokens_per_day=10**7),
    Money(money_input_usd=1e-4, money_output_usd=1e-4),
]


def shown_figures(answer, entered):
    for group in moneycards.groups(answer, entered):
        for card in group.cards:
            for piece in (card.figure, *(piece for line in card.lines for piece in line)):
                if isinstance(piece, Figure) and piece.value is not None:
                    yield piece


@pytest.mark.parametrize("entered", ENTRIES, ids=range(len(ENTRIES)))
@pytest.mark.parametrize("asked", [{}, {"utilization": 0.5, "nodes": 2}, {"usd_per_gpu_hour": 0.5}])
def test_every_figure_of_money_and_energy_has_a_formula_that_gives_it(answer, asked, entered):
    found = answer(**asked)
    work, seen = working(found), 0
    for figure in shown_figures(found, entered):
        explanation = how_money.explained(found, work, entered, figure.field)
        assert explanation is not None, figure.field
        assert explanation.quantity.value == figure.value
        for each in explanation.quantity.walk():
            seen += 1
            if each.formula is not None and "smax" not in each.formula.numbers():
                assert each.formula.value() == pytest.approx(each.value, rel=1e-9), each.name
            if each.origin in (Origin.MEASURED, Origin.DATASHEET, Origin.PRICE):
                assert each.source and each.date, each.name
        if explanation.quantity.formula is not None:
            numbers, result = explanation.steps[0].numbers, explanation.steps[0].result
            assert read(numbers) == pytest.approx(read(result), rel=1e-4)
    assert seen > 100


def test_a_figure_that_this_answer_does_not_have_has_no_formula(answer):
    found = answer(model="microsoft/phi-4", tensor_parallel=1)
    work = working(found)
    for field in ("break_even_median_tokens_per_day", "volume_utilization", "electricity_usd_per_month"):
        assert field not in how_money.makers(found, work, Money())
    assert how_money.explained(found, work, Money(), "usd_per_month") is not None


def test_whose_each_hosted_price_is(answer):
    """Half of it entered: that half is the reader's choice, the other the list's median."""
    found, entered = answer(), Money(money_output_usd=12.0)
    explanation = how_money.explained(found, working(found), entered, "hosted_yours_usd_per_request")
    origins = {row.name: row.origin for row in explanation.inputs}
    assert origins["hosted price of a million output tokens"] == Origin.YOURS
    assert origins["hosted price of a million input tokens"] == Origin.PRICE


def test_what_is_never_undercut_says_how_much_it_would_take(answer):
    found = answer()
    row = next(card for group in moneycards.groups(found, Money(money_input_usd=1e-4, money_output_usd=1e-4))
               for card in group.cards)  # fmt: skip
    assert str(row.figure) == "never"
    share = next(piece for line in row.lines for piece in line if getattr(piece, "field", "").endswith("utilization"))
    assert share.value > 1


def test_electricity_is_unknown_without_its_price(answer):
    text = "".join(node.text() for node in moneyview.energy_nodes(answer(), Money()))
    assert "enter a price per kWh" in text
    assert "at your price" in "".join(
        node.text() for node in moneyview.energy_nodes(answer(), Money(money_usd_per_kwh=0.1))
    )


def test_unknown_board_power_is_said(answer, monkeypatch):
    monkeypatch.setattr(money, "energy", lambda *_, **__: None)
    assert "not known" in moneyview.energy_nodes(answer(), Money())[0].text()

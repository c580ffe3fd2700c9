"""Scenarios side by side: the engine's figures, and which is better."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from present import compareview, comparison
from present.comparison import KINDS, Column, verdict
from present.figures import Writer
from present.markup import Node
from present.state import Scenario


@pytest.fixture
def columns(answer, problem):
    now, faster, too_small = Scenario(), Scenario(gpu="B200 SXM"), Scenario(gpu="H100 SXM")
    return (
        Column("", now, answer()),
        Column("a", faster, answer(gpu="B200 SXM")),
        Column("c", too_small, problem(gpu="H100 SXM")),
    )


def test_fields_that_differ_come_first_and_are_marked(columns):
    rows = comparison.settings(columns)
    assert [row.key for row in rows if row.differs] == ["gpu"] == [rows[0].key]
    assert rows[0].texts == ("H200 SXM", "B200 SXM", "H100 SXM")
    assert {"model", "engine", "input_tokens"} <= {row.key for row in rows}


def test_figures_are_the_engines(columns):
    for row, field in zip(comparison.results(columns, Writer()), KINDS, strict=True):
        for column, figure in zip(columns, row.figures, strict=True):
            if column.answer is None:
                assert figure is None
            else:
                assert figure.value == getattr(column.answer.estimate, field)


@given(st.floats(1e-6, 1e12), st.floats(1e-6, 1e12), st.sampled_from(sorted(KINDS)))
def test_better_is_less_time_and_money_and_more_of_all_else(base, value, field):
    kind = KINDS[field]
    said = verdict(kind, base, value)
    if abs(value / base - 1) <= comparison.SAME:
        assert (said.sense, said.words) == (0, "the same")
        return
    more = value > base
    assert said.sense == (kind.sense if more else -kind.sense)
    assert said.words.endswith(kind.more if more else kind.less)
    assert not said.words.startswith("0 ")
    if (field.endswith("_s") and "tokens_per_s" not in field) or field.startswith("usd"):
        assert said.sense == (-1 if more else 1)


def test_amounts_are_said_as_shares_and_then_as_multiples():
    kind = KINDS["tpot_s"]
    assert verdict(kind, 0.010, 0.012).words == "20\u00a0% longer"
    assert verdict(kind, 0.010, 0.0025).words == "4 × shorter"
    assert verdict(kind, None, 0.01) is None
    assert verdict(kind, 0.0, 0.01) is None


def test_the_table_says_more_than_colours(columns):
    (region,) = compareview.table_nodes(columns, Writer())
    nodes = list(region.walk())
    words = region.text()
    assert "In the form" in words and "A" in words and "C" in words
    assert columns[2].obstacle in words
    verdicts = [node for node in nodes if dict(node.attributes).get("class", "").startswith("verdict-")]
    assert {dict(node.attributes)["class"] for node in verdicts} >= {"verdict-better", "verdict-worse"}
    for node in verdicts:
        sense = dict(node.attributes)["class"].removeprefix("verdict-")
        assert sense == "even" or sense in node.text()
    differing = [node for node in nodes if dict(node.attributes).get("class") == "differs"]
    assert [dict(node.attributes)["data-setting"] for node in differing] == ["gpu"]
    assert "differs" in differing[0].text()
    buttons = [dict(node.attributes) for node in nodes if isinstance(node, Node) and node.tag == "button"]
    assert [b.get("data-swap") or b.get("data-unpin") for b in buttons] == ["a", "a", "c", "c"]


def test_nothing_pinned_says_what_to_do():
    assert "Pin keeps the scenario" in "".join(node.text() for node in compareview.empty_nodes())

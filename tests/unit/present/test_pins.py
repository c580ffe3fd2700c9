"""Pinned scenarios in the link, beside everything else that stands there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from present import pins, state
from present.pins import TooLong
from present.state import DEFAULT, PASTED, PINS, RULES, Scenario
from roofline import ENGINES, GPUS

scenarios = st.builds(
    Scenario,
    model=st.text(max_size=80).map(str.strip),
    gpu=st.sampled_from(sorted(GPUS)),
    nodes=st.integers(1, 10_000),
    precision=st.sampled_from(state.PRECISIONS),
    tensor_parallel=st.integers(1, 1024),
    input_tokens=st.integers(1, 10_000_000),
    concurrency=st.none() | st.integers(1, 1_000_000),
    usd_per_gpu_hour=st.none() | st.floats(0, 10_000),
    engine=st.sampled_from(sorted(ENGINES)),
    manual=st.booleans(),
)
boards = st.dictionaries(st.sampled_from(PINS), scenarios, max_size=3).map(
    lambda found: {pin: found[pin] for pin in PINS if pin in found}
)


@given(boards, scenarios)
def test_a_link_brings_back_what_was_pinned_and_the_form(board, scenario):
    query = pins.with_pins(state.to_query(scenario, keep="view=compare&find_users=3"), board)
    assert pins.read(query) == (board, ())
    assert state.from_query(query) == (scenario, ())
    assert state.view_of(query) == "compare"
    assert pins.with_pins(query, board) == query


@given(boards, scenarios)
def test_pins_stay_while_the_form_changes(board, scenario):
    query = state.to_query(scenario, keep=pins.with_pins("nodes=7", board))
    assert pins.read(query) == (board, ())


@given(boards)
def test_nothing_is_left_of_pins_taken_away(board):
    assert pins.with_pins(pins.with_pins("nodes=2", board), {}) == "nodes=2"


@given(st.text(max_size=200), st.sampled_from(PINS), st.sampled_from(sorted(RULES)))
def test_any_value_is_used_or_named(text, pin, key):
    query = pins.with_pins("", {pin: DEFAULT})
    used, issues = pins.read(f"{query}&{pin}.{key}={text}")
    assert isinstance(used[pin], Scenario)
    assert all(issue.text for issue in issues)


@given(st.text(max_size=300))
def test_any_query_is_read(query):
    found, issues = pins.read(query)
    assert set(found) <= set(PINS)
    assert all(issue.text for issue in issues)


def test_links_are_readable():
    board = {"a": Scenario(gpu="B200 SXM", tensor_parallel=4, units="gib"), "c": DEFAULT}
    assert pins.with_pins("nodes=2", board) == (
        "nodes=2&a.model=deepseek-ai/DeepSeek-V3.1&a.gpu=B200+SXM&a.tensor_parallel=4&c.model=deepseek-ai/DeepSeek-V3.1"
    )


def test_a_bad_value_is_said_with_the_pins_name():
    found, (issue,) = pins.read("b.gpu=H900&b.nodes=2")
    assert found == {"b": Scenario(nodes=2)}
    assert issue.text.startswith("B: GPU: “H900” is not known here")


def test_unknown_keys_of_a_pin_are_said_before_the_view_is_fetched():
    _, (issue,) = state.from_query("a.gpu=H20&a.colour=red&d.gpu=H20")
    assert "a.colour" in issue.text and "d.gpu" in issue.text


def test_a_link_too_long_to_be_read_again_is_refused():
    long = Scenario(model="\N{GRINNING FACE}" * 300)
    with pytest.raises(TooLong):
        pins.with_pins("", dict.fromkeys(PINS, long))


def test_free_and_same():
    assert pins.free({}) == "a"
    assert pins.free({"a": DEFAULT, "c": DEFAULT}) == "b"
    assert pins.free(dict.fromkeys(PINS, DEFAULT)) is None
    assert pins.same({"b": DEFAULT}, Scenario(units="gib")) == "b"
    assert pins.same({"b": DEFAULT}, Scenario(nodes=2)) is None
    assert not state.is_in_link(Scenario(model=PASTED))
    assert state.is_in_link(Scenario(model=PASTED, manual=True))


def test_every_field_has_words():
    words = pins.words_of(Scenario(usd_per_gpu_hour=2.5))
    assert set(words) == set(RULES)
    assert all(words[key] for key in RULES)
    assert (words["concurrency"], words["usd_per_gpu_hour"], words["input_tokens"]) == ("most that fit", "2.5", "2,048")

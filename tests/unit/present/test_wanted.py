"""What a search is asked, to and from text and links."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from present import models, state, wanted
from present.state import PRECISIONS, Scenario
from present.wanted import DEFAULT, DEFAULT_USERS, PREFIX, RULES, Wanted
from roofline import GPUS


def some(names):
    """A proper selection, in the order of the names."""
    return st.sets(st.sampled_from(names)).map(lambda found: tuple(name for name in names if name in found))


def positive(low, high):
    return st.none() | st.floats(low, high)


demands = st.one_of(
    st.fixed_dictionaries({}),
    st.fixed_dictionaries({"users": st.integers(1, 1_000_000).filter(lambda n: n != DEFAULT_USERS)}),
    st.fixed_dictionaries({"requests_per_s": st.floats(0.0001, 1e6)}),
)
speeds = st.one_of(
    st.fixed_dictionaries({}),
    st.fixed_dictionaries({"tpot_ms": st.floats(0.001, 1e6)}),
    st.fixed_dictionaries({"tokens_per_s": st.floats(0.001, 1e6)}),
)
searches = st.builds(
    lambda demand, speed, rest: Wanted(**demand, **speed, **rest),
    demands,
    speeds,
    st.fixed_dictionaries(
        {
            "ttft_s": positive(0.001, 10_000),
            "usd_per_month": positive(1, 1e12),
            "gpus": some(tuple(GPUS)),
            "precisions": some(PRECISIONS),
        }
    ),
)
scenarios = st.builds(
    Scenario, model=st.text(max_size=60).map(str.strip), nodes=st.integers(1, 100), gpu=st.sampled_from(sorted(GPUS))
)


@given(searches, scenarios)
def test_a_link_asks_what_made_it_beside_any_scenario(asked, scenario):
    query = wanted.with_wanted(state.to_query(scenario), asked)
    assert wanted.read(wanted.pairs_of(query)) == (asked, ())
    assert state.from_query(query) == (scenario, ())


@given(searches, searches, scenarios)
def test_a_search_and_a_scenario_leave_each_other_alone(asked, other, scenario):
    query = wanted.with_wanted("view=find&" + state.to_query(Scenario(nodes=7)), other)
    query = state.to_query(scenario, keep=wanted.with_wanted(query, asked))
    assert wanted.read(wanted.pairs_of(query)) == (asked, ())
    assert state.from_query(query) == (scenario, ())
    assert state.view_of(query) == "find"


@given(searches)
def test_printing_is_stable(asked):
    query = wanted.with_wanted("", asked)
    assert wanted.with_wanted(query, wanted.read(wanted.pairs_of(query))[0]) == query


@given(st.text(max_size=200))
def test_any_query_asks_something(query):
    asked, issues = wanted.read(wanted.pairs_of(query))
    assert isinstance(asked, Wanted)
    assert all(issue.text for issue in issues)


@given(st.sampled_from(sorted(RULES)), st.text(max_size=40))
def test_any_value_is_used_or_named(key, text):
    asked, issues = wanted.read({key: text})
    assert [issue.field for issue in issues] in ([], [key])
    if issues:
        assert getattr(asked, key) == getattr(DEFAULT, key)


def test_links_are_readable():
    asked = Wanted(users=200, tpot_ms=50.0, ttft_s=1.5, gpus=("H100 SXM", "H200 SXM"), precisions=("auto", "fp8"))
    assert wanted.with_wanted("nodes=2", asked) == (
        "nodes=2&find_users=200&find_ttft_s=1.5&find_tpot_ms=50&find_gpus=H100+SXM,H200+SXM&find_precisions=auto,fp8"
    )


def test_the_default_needs_no_keys():
    assert wanted.with_wanted("a=1", DEFAULT) == "a=1"
    assert wanted.read({"users": str(DEFAULT_USERS)}) == (DEFAULT, ())


def test_the_page_knows_all_keys_before_the_view_is_fetched():
    assert frozenset(PREFIX + key for key in RULES) == state.FIND_KEYS
    _, (issue,) = state.from_query("find_speed=3")
    assert "find_speed" in issue.text


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"users": "0"}, "users", "Requests at once must be between 1 and 1,000,000."),
        ({"users": "5", "requests_per_s": "2"}, "users", "is left out"),
        ({"tpot_ms": "5", "tokens_per_s": "2"}, "tokens_per_s", "is left out"),
        ({"ttft_s": "soon"}, "ttft_s", "“soon” is not a number."),
        ({"gpus": "H100 SXM, H900"}, "gpus", "“H900” is not known here"),
        ({"gpus": ""}, "gpus", "must have at least one ticked."),
        ({"precisions": "fp3"}, "precisions", "“fp3” is not known here"),
    ],
)
def test_what_cannot_be_used_is_said(values, field, words):
    asked, (issue,) = wanted.read(values)
    assert getattr(asked, field) == getattr(DEFAULT, field)
    assert issue.field == field
    assert words in issue.text


def test_the_engine_is_asked_with_the_forms_settings_but_for_what_is_searched():
    scenario = Scenario(nodes=3, tensor_parallel=8, expert_parallel=8, concurrency=7, engine="SGLang", utilization=0.5)
    asked = Wanted(requests_per_s=2.0, tokens_per_s=25.0, gpus=("B200 SXM",))
    model = models.bundled(scenario.model).model
    question = wanted.question(scenario, model, asked, {"B200 SXM": 3.0})
    assert (question.demand.requests_per_s, question.targets.tpot_s) == (2.0, 0.04)
    assert (question.deployment.engine, question.deployment.utilization) == ("SGLang", 0.5)
    assert (question.gpus, question.precisions) == (("B200 SXM",), ("auto",))
    assert question.prices == {"B200 SXM": 3.0}
    assert question.workload.concurrency is None
    assert wanted.searched(scenario) == wanted.searched(Scenario(engine="SGLang", utilization=0.5))

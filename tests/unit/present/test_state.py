"""The scenario to and from text."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from present import state
from present.state import DEFAULT, RULES, Scenario
from roofline import CATALOGUE, ENGINES, GPUS

whole = st.integers(min_value=1, max_value=1024)
tokens = st.integers(min_value=1, max_value=10_000_000)
shares = st.floats(min_value=0.01, max_value=1, allow_nan=False)
scenarios = st.builds(
    Scenario,
    model=st.text(max_size=100).map(str.strip),
    gpu=st.sampled_from(sorted(GPUS)),
    nodes=st.integers(1, 10_000),
    precision=st.sampled_from(state.PRECISIONS),
    kv_precision=st.sampled_from(state.KV_PRECISIONS),
    tensor_parallel=whole,
    pipeline_parallel=whole,
    expert_parallel=whole,
    attention_data_parallel=whole,
    input_tokens=tokens,
    output_tokens=tokens,
    concurrency=st.none() | st.integers(1, 1_000_000),
    usd_per_gpu_hour=st.none() | st.floats(min_value=0, max_value=10_000, allow_nan=False),
    utilization=shares,
    engine=st.sampled_from(sorted(ENGINES)),
    memory_fraction=st.none() | shares,
    max_running=st.none() | st.integers(1, 1_000_000),
    max_batched_tokens=st.none() | tokens,
    manual=st.booleans(),
    total_params=st.integers(1, 10**14),
    hidden_size=whole,
    layers=whole,
    heads=whole,
    kv_heads=whole,
    experts=st.integers(0, 1024),
    active_experts=st.integers(0, 1024),
    units=st.sampled_from(state.UNITS),
)


@given(scenarios)
def test_a_link_opens_the_scenario_that_made_it(scenario):
    """parse(print(state)) = state, with nothing to report."""
    assert state.from_query(state.to_query(scenario)) == (scenario, ())


@given(scenarios)
def test_printing_is_stable(scenario):
    query = state.to_query(scenario)
    assert state.to_query(state.from_query(query)[0]) == query


@given(scenarios)
def test_a_form_says_what_was_written_into_it(scenario):
    assert state.read(state.texts(scenario)) == (scenario, ())


@given(st.text(max_size=300))
def test_any_query_opens_something(query):
    """Hostile links give a scenario and words, never an exception."""
    scenario, issues = state.from_query(query)
    assert isinstance(scenario, Scenario)
    assert all(issue.text for issue in issues)


@given(st.sampled_from(sorted(RULES)), st.text(max_size=60))
def test_any_value_of_a_known_key_is_used_or_named(key, value):
    """Never silently replaced by the default."""
    scenario, issues = state.read({key: value})
    assert [issue.field for issue in issues] in ([], [key])
    if issues:
        assert getattr(scenario, key) == getattr(DEFAULT, key)


def test_the_default_scenario_needs_no_query():
    assert state.to_query(DEFAULT) == ""


def test_the_default_model_is_bundled():
    """The first answer needs no network."""
    assert DEFAULT.model in CATALOGUE


def test_links_are_readable():
    scenario = Scenario(model="Qwen/Qwen3-8B", gpu="B200 SXM", tensor_parallel=2, usd_per_gpu_hour=2.5)
    assert state.to_query(scenario) == "v=1&model=Qwen/Qwen3-8B&gpu=B200+SXM&tensor_parallel=2&usd_per_gpu_hour=2.5"


def test_how_the_page_is_shown_stays_in_the_link():
    query = state.to_query(Scenario(nodes=2), keep="?embed=1&theme=dark&nodes=7&v=1")
    assert query == "v=1&nodes=2&embed=1&theme=dark"


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ("gpu=H900", "gpu", "H900"),
        ("tensor_parallel=0", "tensor_parallel", "between 1 and 1,024"),
        ("input_tokens=abc", "input_tokens", "not a number"),
        ("utilization=2", "utilization", "between 0.01 and 1"),
        ("precision=fp3", "precision", "fp3"),
        ("manual=perhaps", "manual", "1 or left out"),
        ("model=" + "x" * 400, "model", "too long"),
        ("v=7", "v", "7"),
        ("tp=8", "", "tp"),
        ("x=" + "y" * 9000, "", "too long"),
    ],
)
def test_what_a_link_gets_wrong_is_said(query, field, words):
    """The default stands in, visibly."""
    scenario, issues = state.from_query(query)
    assert scenario == DEFAULT
    assert [issue.field for issue in issues] == [field]
    assert words in issues[0].text


def test_names_are_read_whatever_their_case():
    assert state.read({"gpu": "h100 sxm", "engine": "VLLM", "precision": "FP8"})[0] == Scenario(
        gpu="H100 SXM", precision="fp8"
    )


def test_other_names_of_the_same_thing_are_read():
    """What the engine's API accepts, a link accepts."""
    assert state.read({"precision": "bf16"})[0] == Scenario(precision="fp16")
    for gpu in GPUS.values():
        for alias in gpu.aliases:
            assert state.read({"gpu": alias}) == (Scenario(gpu=gpu.name), ())


def test_every_field_has_a_rule_with_a_label():
    assert [field.name for field in fields(Scenario)] == list(RULES)
    assert all(rule.label for rule in RULES.values())


@given(scenarios)
def test_how_a_frame_looks_is_kept_and_can_be_left_out(scenario):
    look = "embed=1&theme=dark&show=headline,cost"
    framed = state.to_query(scenario, keep=f"?{look}&view=curve")
    assert all(pair in framed.split("&") for pair in (*look.split("&"), "view=curve"))
    alone = state.unframed(framed)
    assert alone == state.to_query(scenario, keep="view=curve")
    assert state.from_query(alone) == (scenario, ())


def test_a_tab_keeps_the_look_of_a_frame():
    assert state.with_view("?embed=1&show=headline,cost", "curve") == "embed=1&show=headline,cost&view=curve"

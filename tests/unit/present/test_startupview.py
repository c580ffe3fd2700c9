"""The start-up log dialog: figures for the right length, both columns, differences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from present import startupview
from present.startuplog import Logged, read_log


def cells(nodes):
    """Text of a table's body, row by row."""
    rows = [node for part in nodes for node in part.walk() if node.tag == "tr"][1:]
    return [[cell.text() for cell in row.children] for row in rows]


def test_requests_are_as_long_as_the_form_says_unless_the_log_says(answer):
    found = answer(input_tokens=3000, output_tokens=1000)
    assert startupview.figures(found, Logged()).request_tokens == 4000
    assert startupview.figures(found, Logged(request_tokens=131_072)).request_tokens == 131_072


@pytest.mark.parametrize("tokens", [0.0, 1.0, 1e30])
def test_a_length_that_no_request_has_is_not_believed(answer, tokens):
    found = answer(input_tokens=3000, output_tokens=1000)
    assert startupview.figures(found, Logged(request_tokens=tokens)).request_tokens == 4000


@pytest.mark.parametrize(
    ("engine", "line"),
    [("vLLM", "GPU KV cache size: "), ("SGLang", "#tokens: "), ("TensorRT-LLM", "for max tokens in paged KV cache")],
)
def test_the_lines_are_those_of_the_chosen_engine(answer, engine, line):
    found = startupview.figures(answer(engine=engine), Logged())
    assert line in startupview.ours(found)
    assert startupview.title(found) == f"Start-up log of {engine}"


def test_only_what_the_log_says_is_compared(answer):
    found = startupview.figures(answer(model="meta-llama/Llama-3.1-8B", gpu="H100 SXM", tensor_parallel=1), Logged())
    shown = cells(startupview.rows(found, Logged(weights_gib=14.99, cache_tokens=found.cache_tokens / 1.1)))
    assert shown == [
        ["Weights", "14.96\u00a0GiB", "14.99\u00a0GiB", "−0.2\u00a0%"],
        ["Tokens in the KV cache", f"{found.cache_tokens:,}", f"{found.cache_tokens / 1.1:,.0f}", "+10\u00a0%"],
    ]


def test_our_own_lines_are_no_different_from_ours(answer):
    found = startupview.figures(answer(), Logged())
    shown = cells(startupview.rows(found, read_log(startupview.ours(found))))
    assert len(shown) == 4
    assert all(row[3] == "0\u00a0%" for row in shown)


def test_a_request_that_does_not_fit_is_said(answer):
    found = startupview.figures(answer(), Logged(request_tokens=99_000_000))
    assert not found.starts
    assert startupview.lead(found).endswith("the engine would refuse to start.")


@given(st.text(max_size=300))
def test_no_pasted_text_is_too_much(text):
    logged = read_log(text)
    assert isinstance(logged, Logged)


def test_the_length_is_written_out(answer):
    found = startupview.figures(answer(), Logged(request_tokens=32_768))
    assert " of up to 32,768 tokens." in startupview.lead(found)


def test_nothing_found_is_said(answer):
    found = startupview.figures(answer(), Logged())
    assert "No figure was found" in startupview.rows(found, Logged())[0].text()

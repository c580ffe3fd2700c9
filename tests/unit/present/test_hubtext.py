"""What the Hub says."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from present import hubtext
from present.hubtext import ModelRef
from roofline import CATALOGUE


@pytest.mark.parametrize(
    ("typed", "ref"),
    [
        ("Qwen/Qwen3-8B", ModelRef("Qwen/Qwen3-8B")),
        ("  Qwen/Qwen3-8B ", ModelRef("Qwen/Qwen3-8B")),
        ("gpt2", ModelRef("gpt2")),
        ("org/name@v1.0", ModelRef("org/name", "v1.0")),
        ("https://huggingface.co/Qwen/Qwen3-8B", ModelRef("Qwen/Qwen3-8B")),
        ("http://huggingface.co/Qwen/Qwen3-8B/", ModelRef("Qwen/Qwen3-8B")),
        ("huggingface.co/Qwen/Qwen3-8B?library=vllm#x", ModelRef("Qwen/Qwen3-8B")),
        ("hf.co/Qwen/Qwen3-8B", ModelRef("Qwen/Qwen3-8B")),
        ("https://huggingface.co/gpt2", ModelRef("gpt2")),
        ("https://huggingface.co/gpt2/tree/main", ModelRef("gpt2")),
        ("https://huggingface.co/org/name/tree/dev", ModelRef("org/name", "dev")),
        ("https://huggingface.co/org/name/blob/abc123/config.json", ModelRef("org/name", "abc123")),
        ("https://huggingface.co/org/name/resolve/refs%2Fpr%2F5/config.json", ModelRef("org/name", "refs/pr/5")),
        ("https://huggingface.co/org/name/discussions", ModelRef("org/name")),
    ],
)
def test_ids_and_addresses(typed, ref):
    assert hubtext.model_ref(typed) == ref


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "a b",
        "org/name/extra",
        "../etc/passwd",
        "org/..",
        "org/na..me",
        "https://example.com/org/name",
        "https://huggingface.co/",
        "https://huggingface.co/datasets/squad",
        "https://huggingface.co/spaces/org/name",
        "javascript://huggingface.co/%0aalert(1)",
        "org/name@../../x",
        "org/name@a//b",
        "<img src=x>",
        "x" * 200,
    ],
)
def test_what_names_no_model(typed):
    with pytest.raises(hubtext.NotAModel):
        hubtext.model_ref(typed)


@given(st.text(max_size=200))
def test_a_reference_stays_on_the_hub(text):
    """Whatever was typed, the address asked is that of a file of one model on the one host."""
    try:
        ref = hubtext.model_ref(text)
    except hubtext.NotAModel:
        return
    url = ref.file_url("config.json")
    assert url.startswith(f"https://huggingface.co/{ref.id}/resolve/")
    assert url.count("/") == 6 + ref.id.count("/")
    assert not set(url) & set(" <>\"'\\?#\n")
    assert ".." not in url


@given(st.text(max_size=200))
def test_printing_a_reference_reads_back(text):
    try:
        ref = hubtext.model_ref(text)
    except hubtext.NotAModel:
        return
    assert hubtext.model_ref(str(ref)) == ref


def test_revisions_are_escaped_in_addresses():
    assert ModelRef("a/b", "refs/pr/5").file_url("config.json") == (
        "https://huggingface.co/a/b/resolve/refs%2Fpr%2F5/config.json"
    )


GATED = "Access to model meta-llama/x is restricted. You must have access to it and be authenticated to access it."


@pytest.mark.parametrize(
    ("status", "header", "body", "code"),
    [
        (200, "", "{}", None),
        (401, "GatedRepo", "", "gated-repo"),
        (403, "GatedRepo", "", "gated-repo"),
        (401, "", GATED, "gated-repo"),
        (401, "RepoNotFound", "", "repo-not-found"),
        (401, "", '{"error":"Invalid username or password."}', "repo-not-found"),
        (404, "RepoNotFound", "", "repo-not-found"),
        (404, "RevisionNotFound", "", "revision-not-found"),
        (404, "EntryNotFound", "", "no-config"),
        (404, "", "Entry not found", "no-config"),
        (404, "", '{"error":"Entry not found"}', "no-config"),
        (403, "", "Access to this resource is disabled.", "repo-disabled"),
        (429, "", "", "rate-limited"),
        (500, "", "", "hub-error"),
        (503, "", "<html>", "hub-error"),
        (418, "", "", "hub-error"),
    ],
)
def test_refusals(status, header, body, code):
    """X-Error-Code decides; 401 alone does not tell a gated model from a missing one."""
    assert hubtext.refusal(status, header, body) == code


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (None, "", "hub-unreachable"),
        (200, '{"id":"a/b","gated":"manual"}', "gated-repo"),
        (200, '{"id":"a/b","gated":"auto"}', "gated-repo"),
        (200, '{"id":"a/b","gated":false}', "hub-unreachable"),
        (200, '{"id":"a/b"}', "hub-unreachable"),
        (200, "<html>", "hub-unreachable"),
        (200, '{"private":true}', "gated-repo"),
        (401, "", "repo-not-found"),
        (404, "", "repo-not-found"),
        (429, "", "rate-limited"),
        (502, "", "hub-error"),
    ],
)
def test_failures_without_an_answer(status, body, code):
    """A refusal without CORS headers reaches the browser as no answer; the public entry tells why."""
    assert hubtext.after_opaque_failure(status, body) == code


def test_configs_with_bare_infinity_are_read():
    """Hub configs have it; JSON of a browser refuses it."""
    assert hubtext.json_object('\ufeff{"a": Infinity, "b": [1, NaN]}')["a"] == float("inf")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[1]",
        "null",
        '"x"',
        "{'a': 1}",
        "<!doctype html>",
        "[" * 100_000,
        '{"a":' * 5_000,
        '{"a": ' + "9" * 9_999 + "}",
    ],
)
def test_what_is_no_config(text):
    """Refused in words, whatever it is."""
    with pytest.raises(hubtext.NotAConfig) as refusal:
        hubtext.json_object(text)
    assert str(refusal.value)


@given(st.sampled_from(sorted(CATALOGUE)), st.floats(min_value=0, max_value=1, exclude_max=True))
def test_a_config_that_breaks_off_is_refused(name, share):
    text = json.dumps(CATALOGUE[name].config)
    with pytest.raises(hubtext.NotAConfig):
        hubtext.json_object(text[: int(share * len(text))])


def test_over_large_text_is_not_parsed():
    with pytest.raises(hubtext.NotAConfig, match="2 MB"):
        hubtext.json_object(json.dumps({"a": "x" * 2_000_001}))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), st.lists, max_leaves=20))
def test_any_json_is_an_object_or_refused(value):
    try:
        assert isinstance(hubtext.json_object(json.dumps(value)), dict)
    except hubtext.NotAConfig:
        assert not isinstance(value, dict)


@pytest.mark.parametrize("text", ['{"a":"' + '\\"' * 400_000, '"' * 400_000, "{" + '"a":1,' * 200_000, '"\\'])
def test_hostile_text_is_refused_at_once(text):
    """No text makes the reader slow."""
    started = time.perf_counter()
    with pytest.raises(hubtext.NotAConfig):
        hubtext.json_object(text)
    assert time.perf_counter() - started < 2


def test_brackets_in_strings_are_not_levels():
    assert hubtext.json_object(json.dumps({"a": "[" * 500, "b": '\\"{{'}))["b"] == '\\"{{'


def test_some_nesting_is_read():
    assert hubtext.json_object('{"a":' * 50 + "1" + "}" * 50)
    with pytest.raises(hubtext.NotAConfig, match="nested"):
        hubtext.json_object('{"a":' * 70 + "1" + "}" * 70)

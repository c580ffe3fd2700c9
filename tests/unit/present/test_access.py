"""A reader's own token."""

import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from present import access, hubtext, state

SECRET = "hf_" + "S3cretS3cret" * 3


def test_it_is_shown_nowhere():
    token = access.token(f"  {SECRET} ")
    assert token is not None
    assert SECRET not in repr(token) and SECRET not in str(token) and SECRET not in f"{token}"
    try:
        token.header("https://example.com/")
    except ValueError:
        assert SECRET not in traceback.format_exc()


def test_it_is_for_one_host():
    token = access.Token(SECRET)
    assert token.header("https://huggingface.co/a/b") == f"Bearer {SECRET}"
    for url in (
        "https://huggingface.co.example.com/a",
        "http://huggingface.co/a",
        "https://hf.co/a",
        "//huggingface.co/",
        "/a",
        "https://huggingface.co@example.com/",
    ):
        with pytest.raises(ValueError, match="alone"):
            token.header(url)


@pytest.mark.parametrize("text", ["short", "two words here", "line\nbreak-line", "ümlaut-token", "x" * 401])
def test_what_cannot_be_one_is_refused_without_repeating_it(text):
    with pytest.raises(access.NotAToken) as refused:
        access.token(text)
    assert text not in str(refused.value)
    assert access.note(text) == str(refused.value)


def test_none_is_none():
    assert access.token("  ") is None
    assert "memory only" in access.note("")
    assert access.note(SECRET).endswith("Calculate uses it.")
    assert SECRET not in access.note(SECRET)


@given(st.text(max_size=60))
def test_a_header_has_one_line(text):
    try:
        token = access.token(text)
    except access.NotAToken:
        return
    if token is not None:
        header = token.header("https://huggingface.co/x")
        assert header.isascii() and header.isprintable()


@pytest.mark.parametrize(
    ("status", "error_code", "body", "code"),
    [
        (200, "", "{}", None),
        (401, "", '{"error":"Invalid credentials in Authorization header"}', "token-refused"),
        (401, "", '{"error":"Invalid username or password."}', "token-refused"),
        (403, "GatedRepo", "not in the authorized list", "gated-not-granted"),
        (401, "GatedRepo", "restricted", "gated-not-granted"),
        (404, "RepoNotFound", "", "repo-not-found"),
        (429, "", "", "rate-limited"),
    ],
)
def test_refusals_in_spite_of_a_token(status, error_code, body, code):
    assert access.refusal_with_token(status, error_code, body) == code


@pytest.mark.parametrize("typed", [SECRET, f"org/{SECRET}", f"https://huggingface.co/{SECRET}", f"org/name@{SECRET}"])
def test_a_token_in_the_model_box_goes_nowhere(typed):
    """Neither into a link nor into a request."""
    with pytest.raises(hubtext.NotAModel) as refused:
        hubtext.model_ref(typed)
    assert SECRET not in str(refused.value)
    scenario, issues = state.read({"model": typed})
    assert [issue.field for issue in issues] == ["model"]
    assert SECRET not in state.to_query(scenario) + issues[0].text


def test_ordinary_names_are_no_tokens():
    for name in ("hf-internal-testing/tiny-random", "org/hf_model", "org/api_org_x", "HuggingFaceTB/SmolLM2-135M"):
        assert not hubtext.looks_like_token(name)

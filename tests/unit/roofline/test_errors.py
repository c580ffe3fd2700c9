"""The error tree: one base, a stable code and a next step on every error."""

import pytest

from roofline import ConfigError, DeploymentError, RooflineError, UnsupportedArchitecture, WorkloadError
from roofline.errors import shown


@pytest.mark.parametrize("kind", [ConfigError, UnsupportedArchitecture, DeploymentError, WorkloadError])
def test_every_error_is_caught_by_the_base_and_as_a_value_error(kind):
    assert issubclass(kind, RooflineError)
    assert issubclass(kind, ValueError)


def test_an_unsupported_architecture_is_a_fault_of_the_config():
    assert issubclass(UnsupportedArchitecture, ConfigError)
    assert not issubclass(DeploymentError, ConfigError)
    assert not issubclass(WorkloadError, DeploymentError)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (RooflineError, "invalid-input"),
        (ConfigError, "invalid-config"),
        (UnsupportedArchitecture, "unsupported-architecture"),
        (DeploymentError, "invalid-deployment"),
        (WorkloadError, "invalid-number"),
    ],
)
def test_every_kind_has_a_code_of_its_own(kind, code):
    assert kind("what happened").code == code


def test_message_hint_and_code_are_kept():
    error = DeploymentError("no such GPU", hint="Use H200 SXM.", code="unknown-gpu")
    assert (str(error), error.hint, error.code) == ("no such GPU", "Use H200 SXM.", "unknown-gpu")


def test_a_hint_is_never_positional():
    with pytest.raises(TypeError):
        RooflineError("what happened", "what to do")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("A100", "'A100'"),
        (1234567, "1,234,567"),
        (10**5000, "a huge number"),
        (True, "True"),
        (None, "None"),
        (float("nan"), "nan"),
        ([1, 2], "list"),
        ({"a": 1}, "dict"),
    ],
    ids=["text", "number", "huge", "bool", "none", "nan", "list", "dict"],
)
def test_a_bad_value_is_shown_safely(value, text):
    assert shown(value) == text


def test_a_long_text_is_cut():
    assert len(shown("x" * 10_000)) == 60

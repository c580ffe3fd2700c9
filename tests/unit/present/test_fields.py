"""Fields: each rule reads what it writes, and says what it cannot use."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from present import fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One field of each kind."""

    loud: bool = fields.flag("Loud")
    colour: str = fields.choice("Colour", "red", ("red", "green"), {"rouge": "red"})
    many: int | None = fields.count("Many", None, 1, 1000)
    length: float = fields.measure("Length", 1.0, 0.5, 2)


RULES = fields.rules_of(Form)


def test_what_is_read_makes_the_form():
    used, issues = fields.read(RULES, {"loud": "1", "colour": "Rouge", "many": "1k", "length": "1,5", "other": "x"})
    assert (Form(**used), issues) == (Form(loud=True, colour="red", many=1000, length=1.5), ())


@pytest.mark.parametrize(
    ("key", "text", "words"),
    [
        ("loud", "perhaps", "Loud must be 1 or left out."),
        ("colour", "blue", "Colour: “blue” is not known here: red or green."),
        ("many", "0", "Many must be between 1 and 1,000."),
        ("length", "abc", "Length: “abc” is not a number."),
    ],
)
def test_what_cannot_be_used_is_left_out_and_said(key, text, words):
    used, (issue,) = fields.read(RULES, {key: text})
    assert used == {}
    assert (issue.field, issue.text) == (key, words)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_back_as_it_was_written(value):
    assert float(fields.written(value)) == value

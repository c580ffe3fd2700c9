"""Numbers that people type."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from present import parse


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2048", 2048),
        (" 2 048 ", 2048),
        ("2,048", 2048),
        ("2.048", 2048),
        ("1,234,567", 1_234_567),
        ("8k", 8192),
        ("128K", 131_072),
        ("1.5k", 1536),
        ("1,5k", 1536),
        ("1M", 1_048_576),
        ("1e6", 1_000_000),
        ("2.5e3", 2500),
        ("+7", 7),
    ],
)
def test_tokens(typed, meant):
    """A context of 128K is 131,072 tokens; lone separators before three digits group thousands."""
    assert parse.count(typed, tokens=True) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("70B", 70_000_000_000),
        ("70.6b", 70_600_000_000),
        ("8.03B", 8_030_000_000),
        ("0.1T", 100_000_000_000),
        ("8030261248", 8_030_261_248),
        ("1.2T", 1_200_000_000_000),
    ],
)
def test_parameters_keep_every_digit(typed, meant):
    """Multipliers of parameter counts are powers of ten."""
    assert parse.count(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2.5", 2.5),
        ("2,5", 2.5),
        ("$3.60", 3.6),
        ("1.234,5", 1234.5),
        ("1,234.5", 1234.5),
        ("60%", 0.6),
        ("60 %", 0.6),
        (".5", 0.5),
        ("0,875", 0.875),
    ],
)
def test_measures_take_both_decimal_marks(typed, meant):
    """A lone separator in a measure is the decimal mark."""
    assert parse.number(typed) == pytest.approx(meant)


@pytest.mark.parametrize(
    "typed", ["", " ", "abc", "8x", "1.2.3", "1,2,3", "--1", "1e", "NaN", "inf", "1e999", "²", "12 GB", "9" * 50]
)
def test_what_is_no_number_is_refused(typed):
    """Nothing is guessed."""
    with pytest.raises(parse.NotANumber):
        parse.number(typed)


@pytest.mark.parametrize("typed", ["2.5", "0,1", "1e-3", "50%"])
def test_parts_of_a_token_are_refused(typed):
    """A count is whole."""
    with pytest.raises(parse.NotANumber, match="whole"):
        parse.count(typed, tokens=True)


@given(st.integers(min_value=0, max_value=10**15))
def test_plain_digits_mean_themselves(value):
    """What the page writes back is read as the same number, grouped or not."""
    assert parse.count(str(value)) == value
    assert parse.count(f"{value:,}") == value
    assert parse.count(f"{value:,}".replace(",", ".")) == value


@given(st.floats(min_value=0, max_value=1e9, allow_nan=False))
def test_floats_survive_writing(value):
    """repr() reads back exactly."""
    assert parse.number(repr(value)) == value


@given(st.text(max_size=60))
def test_any_text_is_a_number_or_refused(text):
    """No other exception."""
    try:
        assert isinstance(parse.number(text), float)
    except parse.NotANumber as refusal:
        assert str(refusal)

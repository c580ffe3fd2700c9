"""Numbers to text."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from present import text


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.0123456, "0.0123"), (70.553, "70.6"), (1234.5, "1,230"), (0, "0"), (999.96, "1,000"), (12345678, "12,300,000")],
)
def test_three_significant_digits(value, written):
    assert text.significant(value) == written


@pytest.mark.parametrize(
    ("value_bytes", "gb", "gib"),
    [
        (141e9, "141 GB", "131 GiB"),
        (999.96e6, "1.00 GB", "954 MiB"),
        (1e12, "1.00 TB", "931 GiB"),
        (70_272, "70.3 kB", "68.6 KiB"),
        (12, "12.0 B", "12.0 B"),
        (2**30, "1.07 GB", "1.00 GiB"),
    ],
)
def test_bytes(value_bytes, gb, gib):
    """GB is 10^9; GiB on request is 2^30; the prefix is chosen after rounding."""
    assert str(text.size(value_bytes)) == gb.replace(" ", "\u00a0")
    assert str(text.size(value_bytes, binary=True)) == gib.replace(" ", "\u00a0")


@pytest.mark.parametrize(
    ("value_s", "written"),
    [
        (0.0554, "55.4 ms"),
        (0.99996, "1.00 s"),
        (57.64, "57.6 s"),
        (61, "61.0 s"),
        (7_200, "7,200 s"),
        (2e-5, "20.0 µs"),
    ],
)
def test_durations(value_s, written):
    assert str(text.duration(value_s)) == written.replace(" ", "\u00a0")


@pytest.mark.parametrize(
    ("value_usd", "written"),
    [
        (0.3571, "$0.357"),
        (1.6402, "$1.64"),
        (12.5, "$12.50"),
        (99.99, "$100"),
        (23_360, "$23,400"),
        (0.00042, "$0.000420"),
        (0, "$0.00"),
    ],
)
def test_money(value_usd, written):
    """Cents at least; never more than three significant digits that carry information."""
    assert str(text.money(value_usd)) == written


@pytest.mark.parametrize(
    ("count", "written"),
    [
        (8_030_261_248, "8.03B"),
        (671_026_419_200, "671B"),
        (999_960_000, "1.00B"),
        (1.04e12, "1.04T"),
        (134_515_008, "135M"),
    ],
)
def test_parameters(count, written):
    """One letter, glued; never "1BB"."""
    assert str(text.parameters(count)) == written


@given(st.floats(min_value=1e-9, max_value=1e18, allow_nan=False))
def test_no_formatter_shows_more_than_three_significant_digits(value):
    for quantity in (
        text.size(value),
        text.size(value, binary=True),
        text.duration(value),
        text.rate(value),
        text.parameters(value),
    ):
        digits = re.sub(r"[^\d]", "", quantity.number).lstrip("0")
        assert len(digits.rstrip("0")) <= 3, quantity
        assert float(quantity.number.replace(",", "")) > 0 or value < 1e-6


@given(st.floats(min_value=1e-3, max_value=1e15, allow_nan=False))
def test_what_is_written_is_within_half_a_percent(value):
    factors = {unit: factor for factor, unit in text.DECIMAL_BYTES}
    shown = text.size(value)
    assert float(shown.number.replace(",", "")) * factors[shown.unit] == pytest.approx(value, rel=0.0051)


@pytest.mark.parametrize(
    ("names", "phrase"), [([], ""), (["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "c"], "a, b or c")]
)
def test_listing(names, phrase):
    assert text.listing(names) == phrase


def test_what_is_not_a_number_is_shown_as_unknown():
    assert text.significant(float("nan")) == text.UNKNOWN
    assert str(text.money(float("inf"))) == text.UNKNOWN


@pytest.mark.parametrize(
    ("share", "plain", "signed"),
    [
        (0.1234, "12", "+12"),
        (0.0996, "10", "+10"),
        (-0.0994, "−9.9", "−9.9"),
        (0.0061, "0.6", "+0.6"),
        (0.0004, "<0.1", "0"),
        (0.0, "0", "0"),
        (12.0, "1,200", "+1,200"),
    ],
)
def test_percent(share, plain, signed):
    assert str(text.percent(share)) == f"{plain}\u00a0%"
    assert str(text.percent(share, signed=True)) == f"{signed}\u00a0%"


def test_no_other_module_writes_per_cent():
    present = Path(text.__file__).parent
    pattern = re.compile(r"\{[^{}]*%\}|\* ?100\b")
    found = [path.name for path in present.glob("*.py") if pattern.search(path.read_text("utf-8"))]
    assert found == ["text.py"]

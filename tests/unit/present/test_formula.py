"""Formulas: written and evaluated from one tree."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from present.formula import Operation, Origin, Quantity, amount, apply, less, over, smooth, times, total
from roofline.curves import smooth_max

FACTORS = {
    "ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1.0,
    "B": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "B/s": 1.0, "GB/s": 1e9, "TB/s": 1e12,
    "FLOP": 1.0, "MFLOP": 1e6, "GFLOP": 1e9, "TFLOP": 1e12, "FLOP/s": 1.0, "TFLOP/s": 1e12,
}  # fmt: skip
NUMBER = re.compile(r"(?<![\w.])\$?(\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?: ([A-Za-zµ][\w/µ-]*))?")
FUNCTIONS = {
    "max": max, "min": min, "floor": math.floor, "ceil": math.ceil, "log2": math.log2, "smax": smooth_max,
}  # fmt: skip


def read(text: str) -> float:
    """What a reader gets who types the shown numbers into a calculator; units by their SI factors."""
    plain = NUMBER.sub(lambda found: f"({found[1]}*{FACTORS.get(found[2], 1.0)})", text)
    plain = plain.translate(str.maketrans({"×": "*", "÷": "/", "−": "-"}))
    assert re.fullmatch(r"[\d\s.,()*/+e-]*", re.sub("|".join(FUNCTIONS), "", plain)), text
    return float(eval(plain, {"__builtins__": {}}, FUNCTIONS))


def quantity(value, name="x", unit=""):
    return Quantity(name, value, unit)


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.0123456789, "s", "12.3457 ms"),
        (2.5, "s", "2.5 s"),
        (0.0, "s", "0 s"),
        (141e9, "bytes", "141 GB"),
        (576.0, "bytes", "576 B"),
        (4.8e12, "bytes/s", "4.8 TB/s"),
        (989e12, "FLOP/s", "989 TFLOP/s"),
        (3.89, "USD", "$3.89"),
        (1024.0, "tokens", "1024 tokens"),
        (0.92, "", "0.92"),
    ],
)
def test_amounts(value, unit, shown):
    assert amount(value, unit) == shown
    assert read(shown) == pytest.approx(value, rel=1e-5)


def test_parentheses_where_they_matter():
    a, b, c = (quantity(value, name) for value, name in ((7.0, "a"), (2.0, "b"), (4.0, "c")))
    assert times(a, total(b, c)).names() == "a × (b + c)"
    assert total(a, times(b, c)).names() == "a + b × c"
    assert less(a, less(b, c)).names() == "a − (b − c)"
    assert less(less(a, b), c).names() == "a − b − c"
    assert over(a, times(b, c)).names() == "a ÷ (b × c)"
    assert over(over(a, b), c).numbers() == "7 ÷ 2 ÷ 4"
    assert apply("floor", over(a, b)).numbers() == "floor(7 ÷ 2)"


def test_smooth_maximum():
    a, b = quantity(3.0, "a"), quantity(4.0, "b")
    soft = smooth(a, b, quantity(2.0, "p"))
    assert soft.value() == pytest.approx(5.0)
    assert soft.numbers() == "smax(3, 4, 2)"
    assert smooth(a, b, quantity(math.inf, "p")).numbers() == "max(3, 4)"


def test_zeros_are_left_out_of_sums():
    assert total(quantity(0.0, "none"), quantity(2.0, "two")).names() == "two"
    assert total(quantity(0.0, "none")).numbers() == "0"


def test_walking_meets_each_quantity_once():
    inner = quantity(2.0, "inner")
    middle = Quantity("middle", 4.0, formula=times(inner, inner))
    outer = Quantity("outer", 6.0, formula=total(middle, inner))
    assert [each.name for each in outer.walk()] == ["outer", "middle", "inner"]
    assert inner.origin is Origin.COMPUTED


leaves = st.floats(0.01, 1e6).map(lambda value: quantity(float(f"{value:.3g}")))
terms = st.recursive(
    leaves,
    lambda inner: st.builds(
        lambda sign, one, two: Operation(sign, (one, two)),
        st.sampled_from(["+", "−", "×", "÷", "max", "min"]),
        inner,
        inner,
    ),
    max_leaves=8,
)


@given(terms)
def test_what_is_shown_computes_to_what_is_said(term):
    if not isinstance(term, Operation):
        return
    try:
        value = term.value()
        shown = read(term.numbers())
    except (ZeroDivisionError, OverflowError):
        return
    assert shown == pytest.approx(value, rel=1e-9, abs=1e-9)

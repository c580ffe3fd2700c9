"""Typed access to config keys."""

import pytest

from roofline import ConfigError
from roofline.reading.keys import Keys


def test_the_first_spelling_with_a_value_counts() -> None:
    keys = Keys({"n_embd": 8, "hidden_size": None})
    assert keys.integer("hidden_size", "n_embd") == 8


def test_null_hides_the_class_default() -> None:
    defaults = {"num_key_value_heads": 8}
    assert Keys({}, defaults=defaults).optional("num_key_value_heads") == 8
    assert Keys({"num_key_value_heads": None}, defaults=defaults).optional("num_key_value_heads") is None


def test_the_root_is_asked_only_on_demand_and_before_the_defaults() -> None:
    keys = Keys({}, root={"vocab_size": 5}, defaults={"vocab_size": 7})
    assert keys.integer("vocab_size", root=True) == 5
    assert keys.integer("vocab_size") == 7
    assert keys.defaulted == {"vocab_size"}


def test_what_nobody_asked_for_is_known_unless_it_says_no() -> None:
    keys = Keys({"a": 1, "b": 2, "off": False, "none": None, "zero": 0, "empty": []})
    keys.integer("a")
    assert keys.unread() == ("b",)


def test_missing_keys_name_the_spellings_tried() -> None:
    with pytest.raises(ConfigError, match=r"hidden_size \(also tried n_embd\)") as caught:
        Keys({}).integer("hidden_size", "n_embd")
    assert caught.value.code == "missing-key"


@pytest.mark.parametrize("value", [True, "1", 1.0, [1], {}, float("inf")])
def test_only_whole_numbers_are_integers(value: object) -> None:
    with pytest.raises(ConfigError, match="not a whole number"):
        Keys({"a": value}).integer("a")


@pytest.mark.parametrize("value", [0, -1, 10**30])
def test_integers_have_bounds(value: int) -> None:
    with pytest.raises(ConfigError, match="outside 1 to"):
        Keys({"a": value}).integer("a")


@pytest.mark.parametrize("value", [1, "true", None])
def test_flags_are_booleans(value: object) -> None:
    if value is None:
        assert Keys({"a": None}).flag("a", default=True)
        return
    with pytest.raises(ConfigError, match="true or false"):
        Keys({"a": value}).flag("a")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "2", True, 1e9])
def test_numbers_are_finite_and_bounded(value: object) -> None:
    with pytest.raises(ConfigError, match="not a number"):
        Keys({"a": value}).number("a", default=1.0, low=0.0, high=100.0)


def test_a_number_stands_for_every_layer() -> None:
    assert Keys({"a": 3}).per_layer("a", layers=2) == (3, 3)
    assert Keys({"a": [1, 2, 9]}).per_layer("a", layers=2) == (1, 2)
    with pytest.raises(ConfigError, match="1 items for 2 layers"):
        Keys({"a": [1]}).per_layer("a", layers=2)

"""Models of earlier visits."""

import json
from dataclasses import replace

import pytest

from present import kept
from present.hubtext import model_ref
from present.kept import Kept
from roofline import CATALOGUE

CONFIG = json.dumps(CATALOGUE["Qwen/Qwen3-8B"].config)
ONE = Kept("org/one", "2026-11-24", CONFIG, None, True)


def test_what_is_written_is_read():
    store = (ONE, replace(ONE, name="org/two", sidecar="{}", complete=False))
    assert kept.read(kept.written(store)) == store


@pytest.mark.parametrize(
    "text", [None, "", "{", "null", "7", '{"name": 1}', '[1, null, {"name": "a"}]', '[{"name": 1, "date": 2}]']
)
def test_what_is_not_as_written_is_left_out(text):
    assert kept.read(text) == ()


def test_the_newest_is_first_and_stands_once():
    store = kept.with_model((ONE, replace(ONE, name="org/two")), replace(ONE, name="org/two", date="2026-12-01"))
    assert [(each.name, each.date) for each in store] == [("org/two", "2026-12-01"), ("org/one", "2026-11-24")]


def test_the_oldest_go_where_there_are_too_many():
    store: tuple[Kept, ...] = ()
    for number in range(kept.MOST + 3):
        store = kept.with_model(store, replace(ONE, name=f"org/{number}"))
    assert [each.name for each in store] == [f"org/{number}" for number in range(kept.MOST + 2, 2, -1)]


def test_what_is_too_large_is_not_kept_and_drives_out_nothing():
    huge = replace(ONE, name="org/huge", config="x" * (kept.MOST_CHARACTERS + 1))
    assert kept.with_model((ONE,), huge) == (ONE,)


def test_the_model_says_where_it_is_from_and_is_not_asked_about():
    loaded = kept.loaded(ONE, model_ref("org/one"))
    assert loaded.model.hidden_size == CATALOGUE["Qwen/Qwen3-8B"].config["hidden_size"]
    assert loaded.source == "org/one: config.json from huggingface.co, kept in this browser since 2026-11-24."
    assert loaded.ref is None


def test_one_is_found_by_its_revision_too():
    store = (replace(ONE, name="org/one@dev"),)
    assert kept.find(store, model_ref("org/one")) is None
    assert kept.find(store, model_ref("org/one@dev")) == store[0]


def test_one_is_forgotten():
    assert kept.without((ONE,), "org/one") == ()

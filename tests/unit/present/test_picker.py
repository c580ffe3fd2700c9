"""What the model box suggests."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from present import hubtext, picker
from present.picker import Group, Option

TOKEN = "hf_" + "A1b2C3d4E5" * 3


def item(name, **fields):
    return {"id": name, "pipeline_tag": "text-generation", "downloads": 1_234_567, "gated": False, **fields}


def ids(groups):
    return {group.key: [option.id for option in group.options] for group in groups}


@pytest.mark.parametrize(
    ("typed", "settled", "words"),
    [
        ("qwen3", "", "qwen3"),
        ("  Llama   3.1 ", "", "Llama 3.1"),
        ("Qwen/Qwen3-8B", "Qwen/Qwen3-8B", ""),
        ("Qwen/Qwen3-8B@dev", "", ""),
        ("https://huggingface.co/a/b", "", ""),
        (TOKEN, "", ""),
        (f"org/{TOKEN}", "", ""),
    ],
)
def test_what_is_searched_for(typed, settled, words):
    assert picker.query(typed, settled) == words


def test_the_address_of_a_search():
    url = urlsplit(picker.search_url("llama 3&x=#y"))
    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://huggingface.co/api/models"
    fields = parse_qs(url.query)
    assert fields["search"] == ["llama 3&x=#y"]
    assert fields["sort"] == ["downloads"] and int(fields["limit"][0]) <= 50
    assert not picker.asks_hub("ab") and picker.asks_hub("abc")


def test_what_the_hub_finds():
    body = [
        item("google/gemma-3-4b-it", pipeline_tag="image-text-to-text", gated="manual"),
        item("org/no-task", pipeline_tag=None, downloads=None),
        item("org/no-task", pipeline_tag=None, downloads=None),
        item("org/painter", pipeline_tag="text-to-image"),
        item("org/model-GGUF"),
        item("org/adapter", library_name="peft"),
        item("<script>alert(1)</script>"),
        item("../../etc"),
        {"id": 7},
        "text",
    ]
    assert picker.found(json.dumps(body)) == (
        Option("google/gemma-3-4b-it", "gated, 1.23M downloads"),
        Option("org/no-task"),
    )


@pytest.mark.parametrize("body", ["", "{}", "null", "<html>", "[" * 500])
def test_what_is_no_answer(body):
    with pytest.raises(hubtext.NotAConfig):
        picker.found(body)


values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)


@given(
    st.lists(
        values | st.dictionaries(st.sampled_from(["id", "gated", "downloads", "pipeline_tag", "library_name"]), values)
    )
)
def test_any_list_is_read(body):
    for option in picker.found(json.dumps(body)):
        assert hubtext.is_id(option.id)


def test_each_model_is_suggested_once_in_the_first_group_that_has_it():
    found = [Option("qwen/qwen3-8b", "5 downloads"), Option("Qwen/Qwen3-8B-Other"), Option("org/mine")]
    groups = ids(picker.suggestions("qwen3 8b", ("org/mine-qwen3-8b", "Qwen/Qwen3-8B"), found))
    assert groups == {
        "recent": ["org/mine-qwen3-8b", "Qwen/Qwen3-8B"],
        "hub": ["Qwen/Qwen3-8B-Other", "org/mine"],
    }
    everything = ids(picker.suggestions("", (), ()))
    assert list(everything) == ["bundled"] and len(everything["bundled"]) > 50


@pytest.mark.parametrize(
    ("words", "name", "found"),
    [
        ("llama 3.1 8b", "meta-llama/Llama-3.1-8B", True),
        ("llama3.1", "meta-llama/Llama-3.1-8B", True),
        ("Meta/Llama", "meta-llama/Llama-3.1-8B", True),
        ("8b llama", "meta-llama/Llama-3.1-8B", True),
        ("70b", "meta-llama/Llama-3.1-8B", False),
        ("gpt oss 20", "openai/gpt-oss-20b", True),
        ("gpt oss 20", "openai/gpt-oss-120b", False),
        ("qwen3 8b", "Qwen/Qwen3-8B", True),
    ],
)
def test_words_find_names(words, name, found):
    assert picker.matches(name, words) is found


def test_the_count_in_words():
    one = Group("hub", "", (Option("a/b"),))
    two = Group("bundled", "", (Option("c/d"), Option("e/f")))
    assert picker.status((one,)) == "1 suggestion: 1 on Hugging Face."
    assert picker.status((two, one), picker.SEARCHING) == (
        "3 suggestions: 2 bundled, 1 on Hugging Face. Searching Hugging Face…"
    )
    assert picker.status(()) == "No suggestions."


@pytest.mark.parametrize(
    ("header", "seconds"),
    [('"api";r=0;t=55', 55), ('"api";r=0;t=9999', 300), ("", 300), ("t=x", 300), ('"api"; r=0; t=0', 1)],
)
def test_how_long_to_wait(header, seconds):
    assert picker.pause_s(header) == seconds
    assert "minute" in picker.paused(seconds)


@given(st.integers(min_value=0, max_value=30), st.lists(st.sampled_from(["ArrowDown", "ArrowUp", "x"])))
def test_arrows_stay_within(count, keys):
    active = None
    for key in keys:
        active = picker.move(active, key, count)
        assert active is None or 0 <= active < count


def test_arrows_go_round():
    assert picker.move(None, "ArrowDown", 3) == 0
    assert picker.move(2, "ArrowDown", 3) == 0
    assert picker.move(None, "ArrowUp", 3) == 2
    assert picker.move(0, "ArrowUp", 3) == 2
    assert picker.move(1, "ArrowUp", 3) == 0


def test_recent_models_keep_their_order_and_number():
    recent = ()
    for name in ("a/1", "a/2", "a/3", "a/4", "a/5", "a/6", "a/7", "A/3"):
        recent = picker.remember(recent, name)
    assert recent == ("A/3", "a/7", "a/6", "a/5", "a/4", "a/2")
    assert picker.remembered(picker.written(recent)) == recent
    assert picker.remembered(picker.written(("org/m@dev",))) == ("org/m@dev",)


@pytest.mark.parametrize("name", [TOKEN, f"org/{TOKEN}", f"org/name@{TOKEN}", "pasted config.json", "<b>", ""])
def test_secrets_and_nonsense_are_not_remembered(name):
    assert picker.remember((), name) == ()
    assert picker.remembered(json.dumps([name])) == ()


@given(st.none() | st.text() | st.recursive(values, st.lists).map(json.dumps))
def test_storage_may_hold_anything(stored):
    assert all(hubtext.model_ref(name) for name in picker.remembered(stored))


@given(st.sampled_from(["org/name", "name", "org/name@old"]), st.sampled_from(["dev", "v1.0", "refs/pr/5", ""]))
def test_a_revision_can_be_put_and_read(typed, revision):
    changed = picker.with_revision(typed, revision)
    assert picker.revision_of(changed) == revision
    assert hubtext.model_ref(changed).id == hubtext.model_ref(typed).id

"""The dialogs that take an answer away, as nodes."""

import dataclasses
import tomllib
from pathlib import Path

import pytest

from present import takeaway
from present.export import FORMATS, Sheet, Stamp
from present.figures import Writer
from present.money import Money
from present.state import PASTED

ROOT = Path(__file__).resolve().parents[3]


def text_of(nodes):
    return "\n".join(node.text() for node in nodes)


def test_the_version_is_the_projects():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == takeaway.VERSION


@pytest.mark.parametrize("suffix", FORMATS)
def test_an_export_shows_the_text_that_is_taken(answer, suffix):
    found, form = answer(), FORMATS[suffix]
    text = form.write(Sheet(found, Writer(), Stamp(takeaway.VERSION, "2026-11-24"), Money()))
    nodes = takeaway.export_nodes(found, form, text)
    assert text in [node.text() for node in nodes]
    checked = [dict(n.attributes)["value"] for top in nodes for n in top.walk() if ("checked", "") in n.attributes]
    assert checked == [suffix]


def test_what_a_token_opened_is_refused_in_words(answer):
    opened = dataclasses.replace(answer(), with_token=True)
    text = text_of(takeaway.export_nodes(opened, FORMATS["json"], "never shown"))
    assert "access token" in text
    assert "never shown" not in text
    assert "Download" not in text


def test_a_command_stands_with_its_file_and_notes(answer):
    found = takeaway.command(answer(engine="TensorRT-LLM", model="openai/gpt-oss-120b", tensor_parallel=2))
    text = text_of(takeaway.command_nodes(found))
    assert "trtllm-serve openai/gpt-oss-120b" in text
    assert found.file.content in text
    for note in found.notes:
        assert note in text


def test_a_link_says_what_it_lacks(answer):
    found = answer()
    assert takeaway.link_said(found) == takeaway.LINK_COPIED
    pasted = dataclasses.replace(found, scenario=dataclasses.replace(found.scenario, model=PASTED))
    assert "paste it again" in takeaway.link_said(pasted)

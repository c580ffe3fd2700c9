"""What authors paste: well-formed in each language, whatever the scenario says."""

import ast
import re
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from present import snippets, state
from present.snippets import KINDS, PARTS, THEMES, Frame
from present.state import DEFAULT, Scenario

HERE = "https://someone.example/some/project/"
HOSTILE = Scenario(model='"><script>alert(1)</script>&\\`*_]()', tensor_parallel=4)
MAKE = {kind.key: kind.make for kind in KINDS}


class Tags(HTMLParser):
    """Start tags with attributes, and text."""

    def __init__(self, html: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def frames():
    return st.builds(
        Frame,
        page_url=st.just(HERE),
        scenario=st.builds(Scenario, model=st.text(max_size=60).map(str.strip), tensor_parallel=st.integers(1, 64)),
        theme=st.sampled_from(THEMES),
        parts=st.lists(st.sampled_from(PARTS), min_size=1, unique=True).map(tuple),
        height_px=st.integers(snippets.MIN_HEIGHT_PX, snippets.MAX_HEIGHT_PX),
        follows=st.booleans(),
    )


def test_the_plain_frame_needs_no_script():
    tags = Tags(MAKE["html"](Frame(HERE))).tags
    assert tags == [
        (
            "iframe",
            {
                "src": f"{HERE}?embed=1",
                "title": f"LLM inference estimate: {DEFAULT.model} on H200 SXM",
                "loading": "lazy",
                "width": "100%",
                "height": str(snippets.DEFAULT_HEIGHT_PX),
                "style": "border: 0",
            },
        )
    ]


def test_a_frame_that_follows_has_a_link_for_readers_without_scripts():
    tags = dict(Tags(MAKE["html"](Frame(HERE, follows=True))).tags)
    assert tags["script"]["src"] == f"{HERE}js/roofline-embed.js"
    assert tags["roofline-embed"]["src"] == f"{HERE}?embed=1"
    assert tags["a"]["href"] == HERE


def test_the_address_says_what_differs_from_the_usual():
    frame = Frame(HERE, Scenario(gpu="B200 SXM"), theme="dark", parts=("headline", "cost"))
    assert frame.address == f"{HERE}?embed=1&theme=dark&show=headline,cost&v=1&gpu=B200+SXM"
    assert frame.link == f"{HERE}?v=1&gpu=B200+SXM"


@given(frames())
def test_address_and_link_open_the_scenario(frame):
    for address in (frame.address, frame.link):
        assert state.from_query(urlsplit(address).query) == (frame.scenario, ())
    assert state.unframed(urlsplit(frame.address).query) == urlsplit(frame.link).query
    assert parse_qs(urlsplit(frame.address).query)["embed"] == ["1"]


@given(frames())
@pytest.mark.parametrize("key", ["html", "sphinx", "mkdocs", "mdx"])
def test_attributes_hold_whatever_the_scenario_says(key, frame):
    shown = dict(Tags(MAKE[key](replace(frame, follows=frame.follows and key != "mdx"))).tags)
    element = shown.get("iframe") or shown["roofline-embed"]
    assert element["src"] == frame.address
    assert element["title"] == frame.title
    assert element["height"] == str(frame.height_px)
    assert set(shown) <= {"div", "iframe", "script", "roofline-embed", "a"}


@given(frames())
def test_a_cell_is_python_with_the_address(frame):
    call = ast.parse(MAKE["jupyter"](frame)).body[-1].value
    assert ast.literal_eval(call.args[0]) == frame.address
    assert {each.arg: ast.literal_eval(each.value) for each in call.keywords} == {
        "width": "100%",
        "height": frame.height_px,
    }


@pytest.mark.parametrize("key", ["html", "markdown", "sphinx", "mkdocs", "mdx"])
def test_a_hostile_model_becomes_no_element(key):
    made = MAKE[key](Frame(HERE, HOSTILE)).partition("\n\n[")[0]
    assert "<script" not in made
    assert [tag for tag, _ in Tags(made).tags if tag not in ("div", "iframe")] == []


def test_no_empty_line_ends_the_block_of_html():
    """Markdown would take what follows for text."""
    assert "\n\n" not in MAKE["mkdocs"](Frame(HERE, follows=True))


def test_sphinx_gets_an_indented_directive():
    first, blank, *rest = MAKE["sphinx"](Frame(HERE)).split("\n")
    assert (first, blank) == (".. raw:: html", "")
    assert all(line.startswith("   ") for line in rest)


def test_a_label_of_markdown_shows_as_it_stands():
    made = MAKE["markdown"](Frame(HERE, HOSTILE)).rpartition("\n\n")[2]
    label = re.fullmatch(r"\[((?:\\.|[^\\\[\]*_`<>])*)\]\(<(.+)>\)", made)
    assert label, made
    assert re.sub(r"\\(.)", r"\1", label[1]) == Frame(HERE, HOSTILE).title


def test_a_model_by_hand_is_named_so():
    assert "entered by hand" in Frame(HERE, Scenario(manual=True)).title

"""What an author pastes to have this scenario inside a page of their own, for each kind of site."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from present import state
from present.state import Scenario

PARTS = ("headline", "memory", "performance", "cost", "notes", "form")
"""What a frame can show, in the order of the page; js/frame.js knows the same names."""

DEFAULT_PARTS = ("headline", "memory", "performance", "cost", "form")
THEMES = ("auto", "light", "dark")
MIN_HEIGHT_PX, DEFAULT_HEIGHT_PX, MAX_HEIGHT_PX = 120, 760, 4_000
SCRIPT = "js/roofline-embed.js"


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: where the calculator is, what it computes and how it looks."""

    page_url: str
    """Address of the calculator, without query."""
    scenario: Scenario = state.DEFAULT
    theme: str = "auto"
    parts: tuple[str, ...] = DEFAULT_PARTS
    height_px: int = DEFAULT_HEIGHT_PX
    follows: bool = False
    """Whether a script of the calculator fits the height to the content."""

    @property
    def title(self) -> str:
        """Names the frame for screen readers: one line, whatever a link has put into the model box."""
        scenario = self.scenario
        model = "a model entered by hand" if scenario.manual else scenario.model
        words = " ".join(f"LLM inference estimate: {model} on {scenario.gpu}".split())
        return "".join(letter for letter in words if letter.isprintable())

    @property
    def link(self) -> str:
        """The full calculator with the same scenario."""
        query = state.to_query(self.scenario)
        return f"{self.page_url}{'?' if query else ''}{query}"

    @property
    def address(self) -> str:
        """What the frame shows."""
        look = {"embed": "1"}
        if self.theme != "auto":
            look["theme"] = self.theme
        if self.parts != DEFAULT_PARTS:
            look["show"] = ",".join(self.parts)
        query = state.to_query(self.scenario)
        return f"{self.page_url}?{urlencode(look, safe=',')}{'&' if query else ''}{query}"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of site: how its snippet is made, and what its author should know."""

    key: str
    label: str
    make: Callable[[Frame], str]
    note: str
    can_follow: bool = True
    """Whether a script for the height can be had there."""


def _html(frame: Frame) -> str:
    address, title = escape(frame.address), escape(frame.title)
    if not frame.follows:
        return (
            f'<iframe src="{address}" title="{title}" loading="lazy"\n'
            f'        width="100%" height="{frame.height_px}" style="border: 0"></iframe>'
        )
    return (
        f'<script src="{escape(frame.page_url + SCRIPT)}" async></script>\n'
        f'<roofline-embed src="{address}" title="{title}" height="{frame.height_px}">\n'
        f'  <a href="{escape(frame.link)}">{title}</a>\n'
        "</roofline-embed>"
    )


def _block(frame: Frame) -> str:
    """HTML that Markdown leaves alone: an element that it takes for a block, no empty line within."""
    return f"<div>\n{_html(frame)}\n</div>"


def _markdown(frame: Frame) -> str:
    label = "".join(f"\\{letter}" if letter in "\\[]*_`<>" else letter for letter in frame.title)
    return f"{_block(frame)}\n\n[{label}](<{frame.link}>)"


def _sphinx(frame: Frame) -> str:
    return ".. raw:: html\n\n" + "\n".join(f"   {line}" for line in _html(frame).splitlines())


def _mdx(frame: Frame) -> str:
    return (
        f'<iframe src="{escape(frame.address)}" title="{escape(frame.title)}" loading="lazy"\n'
        f'        width="100%" height="{frame.height_px}" style={{{{border: 0}}}} />'
    )


def _jupyter(frame: Frame) -> str:
    address = json.dumps(frame.address, ensure_ascii=False)
    return f'from IPython.display import IFrame\n\nIFrame({address}, width="100%", height={frame.height_px})'


KINDS = (
    Kind("html", "HTML", _html, "Any page that takes HTML."),
    Kind("markdown", "Markdown", _markdown, "Where frames are removed, as on GitHub, the link remains."),
    Kind("sphinx", "Sphinx", _sphinx, "For reStructuredText; in MyST take the Markdown one."),
    Kind("mkdocs", "MkDocs", _block, "HTML within a Markdown page, Material for MkDocs included."),
    Kind("mdx", "Docusaurus", _mdx, "MDX, where the frame keeps the height given.", can_follow=False),
    Kind(
        "jupyter",
        "Jupyter",
        _jupyter,
        "A cell of a notebook, where the frame keeps the height given.",
        can_follow=False,
    ),
)

"""The views below the headline: the figures, and what is fetched when its tab is first opened.

A view is a module of page/views/ with a class View (see `ViewLike`). The tabs follow the W3C pattern with
automatic activation; the open one stands in the address.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Protocol

from js import document, location, setTimeout
from pyodide.ffi import JsException, create_once_callable

from page import later
from page.dom import find, listen, patch, show, write_query
from page.library import Library
from present import state
from present.cards import Answer
from present.markup import h
from present.models import Loaded
from present.state import Scenario

PREFETCH_AFTER_MS = 1_500
KEYS = {"ArrowRight": 1, "ArrowLeft": -1}


@dataclass(frozen=True, slots=True)
class Current:
    """What the form asks for now, and its answer; None where there is none, for example since it does not fit."""

    scenario: Scenario
    loaded: Loaded
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class Stage:
    """What a view gets to work with.

    Attributes:
        panel: the element that is the view's own.
        change: puts texts by field name into the form, as a step in the browser's history, and computes.
        announce: tells a screen reader.
        start: runs a coroutine.
        open: opens another view by its name.
        library: the models read so far.
    """

    panel: Any
    change: Callable[[dict[str, str]], None]
    announce: Callable[[str], None]
    start: Callable[[Coroutine[Any, Any, Any]], None]
    open: Callable[[str], None]
    library: Library


class ViewLike(Protocol):
    """What the class View of a view's module has; it is made with the view's Stage."""

    def show(self, current: Current | None) -> None:
        """Draw: the view was opened, or while it is open the form has changed. None: no model is at hand."""

    def leave(self) -> None:
        """Another view was opened: stop what is under way."""


class Tabs:
    """The tab list, and the views opened so far."""

    def __init__(self, stage: Callable[[Any, Callable[[str], None]], Stage]) -> None:
        """`stage` makes a view's Stage of its panel and of what opens another view."""
        self.stage = stage
        self.views: dict[str, ViewLike] = {}
        self.open_name = state.VIEWS[0]
        self.current: Current | None = None
        self.start = stage(None, self.select).start

    def listen(self) -> None:
        """Wire the tabs, open the one that the address names, and fetch the rest once the page is at rest."""
        tabs = find("tabs")
        for name in state.VIEWS:
            find(f"tab-{name}").disabled = False
        for name in ("evidence-open", "startup-open"):
            find(name).disabled = False
        listen(find("evidence-open"), "click", self._runs_asked)
        listen(tabs, "click", self._clicked)
        listen(tabs, "keydown", self._pressed)
        self.follow_link()
        setTimeout(create_once_callable(self._prefetch), PREFETCH_AFTER_MS)

    def follow_link(self) -> None:
        """Open the view that the address names."""
        self._open(state.view_of(str(location.search)))

    def follow(self, current: Current | None) -> None:
        """The form has changed: the open view follows, the others when they are opened."""
        self.current = current
        view = self.views.get(self.open_name)
        if view is not None:
            view.show(current)

    def select(self, name: str) -> None:
        """Open a view and write it into the address."""
        self._open(name)
        write_query(state.with_view(str(location.search), name))

    def _open(self, name: str) -> None:
        if name != self.open_name and self.open_name in self.views:
            self.views[self.open_name].leave()
        moved, self.open_name = name != self.open_name, name
        for each in state.VIEWS:
            tab = find(f"tab-{each}")
            tab.setAttribute("aria-selected", str(each == name).lower())
            tab.tabIndex = 0 if each == name else -1
            show(find(f"view-{each}"), each == name)
        if moved:
            _bring_into_view(find(f"tab-{name}"))
        if name in self.views:
            self.views[name].show(self.current)
        elif name != state.VIEWS[0]:
            self.start(self._make(name))

    async def _make(self, name: str) -> None:
        """Import a view and draw it, if it is still the open one."""
        panel = find(f"view-{name}")
        patch(panel, (h("p", "Loading", class_="view-wait"),))
        try:
            module = await later.module(f"page.views.{name}")
        except (OSError, JsException):
            retry = h("button", "Retry", type="button", class_="chip", data_retry=name)
            patch(panel, (h("p", "This part of the page could not be fetched. ", retry, class_="notice"),))
            listen(panel.querySelector("[data-retry]"), "click", lambda _event: self._open(name))
            return
        patch(panel, ())
        self.views[name] = module.View(self.stage(panel, self.select))
        if self.open_name == name:
            self.views[name].show(self.current)

    def _prefetch(self) -> None:
        self.start(self._quietly())

    async def _quietly(self) -> None:
        """Have the second archive at hand, offline too; a failure is said when a view is opened."""
        try:
            await later.module("page.views")
        except (OSError, JsException):
            return

    def _clicked(self, event: Any) -> None:
        tab = event.target.closest("[role=tab]")
        if tab:
            self.select(str(tab.id).removeprefix("tab-"))

    def _pressed(self, event: Any) -> None:
        names = state.VIEWS
        here = names.index(self.open_name)
        key = str(event.key)
        ends = {"Home": 0, "End": len(names) - 1}
        if key not in KEYS and key not in ends:
            return
        event.preventDefault()
        name = names[ends.get(key, (here + KEYS.get(key, 0)) % len(names))]
        self.select(name)
        document.getElementById(f"tab-{name}").focus()

    def _runs_asked(self, _event: Any) -> None:
        """The measured runs behind the answer: the view finds the wish on its panel."""
        find("view-accuracy").dataset.like = "yes"
        self.select("accuracy")
        find("tab-accuracy").focus()


def _bring_into_view(tab: Any) -> None:
    """Scroll the tabs, where they do not all fit, and nothing else: the page stays where the reader is."""
    tabs = tab.parentElement
    tabs.scrollLeft = tab.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2

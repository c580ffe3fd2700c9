"""What a search found, in the document: the answer in words, the chart, and the lists of candidates."""

from typing import Any

from pyodide.ffi import JsException

from page import charts
from page.dom import find, listen, patch, show
from page.pinboard import BOARD
from page.slices import patch_rows
from page.tabs import Current, Stage
from present import found, foundview, sentences, state
from present.chart_front import front_chart
from present.figures import Writer
from present.found import Miss
from present.foundview import FIRST_ROWS, LISTS
from present.markup import Node, h
from present.wanted import Wanted
from roofline.search import Candidate, Found

FIRST_LIST = next(iter(LISTS))


def _choices() -> tuple[Node, ...]:
    return tuple(
        h(
            "label",
            h("input", type="radio", name="find-list", value=name, checked="" if name == FIRST_LIST else None),
            h("span", words),
        )
        for name, words in LISTS.items()
    )


SKELETON = (
    h("div", id="find-words"),
    h(
        "div",
        h("div", id="find-chart"),
        h(
            "fieldset",
            h("legend", "List of deployments", class_="visually-hidden"),
            *_choices(),
            class_="segmented",
            id="find-lists",
        ),
        h(
            "table",
            h("caption", "Deployments that meet the targets", class_="visually-hidden"),
            h("thead", foundview.heading_row(), role="rowgroup"),
            h("tbody", id="find-rows", role="rowgroup"),
            class_="rows",
            role="table",
        ),
        h("p", h("button", type="button", class_="chip", id="find-more")),
        h("p", class_="soft", id="find-pinned"),
        h("p", found.UNMEASURED_NOTE, class_="soft", id="find-unmeasured"),
        id="find-found",
        hidden="",
    ),
)


class Findings:
    """The part of the view below its boxes."""

    def __init__(self, place: Any, stage: Stage) -> None:
        """Nothing was found yet."""
        self.stage = stage
        self.place = place
        patch(place, SKELETON)
        self.result: Found | None = None
        self.missed: Miss | None = None
        self.current: Current | None = None
        self.prices: dict[str, float] = {}
        self.list_name = FIRST_LIST
        self.everything = False
        self.turn = 0
        listen(place, "click", self._clicked)
        listen(place, "change", self._listed)
        listen(place, "chart:pick", lambda event: self._use(str(event.detail)))

    async def show(self, result: Found, current: Current, asked: Wanted, prices: dict[str, float]) -> bool:
        """Draw a result; False where another one came meanwhile."""
        self.result, self.current, self.prices = result, current, prices
        self.missed = None if result.feasible else found.miss(result, asked, current.loaded.model.name)
        self.everything = False
        words = find("find-words")
        if self.missed is not None:
            patch(words, foundview.miss_nodes(self.missed, result))
            show(find("find-found"), False)
            self.stage.announce(f"{self.missed.title}. {' '.join(self.missed.lines)}")
            return True
        patch(words, foundview.answer_nodes(result))
        show(find("find-found"), True)
        self.stage.announce(sentences.plain(found.headline(result)))
        drawn = await self._draw()
        self.stage.start(self._chart())
        return drawn

    def follow(self, current: Current) -> None:
        """The form has changed, but not the question: mark what stands in it."""
        self.current = current
        self._redraw()

    def _redraw(self) -> None:
        if self.result is not None and self.missed is None:
            self.stage.start(self._draw())
            self.stage.start(self._chart())

    async def _chart(self) -> None:
        result, current = self.result, self.current
        if result is None or current is None or not result.front:
            return
        chosen = next((i for i, each in enumerate(result.front) if found.in_form(each, current.scenario)), None)
        try:
            await charts.draw(find("find-chart"), front_chart(result.front, chosen))
        except (OSError, JsException):
            show(find("find-chart"), False)  # the list of the front says the same

    async def _draw(self) -> bool:
        self.turn += 1
        turn = self.turn
        assert self.result is not None
        candidates = foundview.list_of(self.result, self.list_name)
        shown = candidates if self.everything else candidates[:FIRST_ROWS]
        more = find("find-more")
        more.textContent = f"Show all {len(candidates)}"
        show(more, len(shown) < len(candidates))
        show(find("find-unmeasured"), any(foundview.is_unmeasured(each) for each in shown))
        rows = [self._cells(candidate, f"{self.list_name}:{index}") for index, candidate in enumerate(shown)]
        await patch_rows(find("find-rows"), rows, lambda: turn == self.turn)
        return turn == self.turn

    def _cells(self, candidate: Candidate, key: str) -> tuple[Node, ...]:
        assert self.current is not None
        scenario = self.current.scenario
        writer = Writer(binary=scenario.units == "gib")
        return foundview.candidate_cells(candidate, key, writer, chosen=found.in_form(candidate, scenario))

    def _listed(self, event: Any) -> None:
        if event.target.name == "find-list":
            self.list_name, self.everything = str(event.target.value), False
            self._redraw()

    def _clicked(self, event: Any) -> None:
        button = event.target.closest("button")
        if not button:
            return
        if button.id == "find-more":
            self.everything = True
            self._redraw()
        elif button.hasAttribute("data-use"):
            self._use(str(button.getAttribute("data-use")))
        elif button.hasAttribute("data-pin"):
            self._pin(str(button.getAttribute("data-pin")), button)

    def candidate(self, key: str) -> Candidate | None:
        """The candidate behind a row or a point."""
        name, _, index = key.partition(":")
        return None if self.result is None else foundview.list_of(self.result, name)[int(index)]

    def _use(self, key: str) -> None:
        """Load a candidate into the form."""
        candidate = self.candidate(key)
        if candidate is not None:
            self.stage.change(found.changes(candidate, self.prices))

    def _pin(self, key: str, button: Any) -> None:
        """Pin the form's scenario as this candidate would have it."""
        candidate, current = self.candidate(key), self.current
        if candidate is None or current is None:
            return
        scenario, _ = state.read({**state.texts(current.scenario), **found.changes(candidate, self.prices)})
        name, words = BOARD.pin(scenario, current.loaded)
        self.stage.announce(words)
        patch(find("find-pinned"), (words,))
        if name:
            button.textContent = f"Pinned {name}"

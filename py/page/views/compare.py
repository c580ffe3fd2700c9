"""The view that puts pinned scenarios beside the form's."""

import asyncio
from typing import Any

from js import document

from page import styles
from page.dom import find, listen, patch, show
from page.library import Refused
from page.pinboard import BOARD
from page.slices import Clock
from page.tabs import Current, Stage
from present import compareview, hubtext, pins, state
from present.cards import Answer
from present.comparison import Column
from present.errors import Problem
from present.figures import Writer
from present.hubtext import ModelRef
from present.markup import h
from present.models import Loaded
from present.solve import solve
from present.state import PASTED, Scenario

SKELETON = (
    h("ul", id="compare-notes", class_="notice", hidden=""),
    h("div", id="compare-unread", class_="notice", hidden=""),
    h("div", id="compare-body"),
    h("p", compareview.PASTED_NOTE, id="compare-pasted", class_="soft", hidden=""),
)
_PASTE_AGAIN = "Its config.json was pasted and is not part of the link: paste it again and pin it anew."


class View:
    """The panel `Compare`."""

    def __init__(self, stage: Stage) -> None:
        """Draw when shown."""
        self.stage = stage
        self.current: Current | None = None
        self.turn = 0
        self.solved: dict[str, tuple[Scenario, Loaded, Answer | Problem]] = {}
        self.unread: dict[str, ModelRef] = {}
        """Models that only the Hub has, by what stands in the scenario."""
        self.refused: dict[str, Problem] = {}
        self.reading = False
        styles.use("find")
        patch(stage.panel, SKELETON)
        listen(stage.panel, "click", self._clicked)
        listen(document, "pins:changed", lambda _event: self._draw())

    def show(self, current: Current | None) -> None:
        """Follow the form and the link."""
        self.current = current
        BOARD.follow_link()
        self._draw()

    def leave(self) -> None:
        """Stop."""
        self.turn += 1

    def _draw(self) -> None:
        self.turn += 1
        notes = [issue.text for issue in BOARD.issues]
        patch(find("compare-notes"), tuple(h("li", words) for words in notes))
        show(find("compare-notes"), bool(notes))
        show(find("compare-pasted"), any(not state.is_in_link(each) for each in BOARD.pinned.values()))
        self.unread = {}
        if not BOARD.pinned:
            patch(find("compare-body"), compareview.empty_nodes())
            self._offer()
            return
        self.stage.start(self._table(self.turn))

    async def _table(self, turn: int) -> None:
        """Solve what is new, one scenario in each task."""
        columns, clock = [self._own()], Clock()
        for pin, scenario in BOARD.pinned.items():
            columns.append(Column(pin, scenario, self._outcome(pin, scenario)))
            if clock.is_over:
                await clock.rest()
                if turn != self.turn:
                    return
        binary = columns[0].scenario.units == "gib"
        patch(find("compare-body"), compareview.table_nodes(columns, Writer(binary=binary)))
        self._offer()

    def _offer(self) -> None:
        """Offer to read what only the Hub has: it is asked when the reader says so."""
        if not self.reading:
            patch(find("compare-unread"), compareview.unread_nodes(self._missing()))
            show(find("compare-unread"), bool(self.unread))

    def _missing(self) -> list[str]:
        """Names of what has not been read, the form's model among them."""
        names = list(map(str, self.unread.values()))
        if self.current is None and self.unread:
            names.append(_name_of(str(find("model").value)))
        return list(dict.fromkeys(filter(None, names)))

    def _own(self) -> Column:
        if self.current is None:
            return Column("", state.DEFAULT, "There is no model: see the message above.")
        if self.current.answer is None:
            return Column("", self.current.scenario, "No figures: see the message above.")
        return Column("", self.current.scenario, self.current.answer)

    def _outcome(self, pin: str, scenario: Scenario) -> Answer | Problem | str:
        try:
            loaded = self._loaded(pin, scenario)
        except Refused as refusal:
            return refusal.problem
        if loaded is None:
            if scenario.model == PASTED:
                return _PASTE_AGAIN
            return self._not_here(scenario)
        known = self.solved.get(pin)
        if known is None or known[0] != scenario or known[1].model is not loaded.model:
            known = self.solved[pin] = (scenario, loaded, solve(scenario, loaded))
        return known[2]

    def _loaded(self, pin: str, scenario: Scenario) -> Loaded | None:
        """The model: as it was pinned, bundled, or read from the Hub in this visit. Raises Refused."""
        kept = BOARD.kept.get(pin)
        if kept is not None:
            return kept.loaded
        library = self.stage.library
        return library.at_hand(scenario, "") or library.from_earlier(scenario.model)

    def _not_here(self, scenario: Scenario) -> Problem | str:
        try:
            ref = hubtext.model_ref(scenario.model)
        except hubtext.NotAModel as reason:
            return str(reason)
        self.unread[scenario.model] = ref
        return self.refused.get(scenario.model, compareview.UNREAD)

    async def _read(self) -> None:
        """Ask the Hub for all of them at once, then for the form's model if that is still missing."""
        wanted, self.reading = dict(self.unread), True
        patch(find("compare-unread"), compareview.reading_nodes(self._missing()))
        try:
            await asyncio.gather(*(self._fetch(typed, ref) for typed, ref in wanted.items()))
        finally:
            self.reading = False
        if self.current is None:
            find("scenario").requestSubmit()
        failed = [str(ref) for typed, ref in wanted.items() if typed in self.refused]
        self.stage.announce(compareview.read_said(len(wanted), failed))
        self._draw()
        find("compare-body").firstElementChild.focus()

    async def _fetch(self, typed: str, ref: ModelRef) -> None:
        self.refused.pop(typed, None)
        try:
            await self.stage.library.fetch(ref, typed)
        except Refused as refusal:
            self.refused[typed] = refusal.problem

    def _clicked(self, event: Any) -> None:
        button = event.target.closest("button")
        if not button:
            return
        if button.hasAttribute("data-read"):
            self.stage.start(self._read())
        elif button.hasAttribute("data-every"):
            find("view-find").setAttribute("data-every", "")
            self.stage.open("find")
        elif button.hasAttribute("data-unpin"):
            pin = str(button.getAttribute("data-unpin"))
            BOARD.drop(pin)
            self._draw()
            self.stage.announce(f"{pins.name_of(pin)} is not pinned any more.")
            find("tab-compare").focus()
        elif button.hasAttribute("data-swap"):
            self._swap(str(button.getAttribute("data-swap")))

    def _swap(self, pin: str) -> None:
        """The pinned scenario goes into the form, as a step of the history, and the form's takes its place."""
        scenario, kept, before = BOARD.pinned[pin], BOARD.kept.get(pin), self.current
        pasted_before = str(find("config").value)
        if kept is not None and kept.pasted:
            find("config").value = kept.pasted
        units = before.scenario.units if before is not None else state.DEFAULT.units
        self.stage.change({**state.texts(scenario), "units": units})
        if before is not None:
            BOARD.put(pin, before.scenario, before.loaded, pasted_before)
        else:
            BOARD.drop(pin)
        self._draw()
        self.stage.announce(f"{pins.name_of(pin)} and the form were swapped.")


def _name_of(typed: str) -> str:
    """The model on the Hub that a text names; empty where it names none."""
    try:
        return str(hubtext.model_ref(typed))
    except hubtext.NotAModel:
        return ""

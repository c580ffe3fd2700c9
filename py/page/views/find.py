"""The view that finds a deployment: boxes, a search in short tasks, and what it found."""

from typing import Any

from js import clearTimeout, location, setTimeout
from pyodide.ffi import create_once_callable

from page import styles
from page.dom import find, listen, patch, show, write_query
from page.slices import drained
from page.tabs import Current, Stage
from page.views.every import Every
from page.views.findings import Findings
from page.wantedbox import WantedBox
from present import text, wanted, wantedview
from present.markup import h
from present.state import PASTED
from present.wanted import Wanted
from roofline import RooflineError
from roofline.search import Found, Progress, search

PAUSE_MS = 350
"""After the last edit, before the search follows."""

PROGRESS_SHARE = 0.9
"""Of the bar, for the search; the rest is for the rows."""

SKELETON = (
    h("form", *wantedview.form_nodes(), id="find-form", aria_label="What is wanted", novalidate=""),
    h("ul", id="find-notes", class_="notice", hidden=""),
    h(
        "div",
        h("p", h("label", "Searching", for_="find-progress", id="find-stage")),
        h("progress", id="find-progress", max="1"),
        h("p", h("button", "Cancel", type="button", class_="chip", data_cancel="")),
        id="find-running",
        hidden="",
    ),
    h(
        "p",
        h("span", id="find-said"),
        " ",
        h("button", "Search", type="button", class_="chip", data_again=""),
        id="find-stopped",
        hidden="",
    ),
    h("div", id="find-answer"),
    h("div", id="find-every"),
)


class View:
    """The panel `Find a deployment`."""

    def __init__(self, stage: Stage) -> None:
        """Build the boxes; what they ask stands in the link."""
        self.stage = stage
        styles.use("find")
        patch(stage.panel, SKELETON)
        self.box = WantedBox(find("find-form"))
        self.findings = Findings(find("find-answer"), stage)
        self.every = Every(find("find-every"), stage)
        self.wanted = wanted.DEFAULT
        self.prices: dict[str, float] = {}
        self.linked: dict[str, str] | None = None
        self.current: Current | None = None
        self.key: object = None
        self.turn = 0
        self.timer: int | None = None
        self._listen()

    def show(self, current: Current | None) -> None:
        """Follow the link and the form."""
        self.current = current
        self._follow_link()
        self.every.show(current)
        if current is None:
            return self._stop("There is no model to find a deployment for: see the message above.")
        self._keep_price(current)
        self.box.follow(self.wanted, current.scenario)
        return self._ask()

    def leave(self) -> None:
        """Stop what is under way; it starts anew when the view is opened again."""
        if not find("find-running").hidden:
            self._stop("")
        self.every.leave()

    def _follow_link(self) -> None:
        linked = wanted.pairs_of(str(location.search))
        if linked == self.linked:
            return
        self.linked = linked
        self.wanted, issues = wanted.read(linked)
        self.box.write(self.wanted)
        self.box.mark(())
        self._note([issue.text for issue in issues])

    def _keep_price(self, current: Current) -> None:
        """A price that the form gives holds for its GPU, also when the form moves to another one."""
        scenario = current.scenario
        if scenario.usd_per_gpu_hour is None:
            self.prices.pop(scenario.gpu, None)
        else:
            self.prices[scenario.gpu] = scenario.usd_per_gpu_hour

    def _note(self, words: list[str]) -> None:
        patch(find("find-notes"), tuple(h("li", each) for each in words))
        show(find("find-notes"), bool(words))

    def _edited(self, _event: Any) -> None:
        """A keystroke or a tick: the search follows after a pause."""
        if self.timer is not None:
            clearTimeout(self.timer)
        self.timer = setTimeout(create_once_callable(self._read), PAUSE_MS)

    def _read(self) -> None:
        self.timer = None
        asked, issues = wanted.read(self.box.texts())
        self.box.mark(issues)
        if issues:
            return self._stop("The figures below are of the last search.")
        self._note([])
        self._take(asked)
        return self._ask()

    def _take(self, asked: Wanted) -> None:
        self.wanted = asked
        self.box.describe(asked)
        write_query(wanted.with_wanted(str(location.search), asked))
        self.linked = wanted.pairs_of(str(location.search))

    def _ask(self) -> None:
        """Search, unless the answer to this question is here or under way."""
        current = self.current
        if current is None:
            return
        pasted = str(find("config").value) if current.scenario.model == PASTED else ""
        key = (wanted.searched(current.scenario), pasted, self.wanted, dict(self.prices))
        if key == self.key:
            self.findings.follow(current)
            return
        self.key = key
        self._begin(current)

    def _begin(self, current: Current) -> None:
        self.turn += 1
        try:
            question = wanted.question(current.scenario, current.loaded.model, self.wanted, dict(self.prices))
        except RooflineError as refusal:
            self._stop(f"{refusal}. {refusal.hint}")
            return
        show(find("find-stopped"), False)
        show(find("find-running"), True)
        self._progress(Progress(0, 1, 0))
        self.stage.panel.setAttribute("aria-busy", "true")
        self.stage.start(self._search(current, question, self.turn))

    async def _search(self, current: Current, question: Any, turn: int) -> None:
        result: Found | None = await drained(search(question), self._progress, lambda: turn == self.turn)
        if result is None or turn != self.turn:
            return
        find("find-progress").value = PROGRESS_SHARE
        shown = await self.findings.show(result, self.current or current, self.wanted, self.prices)
        if shown and turn == self.turn:
            self._end()

    def _progress(self, step: Progress) -> None:
        find("find-progress").value = PROGRESS_SHARE * step.done / max(step.total, 1)
        patch(find("find-stage"), (f"Searching: {text.exact(step.candidates)} deployments weighed",))

    def _end(self) -> None:
        show(find("find-running"), False)
        show(find("find-stopped"), False)
        self.stage.panel.removeAttribute("aria-busy")

    def _stop(self, words: str) -> None:
        """No search is under way any more; say why."""
        self.turn += 1
        self.key = None
        self._end()
        patch(find("find-said"), (words,))
        show(find("find-stopped"), bool(words))
        if words:
            self.stage.announce(words)

    def _clicked(self, event: Any) -> None:
        button = event.target.closest("button")
        if not button:
            return
        if button.hasAttribute("data-cancel"):
            self._stop("The search was cancelled.")
            find("find-stopped").querySelector("button").focus()
        elif button.hasAttribute("data-again"):
            self._read()
        elif button.hasAttribute("data-tick"):
            self.box.tick_gpus(checked=str(button.getAttribute("data-tick")) == "all")
            self._edited(event)
        elif button.hasAttribute("data-way"):
            self._give_way(int(button.getAttribute("data-way")))

    def _give_way(self, index: int) -> None:
        """Take values that can be had."""
        missed = self.findings.missed
        if missed is None:
            return
        said = {**wanted.texts(self.wanted), **dict(missed.ways[index].changes)}
        asked, _ = wanted.read({key: each for key, each in said.items() if each})
        self._take(asked)
        self.box.write(asked)
        self._ask()
        find("find-form").querySelector("input").focus()

    def _submitted(self, event: Any) -> None:
        event.preventDefault()
        self._read()

    def _listen(self) -> None:
        form = find("find-form")
        listen(form, "input", self._edited)
        listen(form, "submit", self._submitted)
        listen(self.stage.panel, "click", self._clicked)

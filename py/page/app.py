"""The wiring: an edit or a submit becomes a scenario, the scenario an answer on the page.

Edits compute at once from what is at hand; only a submit, or a button that says so, asks the Hub.
Whatever arrives late counts only if the form still asks for it.
"""

import asyncio
from collections.abc import Callable, Set
from typing import Any

from js import clearTimeout, document, location, performance, setTimeout
from pyodide.ffi import create_once_callable

from page import modelbox
from page.dom import find, listen, write_query
from page.embedding import attach_host
from page.extras import Extras
from page.files import ConfigFiles
from page.form import Form
from page.hub import Hub
from page.library import Library, Refused
from page.modelbox import ModelBox
from page.output import Output, print_line, set_state
from page.panel import ModelPanel
from page.picker import Picker
from page.tabs import Current, Stage, Tabs
from present import errors, hints, hubtext, state
from present.cards import Answer
from present.errors import Action, Fix, Problem
from present.hubtext import ModelRef
from present.solve import obstacle, solve
from present.state import PASTED, Scenario

PAUSE_MS = 150
"""After the last keystroke, before the figures follow."""


class App:
    """One page: its form, its results, and the models read so far."""

    def __init__(self) -> None:
        """Read the link, then whatever was entered while Python was loading."""
        self.form = Form()
        self.output = Output()
        self.hub = Hub()
        self.library = Library(self.hub)
        self.loading: ModelRef | None = None
        self.tasks: set[asyncio.Task[None]] = set()
        self.timer: int | None = None
        self.current: Current | None = None
        self.unfinished = False
        self.panel = ModelPanel(self.hub, self._start)
        self.picker = Picker(
            self.hub, pick=self.picked, leave=self.looked, announce=self.output.announce, start=self._start
        )
        self.model_box = ModelBox(self.hub, self.picker)
        self.tabs = Tabs(self._stage)
        self.extras = Extras(self.output, self._start, self._set)
        self._read_link(self.form.touched())

    def _stage(self, panel: Any, open_view: Callable[[str], None]) -> Stage:
        return Stage(panel, self._set, self.output.announce, self._start, open_view, self.library)

    def _read_link(self, keep: Set[str] = frozenset()) -> None:
        """Put the link's scenario into the form, but for the fields to keep; say what was not usable."""
        self.picker.close()
        linked, issues = state.from_query(str(location.search))
        self.form.write(linked, keep)
        self.output.link_notes([issue.text for issue in issues if issue.field not in keep])

    def run(self, *, ask_hub: bool = False) -> None:
        """Compute what the form says now. A fault of the page is said like any other failure."""
        try:
            self._run(ask_hub=ask_hub)
            self.tabs.follow(self.current)
            self.extras.follow()
        except Exception as fault:
            self.output.refuse(errors.unexpected(fault))
            raise

    def _run(self, *, ask_hub: bool) -> None:
        self._stop_waiting()
        self.unfinished = False
        scenario, issues = state.read(self.form.texts())
        self.current = None
        self.form.describe(scenario)
        self.form.resolve(hints.UNRESOLVED)
        self.form.mark(issues)
        self.model_box.reflect()
        if issues:
            return self.output.refuse(errors.unreadable(issues))
        self._write_link(scenario)
        try:
            loaded = self.library.at_hand(scenario, str(find("config").value))
        except Refused as refusal:
            self.panel.hide()
            return self.output.refuse(refusal.problem)
        if loaded is None and not ask_hub:
            loaded = self.library.from_earlier(scenario.model)
        if loaded is None:
            self.panel.hide()
            return self._fetch(scenario, ask_hub=ask_hub)
        wanted = ask_hub or (self.loading is not None and self.loading == loaded.ref)
        self.loading = None
        outcome = solve(scenario, loaded)
        self.current = Current(scenario, loaded, None if isinstance(outcome, Problem) else outcome)
        self.panel.show(loaded, scenario)
        self.picker.settle(loaded.model.name, wanted=wanted)
        return self._show(outcome)

    def _show(self, outcome: Answer | Problem) -> None:
        if isinstance(outcome, Problem):
            return self.output.refuse(outcome)
        self.output.answer(outcome)
        self.form.resolve(hints.resolved(outcome))
        performance.mark("roofline:result")
        return None

    def _fetch(self, scenario: Scenario, *, ask_hub: bool) -> None:
        """Ask the Hub, if the user said so; else say what there is to do."""
        if scenario.model == PASTED:
            return self.output.pend("Paste the text of a config.json into the box to compute it.")
        try:
            ref = hubtext.model_ref(scenario.model)
        except hubtext.NotAModel as problem:
            self.unfinished = self.picker.offers and not ask_hub
            if self.unfinished:
                return self.output.pend("Pick a model from the list, or write its whole id.")
            return self.output.refuse(errors.not_a_model(str(problem)))
        if ref == self.loading:
            return None
        if not ask_hub:
            self.loading = None
            return self.output.pend(f"The config.json of {ref} has to be read from huggingface.co.", asks=True)
        self.loading = ref
        self.output.wait(f"Reading config.json of {ref} from huggingface.co")
        return self._start(self._load(ref, scenario.model))

    async def _load(self, ref: ModelRef, typed: str) -> None:
        """Fetch a model, then compute for whatever the form says by then."""
        try:
            await self.library.fetch(ref, typed)
        except Refused as refusal:
            return self._failed(ref, refusal.problem)
        except Exception as fault:
            self._failed(ref, errors.unexpected(fault))
            raise
        return self.run() if self.loading == ref else None

    def _failed(self, ref: ModelRef, problem: Problem) -> None:
        """Say why a model could not be had, if it is still waited for."""
        if self.loading == ref:
            self.loading = None
            self.output.refuse(problem)

    def _start(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def _write_link(self, scenario: Scenario, *, new_entry: bool = False) -> None:
        """Keep the address in step, so that it can be copied at any time."""
        write_query(state.to_query(scenario, keep=str(location.search)), new_entry=new_entry)

    def submit(self, event: Any) -> None:
        """The button, or Enter."""
        event.preventDefault()
        self.picker.close()
        if find("pending").contains(document.activeElement):
            find("results").focus()
        self.run(ask_hub=True)

    def edited(self, event: Any) -> None:
        """A keystroke, or a choice: the figures follow after a pause."""
        if event.target.id in modelbox.OWN:
            return
        self.output.link_notes(())
        if event.target.id != "model":
            self.picker.close()
        if event.target.id == "revision":
            self.model_box.revise()
        if event.target.id == "config":
            self.form.controls["model"].value = PASTED
        self._stop_waiting()
        self.timer = setTimeout(create_once_callable(self.run), PAUSE_MS)

    def _stop_waiting(self) -> None:
        if self.timer is not None:
            clearTimeout(self.timer)
            self.timer = None

    def left(self, event: Any) -> None:
        """A box was left: show how its number was understood."""
        self.form.spell_out(_name(event))

    def pressed(self, event: Any) -> None:
        """Arrow keys in the boxes of magnitudes."""
        if self.form.step(_name(event), str(event.key)):
            event.preventDefault()
            self.edited(event)

    def degrees(self, _event: Any) -> None:
        """The choice of tensor parallelism is about to open: say what runs."""
        if self.current is not None:
            now = self.current
            self.form.explain_degrees(lambda degree: obstacle(now.scenario, now.loaded.model, degree))

    def preset(self, event: Any) -> None:
        """A chip: a bundled model, and a step in the browser's history."""
        chip = event.target.closest("[data-model]")
        if chip:
            self.picked(str(chip.dataset.model))

    def looked(self) -> None:
        """The list of models was left: what stands in the box has to be a model now."""
        if self.unfinished:
            self.run()

    def picked(self, model: str) -> None:
        """A model was chosen from a list, which asks for it as a submit does."""
        self._set({"model": model, "manual": ""}, ask_hub=True)

    def _set(self, changes: dict[str, str], *, ask_hub: bool = False) -> None:
        before, _ = state.read(self.form.texts())
        after, _ = state.read({**state.texts(before), **changes})
        self.form.write(after)
        self._write_link(after, new_entry=True)
        self.output.link_notes(())
        self.run(ask_hub=ask_hub)

    def fix(self, event: Any) -> None:
        """A way out that a problem offers."""
        button = event.target.closest("[data-fix]")
        if not button or self.output.problem is None:
            return
        chosen: Fix = self.output.problem.fixes[int(button.dataset.fix)]
        match chosen.action:
            case Action.SET:
                self._set(dict(chosen.changes))
                find("results").focus()
            case Action.PASTE:
                find("paste").open = True
                find("config").focus()
            case Action.RETRY:
                self.run(ask_hub=True)
            case Action.TOKEN:
                self.model_box.ask_token()

    def back(self, _event: Any) -> None:
        """The browser's own back and forward."""
        self._read_link()
        self.tabs.follow_link()
        self.run()
        self.extras.follow_link()

    def pasted(self, config: str) -> None:
        """The text of a file, as if it had been pasted."""
        find("config").value = config
        find("paste").open = True
        self.form.controls["model"].value = PASTED
        self.run()

    def listen(self) -> None:
        """Wire every control."""
        form = self.form.element
        listen(form, "submit", self.submit)
        listen(form, "input", self.edited)
        listen(form, "change", self.left)
        listen(form, "keydown", self.pressed)
        listen(find("tensor_parallel"), "focus", self.degrees)
        listen(find("tensor_parallel"), "mousedown", self.degrees)
        listen(find("units"), "change", self.edited)
        listen(find("presets"), "click", self.preset)
        listen(find("problem"), "click", self.fix)
        ConfigFiles(take=self.pasted, refuse=self.output.refuse, start=self._start).listen()
        window = document.defaultView
        self.tabs.listen()
        self.extras.listen()
        attach_host(self.output, lambda: self.current, self._start)
        listen(window, "popstate", self.back)
        listen(window, "beforeprint", lambda _event: print_line())


def _name(event: Any) -> str:
    """The name of the control that an event came from; a summary has none."""
    return str(getattr(event.target, "name", ""))


async def start() -> None:
    """Take the page over: wire it, compute what it says, and tell that it is ready."""
    app = App()
    await asyncio.sleep(0)
    app.listen()
    find("calculate").disabled = False
    performance.mark("roofline:ready")
    app.library.prepare(str(app.form.controls["model"].value))
    await asyncio.sleep(0)
    app.run()
    set_state("ready")
    app.extras.follow_link()

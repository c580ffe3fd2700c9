"""The results: what stands there, whether it is current, and what is said about it."""

from collections.abc import Callable, Sequence

from js import clearTimeout, document, setTimeout
from pyodide.ffi import create_once_callable

from page.dom import find, patch, patch_if_other, show
from present import cards, sentences, view
from present.cards import Answer
from present.errors import Problem
from present.figures import Writer
from present.markup import h

ANNOUNCE_AFTER_MS = 1_000
WARNINGS = frozenset({"context-exceeded"})
"""Codes of notes that stand beside the answer rather than beneath it."""
COMPUTED_HERE = "Computed by Python in your browser."


class Output:
    """The results' half of the page."""

    def __init__(self) -> None:
        """Find the elements."""
        self.results = find("results")
        self.problem: Problem | None = None
        self.shown: Answer | None = None
        """The answer whose figures stand there, current or not."""
        self.settled: Callable[[], None] = lambda: None
        """Called when there is an answer, a problem, or something for the user to do."""
        self._timer: int | None = None

    def answer(self, answer: Answer) -> None:
        """Replace the figures, all at once."""
        self._clear()
        self.shown = answer
        writer = Writer(binary=answer.scenario.units == "gib")
        sentence, notes = sentences.headline(answer), sentences.notes(answer)
        patch(find("origin"), (COMPUTED_HERE,))
        patch(find("headline"), view.sentence_nodes(sentence))
        patch(find("asked"), view.asked_nodes(sentences.asked(answer, writer)))
        patch_if_other(find("cards"), view.groups_nodes(cards.groups(answer, writer)))
        warnings = [note for note in notes if note[0] in WARNINGS]
        patch(find("warnings"), view.note_nodes(warnings))
        show(find("warnings"), bool(warnings))
        patch(find("notes"), view.note_nodes(note for note in notes if note not in warnings))
        measured = sentences.evidence(answer.estimate)
        patch(find("evidence-words"), (measured,))
        show(find("evidence"), bool(measured))
        patch(find("summary"), (sentences.summary(answer),))
        self.announce(sentences.plain(sentence))
        self.settled()

    def link_notes(self, notes: Sequence[str]) -> None:
        """Say what of the link could not be used."""
        patch(find("link-notes"), tuple(h("li", words) for words in notes))
        show(find("link-notes"), bool(notes))

    def refuse(self, problem: Problem) -> None:
        """Say what went wrong; the last good figures stay, marked as such."""
        self._clear()
        self.problem = problem
        region = find("problem")
        region.dataset.error = problem.code
        patch(region, view.problem_nodes(problem))
        show(region, True)
        self._stale(problem.title)
        self.announce(problem.sentence())
        self.settled()

    def wait(self, words: str) -> None:
        """Say that an answer is under way."""
        self._clear()
        patch(find("waiting-text"), (words,))
        show(find("waiting"), True)
        self.results.setAttribute("aria-busy", "true")
        self._stale(words)
        self.announce(words)

    def pend(self, words: str, *, asks: bool = False) -> None:
        """Say what the user has to do before there are new figures; `asks`: a button that submits the form does it."""
        self._clear()
        button = h("button", "Read and calculate", type="submit", form="scenario", class_="fix")
        patch(find("pending"), (words, " ", button) if asks else (words,))
        show(find("pending"), True)
        self._stale(words)
        self.announce(words)
        self.settled()

    def _clear(self) -> None:
        self._drop_foreign()
        self.problem = None
        for name in ("problem", "waiting", "pending"):
            show(find(name), False)
        region = find("problem")
        region.dataset.error = ""
        patch(region, ())
        self.results.removeAttribute("aria-busy")
        self.results.removeAttribute("data-stale")
        show(find("stale"), False)

    def _drop_foreign(self) -> None:
        """Blank the figures that index.html brought along, where the link asks for others (js/shell.js says so)."""
        html = document.documentElement
        if html.getAttribute("data-answer") == "pending":
            for name in ("origin", "headline", "asked", "notes"):
                patch(find(name), ())
            patch(find("cards"), view.groups_nodes(cards.groups(None, Writer())))
        html.removeAttribute("data-answer")

    def _stale(self, instead: str) -> None:
        """Mark the figures as those of another scenario; the line that leads to them says why, `instead` of figures."""
        patch(find("summary"), (instead,))
        self.results.setAttribute("data-stale", "")
        show(find("stale"), bool(find("headline").textContent))

    def announce(self, words: str) -> None:
        """Tell a screen reader, once the user pauses."""
        if self._timer is not None:
            clearTimeout(self._timer)
        speak = create_once_callable(lambda: patch(find("announcement"), (words,)))
        self._timer = setTimeout(speak, ANNOUNCE_AFTER_MS)


def print_line() -> None:
    """Where and when a printed sheet comes from."""
    from js import Date, location

    find("print-line").textContent = f"{location.href}, {Date.new().toLocaleString('en-GB')}"


def set_state(state: str) -> None:
    """Set the state that tests and hosts wait for."""
    document.documentElement.dataset.state = state

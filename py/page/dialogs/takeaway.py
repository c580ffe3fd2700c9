"""Ways to take an answer away: a link, an export in three formats, a command that starts the engine."""

from functools import cache
from typing import Any

from js import URL, Blob, Date, Object, document, location, setTimeout
from pyodide.ffi import create_once_callable, to_js

from page.dialogs.box import Box, copied, styled
from page.dom import find, listen
from page.output import Output
from present import money, state, takeaway
from present.cards import Answer
from present.export import FORMATS, Sheet, Stamp, file_name
from present.figures import Writer

COMMAND, LINK = "command", "link"
SAID_MS = 2_000


async def open_for(output: Output, detail: str) -> None:
    """Open one of them."""
    answer = output.shown
    assert answer is not None
    if detail == LINK and await copied(_link()):
        return _say_copied(output, takeaway.link_said(answer))
    await styled()
    return _dialogs().open(answer, detail)


def _say_copied(output: Output, words: str) -> None:
    """On the button for a while, and in whole words to a screen reader; beside the notes where more is to be said."""
    output.announce(words)
    output.link_notes((words,) if words != takeaway.LINK_COPIED else ())
    button = find("actions").querySelector(f"[data-open='takeaway:{LINK}']")
    button.textContent = "Link copied"
    setTimeout(create_once_callable(lambda: setattr(button, "textContent", "Copy link")), SAID_MS)


def _link() -> str:
    """The address of now, without what is open on the page."""
    return _address(state.with_key(str(location.search), "how", ""))


def _address(query: str) -> str:
    return f"{location.origin}{location.pathname}{'?' if query else ''}{query}"


class TakeAway:
    """One dialog for all of them."""

    def __init__(self) -> None:
        """Make the dialog."""
        self.box = Box("takeaway")
        self.answer: Answer | None = None
        self.format = next(iter(FORMATS.values()))
        listen(self.box.element, "click", self._clicked)
        listen(self.box.element, "change", self._chosen)

    def open(self, answer: Answer, detail: str) -> None:
        """Show one of them."""
        self.answer = answer
        if detail == COMMAND:
            self.box.open("Serving command", takeaway.command_nodes(takeaway.command(answer)))
        elif detail == LINK:
            self.box.open("Link", takeaway.link_nodes(_link()))
            self.box.select(self._text("link"))
        else:
            self.box.open("Export", takeaway.export_nodes(answer, self.format, self._written()))

    def _written(self) -> str:
        """The answer in the chosen format; nothing of one that a token opened."""
        answer = self.answer
        assert answer is not None
        if answer.with_token:
            return ""
        entered, _ = money.from_query(str(location.search))
        query = money.to_query(entered, state.to_query(answer.scenario))
        link = _address(query) if state.is_in_link(answer.scenario) else ""
        stamp = Stamp(takeaway.VERSION, str(Date.new().toISOString())[:10], link)
        return self.format.write(Sheet(answer, Writer(binary=answer.scenario.units == "gib"), stamp, entered))

    def _chosen(self, event: Any) -> None:
        answer = self.answer
        if event.target.name == "format" and answer is not None:
            self.format = FORMATS[str(event.target.value)]
            self.box.fill(takeaway.export_nodes(answer, self.format, self._written()))
            self.box.element.querySelector("[name=format]:checked").focus()

    def _clicked(self, event: Any) -> None:
        copy, download = event.target.closest("[data-copy]"), event.target.closest("[data-download]")
        if copy:
            shown = self._text(str(copy.dataset.copy))
            self.box.start(self.box.copy(str(shown.textContent), shown))
        elif download:
            self._download()

    def _text(self, name: str) -> Any:
        return self.box.element.querySelector(f"[data-text={name}]")

    def _download(self) -> None:
        """Hand the text to the browser as a file."""
        answer = self.answer
        if answer is None or answer.with_token:
            return
        options = to_js({"type": f"{self.format.media_type};charset=utf-8"}, dict_converter=Object.fromEntries)
        address = URL.createObjectURL(Blob.new(to_js([self._written()]), options))
        anchor = document.createElement("a")
        anchor.href, anchor.download = address, file_name(answer, self.format.suffix)
        anchor.click()
        URL.revokeObjectURL(address)
        self.box.say(f"Saved as {anchor.download}.")


@cache
def _dialogs() -> TakeAway:
    return TakeAway()

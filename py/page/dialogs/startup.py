"""Our memory in the words of the engine's start-up log, and pasted lines of a real one beside it."""

from functools import cache
from typing import Any

from js import document

from page.dialogs.box import Box, styled
from page.dom import find, listen, patch
from page.output import Output
from present import startupview
from present.cards import Answer
from present.startuplog import Logged, read_log


async def open_for(output: Output, _detail: str) -> None:
    """Open the dialog for the answer that is shown."""
    await styled()
    assert output.shown is not None
    _dialog().open(output.shown)


class StartupLog:
    """The dialog, and the answer that it is about."""

    def __init__(self) -> None:
        """Make the dialog; what was pasted stays for the visit."""
        self.box = Box("startup")
        self.answer: Answer | None = None
        self.pasted = ""
        listen(self.box.element, "input", self._edited)

    def open(self, answer: Answer) -> None:
        """Show the figures of an answer."""
        self.answer = answer
        found = startupview.figures(answer, Logged())
        self.box.open(startupview.title(found), startupview.nodes())
        find("startup-log").value = self.pasted
        self._draw()

    def _edited(self, _event: Any) -> None:
        self.pasted = str(document.getElementById("startup-log").value)
        self._draw()

    def _draw(self) -> None:
        assert self.answer is not None
        logged = read_log(self.pasted)
        found = startupview.figures(self.answer, logged)
        patch(find("startup-lead"), (startupview.lead(found),))
        patch(find("startup-ours"), (startupview.ours(found),))
        patch(find("startup-rows"), startupview.rows(found, logged) if self.pasted.strip() else ())


@cache
def _dialog() -> StartupLog:
    return StartupLog()

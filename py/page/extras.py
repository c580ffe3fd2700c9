"""What opens from buttons beside the figures: how a figure came about, and ways to take the answer away.

Each is a module of page/dialogs/ in the second archive with a function `open_for(output, detail)`.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from js import document, location
from pyodide.ffi import JsException

from page import later
from page.dom import find, listen
from page.output import Output
from present import state

KINDS = frozenset({"embed", "how", "pin", "startup", "takeaway"})
BEFORE = ("present.how_time", "present.how_serving", "present.explain")
"""What these modules need, in pieces."""
_MISSING = "This part of the page could not be fetched. Check the connection and try again."


class Extras:
    """The buttons that carry `data-open`, a kind and where it needs one a detail: how:ttft_s."""

    def __init__(
        self,
        output: Output,
        start: Callable[[Coroutine[Any, Any, Any]], None],
        change: Callable[[dict[str, str]], None],
    ) -> None:
        """`output` holds the answer; `start` runs a coroutine; `change` puts texts into the form."""
        self.output, self.start, self.change = output, start, change
        self.money: Any = None

    def listen(self) -> None:
        """Wire the buttons, those that are still to come included."""
        listen(self.output.results, "click", self._clicked)
        listen(find("money"), "toggle", self._unfolded)

    def follow_link(self) -> None:
        """Open what the address asks for, and nothing else."""
        find("money").open = find("money").open or "money_" in str(location.search)
        for dialog in document.querySelectorAll("dialog[open]"):
            dialog.close()
        field = state.asked_for(str(location.search), "how")
        if field:
            self._ask("how", field)

    def follow(self) -> None:
        """The form has changed, and perhaps the answer."""
        if self.money is not None:
            self.money.show()

    def _unfolded(self, event: Any) -> None:
        if event.target.open and self.money is None:
            self.start(self._unfold())
        elif event.target.open:
            self.money.show()

    async def _unfold(self) -> None:
        module = await self._module("page.money")
        if module is not None and self.money is None:
            self.money = await module.made(self.output, self.change)
            self.money.show()

    def _clicked(self, event: Any) -> None:
        button = event.target.closest("[data-open]")
        if button:
            kind, _, detail = str(button.dataset.open).partition(":")
            self._ask(kind, detail)

    def _ask(self, kind: str, detail: str) -> None:
        if kind in KINDS and self.output.shown is not None:
            self.start(self._open(kind, detail))

    async def _open(self, kind: str, detail: str) -> None:
        module = await self._module(f"page.dialogs.{kind}")
        if module is not None:
            await module.open_for(self.output, detail)

    async def _module(self, name: str) -> Any:
        """A module of the second archive; None, and words on the page, where it cannot be fetched."""
        try:
            for part in (*BEFORE, name):
                module = await later.module(part)
                await asyncio.sleep(0)  # each in a task of its own: the page stays quick
            return module
        except (OSError, JsException):
            return self.output.link_notes((_MISSING,))

"""How a figure came about: its formula with its numbers, each part of which opens further."""

import asyncio
from functools import cache
from typing import Any

from js import location
from pyodide.ffi import create_proxy

from page.dialogs.box import Box, styled
from page.dom import listen, patch, write_query
from page.output import Output
from page.slices import Clock
from present import how_money, howview, money, state
from present.explain import Explanation, text_lines, working
from present.figures import Writer


async def open_for(output: Output, detail: str) -> None:
    """Open the working of a figure by its API name."""
    await styled()
    _how().open(output, detail)


class How:
    """The dialog, and the figure that it explains."""

    def __init__(self) -> None:
        """Make the dialog."""
        self.box = Box("how", self._closed)
        self.task: asyncio.Task[None] | None = None
        self.explanation: Explanation | None = None
        listen(self.box.element, "click", self._clicked)
        # a toggle does not bubble
        self.box.element.addEventListener("toggle", create_proxy(self._toggled), True)

    def open(self, output: Output, field: str) -> None:
        """Explain a figure of the answer that is shown; an unknown name is said on the page."""
        answer = output.shown
        assert answer is not None
        self.entered, _ = money.from_query(str(location.search))
        card = howview.card_of(answer, Writer(binary=answer.scenario.units == "gib"), self.entered, field)
        if card is None:
            write_query(state.with_key(str(location.search), "how", ""))
            output.link_notes((howview.unknown(field),))
            return
        self.card, self.answer, self.work = card, answer, working(answer)
        self._show(field)

    def _show(self, field: str) -> None:
        self._stop()
        self.explanation = how_money.explained(self.answer, self.work, self.entered, field)
        assert self.explanation is not None
        nodes = howview.dialog_nodes(self.card, self.explanation, withheld=self.answer.with_token)
        self.box.open(self.card.title, nodes)
        write_query(state.with_key(str(location.search), "how", field))

    def _clicked(self, event: Any) -> None:
        chip, copy = event.target.closest("[data-figure]"), event.target.closest("[data-copy]")
        if chip:
            field = str(chip.dataset.figure)
            self._show(field)
            self.box.element.querySelector(f"[data-figure={field}]").focus()
        elif copy:
            self.task = asyncio.ensure_future(self._copy())

    def _toggled(self, event: Any) -> None:
        """A part was opened: its own working is made now."""
        details = event.target
        if not details.open or details.querySelector(".step") or self.explanation is None:
            return
        path = str(details.dataset.path)
        patch(details, (howview.summary(self.explanation, path), howview.opened(self.explanation, path)))

    async def _copy(self) -> None:
        """Write out the whole working, in slices, and copy it."""
        assert self.explanation is not None
        lines, clock = [], Clock()
        for line in text_lines(self.explanation):
            lines.append(line)
            if clock.is_over:
                await clock.rest()
        await self.box.copy("\n".join(lines) + "\n", self.box.body)

    def _closed(self) -> None:
        self._stop()
        write_query(state.with_key(str(location.search), "how", ""))

    def _stop(self) -> None:
        if self.task is not None:
            self.task.cancel()


@cache
def _how() -> How:
    return How()

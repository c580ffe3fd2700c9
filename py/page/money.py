"""The disclosure "Money and energy": its boxes, which stand in the address, and what follows from them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from js import clearTimeout, location, setTimeout
from pyodide.ffi import create_once_callable

from page.dialogs.box import styled
from page.dom import find, listen, patch, show, write_query
from page.output import Output
from present import money, moneyview
from present.cards import Answer
from present.fields import Issue
from present.markup import Node
from present.money import RULES, Money

PAUSE_MS = 150
PARTS: Mapping[str, Callable[[Answer, Money], Sequence[Node | str]]] = {
    "verdict": lambda answer, entered: (money.verdict(answer, entered),),
    "volume": moneyview.volume_nodes,
    "table": moneyview.comparison_nodes,
    "source": lambda answer, _entered: moneyview.source_nodes(answer),
    "energy": moneyview.energy_nodes,
    "providers": lambda answer, _entered: moneyview.provider_nodes(answer),
}
"""What follows from answer and entries, by the id of its place."""


async def made(output: Output, change: Callable[[dict[str, str]], None]) -> "MoneyPanel":
    """The panel, with its style sheet."""
    await styled()
    return MoneyPanel(output, change)


class MoneyPanel:
    """Boxes and figures; made when the disclosure is first opened."""

    def __init__(self, output: Output, change: Callable[[dict[str, str]], None]) -> None:
        """`change` puts texts into the form."""
        self.output, self.change = output, change
        self.timer: int | None = None
        self.task: asyncio.Task[None] | None = None
        body = find("money-body")
        patch(body, moneyview.frame_nodes())
        self.boxes = {key: find(key) for key in RULES}
        listen(body, "input", self._edited)
        listen(body, "change", self._chosen)
        listen(body, "click", self._clicked)
        self.entered, issues = money.from_query(str(location.search))
        self._write(self.entered, issues)

    def show(self) -> None:
        """Bring everything in line with the answer that stands on the page, and with the address."""
        answer = self.output.shown
        if answer is None or not find("money").open:
            return
        linked, issues = money.from_query(str(location.search))
        if linked != self.entered and self.timer is None:
            self.entered = linked
            self._write(linked, issues)
        if self.task is not None:
            self.task.cancel()
        self.task = asyncio.ensure_future(self._draw(answer, self.entered))

    async def _draw(self, answer: Answer, entered: Money) -> None:
        """Part by part, so that nothing waits for all of it."""
        for key, words in moneyview.placeholders(answer).items():
            self.boxes[key].placeholder = words
        for name, make in PARTS.items():
            nodes = make(answer, entered)
            part = find(f"money-{name}")
            patch(part, nodes)
            show(part, bool(nodes))
            await asyncio.sleep(0)

    def _write(self, entered: Money, issues: Sequence[Issue]) -> None:
        """Put entries into the boxes, and beside them what of a link could not be used."""
        for key, rule in RULES.items():
            self.boxes[key].value = rule.write(getattr(entered, key))
        self._mark(issues)
        own = (entered.money_input_usd, entered.money_output_usd) != (None, None)
        find("money-preset").value = money.OWN if own else ""

    def _edited(self, event: Any) -> None:
        if str(event.target.id) not in RULES:
            return
        if str(event.target.id) in ("money_input_usd", "money_output_usd"):
            find("money-preset").value = money.OWN
        if self.timer is not None:
            clearTimeout(self.timer)
        self.timer = setTimeout(create_once_callable(self._read), PAUSE_MS)

    def _read(self) -> None:
        """What stands in the boxes holds from now on, and stands in the address."""
        self.timer = None
        self.entered, issues = money.read({key: str(box.value) for key, box in self.boxes.items()})
        self._mark(issues)
        write_query(money.to_query(self.entered, str(location.search)))
        self.show()

    def _mark(self, issues: Sequence[Issue]) -> None:
        wrong = {issue.field: issue.reason for issue in issues}
        for key, box in self.boxes.items():
            reason = wrong.get(key, "")
            patch(find(f"{key}-error"), (reason[0].upper() + reason[1:],) if reason else ())
            if reason:
                box.setAttribute("aria-invalid", "true")
            else:
                box.removeAttribute("aria-invalid")

    def _chosen(self, event: Any) -> None:
        """A listed price goes into the boxes; the list's own price of this model empties them."""
        if event.target.id != "money-preset" or event.target.value == money.OWN:
            return
        value = str(event.target.value)
        rate = money.presets()[int(value)][1] if value else None
        self.boxes["money_input_usd"].value = f"{rate.input_usd_per_million:g}" if rate else ""
        self.boxes["money_output_usd"].value = f"{rate.output_usd_per_million:g}" if rate else ""
        self._read()

    def _clicked(self, event: Any) -> None:
        chip = event.target.closest("[data-usd]")
        if chip:
            self.change({"usd_per_gpu_hour": str(chip.dataset.usd)})

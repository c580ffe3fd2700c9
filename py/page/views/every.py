"""The form's workload and layout on every GPU, on request."""

from typing import Any

from page.dom import find, listen, patch, show
from page.slices import Clock
from page.tabs import Current, Stage
from present import everyview, inputs
from present.figures import Writer
from present.markup import h
from roofline import RooflineError
from roofline.compare import every_gpu

SKELETON = (
    h("h3", "The form’s layout on every GPU"),
    h(
        "p",
        "Same model, parallelism, lengths and concurrency, with as many nodes as the form says or one replica needs.",
        class_="soft",
    ),
    h("p", h("button", "Compare every GPU for this workload", type="button", class_="chip", id="every-begin")),
    h(
        "table",
        h("caption", "The form’s layout on every GPU", class_="visually-hidden"),
        h("thead", everyview.heading_row(), role="rowgroup"),
        h("tbody", id="every-rows", role="rowgroup"),
        class_="rows",
        role="table",
        id="every-table",
        hidden="",
    ),
)


class Every:
    """A table that is filled on request and follows the form from then on."""

    def __init__(self, place: Any, stage: Stage) -> None:
        """Nobody has asked yet."""
        self.stage = stage
        patch(place, SKELETON)
        self.current: Current | None = None
        self.asked = False
        self.turn = 0
        self.panel, self.place = stage.panel, place
        listen(find("every-begin"), "click", self._begin)

    def show(self, current: Current | None) -> None:
        """The form has changed."""
        self.current = current
        wished = self.panel.hasAttribute("data-every")
        self.asked = self.asked or wished
        if self.asked:
            self._fill()
        if wished:
            self.panel.removeAttribute("data-every")
            self.panel.prepend(self.place)  # above the search, whose rows would push it away
            find("every-begin").focus()

    def leave(self) -> None:
        """Stop."""
        self.turn += 1

    def _begin(self, _event: Any) -> None:
        self.asked = True
        self._fill()

    def _fill(self) -> None:
        self.turn += 1
        show(find("every-table"), self.current is not None)
        if self.current is not None:
            self.stage.start(self._rows(self.current, self.turn))

    async def _rows(self, current: Current, turn: int) -> None:
        scenario, model = current.scenario, current.loaded.model
        writer, clock, rows = Writer(binary=scenario.units == "gib"), Clock(), []
        try:
            deployment, workload = inputs.deployment(scenario), inputs.workload(scenario)
        except RooflineError:
            return show(find("every-table"), False)
        for row in every_gpu(model, deployment, workload):
            rows.append(row)
            if clock.is_over:
                await clock.rest()
                if turn != self.turn:
                    return None
        patch(find("every-rows"), everyview.rows_of(rows, writer))
        return self.stage.announce("Every GPU was compared.")

"""The view "Time and memory": where the time of a step goes, what fills a GPU, and how close operators are to the roof.

A model that does not fit has no times, but its memory is shown, and what is missing.
"""

import asyncio

from pyodide.ffi import JsException

from page import charts
from page.dom import find, patch, show
from page.tabs import Current, Stage
from present import inputs
from present.chart_steps import breakdown_chart, memory_chart, roofline_chart
from present.charts import Chart
from present.markup import h
from roofline import GPUS, Estimate, RooflineError, estimate

PLACES = ("time-breakdown", "time-memory", "time-roofline")
WAITING = "The charts are drawn as soon as there is an answer."


class View:
    """Made when the tab is first opened."""

    def __init__(self, stage: Stage) -> None:
        """Lay out the panel."""
        self.stage = stage
        self.turn = 0
        note = h("p", WAITING, id="time-note", class_="view-wait")
        patch(stage.panel, (note, *(h("div", id=place) for place in PLACES)))

    def show(self, current: Current | None) -> None:
        """Draw what the form says; where nothing can be computed the last charts stay."""
        self.turn += 1
        if current is not None:
            self.stage.start(self._draw(current, self.turn))

    def leave(self) -> None:
        """Stop what is under way."""
        self.turn += 1

    async def _draw(self, current: Current, turn: int) -> None:
        result = _result(current)
        if result is None:
            return
        gpu = GPUS[current.scenario.gpu]
        makers = {
            "time-breakdown": lambda: breakdown_chart(result) if result.fits else None,
            "time-memory": lambda: memory_chart(result, gpu, binary=current.scenario.units == "gib"),
            "time-roofline": lambda: roofline_chart(result, gpu) if result.fits else None,
        }
        for place, make in makers.items():
            await asyncio.sleep(0)
            if turn != self.turn:
                return
            await self._place(place, make())

    async def _place(self, place: str, chart: Chart | None) -> None:
        show(find(place), chart is not None)
        try:
            if chart is not None:
                await charts.draw(find(place), chart)
        except JsException:
            patch(find("time-note"), (charts.FAILED,))
            return show(find("time-note"), True)
        return show(find("time-note"), False)


def _result(current: Current) -> Estimate | None:
    """The estimate of the answer, or of what does not fit; None where the engine refuses."""
    if current.answer is not None:
        return current.answer.estimate
    try:
        return estimate(current.loaded.model, inputs.deployment(current.scenario), inputs.workload(current.scenario))
    except RooflineError:
        return None

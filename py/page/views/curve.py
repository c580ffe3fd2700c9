"""The view "Curve": speed, latency and cost from one request at a time to the most that fit."""

import asyncio
from time import perf_counter
from typing import Any

from pyodide.ffi import JsException

from page import charts
from page.dom import find, listen, patch, show
from page.tabs import Current, Stage
from present import inputs
from present.chart_curve import curve_charts
from present.charts import Chart
from present.markup import h
from roofline.curve import CurvePoint, curve, curve_points

SLICE_S = 0.008
"""Of computing at a time, before the browser has its turn."""

PLACES = ("curve-speed", "curve-ttft", "curve-tpot", "curve-cost")
"""Elements of the charts, in the order of `curve_charts`."""

WAITING = "The curve is drawn as soon as there is an answer."


class View:
    """Made when the tab is first opened."""

    def __init__(self, stage: Stage) -> None:
        """Lay out the panel."""
        self.stage = stage
        self.turn = 0
        first, *others = (h("div", id=place) for place in PLACES)
        note = h("p", WAITING, id="curve-note", class_="view-wait")
        patch(stage.panel, (note, first, h("div", *others, class_="chart-row")))
        listen(stage.panel, "chart:pick", self._picked)

    def show(self, current: Current | None) -> None:
        """Draw the curve of what the form says; without an answer the last one stays."""
        self.turn += 1
        if current is not None and current.answer is not None:
            self.stage.start(self._draw(current, current.answer.estimate.concurrency, self.turn))

    def leave(self) -> None:
        """Stop what is under way."""
        self.turn += 1

    async def _draw(self, current: Current, chosen: int, turn: int) -> None:
        points = await self._points(current, turn)
        for place, chart in zip(PLACES, self._charts(points, chosen), strict=False):
            if turn != self.turn:
                return
            await self._place(place, chart)

    def _charts(self, points: list[CurvePoint], chosen: int) -> tuple[Chart, ...]:
        return curve_charts(curve(points, chosen)) if points else ()

    async def _points(self, current: Current, turn: int) -> list[CurvePoint]:
        """The points, computed in short tasks; none where the form has changed meanwhile."""
        scenario = current.scenario
        points = []
        began_s = perf_counter()
        for point in curve_points(current.loaded.model, inputs.deployment(scenario), inputs.workload(scenario)):
            points.append(point)
            if perf_counter() - began_s > SLICE_S:
                await asyncio.sleep(0)
                began_s = perf_counter()
                if turn != self.turn:
                    return []
        return points

    async def _place(self, place: str, chart: Chart) -> None:
        try:
            await charts.draw(find(place), chart)
        except JsException:
            patch(find("curve-note"), (charts.FAILED,))
            return show(find("curve-note"), True)
        return show(find("curve-note"), False)

    def _picked(self, event: Any) -> None:
        self.stage.change({"concurrency": str(event.detail)})

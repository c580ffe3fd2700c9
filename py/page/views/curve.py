"""The view "Curve": speed, latency and cost from one request at a time to the most that fit."""

from typing import Any

from js import location
from pyodide.ffi import JsException

from page import charts
from page.dom import find, listen, patch, show, write_query
from page.slices import Clock
from page.tabs import Current, Stage
from present import curvetargets, inputs, wanted
from present.chart_curve import curve_charts
from present.charts import Chart
from present.markup import h
from roofline.curve import CurvePoint, curve, curve_points

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
        targets = h("form", *curvetargets.nodes(), id="curve-targets", aria_label="Targets", novalidate="", hidden="")
        patch(stage.panel, (targets, note, first, h("div", *others, class_="chart-row")))
        self.wanted = wanted.DEFAULT
        self.current: Current | None = None
        listen(stage.panel, "chart:pick", self._picked)
        listen(find("curve-targets"), "change", self._aimed)
        listen(find("curve-targets"), "submit", lambda event: event.preventDefault())

    def show(self, current: Current | None) -> None:
        """Draw the curve of what the form says, with the link's targets; without an answer the last one stays."""
        self.wanted, _ = wanted.read(wanted.pairs_of(str(location.search)))
        for name, text in curvetargets.texts(self.wanted).items():
            find(f"curve-{name}").value = text
        self._mark({})
        self._follow(current)

    def _follow(self, current: Current | None) -> None:
        self.turn += 1
        self.current = current
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
        targets = self.wanted.targets
        return curve_charts(curve(points, chosen, ttft_s=targets.ttft_s, tpot_s=targets.tpot_s)) if points else ()

    async def _points(self, current: Current, turn: int) -> list[CurvePoint]:
        """The points, computed in short tasks; none where the form has changed meanwhile."""
        scenario = current.scenario
        points = []
        clock = Clock()
        for point in curve_points(current.loaded.model, inputs.deployment(scenario), inputs.workload(scenario)):
            points.append(point)
            if clock.is_over:
                await clock.rest()
                if turn != self.turn:
                    return []
        return points

    async def _place(self, place: str, chart: Chart) -> None:
        try:
            await charts.draw(find(place), chart)
        except JsException:
            patch(find("curve-note"), (charts.FAILED,))
            return show(find("curve-note"), True)
        show(find("curve-targets"), True)
        return show(find("curve-note"), False)

    def _picked(self, event: Any) -> None:
        self.stage.change({"concurrency": str(event.detail)})

    def _aimed(self, _event: Any) -> None:
        """A target was given: it stands in the link, where the search for a deployment finds it too."""
        found, issues = curvetargets.read(
            self.wanted, {name: str(find(f"curve-{name}").value) for name in curvetargets.BOXES}
        )
        self._mark({issue.field: issue.text for issue in issues})
        if not issues:
            self.wanted = found
            write_query(wanted.with_wanted(str(location.search), found))
            self._follow(self.current)

    def _mark(self, wrong: dict[str, str]) -> None:
        patch(find("curve-issues"), tuple(h("span", words) for words in wrong.values()))
        show(find("curve-issues"), bool(wrong))
        for name in curvetargets.BOXES:
            find(f"curve-{name}").setAttribute("aria-invalid", str(name in wrong).lower())

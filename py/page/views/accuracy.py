"""The Accuracy view: the report is fetched when it is first opened, filters draw it anew."""

from typing import Any

from js import fetch
from pyodide.ffi import JsException

from page import charts, styles
from page.dom import listen, patch
from page.tabs import Current, Stage
from present import accuracy_report, accuracy_view
from present.accuracy_report import Choice, Report
from present.markup import h

INTRODUCTION = (
    "How far predictions are from published measurements. With the model left out, each run is predicted by constants "
    "that were fitted without any run of its model: what to expect of a model that nobody has measured."
)


class View:
    """Filters, errors, chart and notes of the report."""

    def __init__(self, stage: Stage) -> None:
        """Set up the parts; each is filled on its own, so that a filter keeps the focus."""
        self.stage, self.current = stage, None
        self.report: Report | None = None
        self.choice = Choice()
        self.busy = False
        parts = ("summary", "chart", "notes")
        like = h("button", "Like this deployment", type="button", class_="chip", data_like="")
        filters = h("form", *accuracy_view.controls(), like, class_="accuracy-filters", aria_label="Filter the runs")
        patch(
            stage.panel,
            (
                h("p", INTRODUCTION, class_="accuracy-lead"),
                h("p", class_="view-wait", data_part="wait"),
                h("div", filters, *(h("div", data_part=part) for part in parts), data_part="all", hidden=""),
                h("p", h("a", "The report as data (JSON)", href=self._address()), class_="accuracy-data"),
            ),
        )
        styles.use("accuracy")
        self.form = stage.panel.querySelector("form")
        listen(self.form, "change", self._filtered)
        listen(self.form, "submit", lambda event: event.preventDefault())
        listen(self.form.querySelector("[data-like]"), "click", self._like)

    def show(self, current: Current | None) -> None:
        """Fetch the report once; the form's changes concern the button alone."""
        self.current = current
        self.form.querySelector("[data-like]").hidden = current is None
        if self.stage.panel.hasAttribute("data-like"):
            self.stage.panel.removeAttribute("data-like")
            self._like(None)
        if self.report is None and not self.busy:
            self.busy = True
            self.stage.start(self._load())

    def leave(self) -> None:
        """Nothing is under way that costs anything."""

    def _address(self) -> str:
        return str(self.stage.panel.dataset.report)

    def _part(self, name: str) -> Any:
        return self.stage.panel.querySelector(f"[data-part={name}]")

    async def _load(self) -> None:
        patch(self._part("wait"), ("Loading the measured runs",))
        try:
            response = await fetch(self._address())
            self.report = accuracy_report.read(str(await response.text()))
        except (JsException, ValueError):
            patch(self._part("wait"), ("The report could not be fetched. Open this view again to retry.",))
            return
        finally:
            self.busy = False
        self._part("wait").hidden = True
        self._part("all").hidden = False
        await self._draw()

    def _filtered(self, event: Any) -> None:
        name = str(event.target.name)
        self._choose(self.choice._replace(**{name: str(event.target.value)}))

    def _like(self, _event: Any) -> None:
        if self.current is not None:
            scenario = self.current.scenario
            self._choose(accuracy_view.like(self.choice, scenario.engine, scenario.gpu))

    def _choose(self, choice: Choice) -> None:
        self.choice = choice
        if self.report is not None:
            self.stage.start(self._draw())

    async def _draw(self) -> None:
        assert self.report is not None
        choice = self.choice = accuracy_report.settled(self.report, self.choice)
        for name in accuracy_view.LABELS:
            select = self.form.elements.namedItem(name)
            patch(select, accuracy_view.option_nodes(self.report, choice, name))
            select.value = getattr(choice, name)
        figure = self.report.figure(choice.figure)
        patch(self._part("summary"), (accuracy_view.error_table(figure, choice),))
        patch(self._part("notes"), accuracy_view.notes(self.report, choice))
        drawn = accuracy_view.chart(self.report, choice)
        try:
            await charts.draw(self._part("chart"), drawn)
        except JsException:
            patch(self._part("chart"), (h("p", "The chart could not be fetched.", class_="notice"),))
        self.stage.announce(drawn.summary)

"""The result for the page around this one, as JSON; js/embed.js hands it to whoever asked for it."""

import json
from collections.abc import Callable
from typing import Any

from js import CustomEvent, Object, document
from pyodide.ffi import to_js

from page.dom import find
from page.output import Output
from page.tabs import Current
from present import inputs
from roofline import RooflineError, estimate
from roofline.document import document as document_of


class Host:
    """Says each answer, from the first on."""

    def __init__(self, output: Output, current: Callable[[], Current | None]) -> None:
        """Follow the output; what it says already counts as well."""
        self.output, self.current = output, current
        output.settled = self.tell
        if not output.results.hasAttribute("aria-busy"):
            self.tell()

    def tell(self) -> None:
        """Say the answer of now, or why there is none."""
        said = json.dumps({"result": self._result(), "problem": self._problem()})
        event = CustomEvent.new("roofline:answer", to_js({"detail": said}, dict_converter=Object.fromEntries))
        document.documentElement.dispatchEvent(event)

    def _result(self) -> dict[str, Any] | None:
        """The document of the scenario, one that does not fit included."""
        current = self.current()
        if current is None:
            return None
        scenario, model = current.scenario, current.loaded.model
        try:
            return document_of(model, estimate(model, inputs.deployment(scenario), inputs.workload(scenario)))
        except RooflineError:
            return None

    def _problem(self) -> dict[str, str] | None:
        """What the page says instead of an answer, with its stable code."""
        problem = self.output.problem
        if problem is not None:
            return {"code": problem.code, "text": problem.sentence()}
        waits_for_user = not find("pending").hidden
        return {"code": "pending", "text": str(find("pending").textContent)} if waits_for_user else None

"""The panel of the model: what was recognised, and whether the Hub counts the same."""

from collections.abc import Callable
from typing import Any

from page.dom import find, patch, show
from page.hub import Hub, HubFailure, TooLarge
from present import hubtext, hubtotal, modelview
from present.hubtext import ModelRef
from present.hubtotal import Check
from present.models import Loaded
from present.panel import panel
from present.state import Scenario

_REASONS = {
    "rate-limited": "Hugging Face asks to wait",
    "hub-unreachable": "Hugging Face cannot be reached",
    "hub-timeout": "Hugging Face did not answer in time",
}


class ModelPanel:
    """Facts about the model that the form names."""

    def __init__(self, hub: Hub, start: Callable[[Any], None]) -> None:
        """Nothing has been checked yet."""
        self.hub, self.start = hub, start
        self.checks: dict[ModelRef, Check] = {}
        self.asked: set[ModelRef] = set()
        self.shown: tuple[Loaded, Scenario] | None = None

    def show(self, loaded: Loaded, scenario: Scenario) -> None:
        """Describe a model; one from the Hub is compared with the Hub's own count, once."""
        self.shown = loaded, scenario
        check = self.checks.get(loaded.ref) if loaded.ref is not None else None
        element, warning = find("model-panel"), find("model-warning")
        patch(element, modelview.panel_nodes(panel(loaded, scenario), check))
        show(element, True)
        patch(warning, (check.words if check is not None and check.warns else "",))
        show(warning, check is not None and check.warns)
        if loaded.ref is not None and check is None and loaded.ref not in self.asked:
            self.asked.add(loaded.ref)
            self.start(self._check(loaded.ref, loaded))

    def hide(self) -> None:
        """There is no model to describe."""
        self.shown = None
        show(find("model-panel"), False)
        show(find("model-warning"), False)

    async def _check(self, ref: ModelRef, loaded: Loaded) -> None:
        self.checks[ref] = await self._compared(ref, loaded)
        if self.shown is not None and self.shown[0].ref == ref:
            self.show(*self.shown)

    async def _compared(self, ref: ModelRef, loaded: Loaded) -> Check:
        try:
            entry = await self.hub.entry(ref)
        except HubFailure as failure:
            return hubtotal.unchecked(_REASONS.get(failure.code, "the Hub does not list this model"))
        except (TooLarge, hubtext.NotAConfig):
            return hubtotal.unchecked("the Hub’s answer could not be read")
        return hubtotal.renamed(hubtotal.compare(loaded.model, entry), ref, entry)

"""The boxes of a search: what they say, what is wrong with it, and what a link puts into them."""

from collections.abc import Sequence
from typing import Any

from js import document

from page.dom import find, patch, show
from present import wanted
from present.fields import Issue
from present.state import Scenario
from present.wanted import Wanted
from roofline import GPUS

PAIRS = {"demand": ("users", "requests_per_s"), "speed": ("tpot_ms", "tokens_per_s")}
"""Boxes with a choice of units, and the fields that the units stand for."""

BOXES = ("ttft_s", "usd_per_month")
_BOX_OF = {field: box for box, units in PAIRS.items() for field in units} | {name: name for name in BOXES}
_BOX_OF |= {"gpus": "gpus", "precisions": "precisions"}


class WantedBox:
    """The controls of present/wantedview.py, which stand in the document."""

    def __init__(self, form: Any) -> None:
        """Find the ticks."""
        self.gpus = list(form.querySelectorAll("[data-kind=gpu]"))
        self.precisions = list(form.querySelectorAll("[data-kind=precision]"))
        self._own_precision = "auto"

    def texts(self) -> dict[str, str]:
        """What stands in the boxes, by field; what says the default is left out."""
        said = {str(find(f"find-{box}-unit").value): str(find(f"find-{box}").value) for box in PAIRS}
        said |= {name: str(find(f"find-{name}").value) for name in BOXES}
        gpus, precisions = _ticked(self.gpus), _ticked(self.precisions)
        if len(gpus) < len(GPUS):
            said["gpus"] = ",".join(gpus)
        if precisions != [self._own_precision]:
            said["precisions"] = ",".join(precisions)
        return said

    def write(self, asked: Wanted) -> None:
        """Put a search into the boxes."""
        written = wanted.texts(asked)
        for box, units in PAIRS.items():
            unit = next((unit for unit in units if written[unit]), units[0])
            find(f"find-{box}-unit").value = unit
            find(f"find-{box}").value = written[unit] or (str(wanted.DEFAULT_USERS) if unit == "users" else "")
        for name in BOXES:
            find(f"find-{name}").value = written[name]
        for tick in self.gpus:
            tick.checked = not asked.gpus or str(tick.value) in asked.gpus
        self._tick_precisions(asked)
        self.describe(asked)

    def follow(self, asked: Wanted, scenario: Scenario) -> None:
        """The form's own precision has changed: it is what is ticked where nothing else is."""
        self._own_precision = scenario.precision
        self._tick_precisions(asked)

    def _tick_precisions(self, asked: Wanted) -> None:
        for tick in self.precisions:
            tick.checked = str(tick.value) in (asked.precisions or (self._own_precision,))

    def tick_gpus(self, *, checked: bool) -> None:
        """All of them or none."""
        for tick in self.gpus:
            tick.checked = checked

    def describe(self, asked: Wanted) -> None:
        """Bring the words beside the boxes up to date."""
        names = asked.gpus or tuple(GPUS)
        few = ", ".join(names) if len(names) <= 3 else f"{len(names)} of {len(GPUS)}"
        find("find-gpus-now").textContent = few if asked.gpus else f"all {len(GPUS)}"
        show(find("find-little"), asked.requests_per_s is not None)

    def mark(self, issues: Sequence[Issue]) -> None:
        """Say beneath each box what is wrong with it."""
        wrong = {_BOX_OF[issue.field]: issue.text for issue in issues}
        for box in set(_BOX_OF.values()):
            note = find(f"find-{box}-error")
            control = document.getElementById(f"find-{box}")
            patch(note, (wrong[box],) if box in wrong else ())
            show(note, box in wrong)
            if box in wrong:
                control.setAttribute("aria-invalid", "true")
            else:
                control.removeAttribute("aria-invalid")


def _ticked(boxes: Sequence[Any]) -> list[str]:
    return [str(box.value) for box in boxes if box.checked]

"""The form: what stands in its controls, what is wrong with it, and the words beside it."""

from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any

from js import document

from page.dom import find, patch
from present import hints, state
from present.fields import Issue
from present.hints import Resolved
from present.markup import h
from present.state import RULES, Scenario

STEPS: Mapping[str, Callable[[int], int]] = {
    "ArrowUp": lambda value: value * 2 if value else 1,
    "ArrowDown": lambda value: max(1, value // 2),
}
STEPPED = ("input_tokens", "output_tokens", "concurrency", "nodes")
"""Boxes in which the arrow keys double and halve: what matters there is the magnitude."""


class Form:
    """The controls of index.html, each named after a field of the scenario."""

    def __init__(self) -> None:
        """Find every control."""
        self.element = find("scenario")
        self.controls = {key: self.element.elements.namedItem(key) for key in RULES}
        self._fp4 = self.element.querySelector("#precision [value=fp4]")

    def texts(self) -> dict[str, str]:
        """What stands in every control."""
        return {key: self._text(key) for key in RULES}

    def _text(self, key: str) -> str:
        control = self.controls[key]
        if key == "manual":
            return "1" if control.checked else ""
        return str(control.value)

    def write(self, scenario: Scenario, keep: Set[str] = frozenset()) -> None:
        """Put a scenario into the controls; boxes that already say it keep their spelling."""
        for key, text in state.texts(scenario).items():
            if key in keep or self._says(key, getattr(scenario, key)):
                continue
            if key == "manual":
                self.controls[key].checked = bool(text)
            else:
                self._offer(key, text)
                self.controls[key].value = text

    def _says(self, key: str, value: object) -> bool:
        scenario, issues = state.read({key: self._text(key)})
        return not issues and getattr(scenario, key) == value

    def _offer(self, key: str, text: str) -> None:
        """Make sure that a select has the option: links may name degrees that it lacks."""
        control = self.controls[key]
        if key == "tensor_parallel" and not any(each.value == text for each in control.options):
            option = document.createElement("option")
            option.value = option.textContent = text
            control.add(option)

    def touched(self) -> set[str]:
        """Fields that no longer say what index.html says: edited before Python was ready."""
        return {key for key in RULES if not self._says(key, getattr(state.DEFAULT, key))}

    def spell_out(self, key: str) -> None:
        """Rewrite a whole number in plain digits, so that 8k shows what was understood."""
        if key not in RULES or key == "total_params":
            return
        text = self._text(key)
        scenario, issues = state.read({key: text})
        plain = state.texts(scenario)[key]
        if not issues and plain.isdigit() and text != plain:
            self.controls[key].value = plain

    def step(self, key: str, arrow: str) -> bool:
        """Double or halve a box; True where that was done."""
        if key not in STEPPED or arrow not in STEPS:
            return False
        scenario, issues = state.read({key: self._text(key)})
        value = getattr(scenario, key)
        if not issues:
            self.controls[key].value = str(STEPS[arrow](value or 0))
        return not issues

    def mark(self, issues: Sequence[Issue]) -> None:
        """Mark the controls at fault, each with its reason beneath, and clear the others."""
        wrong = {issue.field: issue.reason for issue in issues}
        for key in RULES:
            box = document.getElementById(key)
            if box:
                _mark(box, key, wrong.get(key))

    def describe(self, scenario: Scenario) -> None:
        """Bring the words beside the controls up to date."""
        _say("model-hint", hints.model(scenario.model))
        _say("nodes-hint", hints.nodes(scenario))
        _say("price-hint", hints.price_note(scenario))
        _say("advanced-now", hints.advanced(scenario))
        self._fp4.textContent = hints.fp4_option(scenario)
        self.controls["usd_per_gpu_hour"].placeholder = hints.price_placeholder(scenario)
        presets = hints.price_presets(scenario)
        patch(find("prices"), tuple(h("option", value=usd, label=words) for usd, words in presets))
        for chip in document.querySelectorAll("#presets [data-model]"):
            pressed = str(chip.dataset.model).lower() == scenario.model.lower()
            chip.setAttribute("aria-pressed", "true" if pressed else "false")

    def explain_degrees(self, obstacle: Callable[[int], str]) -> None:
        """Say beside each tensor parallelism that does not run why; it can be chosen all the same."""
        for option in self.controls["tensor_parallel"].options:
            degree = str(option.getAttribute("value") or option.value)
            option.setAttribute("value", degree)
            reason = obstacle(int(degree))
            option.textContent = f"{degree}, {reason}" if reason else degree

    def resolve(self, resolved: Resolved) -> None:
        """Show what was taken where the form left the choice to the engine."""
        for key in ("concurrency", "memory_fraction", "max_running", "max_batched_tokens"):
            self.controls[key].placeholder = getattr(resolved, key)
        _say("precision-hint", resolved.weights)
        _say("kv_precision-hint", resolved.kv_cache)


def _say(element_id: str, words: str) -> None:
    find(element_id).textContent = words


def _mark(box: Any, key: str, reason: str | None) -> None:
    note_id = f"{key}-error"
    note = document.getElementById(note_id)
    described = [name for name in (box.getAttribute("aria-describedby") or "").split() if name]
    others = [name for name in described if name != note_id]
    if reason is None:
        if note:
            note.remove()
            box.removeAttribute("aria-invalid")
            _describe(box, others)
        return
    if not note:
        note = document.createElement("p")
        note.id, note.className = note_id, "field-error"
        box.after(note)
    note.textContent = reason[0].upper() + reason[1:]
    box.setAttribute("aria-invalid", "true")
    _describe(box, [note_id, *others])


def _describe(box: Any, names: Sequence[str]) -> None:
    if names:
        box.setAttribute("aria-describedby", " ".join(names))
    else:
        box.removeAttribute("aria-describedby")

"""Targets on the curve: the same that a search asks for (present/wanted.py), so that the two views agree."""

from collections.abc import Mapping
from dataclasses import replace

from present import wanted
from present.fields import Issue
from present.markup import Node, h
from present.text import rounded
from present.wanted import MS_PER_S, Wanted

BOXES = {"ttft_s": "TTFT target (s)", "tpot_ms": "TPOT target (ms)"}
"""Fields with a box beside the curve, and their labels."""


def nodes() -> tuple[Node, ...]:
    """The boxes, and room for what is wrong with them."""
    boxes = (
        h(
            "div",
            h("label", label, for_=f"curve-{name}"),
            h("input", id=f"curve-{name}", inputmode="decimal", placeholder="none", aria_describedby="curve-issues"),
            class_="field",
        )
        for name, label in BOXES.items()
    )
    return (*boxes, h("p", id="curve-issues", class_="field-error"))


def texts(asked: Wanted) -> dict[str, str]:
    """What stands in the boxes; a target in tokens/s is shown as the time per token that it is."""
    if asked.tokens_per_s is not None:
        asked = replace(asked, tpot_ms=rounded(MS_PER_S / asked.tokens_per_s), tokens_per_s=None)
    written = wanted.texts(asked)
    return {name: written[name] for name in BOXES}


def read(before: Wanted, boxes: Mapping[str, str]) -> tuple[Wanted, tuple[Issue, ...]]:
    """The search with these targets; what cannot be used is reported."""
    if dict(boxes) == texts(before):
        return before, ()
    return wanted.read({**wanted.changes(before), "tokens_per_s": "", **boxes})

"""The boxes of a search, as nodes; what they say is set by the page."""

from collections.abc import Iterable

from present import found
from present.markup import Node, h
from present.pins import PRECISION_WORDS
from present.state import PRECISIONS
from roofline import GPUS

DEMANDS = (("users", "requests at once"), ("requests_per_s", "requests/s"))
SPEEDS = (("tpot_ms", "ms a token at most"), ("tokens_per_s", "tokens/s at least"))


def form_nodes() -> tuple[Node, ...]:
    """The boxes of the search; what they say is set by the page."""
    return (
        h(
            "div",
            _pair("demand", "Demand", DEMANDS),
            _box("ttft_s", "First token within", "s", "any"),
            _pair(
                "speed",
                "Speed of each user",
                (("tpot_ms", "ms a token at most"), ("tokens_per_s", "tokens/s at least")),
            ),
            _box("usd_per_month", "Budget a month", "USD", "any"),
            class_="find-boxes",
        ),
        h(
            "details",
            h("summary", h("span", "GPUs"), " ", h("span", class_="now", id="find-gpus-now")),
            h("fieldset", h("legend", "GPUs that may be used", class_="visually-hidden"), *_gpus(), class_="ticks"),
            h(
                "p",
                h("button", "Tick all", type="button", class_="chip", data_tick="all"),
                " ",
                h("button", "Tick none", type="button", class_="chip", data_tick="none"),
            ),
            class_="disclosure",
            id="find-gpus",
        ),
        _fault("gpus"),
        h(
            "fieldset",
            h("legend", "Weights"),
            *(_tick("precision", name, PRECISION_WORDS[name]) for name in PRECISIONS),
            class_="ticks",
            id="find-precisions",
        ),
        _fault("precisions"),
        h("p", found.LITTLE, class_="hint", id="find-little", hidden=""),
        # among several boxes Enter submits only where there is such a button
        h("button", "Search", type="submit", tabindex="-1", class_="visually-hidden"),
    )


def _pair(name: str, label: str, units: tuple[tuple[str, str], ...]) -> Node:
    """A number and the unit in which it is meant."""
    return h(
        "div",
        h("label", label, for_=f"find-{name}"),
        h(
            "div",
            h(
                "input",
                id=f"find-{name}",
                inputmode="decimal",
                autocomplete="off",
                placeholder="any",
                aria_describedby=f"find-{name}-error",
            ),
            h(
                "select",
                *(h("option", words, value=key) for key, words in units),
                id=f"find-{name}-unit",
                aria_label=f"{label}: unit",
            ),
            class_="beside",
        ),
        _fault(name),
        class_="field",
    )


def _box(name: str, label: str, unit: str, placeholder: str) -> Node:
    return h(
        "div",
        h("label", f"{label} ({unit})", for_=f"find-{name}"),
        h(
            "input",
            id=f"find-{name}",
            inputmode="decimal",
            autocomplete="off",
            placeholder=placeholder,
            aria_describedby=f"find-{name}-error",
        ),
        _fault(name),
        class_="field",
    )


def _gpus() -> Iterable[Node]:
    for gpu in GPUS.values():
        note = None if gpu.price else h("span", " no list price", class_="soft")
        yield _tick("gpu", gpu.name, gpu.name, note)


def _tick(kind: str, value: str, label: str, note: Node | None = None) -> Node:
    box = h("input", type="checkbox", value=value, data_kind=kind)
    return h("label", box, h("span", label, note), class_="check")


def _fault(name: str) -> Node:
    """Where the fault of a box is said."""
    return h("p", class_="field-error", id=f"find-{name}-error", hidden="")

"""The dialog that makes a snippet, as a tree of nodes."""

from present.markup import Node, h
from present.snippets import (
    DEFAULT_HEIGHT_PX,
    DEFAULT_PARTS,
    KINDS,
    MAX_HEIGHT_PX,
    MIN_HEIGHT_PX,
    PARTS,
    THEMES,
    Frame,
    Kind,
)
from present.state import is_in_link

_THEME_LABELS = {"auto": "The reader’s own", "light": "Light", "dark": "Dark"}


def dialog_nodes() -> tuple[Node, ...]:
    """The choices, and the places where the snippet and what goes with it are put."""
    look = h("div", _theme(), _height(), class_="grid two")
    copy = h("button", "Copy", type="button", class_="fix", data_part="copy")
    preview = h("a", "Preview", class_="fix", data_part="preview", target="_blank", rel="noopener")
    return (
        h("p", "Paste this where the estimate shall stand. Your readers get live figures.", class_="hint"),
        h("form", _kinds(), look, _parts(), _follows(), id="embed-form"),
        h("pre", h("code", data_part="code"), tabindex="0", role="group", aria_label="Snippet", class_="snippet"),
        h("p", data_part="note", class_="hint"),
        h("p", copy, preview, class_="fixes"),
    )


def note(frame: Frame, kind: Kind) -> str:
    """What the author should know of this snippet."""
    if not is_in_link(frame.scenario):
        return "A pasted config.json is not part of a link: this frame asks its readers for one. " + kind.note
    return kind.note


def _kinds() -> Node:
    choices = (
        h(
            "label",
            h("input", type="radio", name="kind", value=kind.key, checked="" if kind is KINDS[0] else None),
            h("span", kind.label),
        )
        for kind in KINDS
    )
    return h("fieldset", h("legend", "For", class_="visually-hidden"), *choices, class_="segmented")


def _theme() -> Node:
    options = (h("option", _THEME_LABELS[theme], value=theme) for theme in THEMES)
    box = h("select", *options, id="embed-theme", name="theme", data_part="theme")
    return h("div", h("label", "Colours", for_="embed-theme"), box, class_="field")


def _height() -> Node:
    bounds = {"min": str(MIN_HEIGHT_PX), "max": str(MAX_HEIGHT_PX), "step": "10", "value": str(DEFAULT_HEIGHT_PX)}
    box = h("input", type="number", id="embed-height", name="height", data_part="height", **bounds)
    return h("div", h("label", "Height in pixels", for_="embed-height"), box, class_="field")


def _parts() -> Node:
    boxes = (_check("part", part, part.capitalize(), checked=part in DEFAULT_PARTS) for part in PARTS)
    return h("fieldset", h("legend", "Show"), *boxes, class_="parts")


def _follows() -> Node:
    return _check("follows", "1", "Fit the height to the content, by a small script of this site", checked=False)


def _check(name: str, value: str, label: str, *, checked: bool) -> Node:
    box = h("input", type="checkbox", name=name, value=value, checked="" if checked else None)
    return h("label", box, h("span", label), class_="check")

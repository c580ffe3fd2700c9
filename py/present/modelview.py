"""The model's panel and the suggestions of the model box as trees of nodes."""

from collections.abc import Iterator, Sequence

from present.hubtotal import Check, Verdict
from present.markup import Node, h
from present.panel import Panel, Row
from present.picker import Group, Option
from present.view import line_nodes

BRIEF = {
    Verdict.AGREES: "count agrees with the Hub",
    Verdict.EXPLAINED: "count agrees with the Hub, see how",
    Verdict.DIFFERS: "count differs from the Hub",
    Verdict.UNCHECKED: "count not checked",
}
"""The check beside the summary, for whoever does not open the panel."""


def panel_nodes(panel: Panel, check: Check | None) -> tuple[Node, ...]:
    """A summary that always stands there, and the facts beneath."""
    brief = None if check is None else h("span", _brief(check), class_="now", data_check=check.verdict.value)
    rows = panel.rows if check is None else (*panel.rows, Row("hub", "Hub check", ((check.words,),), check.warns))
    return (
        h("summary", h("span", panel.summary), " " if brief else None, brief),
        h("dl", *(_fact(row) for row in rows), class_="facts"),
    )


def _brief(check: Check) -> str:
    return BRIEF[Verdict.DIFFERS if check.warns else check.verdict]


def _fact(row: Row) -> Node:
    lines = (h("p", *line_nodes(line)) for line in row.lines)
    warning = "warns" if row.warns else None
    return h("div", h("dt", row.label), h("dd", *lines, class_=warning), data_fact=row.key)


def option_id(index: int) -> str:
    """The id of an option's element."""
    return f"model-option-{index}"


def suggestion_nodes(groups: Sequence[Group], active: int | None) -> tuple[Node, ...]:
    """Groups of a listbox; options are numbered through all of them."""
    numbers = iter(range(sum(len(group.options) for group in groups)))
    return tuple(_group(group, numbers, active) for group in groups)


def _group(group: Group, numbers: Iterator[int], active: int | None) -> Node:
    title_id = f"model-group-{group.key}"
    title = h("p", group.title, id=title_id, role="presentation", class_="group-title")
    options = (_option(option, next(numbers), active) for option in group.options)
    return h("div", title, *options, role="group", aria_labelledby=title_id)


def _option(option: Option, index: int, active: int | None) -> Node:
    detail = h("span", option.detail, class_="detail") if option.detail else None
    return h(
        "div",
        h("span", option.id),
        " " if detail else None,
        detail,
        id=option_id(index),
        role="option",
        class_="option",
        data_pick=option.id,
        aria_selected="true" if index == active else "false",
    )

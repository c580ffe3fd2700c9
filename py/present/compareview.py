"""The comparison as a tree of nodes: a table, scenarios as columns."""

from collections.abc import Sequence

from present import comparison, text
from present.comparison import Column, Result, Setting, Verdict
from present.figures import Writer
from present.markup import Node, h

MARKS = {1: "▲", -1: "▼", 0: "="}
SENSES = {1: "better", -1: "worse", 0: "even"}
EMPTY = (
    "Nothing is pinned yet. Pin keeps the scenario of the form here, up to three of them; change the form, and both"
    " stand side by side. The address of the page holds them too."
)
PASTED_NOTE = (
    "A pasted config.json is not part of the link: whoever opens it, and this page after a reload, has to paste it"
    " anew."
)
UNREAD = "Not read yet."


def unread_nodes(names: Sequence[str]) -> tuple[Node, ...]:
    """Models that are on the Hub alone, and the one button that reads them."""
    if not names:
        return ()
    what = "Its config.json has" if len(names) == 1 else "Their config.json files have"
    words = f"Not bundled with this page: {text.listing(names, 'and')}. {what} to be read from huggingface.co."
    button = h("button", "Read and compare", type="button", class_="chip", data_read="")
    return (h("p", words), h("p", button, class_="fixes"))


def reading_nodes(names: Sequence[str]) -> tuple[Node, ...]:
    """While the Hub is asked."""
    words = f"Reading {text.listing(names, 'and')} from huggingface.co"
    return (h("p", h("label", words, for_="compare-progress")), h("progress", id="compare-progress"))


def read_said(wanted: int, missing: Sequence[str]) -> str:
    """What came of it, for a screen reader."""
    if missing:
        return f"{text.listing(missing, 'and')} could not be read."
    return f"{text.plural(wanted, 'model')} read and compared."


def empty_nodes() -> tuple[Node, ...]:
    """Before anything is pinned."""
    pin = h("button", "Pin this scenario", type="button", class_="chip", data_open="pin")
    every = h("button", "See this scenario on every GPU", type="button", class_="chip", data_every="")
    return (h("p", EMPTY, class_="compare-empty"), h("p", pin, every, class_="fixes"))


def table_nodes(columns: Sequence[Column], writer: Writer) -> tuple[Node, ...]:
    """All of it."""
    head = h("tr", h("td"), *(_head(column) for column in columns))
    settings, results = comparison.settings(columns), comparison.results(columns, writer)
    width = str(len(columns) + 1)
    body = (
        _section("Settings", width),
        *(_setting(row) for row in settings),
        _section("Figures, against those of the form", width),
        *(_result(row) for row in results),
    )
    table = h(
        "table",
        h("caption", "Scenarios side by side", class_="visually-hidden"),
        h("thead", head),
        h("tbody", *body),
        class_="compare",
    )
    return (h("div", table, class_="compare-scroll", role="region", aria_label="Comparison", tabindex="0"),)


def _section(words: str, width: str) -> Node:
    return h("tr", h("th", words, scope="rowgroup", colspan=width), class_="compare-section")


def _head(column: Column) -> Node:
    buttons: tuple[Node, ...] = ()
    if column.pin:
        buttons = (
            _button("Swap", f"Swap {column.name} with the form", data_swap=column.pin),
            _button("Unpin", f"Unpin {column.name}", data_unpin=column.pin),
        )
    obstacle = h("span", column.obstacle, class_="compare-obstacle") if column.obstacle else None
    actions = h("span", *buttons, class_="compare-buttons") if buttons else None
    return h("th", h("span", column.name, class_="compare-name"), obstacle, actions, scope="col")


def _button(words: str, label: str, **data: str) -> Node:
    return h("button", words, type="button", class_="chip", aria_label=label, **data)


def _setting(row: Setting) -> Node:
    cells = (h("td", each) for each in row.texts)
    mark = h("span", " differs", class_="visually-hidden") if row.differs else None
    return h(
        "tr",
        h("th", row.label, mark, scope="row"),
        *cells,
        class_="differs" if row.differs else None,
        data_setting=row.key,
    )


def _result(row: Result) -> Node:
    cells = []
    for figure, against in zip(row.figures, row.verdicts, strict=True):
        if figure is None:
            cells.append(h("td", "–"))
            continue
        value = "" if figure.value is None else str(figure.value)
        number = h("span", str(figure), class_="value", data_cell=figure.field, data_value=value)
        cells.append(h("td", number, _verdict(against)))
    return h("tr", h("th", row.label, scope="row"), *cells)


def _verdict(against: Verdict | None) -> Node | None:
    if against is None:
        return None
    sense = SENSES[against.sense]
    # neither colour nor shape alone: the word is heard too
    spoken = h("span", f", {sense}", class_="visually-hidden") if against.sense else None
    mark = h("span", f"{MARKS[against.sense]} ", aria_hidden="true") if against.sense else None
    return h("span", mark, against.words, spoken, class_=f"verdict-{sense}")

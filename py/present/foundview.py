"""The search and what it found as trees of nodes.

Figures stand in elements with `data-cell`, the API's name, and `data-value`, the SI number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from present import found, text, view
from present.figures import Writer
from present.found import Miss
from present.markup import Node, h
from present.pins import PRECISION_WORDS
from roofline.ranges import Evidence
from roofline.search import Candidate, Found

HEADINGS = ("Hardware", "Layout", "First token", "Per token", "Cost", "Limited by", "")
LISTS: Mapping[str, str] = {
    "gpus": "Each GPU",
    "best": "Cheapest layouts",
    "front": "Cost against speed",
}
"""The lists of candidates and their names."""

FIRST_ROWS = 10
RANGED = frozenset({"ttft_s", "tpot_s", "request_tokens_per_s"})


@dataclass(frozen=True, slots=True)
class Cells:
    """Writes figures of one estimate with their ranges."""

    estimate: object
    writer: Writer

    def value(self, field: str, value: float | None = None) -> Node:
        """A figure with its machine-readable value."""
        value = getattr(self.estimate, field) if value is None else value
        figure = self.writer.figure(field, value)
        return h("span", str(figure), class_="value", data_cell=field, data_value="" if value is None else str(value))

    def spread(self, field: str) -> Node | None:
        """The 80 % range beneath."""
        low, high = (getattr(self.estimate, f"{field}_{end}", None) for end in ("low", "high"))
        if low is None or high is None:
            return None
        ends = (self.writer.figure(field, end).quantity for end in (low, high))
        return h("span", text.span(*ends), class_="soft value")


def list_of(result: Found, name: str) -> tuple[Candidate, ...]:
    """The candidates of one list."""
    return {"best": result.best, "gpus": result.per_gpu, "front": result.front}[name]


def answer_nodes(result: Found) -> tuple[Node, ...]:
    """The cheapest in words, and what holds for all."""
    lines = [h("p", *view.sentence_nodes(found.headline(result)), class_="find-headline")]
    lines.append(h("p", found.weighed(result), class_="soft"))
    return (*lines, *_left_out(result))


def _left_out(result: Found) -> tuple[Node, ...]:
    words = found.refusals(result)
    if not words:
        return ()
    title = h("summary", h("span", "Left out"), " ", h("span", "what cannot be used, and why", class_="now"))
    return (h("details", title, h("ul", *(h("li", each) for each in words), class_="plain"), class_="disclosure"),)


def miss_nodes(missed: Miss, result: Found) -> tuple[Node, ...]:
    """Why nothing was found, and the ways out as buttons."""
    buttons = [
        h("button", way.label, type="button", class_="fix", data_way=str(index))
        for index, way in enumerate(missed.ways)
    ]
    return (
        h(
            "div",
            h("h3", missed.title, class_="problem-title"),
            *(h("p", line) for line in missed.lines),
            h("p", *buttons, class_="fixes") if buttons else None,
            class_="notice problem",
            data_obstacle=result.obstacle,
        ),
        *(() if missed.lines == found.refusals(result) else _left_out(result)),
    )


def heading_row() -> Node:
    """The head of the table."""
    return h("tr", *(heading(words) for words in HEADINGS), role="row")


def heading(words: str) -> Node:
    """The head of a column."""
    inside = words or h("span", "Actions", class_="visually-hidden")
    return h("th", inside, scope="col", role="columnheader")


def candidate_cells(candidate: Candidate, key: str, writer: Writer, *, chosen: bool) -> tuple[Node, ...]:
    """One row: pairs of a figure and what puts it in context."""
    cells = Cells(candidate.estimate, writer)
    chosen_words = f"{found.hardware(candidate)}, {found.layout(candidate.deployment)}"
    precision = PRECISION_WORDS[candidate.deployment.precision]
    return (
        hardware_cell(found.hardware(candidate), candidate.nodes, _replicas(candidate, cells)),
        cell("Layout", found.layout(candidate.deployment), h("span", precision, class_="soft value")),
        cell("First token", cells.value("ttft_s"), cells.spread("ttft_s")),
        cell("Per token", cells.value("tpot_s"), cells.spread("tpot_s"), evidence_node(candidate.estimate.evidence)),
        cell(
            "Cost",
            *cost_nodes(cells),
        ),
        cell("Limited by", h("span", found.REASONS[candidate.limited_by], class_="soft")),
        cell("", *_buttons(chosen_words, key, chosen=chosen)),
    )


def is_unmeasured(candidate: Candidate) -> bool:
    """Nothing like it was measured."""
    return evidence_node(candidate.estimate.evidence) is not None


def evidence_node(evidence: Evidence | None) -> Node | None:
    """A mark where nothing like the estimate was measured."""
    if evidence is None or evidence.similar:
        return None
    return h("span", found.UNMEASURED, class_="unmeasured")


def cell(name: str, *children: Node | str | None) -> Node:
    """A cell that carries the name of its column, for screens on which a row is a card."""
    return h("td", *children, role="cell", data_name=name or None)


def cost_nodes(cells: Cells) -> tuple[Node, ...]:
    """Dollars a month and for a million tokens."""
    return (
        h("strong", cells.value("usd_per_month")),
        h("span", "a month", class_="soft"),
        h("span", cells.value("usd_per_million_tokens"), "/M tokens", class_="soft value"),
    )


def hardware_cell(words: str, nodes: int, *more: Node | str) -> Node:
    """What is bought, and on how many nodes."""
    counted = f"{nodes:,} node{'' if nodes == 1 else 's'}"
    return cell("Hardware", h("strong", words), h("span", counted, class_="soft"), *more)


def _replicas(candidate: Candidate, cells: Cells) -> Node:
    times = f"{candidate.replicas:,} × " if candidate.replicas > 1 else None
    return h("span", times, cells.value("concurrency"), class_="soft value")


def _buttons(words: str, key: str, *, chosen: bool) -> Sequence[Node]:
    pressed = "true" if chosen else "false"
    use = h(
        "button",
        "In the form" if chosen else "Use",
        type="button",
        class_="chip",
        data_use=key,
        aria_label=f"{'In the form' if chosen else 'Use'}: {words}",
        aria_pressed=pressed,
    )
    pin = h("button", "Pin", type="button", class_="chip", data_pin=key, aria_label=f"Pin: {words}")
    return (use, pin)

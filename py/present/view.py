"""Cards, notes and problems as trees of nodes: the only place that decides on elements.

Every figure stands in an element that carries `data-field`, the API's name, and `data-value`, the
SI number at full precision; programs and tests read those, people the text within.
"""

from collections.abc import Iterable, Sequence

from present.cards import ASSUMPTIONS, Card, Group, Line
from present.errors import Problem
from present.figures import Figure
from present.markup import Node, h
from present.sentences import Sentence


def figure_node(figure: Figure) -> Node:
    """One figure, number and unit apart."""
    quantity = figure.quantity
    unit = h("span", quantity.unit, class_="unit") if quantity.unit else None
    gap = None if quantity.glued or unit is None else "\u00a0"
    value = "" if figure.value is None else str(figure.value)
    number = h("span", quantity.number, class_="number")
    return h("span", number, gap, unit, class_="value", data_field=figure.field, data_value=value)


def line_nodes(line: Line) -> tuple[Node | str, ...]:
    """A line of text, its figures as elements."""
    return tuple(each if isinstance(each, str) else figure_node(each) for each in line)


def sentence_nodes(sentence: Sentence) -> tuple[Node | str, ...]:
    """A sentence, its emphasised parts as elements."""
    return tuple(part if isinstance(part, str) else h("strong", part.text, class_=part.kind) for part in sentence)


def card_node(card: Card) -> Node:
    """A label, its figure, and the lines beneath."""
    lines = (h("p", *line_nodes(line)) for line in card.lines)
    figure = h("dd", figure_node(card.figure), class_="figure")
    how = how_button(card.figure.field, card.label) if card.figure.value is not None else None
    return h("div", h("dt", card.label, " ", how), figure, h("dd", *lines, class_="aside"), class_="card")


def how_button(field: str, label: str) -> Node:
    """Opens the working of a figure, and of those that stand with it."""
    about = {"data_open": f"how:{field}", "aria_label": f"How: {label}", "aria_haspopup": "dialog"}
    return h("button", "How", type="button", class_="how", **about)


def group_node(group: Group) -> Node:
    """A titled group of cards."""
    heading = h("h3", group.title, id=f"group-{group.key}")
    cards = h("dl", *(card_node(card) for card in group.cards), class_="cards")
    return h("section", heading, cards, class_="group", aria_labelledby=f"group-{group.key}")


def groups_nodes(groups: Iterable[Group]) -> tuple[Node, ...]:
    """All groups."""
    return tuple(group_node(group) for group in groups)


def asked_nodes(lines: Sequence[Line]) -> tuple[Node, ...]:
    """What was computed, one list item each."""
    return tuple(h("li", *line_nodes(line)) for line in lines)


def note_nodes(notes: Iterable[tuple[str, str]]) -> tuple[Node, ...]:
    """Notes with their codes, one list item each."""
    return tuple(h("li", text, data_note=code) for code, text in notes)


def assumption_nodes() -> tuple[Node, ...]:
    """What every figure assumes."""
    return tuple(h("li", text) for text in ASSUMPTIONS)


def problem_nodes(problem: Problem) -> tuple[Node, ...]:
    """A failure in words: what happened, what to do, and one button per way out."""
    ways = [
        h("button", fix.label, type="button", class_="fix", data_fix=str(index))
        for index, fix in enumerate(problem.fixes)
    ]
    if problem.page_url is not None:
        outside = {"href": problem.page_url, "target": "_blank", "rel": "noopener noreferrer"}
        ways.append(h("a", "Open the model’s page", class_="fix", **outside))
    return (
        h("h3", problem.title, class_="problem-title"),
        *(h("p", words) for words in (problem.detail, problem.hint) if words),
        *((h("p", *ways, class_="fixes"),) if ways else ()),
    )

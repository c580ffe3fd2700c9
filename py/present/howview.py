"""The dialog "How": a card's figures to choose from, the formula of one, and its parts to open further.

A part is found by its path: the places of the quantities on the way to it, counted within each formula.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from present import cards, moneycards
from present.cards import Answer, Card
from present.explain import Explanation, given, step
from present.figures import Figure, Writer
from present.formula import Quantity
from present.markup import Node, h
from present.money import Money

SMOOTH = "smax(a, b, p) is the smooth maximum (aᵖ + bᵖ)^(1/p): the larger of both, a little more where they are close."
WITHHELD = "The model was read with your access token: its figures are not copied or exported."


@dataclass(frozen=True, slots=True)
class Choice:
    """One figure of a card: the API's name, and what stands on its button."""

    field: str
    label: str


@dataclass(frozen=True, slots=True)
class HowCard:
    """A card as its dialog sees it."""

    title: str
    choices: tuple[Choice, ...]


def card_of(answer: Answer, writer: Writer, entered: Money, field: str) -> HowCard | None:
    """The card that shows a figure, with all that can be explained of it; None for a figure of no card."""
    for group in (*cards.groups(answer, writer), *moneycards.groups(answer, entered)):
        for card in group.cards:
            choices = tuple(_choices(answer, writer, card))
            if any(choice.field == field for choice in choices):
                return HowCard(f"How: {card.label}", choices)
    return None


def _choices(answer: Answer, writer: Writer, card: Card) -> Iterator[Choice]:
    main = card.figure.field
    if card.figure.value is not None:
        yield Choice(main, str(card.figure))
    for line in card.lines:
        for piece in line:
            if isinstance(piece, Figure) and piece.value is not None:
                words = "".join(str(each) for each in line)
                yield Choice(piece.field, words)
    for end, words in (("low", "low end"), ("high", "high end")):
        value = getattr(answer.estimate, f"{main}_{end}", None)
        if value is not None:
            yield Choice(f"{main}_{end}", f"{writer.figure(main, value)}, {words} of the range")


def unknown(field: str) -> str:
    """For the notes on a link that asks for a figure that does not exist."""
    return f"The link asks how “{field[:40]}” came about; no figure of this answer has that name."


def dialog_nodes(card: HowCard, explanation: Explanation, *, withheld: bool) -> tuple[Node, ...]:
    """What the dialog holds for one figure of a card."""
    buttons = (_choice(choice, pressed=choice.field == explanation.field) for choice in card.choices)
    copy = h("button", "Copy the whole working", type="button", class_="chip", data_copy="")
    end = h("p", WITHHELD, class_="hint") if withheld else h("p", copy)
    return (
        h("div", *buttons, class_="presets", role="group", aria_label="Figures of this card"),
        opened(explanation, ""),
        end,
    )


def _choice(choice: Choice, *, pressed: bool) -> Node:
    state = "true" if pressed else "false"
    return h("button", choice.label, type="button", class_="chip", data_figure=choice.field, aria_pressed=state)


def at(explanation: Explanation, path: str) -> Quantity:
    """The quantity at a path, the figure itself at the empty one. Raises LookupError, ValueError."""
    quantity = explanation.quantity
    for place in path.split("."):
        quantity = parts(quantity)[int(place)] if place else quantity
    return quantity


def parts(quantity: Quantity) -> tuple[Quantity, ...]:
    """The quantities in a quantity's formula, each once; inputs that say the same are one."""
    found = quantity.formula.quantities() if quantity.formula else ()
    return tuple({part if part.formula is None else id(part): part for part in found}.values())


def summary(explanation: Explanation, path: str) -> Node:
    """The line that opens a part."""
    return _line(at(explanation, path))


def _line(quantity: Quantity) -> Node:
    return h("summary", h("span", quantity.name), " ", h("b", str(quantity)))


def opened(explanation: Explanation, path: str) -> Node:
    """A quantity's formula in names and in numbers, its result, and its parts, which open."""
    quantity = at(explanation, path)
    if quantity.formula is None:
        return h("div", h("ul", _given(quantity), class_="how-parts"), class_="step")
    line = step(quantity)
    children = [_part(part, f"{path}.{place}".lstrip(".")) for place, part in enumerate(parts(quantity))]
    return h(
        "div",
        h("p", h("b", line.name), " = ", line.names, class_="how-names"),
        h("p", "= ", h("span", line.numbers, class_="how-numbers")),
        h("p", "= ", h("b", line.result, class_="how-result")),
        h("p", _sentence(line.note), class_="hint") if line.note else None,
        h("p", SMOOTH, class_="hint") if "smax(" in line.numbers else None,
        h("ul", *children, class_="how-parts"),
        class_="step",
    )


def _sentence(note: str) -> str:
    return f"{note[:1].upper()}{note[1:]}."


def _part(quantity: Quantity, path: str) -> Node:
    if quantity.formula is None:
        return _given(quantity)
    return h("li", h("details", _line(quantity), data_path=path))


def _given(quantity: Quantity) -> Node:
    """An input: its value, its class, its source."""
    row = given(quantity)
    where = "; ".join(part for part in (row.source, row.date, row.note) if part)
    return h(
        "li",
        h("span", row.name),
        " ",
        h("b", row.value),
        " ",
        h("span", row.origin, class_="how-origin"),
        h("p", where, class_="hint") if where else None,
    )

"""The disclosure "Money and energy" as nodes: a frame with the boxes, and the parts that follow the answer."""

from collections.abc import Iterator

from present import how_money, money, text
from present.cards import Answer
from present.explain import Explanation, working
from present.figures import Figure
from present.formula import Origin, Quantity
from present.howview import opened
from present.markup import Node, h
from present.money import Comparison, Money, Rate
from present.text import UNKNOWN
from present.view import figure_node
from roofline import GPUS
from roofline.energy import power_figures
from roofline.hosted import HostedPrice, hosted_price

OWN = "yours"
"""Value of the choice that the boxes make; the others are counted."""


def frame_nodes() -> tuple[Node, ...]:
    """Boxes and empty places; made once."""
    return (
        h("h3", "Own GPUs or a hosted API"),
        h("p", id="money-verdict", class_="money-verdict"),
        h("p", id="money-volume"),
        h("div", *_hosted_boxes(), class_="grid money-boxes"),
        h("div", id="money-table", class_="scrolls", role="region", tabindex="0", aria_label="Break-even"),
        h("div", id="money-source"),
        h("h3", "Energy"),
        h("div", id="money-energy"),
        h("div", *_energy_boxes(), class_="grid money-boxes"),
        h("div", id="money-power"),
        h("h3", "List prices of the GPU", id="money-gpu"),
        h("div", id="money-providers"),
    )


def _hosted_boxes() -> Iterator[Node]:
    listed = [h("option", "the list’s, of this model", value=""), h("option", "as entered", value=OWN)]
    listed += [
        h("option", f"{name}, {rate.name}: {_dollars(rate.input_usd_per_million)} in,"
          f" {_dollars(rate.output_usd_per_million)} out", value=str(index))
        for index, (name, rate) in enumerate(money.presets())
    ]  # fmt: skip
    select = h("select", *listed, id="money-preset")
    yield h("div", h("label", "Hosted price", for_="money-preset"), select, class_="field wide")
    yield _box("money_input_usd", "USD per M input tokens")
    yield _box("money_output_usd", "USD per M output tokens")
    yield _box("money_tokens_per_day", "Tokens a day", "10M")


def _energy_boxes() -> Iterator[Node]:
    yield _box("money_usd_per_kwh", "USD per kWh", "unknown")
    yield _box("money_pue", "PUE of the building")


def _box(key: str, label: str, placeholder: str = "") -> Node:
    about = {"aria_describedby": f"{key}-error"}
    box = h("input", id=key, inputmode="decimal", placeholder=placeholder, autocomplete="off", **about)
    return h("div", h("label", label, for_=key), box, h("p", id=f"{key}-error", class_="field-error"), class_="field")


def _dollars(usd: float) -> str:
    return str(text.money(usd))


def placeholders(answer: Answer) -> dict[str, str]:
    """What stands in the empty boxes: the values that are taken instead."""
    listed = hosted_price(answer.model.name)
    usual = power_figures().pue.si_known
    prices = {
        "money_input_usd": f"{listed.input.median_usd_per_million:g}" if listed else "none listed",
        "money_output_usd": f"{listed.output.median_usd_per_million:g}" if listed else "none listed",
    }
    return {**prices, "money_pue": f"{usual:g}"}


def comparison_nodes(answer: Answer, entered: Money) -> tuple[Node, ...]:
    """The table of break-evens; nothing where there is no price to compare with."""
    found = money.comparisons(answer, entered)
    if not found:
        return ()
    head = ("Hosted price", "Input", "Output", "A request", "Cheaper from", "Busy")
    columns = h("tr", *(h("th", words, scope="col") for words in head))
    caption = h("caption", "Dollars per million tokens, and tokens a day from which these GPUs cost less")
    rows = [_row(each, first=index == 0) for index, each in enumerate(found)]
    return (h("table", caption, h("thead", columns), h("tbody", *rows)),)


def _row(each: Comparison, *, first: bool) -> Node:
    rate, even = each.rate, each.even
    cells: tuple[Node | str, ...] = (UNKNOWN, UNKNOWN, UNKNOWN)
    if even is not None:
        start = f"{money.tokens(even.tokens_per_day)} tokens a day" if even.possible else "never"
        busy = str(text.share(even.utilization)) if even.possible else UNKNOWN
        cells = (_dollars(even.hosted_usd_per_request), start, busy)
    prices = (_dollars(rate.input_usd_per_million), _dollars(rate.output_usd_per_million))
    return h("tr", h("th", rate.name, scope="row"), *(h("td", cell) for cell in (*prices, *cells)))


def source_nodes(answer: Answer, entered: Money) -> tuple[Node, ...]:
    """Whose prices these are, and how the break-even is computed."""
    listed, found = hosted_price(answer.model.name), money.chosen(money.comparisons(answer, entered))
    nodes = []
    if listed is not None:
        nodes.append(
            h("p", f"{listed.name} at {listed.providers} providers: {listed.source}, {listed.date}; {listed.note}.",
              class_="hint")
        )  # fmt: skip
    if found is not None and found.even is not None:
        nodes.append(_how(_break_even(answer, found.rate, listed)))
    return tuple(nodes)


def _break_even(answer: Answer, rate: Rate, listed: HostedPrice | None) -> Quantity:
    own = rate.name == "yours" or listed is None
    source, date = ("", "") if own or listed is None else (listed.source, listed.date)
    origin = Origin.YOURS if own else Origin.PRICE
    return how_money.break_even_tokens_per_day(working(answer), rate, origin, source, date)


def _how(quantity: Quantity) -> Node:
    """A formula with its numbers and their sources, closed."""
    summary = h("summary", h("span", f"How: {quantity.name}"), " ", h("b", str(quantity)))
    levels = [opened(Explanation("", each), "", flat=True) for each in _levels(quantity)]
    return h("details", summary, *levels, class_="how-here")


def _levels(quantity: Quantity) -> Iterator[Quantity]:
    """The figure and the parts of its own; times of the engine are explained at their cards."""
    own = ("hosted price of a request", "power of a GPU with node and building", "price of a month")
    return (each for each in quantity.walk() if each is quantity or each.name in own)


def energy_nodes(answer: Answer, entered: Money) -> tuple[Node, ...]:
    """Energy per token and month, and what the electricity costs."""
    found = money.power(answer, entered)
    if found is None:
        return (h("p", f"The board power of {answer.scenario.gpu} is not known: no energy is computed."),)
    cost = found.usd_per_month
    cards = (
        _card("Energy per Output Token", "joules_per_output_token", found.joules_per_output_token, "J"),
        _card("Energy per Token", "joules_per_token", found.joules_per_token, "J", "input and output tokens"),
        _card("Energy per Month", "kwh_per_month", found.kwh_per_month, "kWh", "while busy, building included"),
        h(
            "div",
            h("dt", "Electricity per Month"),
            h("dd", UNKNOWN if cost is None else _dollars(cost), class_="figure"),
            h("dd", "enter a price per kWh" if cost is None else "at your price", class_="aside"),
            class_="card",
        ),
    )
    return (h("dl", *cards, class_="cards"),)


def _card(label: str, field: str, value: float, unit: str, words: str = "") -> Node:
    figure = Figure(field, value, text.Quantity(text.significant(value), unit))
    aside = h("dd", words, class_="aside")
    return h("div", h("dt", label), h("dd", figure_node(figure), class_="figure"), aside, class_="card")


def power_nodes(answer: Answer, entered: Money) -> tuple[Node, ...]:
    """How the energy is computed."""
    if money.power(answer, entered) is None:
        return ()
    work = working(answer)
    made = (
        how_money.joules_per_output_token(work, entered.money_pue),
        how_money.kwh_per_month(work, entered.money_pue),
    )
    return tuple(_how(quantity) for quantity in made)


def provider_nodes(answer: Answer) -> tuple[Node, ...]:
    """Who lists which price of this GPU, each to be taken into the form."""
    gpu = answer.scenario.gpu
    listed, found = GPUS[gpu].price, money.providers(gpu)
    if listed is None or not found:
        return (h("p", f"No list price of {gpu} is known."),)
    chips = [
        h("button", f"{name} {usd:.2f}", type="button", class_="chip", data_usd=f"{usd:g}", aria_label=_use(name, usd))
        for name, usd in found
    ]
    words = f"{gpu}, USD per GPU-hour, on demand, {listed.figure.date}: {listed.figure.source}"
    return (h("div", *chips, class_="presets", role="group", aria_labelledby="money-gpu"), h("p", words, class_="hint"))


def _use(name: str, usd: float) -> str:
    return f"{name} {usd:.2f} USD per GPU-hour: take this price"

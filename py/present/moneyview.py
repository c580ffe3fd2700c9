"""The disclosure "Money and energy" as nodes: a frame with the boxes, and the parts that follow the answer."""

from collections.abc import Iterator

from present import money, moneycards, text
from present.cards import Answer, Card
from present.figures import Figure
from present.markup import Node, h
from present.money import OWN, Money, Rate
from present.view import card_node, figure_node, how_button
from roofline.energy import power_figures
from roofline.hosted import hosted_price
from roofline.offers import Provider, providers


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
        h("h3", "List prices of the GPU", id="money-gpu"),
        h("div", id="money-providers"),
    )


def _hosted_boxes() -> Iterator[Node]:
    listed = [h("option", "as listed for this model", value=""), h("option", "as I enter it", value=OWN)]
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
    cards = [card for group in moneycards.groups(answer, entered) if group.key == "hosted" for card in group.cards]
    rows = [_row(card, rate) for card, rate in zip(cards, _rates(answer, entered), strict=False)]
    if not rows:
        return ()
    head = ("Hosted price", "GPUs cost less from", "Busy by then", "Input", "Output", "A request")
    columns = h("tr", *(h("th", words, scope="col") for words in head))
    caption = h("caption", "From which load on these GPUs cost less; prices per million tokens")
    return (h("table", caption, h("thead", columns), h("tbody", *rows)),)


def _rates(answer: Answer, entered: Money) -> tuple[Rate, ...]:
    return tuple(each.rate for each in money.comparisons(answer, entered))


def _row(card: Card, rate: Rate) -> Node:
    """A hosted price: its card as a row."""
    figures = [piece for line in card.lines for piece in line if isinstance(piece, Figure)]
    shown = (card.figure, figures[3], *figures[:3])
    opens = next((each.field for each in shown if each.value is not None), "")
    head = h("th", rate.name, " ", how_button(opens, card.label), scope="row")
    return h("tr", head, *(h("td", figure_node(each)) for each in shown))


def volume_nodes(answer: Answer, entered: Money) -> tuple[Node | str, ...]:
    """What the reader's tokens a day cost, and how that came about."""
    words = money.at_volume(answer, entered)
    return (words, " ", how_button(moneycards.VOLUME_USD, "Tokens a day")) if words else ()


def source_nodes(answer: Answer) -> tuple[Node, ...]:
    """Whose prices these are."""
    listed = hosted_price(answer.model.name)
    if listed is None:
        return ()
    words = (
        f"{listed.name} at {text.plural(listed.providers, 'provider')}: {listed.source}, {listed.date}; {listed.note}."
    )
    return (h("p", words, class_="hint"),)


def energy_nodes(answer: Answer, entered: Money) -> tuple[Node, ...]:
    """Energy per token and month, and what the electricity costs."""
    cards = [card for group in moneycards.groups(answer, entered) if group.key == "energy" for card in group.cards]
    if not cards:
        return (h("p", f"The board power of {answer.scenario.gpu} is not known: no energy is computed."),)
    return (h("dl", *map(card_node, cards), class_="cards"),)


def provider_nodes(answer: Answer) -> tuple[Node, ...]:
    """Who lists which price of this GPU, each to be taken into the form."""
    gpu = answer.scenario.gpu
    found = providers().get(gpu)
    if not found:
        return (h("p", f"No list price of {gpu} is known."),)
    words = f"{gpu} on demand, USD per GPU-hour. Press a price to compute with it."
    return (h("p", words, class_="hint"), h("ul", *map(_provider, found), class_="offers"))


def _provider(found: Provider) -> Node:
    usd = found.usd_per_gpu_hour
    label = f"{found.name} {usd:.2f} USD per GPU-hour: take this price"
    take = h("button", f"{usd:.2f}", type="button", class_="chip", data_usd=f"{usd:g}", aria_label=label)
    where = h("span", h("span", found.source), ", ", h("time", found.date), class_="hint")
    return h("li", take, h("span", h("strong", found.name), where))

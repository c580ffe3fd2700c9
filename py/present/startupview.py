"""The start-up log dialog: our memory in the engine's words, beside the figures of a log that the reader pasted."""

from collections.abc import Callable

from present import inputs, text
from present.cards import Answer
from present.markup import Node, h
from present.startuplog import GIB, Logged, difference, log_lines
from roofline.deployment import MAX_TOKENS
from roofline.startup import Startup, startup

CLOSE = 0.03
"""A difference up to here is that of two start-ups of one engine."""

Row = tuple[str, float, float | None, Callable[[float], str]]


def figures(answer: Answer, logged: Logged) -> Startup:
    """Our figures, for requests as long as the log's where it says how long, else as the form's."""
    scenario = answer.scenario
    tokens = scenario.input_tokens + scenario.output_tokens
    if logged.request_tokens is not None and 2 <= logged.request_tokens <= MAX_TOKENS:
        tokens = int(logged.request_tokens)
    return startup(answer.model, inputs.deployment(scenario), int(tokens))


def title(found: Startup) -> str:
    """The dialog's title."""
    return f"Start-up log of {found.engine}"


def nodes() -> tuple[Node, ...]:
    """The dialog's frame; `ours` and `rows` fill its parts."""
    return (
        h("p", id="startup-lead"),
        h("pre", class_="snippet", id="startup-ours", tabindex="0", aria_label="Our figures in the engine’s words"),
        h("label", "Lines of your own start-up log", for_="startup-log"),
        h("textarea", id="startup-log", rows="5", spellcheck="false", autocomplete="off", maxlength="200000"),
        h("p", "They stay in this page. The last line of each kind counts.", class_="hint"),
        h("div", id="startup-rows", aria_live="polite"),
    )


def lead(found: Startup) -> str:
    """What the lines are about."""
    verdict = "" if found.starts else " One such request does not fit: the engine would refuse to start."
    return (
        f"What one GPU of this deployment would print, for requests of up to "
        f"{text.exact(found.request_tokens)} tokens.{verdict}"
    )


def ours(found: Startup) -> str:
    """The lines."""
    return "\n".join(log_lines(found))


def rows(found: Startup, logged: Logged) -> tuple[Node, ...]:
    """Ours beside the log's; what to do while nothing was read."""
    known = [row for row in _rows(found, logged) if row[2] is not None]
    if not known:
        return (h("p", "No figure was found in them yet.", class_="hint"),)
    names = ("Figure", "Ours", "Log", "Difference")
    head = h("thead", h("tr", *(h("th", name, scope="col") for name in names)))
    body = h("tbody", *(_row(*row) for row in known))
    return (h("table", h("caption", "Ours beside the log, per GPU"), head, body, class_="startup-table"),)


def _rows(found: Startup, logged: Logged) -> tuple[Row, ...]:
    return (
        ("Weights", found.weight_bytes / GIB, logged.weights_gib, _gib),
        ("Memory for the KV cache", found.cache_bytes / GIB, logged.cache_gib, _gib),
        ("Tokens in the KV cache", found.cache_tokens, logged.cache_tokens, _count),
        ("Requests of full length at once", found.max_concurrency, logged.max_concurrency, _times),
    )


def _row(name: str, our: float, their: float | None, write: Callable[[float], str]) -> Node:
    assert their is not None
    share = difference(our, their)
    words = text.UNKNOWN if share is None else str(text.percent(share, signed=True))
    close = None if share is None else "close" if abs(share) <= CLOSE else "apart"
    cells = (h("td", write(our)), h("td", write(their)), h("td", words, data_difference=close))
    return h("tr", h("th", name, scope="row"), *cells)


def _gib(value: float) -> str:
    return f"{value:,.2f}\u00a0GiB"


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _times(value: float) -> str:
    return f"{value:,.2f}"

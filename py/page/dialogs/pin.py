"""The button that pins the form's scenario; what it did stands on it for a while."""

from js import CustomEvent, document, setTimeout
from pyodide.ffi import create_once_callable

from page.output import Output
from page.pinboard import BOARD
from present.models import Loaded

SAID_MS = 2_000


async def open_for(output: Output, _detail: str) -> None:
    """Pin what the figures are of."""
    answer = output.shown
    assert answer is not None
    name, words = BOARD.pin(answer.scenario, Loaded(answer.model, answer.source))
    output.announce(words)
    output.link_notes(() if name else (words,))
    document.dispatchEvent(CustomEvent.new("pins:changed"))
    button = document.querySelector("#actions [data-open=pin]")
    if name and button:
        button.textContent = f"Pinned as {name}"
        setTimeout(create_once_callable(lambda: setattr(button, "textContent", "Pin")), SAID_MS)

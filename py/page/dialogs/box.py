"""A native dialog of the page, made when it is first opened, and what its buttons do to the clipboard."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from js import document, navigator
from pyodide.ffi import JsException

from page import styles
from page.dom import listen, patch
from present.markup import Node, h

STYLES = ("dialog", "share")


class Box:
    """A dialog with a title, a way to close it, and a body."""

    def __init__(self, name: str, closed: Callable[[], None] | None = None) -> None:
        """`name` gives the ids of its parts."""
        self.element = document.createElement("dialog")
        self.element.id = f"{name}-dialog"
        self.element.setAttribute("aria-labelledby", f"{name}-title")
        self.element.setAttribute("closedby", "any")
        self.tasks: set[asyncio.Task[None]] = set()
        patch(self.element, self._frame(name))
        document.body.appendChild(self.element)
        self.title = self.element.querySelector("h2")
        self.body = self.element.querySelector(".dialog-body")
        self.said = self.element.querySelector("[role=status]")
        listen(self.element.querySelector("[data-close]"), "click", lambda _event: self.element.close())
        if closed is not None:
            listen(self.element, "close", lambda _event: closed())

    def _frame(self, name: str) -> tuple[Node, ...]:
        close = h("button", "Close", type="button", class_="chip", data_close="")
        head = h("div", h("h2", id=f"{name}-title", tabindex="-1", autofocus=""), close, class_="dialog-head")
        return head, h("div", class_="dialog-body"), h("p", class_="dialog-said", role="status")

    def open(self, title: str, nodes: Sequence[Node | str]) -> None:
        """Show it with this content; as a modal dialog it keeps the focus, and gives it back when closed."""
        self.fill(nodes)
        self.show(title)

    def show(self, title: str) -> None:
        """Show it with the content that it has."""
        patch(self.title, (title,))
        if not self.element.open:
            self.element.showModal()

    def fill(self, nodes: Sequence[Node | str]) -> None:
        """Other content; nothing of the last one stays."""
        self.body.replaceChildren()
        patch(self.body, nodes)
        self.say("")
        self.element.scrollTop = 0

    def say(self, words: str) -> None:
        """Tell what came of a button, to the eye and to a screen reader."""
        patch(self.said, (words,) if words else ())

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine."""
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def copy(self, text: str, element: Any) -> None:
        """Copy a text; where the browser refuses, select the element that shows it."""
        if await copied(text):
            return self.say("Copied.")
        return self.select(element)

    def select(self, element: Any) -> None:
        """Select what an element shows, to be copied by hand."""
        document.getSelection().selectAllChildren(element)
        self.say("Selected. Press Ctrl+C or ⌘C to copy.")


async def copied(text: str) -> bool:
    """Put a text on the clipboard; False where the browser, or the frame around this page, refuses."""
    try:
        await navigator.clipboard.writeText(text)
    except (JsException, AttributeError):
        return False
    return True


async def styled() -> None:
    """Have the style sheets of dialogs."""
    await asyncio.gather(*map(styles.use, STYLES))

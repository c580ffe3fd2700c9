"""What the browser keeps between visits, where it lets a page keep anything: names of models and switches."""

from contextlib import suppress

from js import document
from pyodide.ffi import JsException


def load(key: str) -> str | None:
    """A stored text; None where there is none, or no storage."""
    try:
        value = document.defaultView.localStorage.getItem(f"roofline:{key}")
    except JsException:
        return None  # refused in some embeddings
    return value if isinstance(value, str) else None


def save(key: str, value: str) -> None:
    """Store a text; where that is refused it lasts as long as the page."""
    with suppress(JsException):
        document.defaultView.localStorage.setItem(f"roofline:{key}", value)

"""The page inside another one (`?embed=1`), as js/frame.js has marked it before the first paint."""

from js import document

from present import state

FRAMED = bool(document.documentElement.hasAttribute("data-embed"))


def tell_query(query: str) -> None:
    """Say what the way to the full calculator opens, since a sandboxed frame may not change its own address."""
    document.documentElement.dataset.query = state.unframed(query)

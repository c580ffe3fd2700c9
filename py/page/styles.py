"""Style sheets that only a view needs, fetched when it is first opened."""

from js import document


def use(address: str) -> None:
    """Link a style sheet, once."""
    if document.head.querySelector(f'link[href="{address}"]'):
        return
    link = document.createElement("link")
    link.rel, link.href = "stylesheet", address
    document.head.appendChild(link)

"""Style sheets that only a view or a dialog needs, fetched when it is first opened.

Their addresses stand on the tab list of index.html (`data-find-style`), where `make site` adds their versions.
"""

import asyncio
from typing import Any

from js import document
from pyodide.ffi import create_once_callable

from page.dom import find

_sheets: dict[str, asyncio.Future[None]] = {}


def use(name: str) -> asyncio.Future[None]:
    """Link a style sheet, once; done when it has come. One that cannot be fetched leaves things plain."""
    if name not in _sheets:
        _sheets[name] = _linked(str(find("tabs").getAttribute(f"data-{name}-style")))
    return _sheets[name]


def _linked(address: str) -> asyncio.Future[None]:
    sheet = document.createElement("link")
    sheet.rel, sheet.href = "stylesheet", address
    come: asyncio.Future[None] = asyncio.get_event_loop().create_future()

    def settle(_event: Any) -> None:
        if not come.done():
            come.set_result(None)

    for event in ("load", "error"):
        sheet.addEventListener(event, create_once_callable(settle))
    document.head.appendChild(sheet)
    return come

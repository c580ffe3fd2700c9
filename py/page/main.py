"""What index.html runs. A start that fails is said on the page, not only in the console."""

import asyncio
import gc
from importlib import import_module

from js import document

IN_PIECES = ("roofline", "present.state", "present.solve", "page.hub", "page.picker", "page.app")
"""Imported one by one, so that the page paints and answers in between; each brings what the next ones build on."""


async def begin() -> None:
    """Import the application and start it."""
    try:
        for name in IN_PIECES:
            import_module(name)
            await asyncio.sleep(0)
        await import_module("page.app").start()
        # tools/quick_start.py turned the collector off: nothing of a start is garbage
        gc.freeze()
        gc.enable()
    except Exception:
        document.documentElement.dataset.state = "failed"
        notice = document.getElementById("boot-notice")
        notice.textContent = "The calculator could not start: its Python has a fault. Reload to try again."
        notice.hidden = False
        raise


tasks = [asyncio.ensure_future(begin())]

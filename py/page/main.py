"""What index.html runs. A start that fails is said on the page, not only in the console."""

import asyncio
import gc
import sys
from importlib import import_module
from importlib.util import find_spec, module_from_spec

from js import document

ENGINE = "roofline"
ENGINE_IN_PIECES = ("data", "gpus", "constants", "model", "deployment", "operators", "estimate")
FIRST_MODEL = "roofline.reading.families.decoder"
IN_PIECES = (ENGINE, "present.state", "present.solve", "page.hub", "page.picker", FIRST_MODEL, "page.app")
"""Imported one by one, so that the page paints and answers in between; each brings what the next ones build on."""


async def begin() -> None:
    """Import the application and start it."""
    try:
        await import_engine()
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


async def import_engine() -> None:
    """Import the engine part by part, for which an empty package stands in: its own would import them all at once."""
    sys.modules[ENGINE] = module_from_spec(find_spec(ENGINE))  # type: ignore[arg-type]
    for name in ENGINE_IN_PIECES:
        import_module(f"{ENGINE}.{name}")
        await asyncio.sleep(0)
    del sys.modules[ENGINE]


tasks = [asyncio.ensure_future(begin())]

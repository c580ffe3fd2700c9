"""The second archive: what nobody needs before the first answer.

Its modules are imported by name once they are here, so that tools/app_zip.py keeps them out of the first.
"""

import asyncio
import importlib
import sys
from types import ModuleType

from js import Uint8Array, fetch
from pyodide_js import FS

from page.dom import find

ARCHIVE = "/later.zip"
_task: asyncio.Task[None] | None = None


async def module(name: str) -> ModuleType:
    """A module of the second archive.

    Raises:
        OSError: the archive could not be fetched; asking again tries again.
    """
    global _task  # noqa: PLW0603
    if _task is None or (_task.done() and _task.exception()):
        _task = asyncio.ensure_future(_unpack())
    await asyncio.shield(_task)
    return importlib.import_module(name)


async def _unpack() -> None:
    response = await fetch(str(find("tabs").dataset.archive))
    if not response.ok:
        raise OSError(f"{response.url}: {response.status}")
    FS.writeFile(ARCHIVE, Uint8Array.new(await response.arrayBuffer()))
    for name in ("page", "present", "roofline"):
        sys.modules[name].__path__.append(f"{ARCHIVE}/{name}")
    sys.modules["sitecustomize"].add(ARCHIVE)

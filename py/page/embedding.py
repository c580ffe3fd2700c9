"""Within a frame: what brings the module that answers the host, which is in the second archive."""

from collections.abc import Callable
from typing import Any

from page import later
from page.frame import FRAMED
from page.output import Output
from page.tabs import Current


def attach_host(output: Output, current: Callable[[], Current | None], start: Callable[[Any], None]) -> None:
    """Answer the host from now on, where there is one."""
    if FRAMED:
        start(_attach(output, current))


async def _attach(output: Output, current: Callable[[], Current | None]) -> None:
    (await later.module("page.host")).Host(output, current)

"""Long work in short tasks, so that the page answers meanwhile."""

import asyncio
from collections.abc import Callable, Generator
from time import perf_counter
from typing import Any, TypeVar

from js import document

from page.dom import patch
from present.markup import Node

SLICE_S = 0.01
"""Less than a frame lasts."""
SEEN_EVERY_S = 0.1
"""What is seen is laid out and painted, which takes from the work."""
_Step = TypeVar("_Step")
_Result = TypeVar("_Result")


class Clock:
    """Tells when to let the browser do its own work."""

    def __init__(self) -> None:
        """Start the first task."""
        self._start_s = perf_counter()

    @property
    def is_over(self) -> bool:
        """The task has lasted long enough."""
        return perf_counter() - self._start_s > SLICE_S

    async def rest(self) -> None:
        """End the task; the work goes on in the next."""
        await asyncio.sleep(0)
        self._start_s = perf_counter()


async def drained(
    steps: Generator[_Step, None, _Result], seen: Callable[[_Step], None], goes_on: Callable[[], bool]
) -> _Result | None:
    """The result of a generator that pauses often; `seen` gets a step now and then.

    None where it was to stop, which is asked between tasks.
    """
    clock, seen_s = Clock(), 0.0
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            result: _Result = end.value
            return result
        if clock.is_over:
            if perf_counter() - seen_s > SEEN_EVERY_S:
                seen(step)
                seen_s = perf_counter()
            await clock.rest()
            if not goes_on():
                return None


async def patch_rows(body: Any, rows: list[tuple[Node, ...]], goes_on: Callable[[], bool]) -> None:
    """Make the rows of a table's body have these cells, some in each task."""
    clock = Clock()
    while body.children.length > len(rows):
        body.removeChild(body.lastElementChild)
    for index, cells in enumerate(rows):
        if index == body.children.length:
            row = document.createElement("tr")
            row.setAttribute("role", "row")
            body.appendChild(row)
        patch(body.children[index], cells)
        if clock.is_over:
            await clock.rest()
            if not goes_on():
                return

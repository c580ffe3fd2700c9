"""Charts in the page: js/charts.mjs, imported when a view first draws."""

import asyncio
import json
from typing import Any

from js import URL, document
from pyodide.code import run_js

from page.dom import find
from present.charts import Chart

FAILED = "The charts could not be fetched. Check the connection and open this view again."

_import = run_js("(address) => import(address)")
_library: asyncio.Future[Any] | None = None


async def draw(place: Any, chart: Chart) -> None:
    """Draw a chart into an element of its own, or bring the one that stands there up to date; done when it is seen.

    Whoever calls must not patch the element's children afterwards. Clicks on points with a `pick` come as events
    `chart:pick`, which bubble, with the pick as detail.

    Raises:
        JsException: the library could not be fetched; asking again tries again.
    """
    library = await _loaded()
    await library.draw(place, json.dumps(chart.to_dict()))


async def _loaded() -> Any:
    global _library  # noqa: PLW0603
    if _library is None or (_library.done() and _library.exception()):
        address = str(find("tabs").dataset.charts)
        _library = asyncio.ensure_future(_import(URL.new(address, document.baseURI).href))
    return await asyncio.shield(_library)

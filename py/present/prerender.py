"""What index.html holds before Python runs: choices and blank cards, from the same tables.

`make prerender` writes these blocks; a test fails while the page and the tables differ.
"""

from collections.abc import Iterable, Mapping

from present import cards, models, modelview, state, view
from present.figures import Writer
from present.markup import Node, h, to_html
from present.panel import panel
from roofline import CATALOGUE, ENGINES, GPUS


def blocks() -> Mapping[str, str]:
    """The HTML of every generated block, by its name."""
    return {
        "models": _html(h("option", value=name) for name in CATALOGUE),
        "gpus": _html(_options(GPUS, state.DEFAULT.gpu)),
        "engines": _html(_options(ENGINES, state.DEFAULT.engine)),
        "panel": _html(modelview.panel_nodes(panel(models.bundled(state.DEFAULT.model), state.DEFAULT), None)),
        "cards": _html(view.groups_nodes(cards.groups(None, Writer()))),
        "assumptions": _html(view.assumption_nodes()),
    }


def _options(names: Iterable[str], chosen: str) -> Iterable[Node]:
    for name in names:
        yield h("option", name, selected="" if name == chosen else None)


def _html(nodes: Iterable[Node]) -> str:
    return "\n".join(to_html(node) for node in nodes)

"""What index.html holds before Python runs: the choices, and the answer to the default scenario.

`make prerender` writes these blocks; a test fails while the page and the engine differ.
"""

from collections.abc import Iterable, Mapping

from present import cards, hints, models, modelview, sentences, state, view
from present.cards import Answer
from present.figures import Writer
from present.markup import Node, h, to_html
from present.panel import panel
from present.solve import solve
from roofline import CATALOGUE, ENGINES, GPUS


def default_answer() -> Answer:
    """The answer that stands on the page before there is any other."""
    answer = solve(state.DEFAULT, models.bundled(state.DEFAULT.model))
    if not isinstance(answer, Answer):
        raise TypeError(f"the default scenario has no answer: {answer.sentence()}")
    return answer


def blocks() -> Mapping[str, str]:
    """The HTML of every generated block, by its name."""
    return {**_choices(), **_answer(default_answer())}


def _choices() -> Mapping[str, str]:
    return {
        "models": _html(h("option", value=name) for name in CATALOGUE),
        "gpus": _html(_options(GPUS, state.DEFAULT.gpu)),
        "engines": _html(_options(ENGINES, state.DEFAULT.engine)),
        "panel": _html(modelview.panel_nodes(panel(models.bundled(state.DEFAULT.model), state.DEFAULT), None)),
        "assumptions": _html(view.assumption_nodes()),
        "price-hint": _html((hints.price_note(state.DEFAULT),)),
    }


def _answer(answer: Answer) -> Mapping[str, str]:
    writer, resolved = Writer(), hints.resolved(answer)
    return {
        "summary": _html((sentences.summary(answer),)),
        "headline": "".join(map(to_html, view.sentence_nodes(sentences.headline(answer)))),
        "asked": _html(view.asked_nodes(sentences.asked(answer, writer))),
        "cards": _html(view.groups_nodes(cards.groups(answer, writer))),
        "evidence": _html((sentences.evidence(answer.estimate),)),
        "notes": _html(view.note_nodes(sentences.notes(answer))),
        "precision-hint": _html((resolved.weights,)),
        "kv-precision-hint": _html((resolved.kv_cache,)),
    }


def _options(names: Iterable[str], chosen: str) -> Iterable[Node]:
    for name in names:
        yield h("option", name, selected="" if name == chosen else None)


def _html(nodes: Iterable[Node | str]) -> str:
    return "\n".join(map(to_html, nodes))

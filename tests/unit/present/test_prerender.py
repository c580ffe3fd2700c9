"""The blocks of index.html."""

import re

from present import prerender, state
from present.cards import Answer
from roofline import CATALOGUE, Deployment, Model, Workload, estimate


def test_the_default_answer_is_the_engines():
    answer = prerender.default_answer()
    assert isinstance(answer, Answer)
    entry = CATALOGUE[state.DEFAULT.model]
    model = Model.from_config(entry.config, name=entry.name, sidecar=entry.sidecar)
    expected = estimate(model, Deployment(gpu=state.DEFAULT.gpu, tensor_parallel=8), Workload())
    assert answer.estimate == expected


def test_every_figure_of_the_cards_has_its_value():
    blocks = prerender.blocks()
    result = prerender.default_answer().estimate
    figures = re.findall(r'data-field="(\w+)" data-value="([^"]*)"', blocks["cards"])
    assert len(figures) >= 20
    for field, value in figures:
        if field != "tensor_parallel":
            assert value == str(getattr(result, field)), field
    assert "–" not in re.sub(r"<[^>]*>", "", blocks["cards"])


def test_the_headline_and_what_was_asked_are_there():
    blocks = prerender.blocks()
    assert "Fits" in blocks["headline"]
    assert state.DEFAULT.model in blocks["asked"]
    assert f"{state.DEFAULT.model}: bundled config" in blocks["notes"]

"""The dialog "How" as nodes: every figure of every card, every part at its path."""

import pytest
from arithmetic import read

from present import cards, howview
from present.explain import explain, text_lines, to_text, working
from present.figures import Figure, Writer
from present.money import Money

WRITER = Writer()
SCENARIOS = [
    {},
    {"model": "meta-llama/Llama-3.1-8B", "tensor_parallel": 1, "concurrency": 700, "usd_per_gpu_hour": 2.0},
    {"model": "openai/gpt-oss-120b", "gpu": "B200 SXM", "tensor_parallel": 2, "engine": "TensorRT-LLM", "nodes": 2},
]


@pytest.fixture(params=SCENARIOS, ids=range(len(SCENARIOS)))
def found(request, answer):
    return answer(**request.param)


def shown(found):
    """Every figure of the cards, by card."""
    for group in cards.groups(found, WRITER):
        for card in group.cards:
            pieces = [card.figure, *(piece for line in card.lines for piece in line if isinstance(piece, Figure))]
            yield card, [piece.field for piece in pieces]


def test_every_figure_of_every_card_can_be_chosen(found):
    for card, fields in shown(found):
        for field in fields:
            how = howview.card_of(found, WRITER, Money(), field)
            assert how is not None
            assert how.title == f"How: {card.label}"
            assert set(fields) <= {choice.field for choice in how.choices}


def test_ranges_can_be_chosen_too(found):
    choices = {choice.field: choice.label for choice in howview.card_of(found, WRITER, Money(), "ttft_s").choices}
    assert choices["ttft_s_low"].endswith("low end of the range")
    assert explain(working(found), "ttft_s_high").quantity.value == found.estimate.ttft_s_high


def test_a_figure_that_no_card_shows_is_named(found):
    assert howview.card_of(found, WRITER, Money(), "nonsense") is None
    assert howview.card_of(found, WRITER, Money(), "__class__") is None
    assert "nonsense" in howview.unknown("nonsense")


def by_class(node, name):
    return [each for each in node.walk() if dict(each.attributes).get("class") == name]


def test_each_part_opens_at_its_path(found):
    explanation = explain(working(found), "ttft_s")
    waiting, seen = [""], 0
    while waiting and seen < 60:
        path = waiting.pop(0)
        seen += 1
        node = howview.opened(explanation, path)
        (numbers,), (result,) = by_class(node, "how-numbers"), by_class(node, "how-result")
        assert result.text() == str(howview.at(explanation, path))
        largest = max(abs(part.value) for part in howview.parts(howview.at(explanation, path)))
        assert read(numbers.text()) == pytest.approx(read(result.text()), rel=1e-4, abs=3e-5 * largest)
        waiting += [dict(each.attributes)["data-path"] for each in node.walk() if each.tag == "details"]
    assert seen > 20


def test_an_input_shows_its_class_source_and_date(found):
    explanation = explain(working(found), "usd_per_month")
    text = howview.opened(explanation, "").text()
    assert "your choice" in text
    assert ("price list" in text and "2026" in text) or found.scenario.usd_per_gpu_hour == 2.0


def test_what_a_token_opened_is_not_copied(found):
    explanation = explain(working(found), "fits")
    card = howview.card_of(found, WRITER, Money(), "ttft_s")
    copied, withheld = (
        "".join(node.text() for node in howview.dialog_nodes(card, explanation, withheld=withheld))
        for withheld in (False, True)
    )
    assert "Copy the whole working" in copied
    assert "Copy the whole working" not in withheld
    assert "access token" in withheld


def test_the_text_is_the_lines_one_by_one(found):
    explanation = explain(working(found), "running")
    assert to_text(explanation) == "\n".join(text_lines(explanation)) + "\n"


def test_no_part_of_a_formula_is_listed_twice(found):
    work = working(found)
    for _, fields in shown(found):
        for field in fields:
            for quantity in explain(work, field).quantity.walk():
                listed = [howview._given(part).text() for part in howview.parts(quantity) if part.formula is None]
                assert len(set(listed)) == len(listed), (field, quantity.name)

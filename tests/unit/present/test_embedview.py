"""The dialog's nodes."""

from present import embedview
from present.snippets import DEFAULT_PARTS, KINDS, PARTS, Frame
from present.state import PASTED, Scenario

HERE = "https://someone.example/"


def nodes():
    return [node for top in embedview.dialog_nodes() for node in top.walk()]


def test_every_kind_and_part_can_be_chosen():
    boxes = [dict(node.attributes) for node in nodes() if node.tag == "input"]
    assert [box["value"] for box in boxes if box["name"] == "kind"] == [kind.key for kind in KINDS]
    assert [box["value"] for box in boxes if box["name"] == "part"] == list(PARTS)
    chosen = tuple(box["value"] for box in boxes if box["name"] == "part" and "checked" in box)
    assert chosen == DEFAULT_PARTS


def test_every_label_names_its_control():
    found = nodes()
    ids = {dict(node.attributes).get("id") for node in found}
    for label in (node for node in found if node.tag == "label"):
        target = dict(label.attributes).get("for")
        inside = [node for node in label.walk() if node.tag == "input"]
        assert label.text() and (target in ids if target else len(inside) == 1)


def test_a_pasted_config_is_said_not_to_travel():
    pasted = Frame(HERE, Scenario(model=PASTED))
    assert "not part of a link" in embedview.note(pasted, KINDS[0])
    assert embedview.note(Frame(HERE), KINDS[0]) == KINDS[0].note


def test_every_place_that_the_page_fills_is_there():
    parts = [dict(node.attributes).get("data-part") for node in nodes()]
    assert sorted(filter(None, parts)) == ["code", "copy", "height", "note", "preview", "theme"]

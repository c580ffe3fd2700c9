"""The boxes of a search as nodes."""

from present import wantedview


def test_enter_in_a_box_searches():
    """Among several boxes, browsers submit a form on Enter only where it has a button for that."""
    nodes = [node for root in wantedview.form_nodes() for node in root.walk()]
    assert sum(node.tag == "input" and ("inputmode", "decimal") in node.attributes for node in nodes) > 1
    assert [node.text() for node in nodes if ("type", "submit") in node.attributes] == ["Search"]

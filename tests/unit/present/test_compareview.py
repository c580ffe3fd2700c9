"""The comparison around its table: models that have to be read first."""

from present import compareview


def words(nodes):
    return " ".join(node.text() for node in nodes)


def test_what_only_the_hub_has_is_named_beside_one_button():
    one, two = compareview.unread_nodes(["org/a"]), compareview.unread_nodes(["org/a", "org/b"])
    assert "org/a. Its config.json has to be read from huggingface.co." in words(one)
    assert "org/a and org/b. Their config.json files have to be read" in words(two)
    for nodes in (one, two):
        assert len([node for top in nodes for node in top.walk() if node.tag == "button"]) == 1
    assert compareview.unread_nodes([]) == ()


def test_what_came_of_reading_is_told():
    assert compareview.read_said(2, []) == "2 models read and compared."
    assert compareview.read_said(2, ["org/b"]) == "org/b could not be read."
    assert "org/a" in words(compareview.reading_nodes(["org/a"]))

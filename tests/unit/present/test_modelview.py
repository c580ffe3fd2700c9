"""The panel and the suggestions as nodes."""

from present import hubtotal, models, modelview, panel
from present.hubtotal import Check, Entry, Verdict
from present.markup import to_html
from present.picker import Group, Option
from present.state import DEFAULT

PANEL = panel.panel(models.bundled(DEFAULT.model), DEFAULT)
GROUPS = (Group("bundled", "Bundled", (Option("a/b"), Option("c/d"))), Group("hub", "Found", (Option("e/f", "gated"),)))


def attributes(nodes, name):
    found = [dict(node.attributes).get(name) for top in nodes for node in top.walk()]
    return [value for value in found if value is not None]


def test_each_figure_and_fact_stands_once():
    nodes = modelview.panel_nodes(PANEL, None)
    for name in ("data-field", "data-fact"):
        found = attributes(nodes, name)
        assert found and len(found) == len(set(found))
    assert attributes(nodes, "data-check") == []
    assert not {"total_params", "active_params"} & set(attributes(nodes, "data-field")), "those stand by the headline"


def test_the_check_is_in_the_summary_and_among_the_facts():
    for verdict in Verdict:
        summary, facts = modelview.panel_nodes(PANEL, Check(verdict, "Words of the check.", verdict is Verdict.DIFFERS))
        assert attributes([summary], "data-check") == [verdict.value]
        assert modelview.BRIEF[verdict] in summary.text()
        assert "Words of the check." in facts.text()


def test_whatever_warns_reads_as_a_difference():
    model = models.bundled("Qwen/Qwen3-8B").model
    found = hubtotal.compare(model, Entry("", model.total_params - model.vocab_size * model.hidden_size))
    summary, _ = modelview.panel_nodes(PANEL, found)
    assert "count differs from the Hub" in summary.text()


def test_options_are_numbered_through_the_groups():
    nodes = modelview.suggestion_nodes(GROUPS, 2)
    options = [node for top in nodes for node in top.walk() if dict(node.attributes).get("role") == "option"]
    assert [dict(option.attributes)["id"] for option in options] == [modelview.option_id(index) for index in range(3)]
    assert [dict(option.attributes)["aria-selected"] for option in options] == ["false", "false", "true"]
    ids, labels = attributes(nodes, "id"), attributes(nodes, "aria-labelledby")
    assert set(labels) <= set(ids) and len(labels) == 2


def test_names_are_escaped():
    html = "".join(map(to_html, modelview.suggestion_nodes((Group("hub", "<b>", (Option('"><i>', "<u>"),)),), None)))
    assert "<b>" not in html and "<i>" not in html and "<u>" not in html

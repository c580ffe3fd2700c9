"""Targets beside the curve."""

from hypothesis import given
from hypothesis import strategies as st

from present import curvetargets, wanted
from present.wanted import Wanted

TARGET = st.none() | st.floats(0.01, 1_000).map(lambda value: round(value, 3))


@given(TARGET, TARGET)
def test_what_stands_in_the_boxes_is_read_back(ttft_s, tpot_ms):
    asked = Wanted(ttft_s=ttft_s, tpot_ms=tpot_ms, requests_per_s=3.0, gpus=("H100 SXM",))
    assert curvetargets.read(wanted.DEFAULT, curvetargets.texts(asked))[0].targets == asked.targets
    assert curvetargets.read(asked, curvetargets.texts(asked)) == (asked, ())


def test_a_speed_stands_as_a_time_until_it_is_changed():
    asked = Wanted(tokens_per_s=30.0, ttft_s=2.0)
    boxes = curvetargets.texts(asked)
    assert boxes == {"ttft_s": "2", "tpot_ms": "33.3"}
    assert curvetargets.read(asked, boxes)[0].tokens_per_s == 30.0
    found, issues = curvetargets.read(asked, {**boxes, "tpot_ms": "20"})
    assert (found.tpot_ms, found.tokens_per_s, found.ttft_s, issues) == (20.0, None, 2.0, ())


def test_the_rest_of_the_search_stays():
    before = Wanted(users=7, gpus=("H20",), precisions=("fp8",), usd_per_month=1e5)
    found, issues = curvetargets.read(before, {"ttft_s": "1.5", "tpot_ms": ""})
    assert not issues
    assert (found.users, found.gpus, found.precisions, found.usd_per_month) == (7, ("H20",), ("fp8",), 1e5)


def test_what_is_no_number_is_said():
    _, issues = curvetargets.read(wanted.DEFAULT, {"ttft_s": "soon", "tpot_ms": "-1"})
    assert [issue.field for issue in issues] == ["ttft_s", "tpot_ms"]


def test_each_box_has_a_label():
    text = [node for box in curvetargets.nodes() for node in box.walk()]
    labels = {dict(node.attributes)["for"] for node in text if node.tag == "label"}
    assert labels == {dict(node.attributes)["id"] for node in text if node.tag == "input"}

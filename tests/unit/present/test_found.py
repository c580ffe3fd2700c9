"""What a search found, in words, nodes and as a chart: the engine's own figures, and ways out that lead out."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from present import everyview, found, foundview, inputs, models, sentences, state, wanted, wantedview
from present.chart_front import MAX_TIMES_CHEAPEST, front_chart
from present.figures import Writer
from present.state import Scenario
from present.wanted import Wanted
from roofline import GPUS, estimate
from roofline.compare import every_gpu
from roofline.search import find

SCENARIO = Scenario(model="meta-llama/Llama-3.1-70B", input_tokens=1000, output_tokens=500)
FEW = ("H100 SXM", "H200 SXM", "B200 SXM")


@cache
def searched(asked, scenario=SCENARIO):
    model = models.bundled(scenario.model).model
    return find(wanted.question(scenario, model, asked, {}))


CHAT = Wanted(users=200, tpot_ms=50.0, gpus=FEW)


def test_the_sentence_names_the_cheapest():
    words = sentences.plain(found.headline(searched(CHAT)))
    best = searched(CHAT).best[0]
    assert words.startswith(f"The cheapest: {best.gpus} × {best.deployment.gpu}, TP {best.deployment.tensor_parallel}")
    assert "a month" in words
    assert "first token after" in words


def test_a_candidate_in_the_form_computes_to_itself():
    """What `Use` writes into the form gives the row's own figures."""
    for candidate in searched(CHAT).best[::9]:
        scenario, issues = state.read({**state.texts(SCENARIO), **found.changes(candidate, {})})
        assert not issues
        assert found.in_form(candidate, scenario)
        model = models.bundled(SCENARIO.model).model
        again = estimate(model, inputs.deployment(scenario), inputs.workload(scenario))
        assert (again.tpot_s, again.usd_per_month) == (
            candidate.estimate.tpot_s,
            pytest.approx(candidate.usd_per_month),
        )


def test_a_price_of_ones_own_stays_with_its_gpu():
    candidate = searched(CHAT).best[0]
    assert found.changes(candidate, {candidate.deployment.gpu: 1.5})["usd_per_gpu_hour"] == "1.5"
    assert found.changes(candidate, {"H20": 1.5})["usd_per_gpu_hour"] == ""


@pytest.mark.parametrize(
    "asked",
    [
        Wanted(users=200, tpot_ms=0.5, ttft_s=5.0, gpus=FEW),
        Wanted(users=200, tokens_per_s=5000.0, gpus=FEW),
        Wanted(users=200, tpot_ms=0.5, ttft_s=0.001, gpus=FEW),
        Wanted(users=200, tpot_ms=50.0, usd_per_month=10.0, gpus=FEW),
        Wanted(users=200, tpot_ms=15.0, ttft_s=0.3, usd_per_month=9000.0, gpus=FEW),
        Wanted(requests_per_s=2.0, tpot_ms=0.5, usd_per_month=9000.0, gpus=FEW),
    ],
)
def test_every_way_out_of_a_missed_target_leads_out(asked):
    missed = found.miss(searched(asked), asked, "Llama")
    assert missed.ways
    assert len(missed.lines) >= 1
    for way in missed.ways:
        said = {**wanted.changes(asked), **dict(way.changes)}
        granted, issues = wanted.read(said)
        assert not issues
        assert granted != asked
        assert searched(granted).feasible, way


def test_the_target_that_binds_is_named_with_what_can_be_had():
    asked = Wanted(users=200, tpot_ms=0.5, ttft_s=5.0, gpus=FEW)
    missed = found.miss(searched(asked), asked, "Llama")
    assert missed.title == "Nothing meets all targets"
    (line,) = missed.lines
    assert line.startswith("Time per token: 500\u00a0µs asked")
    assert line.endswith("is the nearest with the other targets met.")


def test_what_fits_nowhere_is_offered_more_gpus_and_smaller_weights():
    scenario = Scenario(precision="fp16")
    asked = Wanted(users=1, gpus=("H100 PCIe",))
    result = searched(asked, scenario)
    assert result.obstacle == "memory"
    missed = found.miss(result, asked, "DeepSeek")
    assert missed.title == "DeepSeek fits nowhere"
    assert "short on each GPU" in missed.lines[0]
    assert missed.ways[0].label == "Use every GPU"
    granted, _ = wanted.read({**wanted.changes(asked), "gpus": "", "users": "1"} | {"gpus": ",".join(GPUS)})
    assert searched(granted, scenario).feasible


def test_gpus_left_out_are_named_with_the_reason():
    asked = Wanted(users=1, gpus=("H20",))
    result = searched(asked)
    missed = found.miss(result, asked, "Llama")
    assert missed.lines == found.refusals(result) == ("No list price is known for H20.",)


@given(st.floats(1e-6, 1e9), st.booleans())
def test_rounding_stays_on_the_safe_side(value, up):
    near = found.rounded_to(value, up=up)
    assert near >= value if up else near <= value
    assert abs(near - value) <= 0.011 * value


def cells_of(nodes):
    found_cells = {}
    for node in nodes:
        for each in node.walk():
            attributes = dict(each.attributes)
            if "data-cell" in attributes:
                found_cells[attributes["data-cell"]] = (float(attributes["data-value"]), each.text())
    return found_cells


def test_rows_carry_the_engines_figures():
    for candidate in searched(CHAT).best[::13]:
        cells = cells_of(foundview.candidate_cells(candidate, "best:0", Writer(), chosen=False))
        for field in ("ttft_s", "tpot_s", "usd_per_million_tokens", "usd_per_month", "concurrency"):
            value = getattr(candidate.estimate, field)
            assert cells[field] == (value, str(Writer().figure(field, value)))


def test_a_row_says_what_was_never_measured():
    rows = [
        (foundview.is_unmeasured(candidate), foundview.candidate_cells(candidate, "best:0", Writer(), chosen=False))
        for asked in (CHAT, Wanted(users=8, gpus=("B200 SXM",)))
        for scenario in (SCENARIO, Scenario(model="openai/gpt-oss-120b", engine="TensorRT-LLM"))
        for candidate in searched(asked, scenario).best[:3]
    ]
    assert {unmeasured for unmeasured, _ in rows} == {True, False}
    for unmeasured, cells in rows:
        assert (found.UNMEASURED in "".join(cell.text() for cell in cells)) == unmeasured


def test_every_reason_has_words():
    assert {candidate.limited_by for candidate in searched(CHAT).front} <= set(found.REASONS)


def test_the_chart_is_the_front():
    front = searched(CHAT).front
    chart = front_chart(front, chosen=1)
    _, dots, ring = chart.layers
    assert [datum.x for datum in dots.data] == [c.usd_per_month for c in front][: len(dots.data)]
    assert [datum.y for datum in dots.data] == [c.request_tokens_per_s for c in front][: len(dots.data)]
    assert max(datum.x for datum in dots.data) <= MAX_TIMES_CHEAPEST * front[0].usd_per_month
    assert len(chart.table.rows) == len(front)
    assert (ring.data[0].x, ring.data[0].chosen) == (front[1].usd_per_month, True)
    assert [datum.pick for datum in dots.data] == [f"front:{i}" for i in range(len(dots.data))]


def test_every_gpu_has_a_row_with_figures_or_a_reason():
    scenario = Scenario()
    model = models.bundled(scenario.model).model
    results = list(every_gpu(model, inputs.deployment(scenario), inputs.workload(scenario)))
    rows = everyview.rows_of(results, Writer())
    assert len(rows) == len(GPUS)
    for result, row in zip(results, rows, strict=True):
        cells = cells_of([row])
        assert result.deployment.gpu in row.text()
        if result.estimate is not None and result.estimate.fits:
            assert cells["tpot_s"][0] == result.estimate.tpot_s
        else:
            assert "short on each GPU" in row.text() or result.reason[1:] in row.text()


def test_the_boxes_stand_for_every_field():
    nodes = [each for node in wantedview.form_nodes() for each in node.walk()]
    values = {dict(node.attributes).get("value") for node in nodes}
    assert set(GPUS) | set(state.PRECISIONS) | {"users", "requests_per_s", "tpot_ms", "tokens_per_s"} <= values
    ids = [dict(node.attributes)["id"] for node in nodes if "id" in dict(node.attributes)]
    assert len(ids) == len(set(ids))

"""What is taken away equals what is on screen."""

import csv
import dataclasses
import io
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from present import cards, money, moneyview, view
from present.charts import Table
from present.export import (
    FORMATS,
    LIST_PRICE,
    Sheet,
    Stamp,
    file_name,
    rows,
    table_to_csv,
    table_to_markdown,
    to_csv,
    to_json,
    to_markdown,
    unit_of,
)
from present.figures import FORMATTERS, SIZES, Writer
from present.money import Money
from present.state import read
from roofline.document import document as shell_document

STAMP = Stamp("1.2.3", "2026-11-24", "https://example.org/?v=1")
WRITER = Writer()


ENTERED = Money(money_tokens_per_day=10_000_000, money_usd_per_kwh=0.2, money_output_usd=9.0)


def sheet(answer, stamp=STAMP, entered=ENTERED):
    return Sheet(answer, WRITER, stamp, entered)


def on_screen(answer, entered=ENTERED):
    """Fields and values of every figure of the cards, and of money and energy, as they stand in the document."""
    tops = (
        *view.groups_nodes(cards.groups(answer, WRITER)),
        *moneyview.comparison_nodes(answer, entered),
        *moneyview.energy_nodes(answer, entered),
    )
    nodes = [node for top in tops for node in top.walk()]
    figures = [(dict(node.attributes), node.text()) for node in nodes]
    return {
        found["data-field"]: (found["data-value"], text.replace("\u00a0", " "))
        for found, text in figures
        if "data-field" in found
    }


def of_volume(field):
    """Stands in a sentence."""
    return field.startswith("volume_")


def list_prices(answer):
    nodes = [node for top in moneyview.provider_nodes(answer) for node in top.walk()]
    return [node.text() for node in nodes if "data-usd" in dict(node.attributes)]


def csv_lines(text):
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:])))


@pytest.fixture(params=[{}, {"model": "meta-llama/Llama-3.1-8B", "tensor_parallel": 1, "usd_per_gpu_hour": 2.0}])
def found(request, answer):
    return answer(**request.param)


def test_json_has_every_figure_of_the_screen(found):
    document = json.loads(to_json(sheet(found)))
    figures = [row for row in document["figures"] if not of_volume(row["field"])]
    exported = {
        row["field"]: ("" if row["value"] is None else str(row["value"]), row["shown"])
        for row in figures
        if row["field"] != LIST_PRICE
    }
    assert exported == on_screen(found)
    assert [row["shown"] for row in figures if row["field"] == LIST_PRICE] == list_prices(found)
    assert all(row["source"] and row["date"] for row in figures if row["field"] == LIST_PRICE)
    assert document["entered"]["money_usd_per_kwh"] == 0.2
    said = [money.verdict(found, ENTERED), money.at_volume(found, ENTERED)]
    assert document["sentences"] == [words.replace("\u00a0", " ") for words in said if words]
    printed = json.loads(json.dumps(shell_document(found.model, found.estimate)))
    assert {key: document[key] for key in printed} == printed, "the command line's line is part of it"
    assert (document["version"], document["date"], document["link"]) == dataclasses.astuple(STAMP)
    assert read(document["scenario"]) == (found.scenario, ())


def test_csv_has_every_figure_of_the_screen(found):
    lines = csv_lines(to_csv(sheet(found)))
    start = next(index for index, line in enumerate(lines) if line[:1] == ["group"])
    body = [dict(zip(lines[start], line, strict=True)) for line in lines[start + 1 :]]
    shown = on_screen(found)
    assert [row["shown"] for row in body if row["field"] == LIST_PRICE] == list_prices(found)
    body = [row for row in body if row["field"] != LIST_PRICE and not of_volume(row["field"])]
    assert {row["field"]: (row["value"], row["shown"]) for row in body} == shown
    preface = dict(line for line in lines[:start] if len(line) == 2)
    assert preface["version"] == "1.2.3"
    assert preface["model_name"] == found.model.name
    assert read(preface)[0] == found.scenario
    assert money.read({key: text for key, text in preface.items() if key in money.RULES}) == (ENTERED, ())


def test_markdown_has_every_figure_of_the_screen(found):
    text = to_markdown(sheet(found))
    table = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")
    ]
    rows = [(cells[2].strip("`"), cells[1].replace("\\", "")) for cells in table if cells[2].startswith("`")]
    assert [shown for field, shown in rows if field == LIST_PRICE] == list_prices(found)
    exported = {field: shown for field, shown in rows if field != LIST_PRICE and not of_volume(field)}
    assert exported == {field: shown for field, (_, shown) in on_screen(found).items()}
    assert text.endswith("Version 1.2.3, 2026-11-24. <https://example.org/?v=1>\n")


def test_ranges_are_exported(found):
    ranged = dataclasses.replace(found.estimate, ttft_s_low=0.5, ttft_s_high=1.5)
    wider = dataclasses.replace(found, estimate=ranged)
    row = next(row for row in rows(sheet(wider)) if row.field == "ttft_s")
    assert (row.low, row.high) == (0.5, 1.5)
    assert "500 ms to 1.50 s" in to_markdown(sheet(wider))


def test_every_field_has_the_unit_of_its_name():
    wanted = {"ttft_s": "s", "replica_tokens_per_s": "tokens/s", "usd_per_month": "USD", "weight_bytes": "bytes"}
    wanted |= {"kv_bytes_per_token_per_gpu": "bytes", "kv_capacity_tokens": "tokens", "replicas": ""}
    wanted |= {"usd_per_million_tokens": "USD", "prefill_bound": "", "weight_bytes_per_gpu": "bytes"}
    wanted |= {"joules_per_token": "J", "kwh_per_month": "kWh", "break_even_median_tokens_per_day": "tokens/day"}
    wanted |= {"hosted_median_usd_per_request": "USD", "break_even_median_utilization": "", LIST_PRICE: "USD"}
    assert {field: unit_of(field) for field in wanted} == wanted
    for field in {*FORMATTERS, *SIZES}:
        number = field.endswith(("_s", "_tokens")) or "bytes" in field or field.startswith("usd")
        assert bool(unit_of(field)) == number, field


@example("+0")
@example("=cmd|' /C calc'!A0")
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_hostile_text_stays_text(name):
    table = Table("caption", ("a", "b"), ((name, "1"), ("=1+1", "-5")))
    lines = csv_lines(table_to_csv(table, STAMP))
    assert lines[-1] == ["'=1+1", "-5"]
    live = [cell for line in lines for cell in line if cell.startswith(("=", "@", "+", "-"))]
    assert [float(cell) for cell in live], "only numbers may start like a formula"
    markdown = table_to_markdown(table, STAMP)
    assert len([line for line in markdown.splitlines() if line.startswith("| ")]) == 4


def test_a_hostile_model_name_in_markdown(found):
    model = found.model
    bad = {f.name: getattr(model, f.name) for f in dataclasses.fields(model)} | {"name": "<img src=x>|`a`\n# b"}
    text = to_markdown(sheet(dataclasses.replace(found, model=type(model)(**bad))))
    assert text.splitlines()[0] == "# \\<img src=x\\>\\|\\`a\\` \\# b"


def test_an_export_without_a_link(found):
    bare = Stamp("1.2.3", "2026-11-24")
    assert to_markdown(sheet(found, bare)).endswith("Version 1.2.3, 2026-11-24.\n")
    assert not [line for line in csv_lines(to_csv(sheet(found, bare))) if line[:1] == ["link"]]


@pytest.mark.parametrize(("name", "wanted"), [("a/B C:d", "B-C-d-H200-SXM.csv"), ("../..", "H200-SXM.csv")])
def test_a_download_has_a_name_that_any_system_takes(found, name, wanted):
    model = found.model
    named = {f.name: getattr(model, f.name) for f in dataclasses.fields(model)} | {"name": name}
    assert file_name(dataclasses.replace(found, model=type(model)(**named)), "csv") == wanted


def test_every_format_is_written(found):
    for suffix, form in FORMATS.items():
        assert form.suffix == suffix
        assert found.model.name.rpartition("/")[2] in form.write(sheet(found))

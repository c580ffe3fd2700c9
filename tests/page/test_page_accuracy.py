"""The Accuracy view and the sentence beside every result, in the browser."""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from calculator import Calculator
from playwright.sync_api import Page, expect

RULES = {"rules": {"target-size": {"enabled": True}}}


@pytest.fixture
def calculator(booted_page: Page) -> Calculator:
    """The module's page at its first scenario."""
    booted_page.set_viewport_size({"width": 1280, "height": 800})
    calculator = Calculator(booted_page)
    calculator.reset()
    return calculator


@pytest.fixture
def view(calculator: Calculator) -> Page:
    """The page with the view open and drawn, without filters."""
    page = calculator.page
    page.get_by_role("tab", name="Accuracy").click()
    expect(page.locator("#view-accuracy [data-part=all]")).to_be_visible(timeout=20_000)
    expect(page.locator("#view-accuracy .chart-canvas svg").first).to_be_visible(timeout=20_000)
    for name, value in {"figure": "tpot_s", "fold": "model left out", "model": "", "gpu": "", "engine": ""}.items():
        page.locator(f"#view-accuracy [data-filter={name}]").select_option(value)
    return page


def test_nothing_of_the_view_is_fetched_before_it_is_opened(calculator: Calculator) -> None:
    """First in this module, whose page nobody has led there yet."""
    names = calculator.page.evaluate("performance.getEntriesByType('resource').map((e) => e.name)")
    assert not [name for name in names if "accuracy" in name]


def test_every_result_has_its_measured_runs_beside_it(calculator: Calculator) -> None:
    words = calculator.page.locator("#evidence-words")
    expect(words).to_contain_text(
        re.compile(r"^Median error [\d.]+\s% for time per token, [\d.]+\s% for TTFT, on \d+ measured runs")
    )
    before = words.inner_text()
    calculator.control("engine").select_option("TensorRT-LLM")
    expect(words).not_to_have_text(before)


def test_the_view_shows_errors_and_every_point(view: Page) -> None:
    rows = view.locator("#view-accuracy [data-part=summary] tbody tr")
    expect(rows).to_have_count(4)
    expect(rows.first).to_have_text(re.compile(r"^The model703"))
    expect(view.locator("#view-accuracy .chart-summary")).to_contain_text("703 measured runs of 6 models")
    view.get_by_text("Data table").click()
    expect(view.locator("#view-accuracy .chart-table tbody tr")).to_have_count(703)


def test_filters_draw_anew_and_keep_the_focus(view: Page) -> None:
    engine = view.locator("#view-accuracy [data-filter=engine]")
    engine.focus()
    engine.select_option("SGLang")
    summary = view.locator("#view-accuracy .chart-summary")
    expect(summary).not_to_contain_text("703")
    expect(view.locator("#view-accuracy [data-part=summary] tbody tr").first).to_have_text(
        re.compile(r"^The model\d\d?\d?\d")
    )
    assert view.evaluate("document.activeElement.dataset.filter") == "engine"
    expect(view.locator("#view-accuracy [data-filter=gpu] option")).not_to_have_count(0)


def test_a_figure_that_nothing_was_fitted_on_has_one_kind_of_error(view: Page) -> None:
    view.locator("#view-accuracy [data-filter=figure]").select_option("saturated dense")
    expect(view.locator("#view-accuracy [data-part=summary] tbody tr")).to_have_count(1)
    expect(view.locator("#view-accuracy [data-filter=fold] option")).to_have_count(1)


def test_the_sentence_leads_to_the_runs_like_it(calculator: Calculator) -> None:
    page = calculator.page
    page.get_by_role("button", name="See the runs").click()
    expect(page.locator("#view-accuracy [data-filter=engine]")).to_have_value("vLLM", timeout=20_000)
    expect(page.locator("#view-accuracy [data-filter=gpu]")).to_have_value("H200 SXM")
    assert "view=accuracy" in page.url


def test_a_failed_fetch_is_said_and_tried_again(boot: Callable[..., Page], page: Page, hub) -> None:
    hub.expected_errors.append(r"accuracy-v1\.json")
    page.route("**/accuracy-v1.json*", lambda route: route.abort())
    boot(page).get_by_role("tab", name="Accuracy").click()
    expect(page.locator("#view-accuracy [data-part=wait]")).to_contain_text("could not be fetched", timeout=20_000)
    page.unroute("**/accuracy-v1.json*")
    page.get_by_role("tab", name="Figures").click()
    page.get_by_role("tab", name="Accuracy").click()
    expect(page.locator("#view-accuracy [data-part=all]")).to_be_visible(timeout=20_000)


@pytest.mark.parametrize(("width", "theme"), [(320, "dark")])
def test_axe_finds_nothing_and_nothing_is_too_wide(view: Page, width: int, theme: str) -> None:
    """With the table open, over the runs of one engine: axe looks at every cell, and all rows are made alike."""
    view.set_viewport_size({"width": width, "height": 800})
    view.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    assert view.evaluate("document.documentElement.scrollWidth") <= width
    view.locator("#view-accuracy [data-filter=engine]").select_option("SGLang")
    expect(view.locator("#view-accuracy .chart-summary")).not_to_contain_text("703")
    view.locator("#view-accuracy .chart-data").evaluate("(details) => { details.open = true }")
    rows = view.locator("#view-accuracy .chart-table tbody tr")
    expect(rows.nth(10)).to_be_visible()
    assert rows.count() < 100
    assert view.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(view, options=RULES)
    assert found.violations_count == 0, found.generate_report()

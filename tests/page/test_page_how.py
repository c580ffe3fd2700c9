"""How a figure came about: every figure of the cards, by keyboard, from a link, in every size and theme."""

import re
from collections.abc import Iterator

import pytest
from arithmetic import read
from axe_playwright_python.sync_playwright import Axe
from calculator import Calculator, follow, screens
from playwright.sync_api import Page, expect

QUERIES = ["", "?v=1&model=meta-llama/Llama-3.1-8B&tensor_parallel=1&concurrency=700&usd_per_gpu_hour=2.5"]
STEPS = """
() => [...document.querySelectorAll('#how-dialog .step')].map((step) => {
  const line = (name) => step.querySelector(`:scope > p ${name}`)?.textContent;
  const parts = [...step.querySelectorAll(':scope > .how-parts > li')];
  const value = (part) => part.querySelector('b').textContent;
  return { numbers: line('.how-numbers'), result: line('.how-result'), parts: parts.map(value) };
})
"""


@pytest.fixture
def calculator(booted_page):
    calculator = Calculator(booted_page)
    calculator.reset()
    return calculator


def opened(page: Page) -> Page:
    """Wait for the dialog to show a working."""
    expect(page.locator("#how-dialog[open] .step").first).to_be_visible()
    return page


def chosen(page: Page, part: str) -> Iterator[str]:
    """Open every "How" of a part of the page and choose each of its figures in turn, by name."""
    for button in page.locator(f"{part} [data-open]").all():
        button.click()
        opened(page)
        for field in page.eval_on_selector_all("[data-figure]", "(all) => all.map((e) => e.dataset.figure)"):
            page.locator(f"[data-figure={field}]").click()
            expect(page.locator("[data-figure][aria-pressed=true]")).to_have_attribute("data-figure", field)
            yield field
        page.keyboard.press("Escape")


def result(page: Page) -> float:
    """What the shown working comes to."""
    step = page.evaluate(STEPS)[0]
    return read(step["result"] or step["parts"][0])


def open_level(page: Page) -> None:
    """Open every part that is shown and closed, as a click does."""
    page.evaluate("document.querySelectorAll('#how-dialog details').forEach((each) => { each.open = true; })")
    filled = "[...document.querySelectorAll('#how-dialog details[open]')].every((each) => each.querySelector('.step'))"
    page.wait_for_function(filled)


def check_steps(page: Page) -> int:
    """What is shown computes to what is shown, in every step on screen."""
    steps = [step for step in page.evaluate(STEPS) if step["numbers"]]
    for step in steps:
        slack = 3e-5 * max((abs(read(value)) for value in step["parts"]), default=1.0)
        wanted = read(step["result"])
        if "floor" in step["numbers"]:
            slack = max(1.0, 3e-4 * wanted)
        assert read(step["numbers"]) == pytest.approx(wanted, rel=1e-4, abs=slack), step
    return len(steps)


@pytest.mark.parametrize("query", QUERIES, ids=["default", "queueing"])
def test_the_working_of_every_figure_computes_to_the_figure(boot, page, query):
    calculator = Calculator(boot(page, query))
    figures, seen, steps = calculator.figures(), set(), 0
    for field in chosen(page, "#cards"):
        if figures.get(field, "").replace(".", "").isdigit():
            assert result(page) == pytest.approx(float(figures[field]), rel=1e-5)
        open_level(page)
        steps += check_steps(page)
        seen.add(field)
    assert figures.keys() - {"total_params", "active_params"} <= seen
    assert steps > 80


@pytest.mark.parametrize(
    ("query", "least"),
    [
        ("?money_input_usd=3&money_output_usd=12&money_tokens_per_day=50M&money_usd_per_kwh=0.2", 24),
        ("?money_output_usd=1e-4&money_input_usd=0.001&money_pue=1.1", 20),
    ],
    ids=["entered", "never"],
)
def test_the_working_of_every_figure_of_money_and_energy_computes_to_the_figure(boot, page, query, least):
    boot(page, query)
    expect(page.locator("#money-providers li").first).to_be_visible()
    shown = dict(
        page.eval_on_selector_all("#money [data-field]", "(all) => all.map((e) => [e.dataset.field, e.dataset.value])")
    )
    seen, steps = set(), 0
    for field in chosen(page, "#money"):
        if field in shown:
            assert result(page) == pytest.approx(float(shown[field]), rel=1e-5), field
        open_level(page)
        steps += check_steps(page)
        seen.add(field)
    assert {field for field, value in shown.items() if value} <= seen
    assert len(seen) >= least
    assert steps > 25


def test_a_link_opens_the_working_of_the_break_even(boot, page):
    boot(page, "?money_tokens_per_day=10000000&how=hosted_median_usd_per_request")
    opened(page)
    dialog = page.get_by_role("dialog", name="How: Hosted price, median")
    open_level(page)
    open_level(page)
    for words in ("price list", "your choice"):
        expect(dialog.get_by_text(words, exact=True).first).to_be_visible()
    expect(dialog).to_contain_text("litellm")


def test_a_cost_that_is_not_known_offers_no_working(boot, page):
    boot(page, "?gpu=H20")
    expect(page.get_by_role("button", name="How: Max Batch Size (per Replica)")).to_be_visible()
    expect(page.get_by_role("button", name="How: Cost per Month")).to_have_count(0)
    boot(page, "?gpu=H20&how=usd_per_month")
    expect(page.locator("#link-notes")).to_contain_text("no figure of this answer has that name")


def test_down_to_the_kernels(calculator):
    page = calculator.page
    page.get_by_role("button", name="How: Decode Throughput (per Replica)").click()
    opened(page)
    page.locator("[data-figure=decode_step_s]").click()
    for _ in range(3):
        open_level(page)
    assert check_steps(page) > 15
    dialog = page.locator("#how-dialog")
    for words in ("memory bandwidth", "datasheet", "calibrated", "the model’s config"):
        expect(dialog.get_by_text(words, exact=True).first).to_be_visible()
    page.keyboard.press("Escape")


def test_by_keyboard_alone(calculator):
    page = calculator.page
    button = page.get_by_role("button", name="How: Prefill Latency (TTFT)")
    button.focus()
    page.keyboard.press("Enter")
    opened(page)
    dialog = page.get_by_role("dialog", name="How: Prefill Latency (TTFT)")
    expect(dialog).to_be_visible()
    assert page.evaluate("document.querySelector('#how-dialog').contains(document.activeElement)")
    page.keyboard.press("Tab")
    expect(dialog.get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(dialog.locator("[data-figure=prefill_s]")).to_have_attribute("aria-pressed", "true")
    expect(dialog.locator("[data-figure=prefill_s]")).to_be_focused()
    while not page.evaluate("document.activeElement.localName === 'summary'"):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(dialog.locator("details[open] .step").first).to_be_visible()
    assert page.evaluate("document.activeElement.localName === 'summary'")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()


def test_the_whole_working_is_copied_as_text(boot, page, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    boot(page, "?how=usd_per_month")
    opened(page)
    page.get_by_role("button", name="Copy the whole working").click()
    expect(page.locator("#how-dialog [role=status]")).to_have_text("Copied.")
    text = page.evaluate("navigator.clipboard.readText()")
    assert text.startswith("price of a month = nodes × GPUs of a node × price of a GPU-hour × hours of a month\n")
    assert "GPUs of a node = 8 (datasheet" in text


def test_a_link_opens_a_working(boot, page):
    boot(page, "?how=kv_capacity_tokens")
    opened(page)
    expect(page.get_by_role("dialog")).to_contain_text("tokens in the cache of a replica")
    assert "how=kv_capacity_tokens" in page.url
    page.get_by_role("button", name="Close").click()
    expect(page).not_to_have_url(re.compile("how="))


def test_a_link_that_asks_for_no_figure_says_so(boot, page):
    boot(page, "?how=nonsense")
    says_that_there_is_no_such_figure(page)


@pytest.mark.parametrize("hostile", ["__init__", "<b>x", "x" * 3000])
def test_a_hostile_link_to_a_figure_says_so_too(calculator, hostile):
    follow(calculator.page, f"?how={hostile}")
    says_that_there_is_no_such_figure(calculator.page)


def says_that_there_is_no_such_figure(page):
    expect(page.locator("#link-notes")).to_contain_text("no figure of this answer has that name")
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert "how=" not in page.url


def test_the_archive_is_missing_for_a_while(boot, page, hub):
    """A first click without a connection says so; the next one tries again."""
    hub.expected_errors.append("later")
    page.route("**/later*", lambda route: route.abort())
    boot(page)
    button = page.get_by_role("button", name="How: Cost per Month")
    button.click()
    expect(page.locator("#link-notes")).to_contain_text("could not be fetched")
    page.unroute("**/later*")
    button.click()
    opened(page)


@pytest.mark.parametrize("screen", list(screens()), ids=str)
def test_the_dialog_is_accessible(browser, site, screen):
    page = browser.new_page(viewport={"width": screen.width, "height": 800}, color_scheme=screen.theme)
    page.goto(f"{site}?how=ttft_s")
    page.wait_for_selector("#how-dialog[open] .step", timeout=60_000)
    open_level(page)
    result = Axe().run(page)
    assert result.violations_count == 0, result.generate_report()
    assert page.evaluate("document.querySelector('#how-dialog').scrollWidth <= innerWidth")
    page.close()

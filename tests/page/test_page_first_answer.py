"""The answer that index.html brings along: the engine's own, said for what it is, and replaced without a jump."""

import json
import re

import pytest
from calculator import Calculator, bundled_estimate
from conftest import skip_waits
from playwright.sync_api import expect

from roofline import CATALOGUE

DEFAULT = "deepseek-ai/DeepSeek-V3.1"
SHIFTS = """
window.shifts = [];
window.opened = Infinity;
// what moves before is a page that is painted while the rest of it is still on its way
addEventListener("roofline:progress", ({ detail }) => detail.stage === "opening" && (opened = performance.now()));
new PerformanceObserver((list) => {
    for (const { value, startTime, sources } of list.getEntries())
        if (startTime > opened)
            window.shifts.push([value, ...sources.map(({ node }) => node?.id || node?.className || node?.nodeName)]);
}).observe({ type: "layout-shift", buffered: true });
"""


@pytest.fixture
def held(page, site):
    """A page whose Python does not come until the test lets it; and the calculator on it."""
    waiting = []

    def keep(route):
        waiting.append(route)

    page.route("**/pyodide.asm.wasm.packed*", keep)

    def open_page(query=""):
        page.goto(site + query, wait_until="commit")
        page.wait_for_selector("footer", state="attached")
        page.wait_for_timeout(100)

        def release():
            for route in waiting:
                route.fallback()

        return Calculator(page), release

    return open_page


def painted(page):
    return page.evaluate("performance.getEntriesByName('first-contentful-paint').length > 0")


def test_the_first_paint_is_the_engines_answer(held, page):
    calculator, release = held()
    page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length > 0")
    assert page.locator("html").get_attribute("data-state") == "loading"
    calculator.agrees_with(bundled_estimate(DEFAULT))
    expect(page.locator("#headline")).to_contain_text("Fits: 1 replica of 8 GPUs")
    expect(page.locator("#origin")).to_have_text("The default scenario, computed when this page was built.")
    shown, notes = calculator.shown(), page.locator("#notes").inner_text()
    release()
    expect(page.locator("#origin")).to_have_text("Computed by Python in your browser.", timeout=60_000)
    assert calculator.shown() == shown
    assert page.locator("#notes").inner_text() == notes
    calculator.agrees_with(bundled_estimate(DEFAULT))


def test_the_headline_is_in_the_first_paint(held, page):
    """And not the title alone, with the answer some time after it."""
    page.add_init_script(
        "window.largest = [];"
        "new PerformanceObserver((list) => { for (const { element } of list.getEntries()) largest.push(element?.id); })"
        ".observe({ type: 'largest-contentful-paint', buffered: true });"
    )
    held()
    page.wait_for_function("largest.length > 0")
    assert page.evaluate("largest") == ["headline"]


def test_colours_can_be_chosen_while_the_scripts_are_awaited(page, site):
    page.add_init_script("localStorage.getItem('roofline:theme') ?? localStorage.setItem('roofline:theme', 'dark')")
    page.route("**/core.js*", lambda route: None)
    page.goto(site, wait_until="commit")
    expect(page.locator("#theme-dark")).to_be_checked()
    assert page.evaluate("document.readyState") == "interactive"
    page.locator("label", has=page.locator("#theme-light")).click()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    assert page.evaluate("localStorage.getItem('roofline:theme')") == "light"


@pytest.mark.parametrize("width", [320, 360, 768, 820, 1280, 1920])
def test_nothing_moves_when_python_takes_over(boot, page, width):
    page.set_viewport_size({"width": width, "height": 5_000})
    page.add_init_script(SHIFTS)
    boot(page)
    page.wait_for_timeout(200)
    assert page.evaluate("Number.isFinite(opened)")
    assert page.evaluate("shifts") == []


@pytest.mark.parametrize("query", ["?gpu=B200+SXM", "?model=meta-llama/Llama-3.1-8B&v=1", "?unheard=of"])
def test_a_link_does_not_show_another_scenarios_answer(held, page, query):
    _, release = held(query)
    expect(page.locator("#origin")).to_contain_text("Waiting for Python to compute what this link asks for")
    expect(page.locator("#headline")).to_be_hidden()
    expect(page.get_by_text("Max Batch Size (per Replica)")).to_be_visible()
    for figure in page.locator("#results [data-field]").all():
        expect(figure).to_be_hidden()
    expect(page.locator("#summary")).to_be_hidden()
    release()
    expect(page.locator("#headline")).to_be_visible(timeout=60_000)
    expect(page.locator("#origin")).to_have_text("Computed by Python in your browser.")
    assert page.locator("html").get_attribute("data-answer") is None


def test_no_figure_of_the_default_stands_for_a_model_that_is_not_read(boot, page):
    boot(page, "?model=org/unread")
    expect(page.locator("#pending")).to_contain_text("has to be read from huggingface.co")
    expect(page.locator("#summary")).to_have_text("The config.json of org/unread has to be read from huggingface.co.")
    expect(page.locator("#summary")).not_to_contain_text("requests")


@pytest.mark.parametrize("query", ["", "?theme=dark", "?v=1&view=figures"])
def test_a_link_to_the_default_scenario_shows_it(held, page, query):
    calculator, _ = held(query)
    expect(page.locator("#headline")).to_be_visible()
    calculator.agrees_with(bundled_estimate(DEFAULT))


def test_a_link_that_is_refused_shows_no_figures_of_another(boot, page):
    calculator = Calculator(boot(page, "?gpu=H100+SXM&tensor_parallel=1"))
    calculator.refused("does-not-fit")
    assert set(calculator.shown().values()) == {"–"}
    expect(page.locator("#headline")).to_have_text("")
    expect(page.locator("#stale")).to_be_hidden()


def test_an_edit_before_python_is_ready_is_said(held, page):
    calculator, release = held()
    calculator.control("nodes").fill("2")
    expect(page.locator("#origin")).to_contain_text("yours is computed as soon as Python is ready")
    release()
    expect(page.locator("#headline")).to_contain_text("2 replicas", timeout=60_000)
    expect(page.locator("#origin")).to_have_text("Computed by Python in your browser.")


@pytest.mark.parametrize(
    ("query", "words"),
    [("", "The default scenario, computed when this page was built."), ("?nodes=2", "not what this link asks for")],
)
def test_a_start_that_fails_leaves_the_first_answer(page, site, hub, query, words):
    hub.expected_errors = [".*"]
    page.route(re.compile(r"/stdlib\.packed"), lambda route: route.abort())
    page.clock.install()
    page.goto(site + query)
    skip_waits(page, page.locator("#boot-notice"), "could not be loaded")
    expect(page.locator("#boot-notice button")).to_have_text("Retry")
    expect(page.locator("#headline")).to_be_visible()
    expect(page.locator("#origin")).to_contain_text(words)
    Calculator(page).agrees_with(bundled_estimate(DEFAULT))


def test_on_a_phone_the_first_screen_says_that_the_start_failed(page, site, hub):
    """The notice stands below the form; a line above it leads there."""
    hub.expected_errors = [".*"]
    page.set_viewport_size({"width": 360, "height": 800})
    page.route(re.compile(r"/stdlib\.packed"), lambda route: route.abort())
    page.clock.install()
    page.goto(site)
    skip_waits(page, page.locator("#boot-notice"), "could not be loaded")
    expect(page.locator("#boot-notice")).not_to_be_in_viewport()
    line = page.get_by_role("link", name="The calculator could not start: what to do")
    expect(line).to_be_in_viewport()
    line.click()
    expect(page.locator("#boot-notice button")).to_be_in_viewport()


def test_the_progress_is_a_named_bar_of_stages(held, page):
    _, release = held()
    bar = page.get_by_role("progressbar")
    expect(bar).to_be_visible()
    expect(page.locator("#boot-stage")).to_contain_text(re.compile(r"^Loading Python"))
    release()
    expect(page.locator("html")).to_have_attribute("data-state", "ready", timeout=60_000)
    expect(bar).to_be_hidden()


def test_a_pasted_config_outlives_a_reload_in_its_own_tab(boot, page, context):
    calculator = Calculator(boot(page))
    page.get_by_text("Paste config.json", exact=True).click()
    page.get_by_label("Text of a config.json").fill(json.dumps(CATALOGUE["Qwen/Qwen3-8B"].config))
    calculator.answered("pasted config.json")
    page.reload()
    calculator.answered("pasted config.json", timeout_ms=60_000)
    calculator.agrees_with(bundled_estimate("Qwen/Qwen3-8B"))
    other = context.new_page()
    boot(other, page.url.partition("/some/project/")[2])
    expect(other.locator("#config")).to_have_value("")
    other.close()


def test_only_what_looks_like_a_config_is_kept_for_a_reload(boot, page):
    boot(page)
    page.locator("#config").evaluate("(box) => { box.value = 'hf_a-slip-of-the-hand'; }")
    page.reload()
    assert page.evaluate("JSON.stringify({...sessionStorage})") == "{}"
    assert page.locator("#config").input_value() == ""


def test_python_knows_the_markup_that_stands_there(booted_page, python):
    """Then the first answer asks no node of the cards; browsers differ from to_html in what they escape."""
    code = """
from page.dom import find
from present import cards, view
from present.figures import Writer
from present.markup import serialized
from present.models import bundled
from present.solve import solve
from present.state import Scenario
scenario = Scenario()
answer = solve(scenario, bundled(scenario.model))
serialized(view.groups_nodes(cards.groups(answer, Writer()))) == str(find("cards").innerHTML)
"""
    assert python(booted_page, code) is True

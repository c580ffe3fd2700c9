"""For everyone: axe, focus, reflow, target size, colours, print, scripts off."""

import itertools

import pytest
from axe_playwright_python.sync_playwright import Axe
from calculator import Calculator, Screen, screens
from playwright.sync_api import Page, expect

RULES = {"rules": {"target-size": {"enabled": True}}}


@pytest.fixture(params=list(screens()), ids=str, scope="module")
def screen(request):
    """Phone and desktop, light and dark."""
    return request.param


@pytest.fixture
def calculator(booted_page, screen: Screen):
    """The module's page at its first scenario, on one screen."""
    booted_page.set_viewport_size({"width": screen.width, "height": 800})
    booted_page.emulate_media(color_scheme=screen.theme)
    calculator = Calculator(booted_page)
    calculator.reset()
    return calculator


def answer(calculator):
    pass


def everything_open(calculator):
    page = calculator.page
    page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    calculator.control("manual").check()
    calculator.answered("manual model")


def paste_open(calculator):
    calculator.page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")


def bad_number(calculator):
    calculator.control("input_tokens").fill("abc")
    calculator.refused("invalid-number")


def does_not_fit(calculator):
    calculator.control("gpu").select_option("H100 SXM")
    calculator.refused("does-not-fit")


def pending(calculator):
    calculator.control("model").fill("org/model")
    expect(calculator.page.locator("#pending")).to_be_visible()


def context_exceeded(calculator):
    calculator.page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    calculator.ask("google/gemma-2-27b-it")
    calculator.control("input_tokens").fill("16k")
    expect(calculator.page.locator("#warnings")).to_be_visible()


STATES = (context_exceeded, answer, everything_open, paste_open, bad_number, does_not_fit, pending)


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_axe_finds_nothing(calculator, state):
    state(calculator)
    # a bar that stays in view covers part of what happens to lie beneath it at some other place of the scroll
    calculator.page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
    found = Axe().run(calculator.page, options=RULES)
    calculator.page.evaluate("for (const d of document.querySelectorAll('details')) d.open = false")
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", [320, 360, 768, 960, 1280, 1920])
def test_nothing_is_wider_than_the_screen(booted_page, width):
    """At 320 px, which is also 1280 px at 400 %, there is no scrolling in two directions, but of tabs and tables."""
    booted_page.set_viewport_size({"width": width, "height": 800})
    booted_page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    wide = booted_page.evaluate(
        "[...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1"
        " && getComputedStyle(e).position !== 'absolute' && !e.closest('.tabs, .scrolls, dialog'))"
        ".map((e) => e.id || e.className || e.localName)"
    )
    assert booted_page.evaluate("document.documentElement.scrollWidth") <= width
    assert wide == []
    booted_page.evaluate("for (const d of document.querySelectorAll('details')) d.open = false")


@pytest.mark.parametrize("size", [(1280, 700), (360, 640)], ids=["desktop", "phone"])
def test_the_focus_is_seen_and_not_covered(booted_page, size):
    """Each stop of the Tab key has an outline and lies in view, not beneath a bar."""
    booted_page.set_viewport_size({"width": size[0], "height": size[1]})
    booted_page.emulate_media(reduced_motion="reduce")
    Calculator(booted_page).reset()
    booted_page.evaluate("document.querySelector('.skip').focus(); document.activeElement.blur(); scrollTo(0, 0)")
    seen = []
    for _ in range(60):
        booted_page.keyboard.press("Tab")
        booted_page.wait_for_timeout(20)
        stop = booted_page.evaluate(FOCUS)
        if stop is None or stop["name"] in [each["name"] for each in seen]:
            break
        seen.append(stop)
    assert len(seen) >= 20
    assert [stop["name"] for stop in seen if not stop["outlined"]] == []
    assert [stop["name"] for stop in seen if not stop["uncovered"]] == []


FOCUS = """(() => {
    const e = document.activeElement;
    if (!e || e === document.body) return null;
    const painted = e.nextElementSibling && ['radio', 'file'].includes(e.type) ? e.nextElementSibling : e;
    const around = e.type === 'file' ? e.closest('label') : painted;
    const style = getComputedStyle(around);
    const box = around.getBoundingClientRect();
    const x = box.left + box.width / 2, y = box.top + box.height / 2;
    const top = document.elementFromPoint(x, y);
    return {
        name: (e.id || e.getAttribute('aria-label') || e.textContent.trim() || e.value) + '/' + (e.name || ''),
        outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
        uncovered: Boolean(top) && (around.contains(top) || top.contains(around) || e.labels?.[0]?.contains(top)),
    };
})()"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_switch_of_colours_wins_over_the_system_and_is_remembered(boot, page, theme):
    other = {"light": "dark", "dark": "light"}[theme]
    page.emulate_media(color_scheme=other)
    boot(page)
    background = "getComputedStyle(document.documentElement).backgroundColor"
    before = page.evaluate(background)
    page.get_by_role("radio", name=theme.title()).check()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == theme
    chosen = page.evaluate(background)
    assert chosen != before
    boot(page)
    assert page.evaluate(background) == chosen


def test_forced_colours_keep_what_is_chosen_visible(booted_page):
    booted_page.emulate_media(forced_colors="active")
    chosen = booted_page.locator("#units input:checked + span")
    other = booted_page.locator("#units input:not(:checked) + span")
    colour = "(element) => getComputedStyle(element).backgroundColor"
    assert chosen.evaluate(colour) != other.evaluate(colour)
    booted_page.emulate_media(forced_colors="none")


def test_motion_is_reduced_on_request(booted_page):
    booted_page.emulate_media(reduced_motion="reduce")
    assert booted_page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    booted_page.emulate_media(reduced_motion="no-preference")


def test_a_print_is_one_page_with_everything_that_counts(boot, page):
    boot(page)
    pdf = page.pdf(format="A4", print_background=False)
    assert pdf.count(b"/Type /Page") - pdf.count(b"/Type /Pages") == 1
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.locator("#headline")).to_be_visible()
    expect(page.locator("#asked")).to_contain_text("deepseek-ai/DeepSeek-V3.1")
    expect(page.locator("#print-line")).to_contain_text(page.url)
    expect(page.locator("#scenario")).to_be_hidden()


def test_with_scripts_off_the_page_says_so(browser, site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site)
    expect(page.locator("noscript p")).to_contain_text("needs scripts for that")
    expect(page.locator("noscript p")).to_be_visible()
    expect(page.get_by_label("Input tokens")).to_have_value("2048")
    expect(page.get_by_text("Max Batch Size (per Replica)")).to_be_visible()
    expect(page.locator("#boot")).to_be_hidden()
    expect(page.locator("#theme")).to_be_visible()
    background = page.locator("html").evaluate("(html) => getComputedStyle(html).backgroundColor")
    page.get_by_role("radio", name="Dark").check()
    assert page.locator("html").evaluate("(html) => getComputedStyle(html).backgroundColor") != background
    context.close()


def test_the_headings_make_an_outline(booted_page):
    levels = booted_page.evaluate("[...document.querySelectorAll('h1,h2,h3')].map((h) => +h.localName[1])")
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def in_sight(page: Page, name: str) -> bool:
    """The whole tab stands within the tab list."""
    return page.evaluate(
        "(name) => { const tab = document.getElementById(`tab-${name}`).getBoundingClientRect();"
        " const list = document.getElementById('tabs').getBoundingClientRect();"
        " return tab.left >= list.left - 1 && tab.right <= list.right + 1 }",
        name,
    )


def test_the_open_tab_is_in_sight_on_a_phone(browser, site):
    page = browser.new_page(viewport={"width": 360, "height": 800})
    page.goto(f"{site}?view=accuracy")
    page.wait_for_selector("html[data-state=ready]", timeout=60_000)
    assert in_sight(page, "accuracy")
    assert page.evaluate("scrollY") == 0, "the page itself stays where it is"
    page.locator("#tab-accuracy").focus()
    for name in ("figures", "curve", "time", "find", "compare"):
        page.keyboard.press("ArrowRight")
        expect(page.locator(f"#tab-{name}")).to_have_attribute("aria-selected", "true")
        assert in_sight(page, name)
    page.evaluate("history.pushState(null, '', '?view=curve'); dispatchEvent(new PopStateEvent('popstate'))")
    assert in_sight(page, "curve")
    page.close()

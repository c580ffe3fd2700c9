"""The dialog that makes snippets for other pages."""

import itertools
import json
import os

import pytest
from axe_playwright_python.sync_playwright import Axe
from calculator import follow
from playwright.sync_api import expect

from present.snippets import KINDS, Frame
from present.state import PASTED, Scenario
from roofline import CATALOGUE


@pytest.fixture
def dialog(booted_page):
    """The dialog with its first choices, opened with the button, on the module's page."""
    booted_page.keyboard.press("Escape")
    follow(booted_page, "?v=1&gpu=B200+SXM")
    expect(booted_page.locator("#asked")).to_contain_text("8 × B200 SXM")
    booted_page.get_by_role("button", name="Embed").click()
    dialog = booted_page.get_by_role("dialog", name="Embed this estimate")
    expect(dialog).to_be_visible()
    dialog.locator("form").evaluate(
        "(form) => { form.reset(); form.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    return dialog


def snippet(page) -> str:
    return page.locator("#embed-dialog [data-part=code]").text_content()


def test_it_makes_what_the_choices_say(dialog, site):
    page = dialog.page
    scenario = Scenario(gpu="B200 SXM")
    assert snippet(page) == KINDS[0].make(Frame(site, scenario))
    dialog.get_by_label("Colours").select_option("dark")
    dialog.get_by_label("Memory").uncheck()
    dialog.get_by_label("Notes").check()
    dialog.get_by_label("Height in pixels").fill("500")
    parts = ("headline", "performance", "cost", "notes", "form")
    frame = Frame(site, scenario, "dark", parts, 500)
    for kind in KINDS:
        dialog.get_by_role("radio", name=kind.label, exact=True).check()
        assert snippet(page) == kind.make(frame)
        expect(page.locator("#embed-dialog [data-part=note]")).to_have_text(kind.note)
        expect(dialog.get_by_label("Fit the height")).to_be_enabled(enabled=kind.can_follow)
    dialog.get_by_role("radio", name="Sphinx").check()
    dialog.get_by_label("Fit the height").check()
    assert "roofline-embed.js" in snippet(page)


def test_the_preview_is_what_the_snippet_shows(dialog, site):
    page = dialog.page
    with page.context.expect_page() as opened:
        dialog.get_by_role("link", name="Preview").click()
    assert opened.value.url == f"{site}?embed=1&v=1&gpu=B200+SXM"
    opened.value.close()


def test_it_copies(dialog):
    page = dialog.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    dialog.get_by_role("button", name="Copy").click()
    expect(dialog.get_by_role("status")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == snippet(page)


def test_where_copying_is_refused_the_text_is_selected(dialog):
    page = dialog.page
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new DOMException('no')); }")
    dialog.get_by_role("button", name="Copy").click()
    expect(dialog.get_by_role("status")).to_contain_text("Ctrl+C")
    assert page.evaluate("getSelection().toString()") == snippet(page)
    page.evaluate("() => { delete navigator.clipboard.writeText; }")


def test_it_follows_the_scenario_and_is_left_by_escape(dialog, site):
    page = dialog.page
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Embed")).to_be_focused()
    page.locator("[name=nodes]").fill("2")
    expect(page.locator("#asked")).to_contain_text("16 × B200")
    page.get_by_role("button", name="Embed").press("Enter")
    expect(dialog).to_be_visible()
    assert snippet(page) == KINDS[0].make(Frame(site, Scenario(gpu="B200 SXM", nodes=2)))
    dialog.get_by_role("button", name="Close").press("Enter")
    expect(dialog).to_be_hidden()


def test_a_pasted_config_is_said_not_to_travel(boot, page):
    boot(page)
    page.evaluate("document.querySelector('#paste').open = true")
    page.locator("#config").fill(json.dumps(CATALOGUE["Qwen/Qwen3-8B"].config))
    expect(page.locator("#asked li").first).to_have_text(PASTED)
    page.get_by_role("button", name="Embed").click()
    expect(page.locator("#embed-dialog [data-part=note]")).to_contain_text("not part of a link")


def test_nonsense_for_a_height_is_the_usual_one(dialog, site):
    page = dialog.page
    for text, height_px in (("", 760), ("5", 120), ("99999", 4000)):
        dialog.get_by_label("Height in pixels").fill(text)
        assert f'height="{height_px}"' in snippet(page)


def test_axe_finds_nothing_and_it_fits(dialog):
    page = dialog.page
    dialog.get_by_label("Fit the height").check()
    every = list(itertools.product((320, 1280), ("light", "dark")))
    for width, theme in every if os.environ.get("EVERY_SCREEN") else [(320, "dark"), (1280, "light")]:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=theme)
        found = Axe().run(page, options={"rules": {"target-size": {"enabled": True}}})
        assert found.violations_count == 0, f"{width} {theme}: {found.generate_report()}"
        box = dialog.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
        assert dialog.evaluate("(dialog) => dialog.scrollWidth <= dialog.clientWidth")


def test_a_dialog_that_does_not_arrive_is_said_and_asked_for_again(boot, page, hub):
    hub.expected_errors = ["Failed to load resource"]
    page.route("**/runtime/later.*", lambda route: route.abort())
    boot(page)
    page.get_by_role("button", name="Embed").click()
    expect(page.locator("#link-notes")).to_contain_text("could not be fetched")
    page.unroute("**/runtime/later.*")
    page.get_by_role("button", name="Embed").click()
    expect(page.get_by_role("dialog")).to_be_visible()

"""The start-up log dialog in the browser."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from calculator import Calculator
from playwright.sync_api import Page, expect

LOG = """INFO 08-20 17:28:01 [gpu_model_runner.py:1] Model loading took 80.10 GiB memory and 40 seconds
INFO 08-20 17:28:31 [gpu_worker.py:1] Available KV cache memory: 40.00 GiB
INFO 08-20 17:28:32 [kv_cache_utils.py:1] GPU KV cache size: 500,000 tokens
INFO 08-20 17:28:32 [kv_cache_utils.py:1] Maximum concurrency for 32,768 tokens per request: 15.26x
"""


@pytest.fixture
def dialog(booted_page: Page) -> Page:
    """The page with the dialog open on the first scenario."""
    booted_page.set_viewport_size({"width": 1280, "height": 800})
    booted_page.keyboard.press("Escape")
    Calculator(booted_page).reset()
    booted_page.get_by_role("button", name="Compare with a start-up log").click()
    expect(booted_page.locator("#startup-dialog")).to_be_visible(timeout=20_000)
    booted_page.locator("#startup-log").fill("")
    return booted_page


def test_our_figures_are_in_the_engines_words(dialog: Page) -> None:
    expect(dialog.locator("#startup-title")).to_have_text("Start-up log of vLLM")
    expect(dialog.locator("#startup-ours")).to_contain_text("tokens per request: ")
    expect(dialog.locator("#startup-ours")).to_contain_text("for 3,072 tokens per request")


def test_pasted_lines_stand_beside_ours(dialog: Page) -> None:
    dialog.locator("#startup-log").fill(LOG)
    rows = dialog.locator("#startup-rows tbody tr")
    expect(rows).to_have_count(4)
    expect(rows.nth(0)).to_contain_text("80.10\u00a0GiB")
    # requests are now as long as the log's
    expect(dialog.locator("#startup-ours")).to_contain_text("for 32,768 tokens per request")
    dialog.locator("#startup-log").fill("<img src=x onerror=alert(1)> GPU KV cache size: 7 tokens")
    expect(rows).to_have_count(1)
    assert dialog.locator("#startup-dialog img").count() == 0


def test_it_closes_by_the_keyboard_and_gives_the_focus_back(dialog: Page) -> None:
    dialog.keyboard.press("Escape")
    expect(dialog.locator("#startup-dialog")).to_be_hidden()
    assert dialog.evaluate("document.activeElement.id") == "startup-open"


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (320, "dark")])
def test_axe_finds_nothing(dialog: Page, width: int, theme: str) -> None:
    dialog.set_viewport_size({"width": width, "height": 800})
    dialog.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    dialog.locator("#startup-log").fill(LOG)
    assert dialog.evaluate("document.documentElement.scrollWidth") <= width
    found = Axe().run(dialog, options={"rules": {"target-size": {"enabled": True}}})
    assert found.violations_count == 0, found.generate_report()

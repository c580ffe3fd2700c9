"""The model box as a combobox: keyboard, search, rate limits, recent models, revision, the key that leads there."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from calculator import Calculator, Screen, bundled_estimate, screens
from playwright.sync_api import expect

from roofline import CATALOGUE

QWEN = CATALOGUE["Qwen/Qwen3-8B"].config
SEARCH = "/api/models"
FOUND = [
    {"id": "acme/zebra-8b", "pipeline_tag": "text-generation", "downloads": 2_000_000, "gated": False},
    {"id": "acme/zebra-vision", "pipeline_tag": "image-text-to-text", "downloads": 10_000, "gated": "manual"},
    {"id": "acme/zebra-8b-GGUF", "pipeline_tag": "text-generation", "downloads": 9_000_000},
]


@pytest.fixture
def calculator(booted_page):
    """The module's page at its first scenario, with a Hub that finds two models and no recent ones."""
    calculator = Calculator(booted_page)
    booted_page.set_viewport_size({"width": 1280, "height": 800})
    booted_page.keyboard.press("Escape")
    calculator.reset()
    return calculator


def type_model(calculator, text):
    """Replace what the box says, key by key."""
    box = calculator.control("model")
    box.focus()
    box.press("Control+a")
    box.press_sequentially(text)
    return box


def options(page):
    return page.locator("#model-list [role=option]")


def active(page):
    """The text of the option that the box says is active."""
    return page.evaluate(
        "(() => { const id = document.querySelector('#model').getAttribute('aria-activedescendant');"
        " return id && document.getElementById(id).dataset.pick; })()"
    )


def searches(hub):
    return [url for url in hub.requests if "/api/models?search=" in url]


def status(page):
    return page.locator("#model-status")


def test_it_says_what_it_is(calculator):
    box = calculator.page.get_by_role("combobox", name="Hugging Face id or address", exact=True)
    expect(box).to_have_attribute("name", "model")
    expect(box).to_have_attribute("aria-autocomplete", "list")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_have_attribute("aria-controls", "model-list")
    assert box.get_attribute("list") is None
    calculator.page.get_by_role("button", name="Show models").click()
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(box).to_be_focused()
    assert options(calculator.page).count() == len(CATALOGUE)
    calculator.page.get_by_role("button", name="Show models").click()
    expect(box).to_have_attribute("aria-expanded", "false")


def test_search_and_pick_with_the_keyboard_alone(calculator, booted):
    page = calculator.page
    booted.hub.add_path(SEARCH, FOUND)
    booted.hub.add("acme/zebra-8b", QWEN)
    box = type_model(calculator, "zebra")
    expect(status(page)).to_have_text("2 suggestions: 2 on Hugging Face.")
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#announcement")).to_have_text("2 suggestions: 2 on Hugging Face.", timeout=3_000)
    assert active(page) is None
    page.keyboard.press("ArrowDown")
    assert active(page) == "acme/zebra-8b"
    expect(options(page).nth(0)).to_have_attribute("aria-selected", "true")
    expect(box).to_have_value("zebra")
    page.keyboard.press("ArrowDown")
    assert active(page) == "acme/zebra-vision"
    expect(options(page).nth(1)).to_contain_text("gated, 10.0K downloads")
    page.keyboard.press("ArrowDown")
    assert active(page) == "acme/zebra-8b"
    page.keyboard.press("Enter")
    expect(box).to_have_value("acme/zebra-8b")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_be_focused()
    calculator.answered("acme/zebra-8b")
    assert "model=acme/zebra-8b" in page.url


def test_keys_of_the_pattern(calculator):
    """W3C APG: editable combobox with list autocomplete, manual selection."""
    page = calculator.page
    box = type_model(calculator, "qwen3 8b")
    expect(options(page).first).to_be_visible()
    count = options(page).count()
    assert count >= 1
    page.keyboard.press("ArrowUp")
    assert active(page) == options(page).nth(count - 1).get_attribute("data-pick")
    page.keyboard.press("Home")
    assert active(page) is None
    assert box.evaluate("(box) => box.selectionStart") == 0
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    assert active(page) is None
    assert box.evaluate("(box) => box.selectionStart") == len("qwen3 8b")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    assert active(page) is None
    page.keyboard.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_have_value("qwen3 8b")
    page.keyboard.press("Alt+ArrowDown")
    expect(box).to_have_attribute("aria-expanded", "true")
    assert active(page) is None
    page.keyboard.press("Alt+ArrowUp")
    expect(box).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowDown")
    expect(box).to_have_attribute("aria-expanded", "true")
    assert active(page)
    page.keyboard.press("Tab")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_have_value("qwen3 8b")


def test_a_bundled_model_is_picked_without_the_network(calculator, booted):
    page = calculator.page
    booted.hub.offline = True
    type_model(calculator, "gpt oss 20")
    expect(status(page)).to_contain_text("Hugging Face cannot be reached.")
    expect(status(page)).to_contain_text("1 bundled")
    options(page).first.click()
    calculator.answered("openai/gpt-oss-20b")
    calculator.agrees_with(bundled_estimate("openai/gpt-oss-20b"))
    assert [url for url in booted.hub.requests if url not in searches(booted.hub)] == []


def test_a_whole_name_or_none_that_fits_leaves_the_form_uncovered(calculator, booted):
    """What lies below the box can be pressed while there is nothing to suggest."""
    page = calculator.page
    box = calculator.control("model")
    for text in ("deepseek-ai/DeepSeek-R1", "acme/any@v2", "https://huggingface.co/acme/any"):
        box.fill(text)
        expect(box).to_have_attribute("aria-expanded", "false")
    box.fill("acme/nothing-like-it")
    expect(status(page)).to_contain_text("No suggestions.")
    page.get_by_role("button", name="Llama 3.1 8B").click()
    calculator.answered("meta-llama/Llama-3.1-8B")


def test_half_a_name_is_no_error_while_there_is_something_to_pick(calculator):
    page = calculator.page
    type_model(calculator, "qwen3 8b")
    expect(page.locator("#pending")).to_have_text("Pick a model from the list, or write its whole id.")
    expect(page.locator("#problem")).to_be_hidden()
    page.keyboard.press("Escape")
    calculator.refused("invalid-model-id")


def test_nobody_is_asked_before_a_pause_in_typing(calculator, booted):
    """The search starts at least 250 ms after the last keystroke, and not for one or two letters."""
    page = calculator.page
    booted.hub.add_path(SEARCH, [{"id": "acme/quagga", "pipeline_tag": "text-generation"}])
    page.evaluate(
        "performance.clearResourceTimings(); window.typedAt = 0;"
        "document.querySelector('#model').addEventListener('input', (e) => { window.typedAt = e.timeStamp; })"
    )
    type_model(calculator, "qu")
    page.wait_for_timeout(600)
    assert booted.hub.requests == []
    page.keyboard.type("agga", delay=60)
    expect(status(page)).to_contain_text("1 on Hugging Face")
    assert len(searches(booted.hub)) == 1
    waited_ms = page.evaluate(
        "performance.getEntriesByType('resource').find((e) => e.name.includes('huggingface.co')).startTime - typedAt"
    )
    assert waited_ms >= 250


def test_nobody_is_asked_without_typing(boot, page, hub):
    calculator = Calculator(boot(page, "?model=acme/zebra"))
    page.get_by_role("button", name="Show models").click()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Llama 3.1 8B").click()
    calculator.control("tensor_parallel").select_option("1")
    calculator.answered("meta-llama/Llama-3.1-8B")
    page.wait_for_timeout(600)
    assert hub.requests == []


def test_a_submit_asks_for_the_model_and_not_for_names_like_it(calculator, booted):
    booted.hub.add("acme/zebra-typed", QWEN)
    calculator.ask("acme/zebra-typed")
    calculator.answered("acme/zebra-typed")
    calculator.page.wait_for_timeout(500)
    assert searches(booted.hub) == []


def test_the_search_can_be_switched_off(calculator, booted):
    page = calculator.page
    page.evaluate("document.querySelector('#advanced').open = true")
    page.get_by_label("Search Hugging Face while typing a model").uncheck()
    type_model(calculator, "qwen3 8b")
    expect(status(page)).to_contain_text("bundled")
    page.wait_for_timeout(600)
    assert booted.hub.requests == []
    page.get_by_label("Search Hugging Face while typing a model").check()
    page.evaluate("document.querySelector('#advanced').open = false")


def test_an_older_search_is_aborted(boot, page, hub):
    calculator = Calculator(boot(page))
    held = []
    page.route("**/api/models?search=zebra&**", lambda route: held.append(route))  # noqa: PLW0108 - Playwright cannot wrap a built-in method
    hub.add_path(SEARCH, FOUND[1:2])
    type_model(calculator, "zebra")
    expect(status(page)).to_contain_text("Searching Hugging Face")
    with page.expect_event("requestfailed", lambda request: "search=zebra&" in request.url):
        page.keyboard.type(" v")
    expect(status(page)).to_have_text("1 suggestion: 1 on Hugging Face.")
    assert len(held) == 1


def test_the_same_search_is_not_asked_twice(calculator, booted):
    page = calculator.page
    booted.hub.add_path(SEARCH, [{"id": "acme/okapi", "pipeline_tag": "text-generation"}])
    type_model(calculator, "okapi")
    expect(status(page)).to_contain_text("1 on Hugging Face")
    page.keyboard.press("Backspace")
    page.keyboard.type("i")
    page.wait_for_timeout(600)
    expect(status(page)).to_contain_text("1 on Hugging Face")
    assert len(searches(booted.hub)) == 1


def test_the_hub_is_left_alone_when_it_asks_to_wait(boot, page, hub):
    """After a 429 no search goes out until the pause is over; bundled models are there all the same."""
    headers = {"RateLimit": '"api";r=0;t=3', "access-control-expose-headers": "RateLimit"}
    hub.add_path(SEARCH, "", status=429, headers=headers)
    page.clock.install()
    calculator = Calculator(boot(page))
    type_model(calculator, "qwen3")
    expect(status(page)).to_contain_text("Hugging Face asks to wait")
    expect(status(page)).to_contain_text("bundled")
    page.keyboard.type(" 8")
    page.wait_for_timeout(600)
    expect(status(page)).to_contain_text("Hugging Face asks to wait")
    assert len(searches(hub)) == 1
    hub.add_path(SEARCH, FOUND)
    page.clock.fast_forward(3_000)
    page.keyboard.type("b")
    expect(status(page)).to_contain_text("on Hugging Face.")
    assert len(searches(hub)) == 2


def test_what_the_hub_finds_stays_text(calculator, booted):
    hostile = "<img src=x onerror=alert(1)>"
    body = [{"id": f"acme/{hostile}"}, {"id": hostile}, {"id": "acme/fine", "gated": hostile, "downloads": hostile}]
    booted.hub.add_path(SEARCH, body)
    page = calculator.page
    type_model(calculator, "hostile")
    expect(status(page)).to_have_text("1 suggestion: 1 on Hugging Face.")
    assert page.locator("#model-popup img").count() == 0
    assert options(page).all_inner_texts() == ["acme/fine"]


@pytest.mark.parametrize("body", ["<html>", "{}", "[[[", json.dumps([None, 3, "x", {}])])
def test_an_odd_answer_does_no_harm(calculator, booted, body):
    booted.hub.add_path(SEARCH, body)
    type_model(calculator, f"odd{len(body)}")
    expect(status(calculator.page)).to_contain_text("No suggestions.")


def test_recent_models_come_first_and_survive_a_reload(boot, page, hub):
    hub.add("acme/mine", QWEN)
    calculator = Calculator(boot(page))
    calculator.ask("acme/mine")
    calculator.answered("acme/mine")
    page.get_by_role("button", name="Llama 3.1 70B").click()
    calculator.answered("meta-llama/Llama-3.1-70B")
    assert json.loads(page.evaluate("localStorage.getItem('roofline:recent')")) == [
        "meta-llama/Llama-3.1-70B",
        "acme/mine",
    ]
    boot(page)
    page.get_by_role("button", name="Show models").click()
    recent = page.get_by_role("group", name="Recent")
    assert recent.get_by_role("option").all_inner_texts() == ["meta-llama/Llama-3.1-70B", "acme/mine"]
    recent.get_by_role("option").nth(1).click()
    calculator.answered("acme/mine")


def test_it_works_without_storage(boot, page, hub):
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError'); }})"
    )
    calculator = Calculator(boot(page))
    page.get_by_role("button", name="Llama 3.1 70B").click()
    calculator.answered("meta-llama/Llama-3.1-70B")
    page.get_by_role("button", name="Show models").click()
    recent = page.get_by_role("group", name="Recent")
    assert recent.get_by_role("option").all_inner_texts() == ["meta-llama/Llama-3.1-70B"]


def test_storage_that_holds_nonsense_does_no_harm(boot, page, hub):
    page.add_init_script("localStorage.setItem('roofline:recent', '[\"<b>\", 7, {}, \"acme/fine\"]')")
    boot(page)
    page.get_by_role("button", name="Show models").click()
    assert page.get_by_role("group", name="Recent").get_by_role("option").all_inner_texts() == ["acme/fine"]


def test_a_revision_of_its_own_box(calculator, booted):
    page = calculator.page
    booted.hub.add("acme/revised", QWEN, revision="dev")
    page.evaluate("document.querySelector('#advanced').open = true")
    calculator.control("model").fill("acme/revised")
    page.get_by_label("Model’s revision").fill("dev")
    expect(calculator.control("model")).to_have_value("acme/revised@dev")
    page.get_by_label("Model’s revision").press("Enter")
    calculator.answered("acme/revised@dev")
    calculator.control("model").fill("acme/revised@v2")
    expect(page.get_by_label("Model’s revision")).to_have_value("v2")
    page.get_by_role("button", name="Llama 3.1 8B").click()
    expect(page.get_by_label("Model’s revision")).to_have_value("")
    page.evaluate("document.querySelector('#advanced').open = false")


def test_the_slash_key_leads_to_the_box(calculator):
    page = calculator.page
    box = calculator.control("model")
    page.locator("#results").focus()
    page.keyboard.press("/")
    expect(box).to_be_focused()
    expect(box).to_have_value("deepseek-ai/DeepSeek-V3.1")
    expect(box).to_have_attribute("aria-keyshortcuts", "/")
    page.keyboard.type("a/b")
    expect(box).to_have_value("a/b")
    calculator.control("input_tokens").focus()
    page.keyboard.press("/")
    expect(calculator.control("input_tokens")).to_be_focused()


def test_the_slash_key_can_be_switched_off(boot, page, hub):
    boot(page)
    page.evaluate("document.querySelector('#advanced').open = true")
    page.get_by_label("The / key leads to the model box").uncheck()
    expect(page.locator("#slash-key")).to_be_hidden()
    boot(page)
    page.locator("#results").focus()
    page.keyboard.press("/")
    expect(page.locator("#results")).to_be_focused()
    expect(page.locator("#slash-key")).to_be_hidden()
    assert page.locator("#model").get_attribute("aria-keyshortcuts") is None


@pytest.mark.parametrize("screen", list(screens()), ids=str)
def test_axe_finds_nothing_in_the_open_list(calculator, booted, screen: Screen):
    page = calculator.page
    page.set_viewport_size({"width": screen.width, "height": 800})
    page.emulate_media(color_scheme=screen.theme)
    booted.hub.add_path(SEARCH, FOUND)
    type_model(calculator, "qwen3")
    expect(status(page)).to_contain_text("on Hugging Face.")
    page.keyboard.press("ArrowDown")
    found = Axe().run(page, options={"rules": {"target-size": {"enabled": True}}})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= screen.width
    page.keyboard.press("Escape")

"""Failures: each says what happened and what to do, and keeps the last good figures."""

import json

import pytest
from calculator import Calculator
from playwright.sync_api import expect

from roofline import CATALOGUE

MODEL = "org/model"
API = f"/api/models/{MODEL}"
QWEN = CATALOGUE["Qwen/Qwen3-8B"].config
GATED = {"x-error-code": "GatedRepo"}


@pytest.fixture
def calculator(booted_page):
    """The module's page at its first scenario."""
    calculator = Calculator(booted_page)
    calculator.reset()
    return calculator


def not_found(hub):
    hub.add(MODEL, {"error": "Invalid username or password."}, status=401, headers={"x-error-code": "RepoNotFound"})


def not_found_without_a_header(hub):
    hub.add(MODEL, {"error": "Invalid username or password."}, status=401)


def gated(hub):
    hub.add(MODEL, "Access to model is restricted.", status=401, headers=GATED)


def gated_for_this_account(hub):
    hub.add(MODEL, {"error": "Access denied"}, status=403, headers=GATED)


def gated_without_cors(hub):
    """The refusal has no CORS header: the browser shows the page no answer at all."""
    hub.add(MODEL, "Access to model is restricted.", status=401, headers=GATED, cors=False)
    hub.add_path(API, {"id": MODEL, "gated": "manual"})


def gated_by_an_aborted_request(hub):
    hub.add(MODEL, unreachable=True)
    hub.add_path(API, {"id": MODEL, "gated": "auto"})


def no_answer_and_not_listed(hub):
    hub.add(MODEL, unreachable=True)
    hub.add_path(API, {"error": "Invalid username or password."}, status=401)


def no_answer_at_all(hub):
    hub.add(MODEL, unreachable=True)
    hub.add_path(API, unreachable=True)


def offline(hub):
    hub.offline = True


def no_config(hub):
    hub.add(MODEL, "Entry not found", status=404, headers={"x-error-code": "EntryNotFound"})


def rate_limited(hub):
    hub.add(MODEL, "", status=429)


def hub_fault(hub):
    hub.add(MODEL, "<html>", status=503)


def not_json(hub):
    hub.add(MODEL, "<!doctype html><title>Sign in</title>")


def cut_off(hub):
    hub.add(MODEL, json.dumps(QWEN)[:-20])


def too_large(hub):
    hub.add(MODEL, json.dumps({"a": "x" * 2_100_000}))


def unknown_architecture(hub):
    hub.add(MODEL, {"model_type": "frobnicator", "architectures": ["FrobnicatorForCausalLM"]})


def missing_keys(hub):
    hub.add(MODEL, {**QWEN, "hidden_size": None, "num_attention_heads": None})


HUB_FAILURES = {
    not_found: ("repo-not-found", "misspelt"),
    not_found_without_a_header: ("repo-not-found", "private"),
    gated: ("gated-repo", "Accept the terms on the model's page"),
    gated_for_this_account: ("gated-repo", "paste"),
    gated_without_cors: ("gated-repo", "Accept the terms"),
    gated_by_an_aborted_request: ("gated-repo", "Accept the terms"),
    no_answer_and_not_listed: ("repo-not-found", "private"),
    no_answer_at_all: ("hub-unreachable", "offline, or the model is gated or private"),
    offline: ("hub-unreachable", "Bundled models work without a network"),
    no_config: ("no-config", "GGUF"),
    rate_limited: ("rate-limited", "Wait a few minutes"),
    hub_fault: ("hub-error", "Try again"),
    not_json: ("invalid-json", "not valid JSON"),
    cut_off: ("invalid-json", "line 1"),
    too_large: ("config-too-large", "2 MB"),
    unknown_architecture: ("unsupported-architecture", "frobnicator"),
    missing_keys: ("missing-key", "hidden_size"),
}


def keeps(calculator, before, code, words):
    """The problem is said; the last good figures stay, marked as such; the next answer clears it."""
    page = calculator.page
    assert words.lower() in calculator.refused(code).lower()
    assert calculator.figures() == before
    expect(page.locator("#results")).to_have_attribute("data-stale", "")
    expect(page.locator("#stale")).to_have_text("The figures below are the last good ones.")
    expect(page.locator("#announcement")).not_to_be_empty(timeout=3_000)


@pytest.mark.parametrize("failure", HUB_FAILURES, ids=lambda failure: failure.__name__)
def test_what_the_hub_refuses(calculator, booted, failure):
    before = calculator.figures()
    failure(booted.hub)
    calculator.ask(MODEL)
    keeps(calculator, before, *HUB_FAILURES[failure])
    calculator.page.get_by_role("button", name="Llama 3.1 70B").click()
    calculator.answered("meta-llama/Llama-3.1-70B")
    expect(calculator.page.locator("#problem")).to_have_attribute("data-error", "")
    assert calculator.page.locator("#results[data-stale]").count() == 0
    assert calculator.figures() != before


def test_an_unknown_revision(calculator, booted):
    before = calculator.figures()
    booted.hub.add("org/revised", "", revision="nope", status=404, headers={"x-error-code": "RevisionNotFound"})
    booted.hub.add("org/revised", QWEN)
    calculator.ask("org/revised@nope")
    keeps(calculator, before, "revision-not-found", "nope")
    calculator.page.get_by_role("button", name="Use the main branch").click()
    expect(calculator.page.locator("#pending")).to_contain_text("has to be read from huggingface.co")
    calculator.calculate()
    calculator.answered("org/revised")


def test_a_gated_model_is_answered_by_its_bundled_relative(calculator, booted):
    booted.hub.add("meta-llama/Llama-3.1-70B-Instruct", "restricted", status=401, headers=GATED)
    calculator.ask("meta-llama/Llama-3.1-70B-Instruct")
    calculator.refused("gated-repo")
    calculator.page.get_by_role("button", name="Use the bundled meta-llama/Llama-3.1-70B").click()
    calculator.answered("meta-llama/Llama-3.1-70B")


def test_paste_is_one_press_away(calculator, booted):
    gated(booted.hub)
    calculator.ask(MODEL)
    calculator.refused("gated-repo")
    link = calculator.page.get_by_role("link", name="Open the model’s page")
    expect(link).to_have_attribute("href", "https://huggingface.co/org/model")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    calculator.page.get_by_role("button", name="Paste config.json").click()
    box = calculator.page.get_by_label("Text of a config.json")
    expect(box).to_be_focused()
    box.fill(json.dumps(QWEN))
    calculator.answered("pasted config.json")


def test_trying_again_asks_again(calculator, booted):
    booted.hub.offline = True
    calculator.ask("org/later")
    calculator.refused("hub-unreachable")
    booted.hub.offline = False
    booted.hub.add("org/later", QWEN)
    calculator.page.get_by_role("button", name="Try again").click()
    calculator.answered("org/later")


def test_what_does_not_fit(calculator):
    calculator.control("gpu").select_option("H100 SXM")
    calculator.refused("does-not-fit")
    calculator.reset()
    before = calculator.figures()
    calculator.control("gpu").select_option("H100 SXM")
    keeps(calculator, before, "does-not-fit", "GB short on each GPU")
    calculator.page.get_by_role("button", name="Use H200 SXM").click()
    calculator.answered("deepseek-ai/DeepSeek-V3.1")
    assert calculator.figures() == before


FORM_FAILURES = {
    "does not divide the heads": ({"tensor_parallel": "3"}, "tensor-parallel", "128"),
    "zero replicas": ({"pipeline_parallel": "3"}, "no-replica", "nodes"),
    "no number": ({"input_tokens": "abc"}, "invalid-number", "“abc” is not a number"),
    "empty": ({"output_tokens": ""}, "invalid-number", "not a number"),
    "zero": ({"output_tokens": "0"}, "invalid-number", "between 1 and 10,000,000"),
    "negative": ({"nodes": "-2"}, "invalid-number", "between 1 and"),
    "a fraction": ({"concurrency": "2.5"}, "invalid-number", "whole number"),
    "too large": ({"input_tokens": "1e300"}, "invalid-number", "between 1 and"),
    "above one": ({"utilization": "60"}, "invalid-number", "between 0.01 and 1"),
    "not a price": ({"usd_per_gpu_hour": "free"}, "invalid-number", "“free”"),
    "no model": ({"model": "not a model"}, "invalid-model-id", "Qwen/Qwen3-8B"),
    "another host": ({"model": "https://example.com/a/b"}, "invalid-model-id", "huggingface.co"),
    "expert parallelism": ({"expert_parallel": "3"}, "expert-parallel", "divisor"),
}


@pytest.mark.parametrize("case", FORM_FAILURES)
def test_what_the_form_says_wrong(calculator, case):
    changes, code, words = FORM_FAILURES[case]
    page = calculator.page
    before = calculator.figures()
    page.evaluate("document.querySelector('#advanced').open = true")
    for name, value in changes.items():
        control = calculator.control(name)
        if control.evaluate("(element) => element.localName") == "select":
            control.select_option(value)
        else:
            control.fill(value)
    keeps(calculator, before, code, words)
    if code == "invalid-number":
        (name,) = changes
        expect(calculator.control(name)).to_have_attribute("aria-invalid", "true")
        described = calculator.control(name).get_attribute("aria-describedby").split()
        assert f"{name}-error" in described
        expect(page.locator(f"#{name}-error")).to_be_visible()
    calculator.reset()
    assert page.locator("[aria-invalid]").count() == 0
    assert calculator.figures() == before


@pytest.mark.parametrize("text", ["{", "[1, 2]", "not json", "[" * 5000])
def test_a_paste_that_is_no_config(calculator, text):
    before = calculator.figures()
    calculator.page.evaluate("document.querySelector('#paste').open = true")
    calculator.page.get_by_label("Text of a config.json").fill(text)
    keeps(calculator, before, "invalid-json", "The pasted text is not valid JSON")


def test_a_paste_of_another_kind_of_model(calculator):
    before = calculator.figures()
    calculator.page.evaluate("document.querySelector('#paste').open = true")
    calculator.page.get_by_label("Text of a config.json").fill('{"model_type": "bert"}')
    keeps(calculator, before, "unsupported-architecture", "bert")


def test_a_hub_that_never_answers(boot, page, hub):
    """After 15 seconds, and not before, the page says so; the bundled models go on working."""
    page.clock.install()
    calculator = Calculator(boot(page))
    before = calculator.figures()
    page.route("https://huggingface.co/**", lambda route: None)
    calculator.ask(MODEL)
    expect(page.locator("#waiting")).to_be_visible()
    page.clock.fast_forward(12_000)
    expect(page.locator("#waiting")).to_be_visible()
    expect(page.locator("#problem")).to_be_hidden()
    page.clock.fast_forward(3_000)
    assert "15 seconds" in calculator.refused("hub-timeout")
    assert calculator.figures() == before
    page.get_by_role("button", name="Llama 3.1 8B").click()
    calculator.answered("meta-llama/Llama-3.1-8B")


def test_a_fault_of_the_page_is_said_too(boot, page, python, hub):
    """The last good figures stand, and the next answer clears the message."""
    hub.expected_errors.append("ZeroDivisionError")
    calculator = Calculator(boot(page))
    before = calculator.figures()
    python(page, "import page.app; good = page.app.solve; page.app.solve = lambda *_: 1 / 0")
    calculator.control("nodes").fill("2")
    assert "This page has a fault" in calculator.refused("internal")
    assert calculator.figures() == before
    python(page, "page.app.solve = good")
    calculator.control("nodes").fill("1")
    calculator.answered("deepseek-ai/DeepSeek-V3.1")


def test_without_any_answer_nothing_is_offered_that_needs_one(boot, page, hub):
    hub.add(MODEL, CATALOGUE["meta-llama/Llama-3.1-8B"].config)
    boot(page, f"?model={MODEL}&tensor_parallel=1")
    expect(page.locator("#pending")).to_be_visible()
    for name in ("actions", "money", "evidence"):
        expect(page.locator(f"#{name}")).to_be_hidden()
    page.get_by_role("button", name="Read and calculate").press("Enter")
    Calculator(page).answered(MODEL)
    expect(page.locator("#results")).to_be_focused()
    for name in ("actions", "money", "evidence"):
        expect(page.locator(f"#{name}")).to_be_visible()

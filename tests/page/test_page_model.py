"""The model's panel: what was recognised, whether the Hub counts the same, and warnings."""

import json

import pytest
from calculator import CONFIGS, Calculator, config_file
from playwright.sync_api import expect

from present import layertext
from roofline import CATALOGUE, Model

FAMILIES = {entry.family: name for name, entry in reversed(CATALOGUE.items())}
QWEN = CATALOGUE["Qwen/Qwen3-8B"].config
QWEN_PARAMS = Model.from_config(QWEN).total_params
REVISION = "2026-11-24"
"""A revision keeps the page from answering with the bundled config."""


@pytest.fixture
def calculator(booted_page):
    """The module's page at its first scenario."""
    calculator = Calculator(booted_page)
    calculator.reset()
    return calculator


def facts(page):
    """The panel's rows by their key."""
    return dict(
        page.evaluate(
            "[...document.querySelectorAll('#model-panel [data-fact]')].map((e) =>"
            " [e.dataset.fact, [...e.querySelectorAll('dd p')].map((p) => p.textContent).join('\\n')])"
        )
    )


def value(page, field):
    """The number that a figure carries; there is one element for it on the whole page."""
    return float(page.locator(f"[data-field={field}]").get_attribute("data-value"))


def totals(model, params, revision=""):
    """Path and body of the Hub's answer to what a model's files hold."""
    path = f"/api/models/{model}{revision and f'/revision/{revision}'}"
    return path, {"id": model, "gated": False, "safetensors": {"parameters": {"BF16": params}, "total": params}}


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_one_model_of_each_family_is_described(calculator, booted, family):
    name = FAMILIES[family]
    calculator.ask(name)
    entry = CATALOGUE[name]
    model = Model.from_config(entry.config, name=name, sidecar=entry.sidecar)
    page = calculator.page
    expect(page.locator("#model-panel > summary")).to_have_text(layertext.summary(model))
    found = facts(page)
    assert f"{model.total_params:,} in all" in found["parameters"]
    if model.active_params < model.total_params:
        assert f"{model.active_params:,} used per token" in found["parameters"]
        assert "experts" in found
    if model.tower_params:
        assert value(page, "tower_params") == model.tower_params
    if model.kv_bytes_per_token():
        precision = "fp8" if "FP8" in found["cache"] else "fp16"
        assert value(page, "kv_bytes") == pytest.approx(model.kv_bytes(3072, precision))
        assert value(page, "kv_bytes_per_token") == pytest.approx(model.kv_bytes_per_token(0, precision))
    assert ("state" in found) == bool(model.kv_bytes(0))
    if model.context_tokens:
        assert f"{model.context_tokens:,} tokens" in found["context"]
    assert booted.hub.requests == []
    assert page.locator("#model-panel [data-check]").count() == 0


def test_it_stands_before_python_does(page, site):
    """The first scenario's panel is in the page as it is served."""
    page.route("**/pyodide.asm.wasm.packed*", lambda route: None)
    page.goto(site, wait_until="commit")
    expect(page.locator("#model-panel > summary")).to_contain_text("61 layers: 61 MLA; 3 dense")


def test_it_opens_and_stays_open(calculator):
    page = calculator.page
    summary = page.locator("#model-panel > summary")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-fact=parameters]")).to_be_visible()
    calculator.control("output_tokens").fill("2k")
    expect(page.locator("[data-fact=cache]")).to_contain_text("4,096 tokens")
    expect(page.locator("[data-fact=parameters]")).to_be_visible()
    summary.click()
    expect(page.locator("[data-fact=parameters]")).to_be_hidden()


def test_it_describes_what_does_not_fit_too(calculator):
    calculator.page.get_by_role("button", name="gpt-oss 120B").click()
    calculator.answered("openai/gpt-oss-120b")
    calculator.control("model").fill("moonshotai/Kimi-K3")
    calculator.control("model").press("Enter")
    calculator.refused("does-not-fit")
    expect(calculator.page.locator("#model-panel > summary")).to_contain_text("93 layers")


def test_it_is_gone_while_there_is_no_model(calculator):
    panel = calculator.page.locator("#model-panel")
    expect(panel).to_be_visible()
    calculator.control("model").fill("org/unknown")
    expect(panel).to_be_hidden()
    calculator.control("manual").check()
    expect(panel).to_be_visible()
    expect(panel.locator("summary")).to_have_text("80 layers: 80 GQA; 80 dense")


def test_requests_longer_than_the_context_warn(calculator):
    page = calculator.page
    calculator.ask("google/gemma-2-27b-it")
    calculator.answered("google/gemma-2-27b-it")
    expect(page.locator("#warnings")).to_be_hidden()
    calculator.control("input_tokens").fill("8000")
    warning = page.locator("[data-note=context-exceeded]")
    expect(warning).to_be_visible()
    expect(warning).to_have_text("Input and output are 9,024 tokens; the config states a context of 8,192.")
    assert "less than the 9,024" in facts(page)["context"]
    headline, cards = page.locator("#headline").bounding_box(), page.locator("#cards").bounding_box()
    assert headline["y"] < warning.bounding_box()["y"] < cards["y"]
    calculator.control("input_tokens").fill("7168")
    expect(page.locator("#warnings")).to_be_hidden()


def test_the_hubs_total_agrees(calculator, booted):
    booted.hub.add("org/agrees", QWEN)
    booted.hub.add_path(*totals("org/agrees", QWEN_PARAMS))
    calculator.ask("org/agrees")
    calculator.answered("org/agrees")
    page = calculator.page
    expect(page.locator("[data-check=agrees]")).to_have_text("count agrees with the Hub")
    assert facts(page)["hub"] == f"Agrees with the Hub’s total to the last of {QWEN_PARAMS:,}."
    expect(page.locator("#model-warning")).to_be_hidden()
    (asked,) = [url for url in booted.hub.requests if "/api/" in url]
    assert asked.endswith("/api/models/org/agrees?expand=safetensors&expand=gated&expand=config")


def test_the_answers_that_the_hub_gave(calculator, booted):
    """Quoted bodies for two models: one agrees to the last parameter, one counts its scales."""
    path = CONFIGS.parent / "hub" / "expand_examples.json"
    if not path.exists():
        pytest.skip("the collection of the Hub's answers is not beside the project")
    bodies = {body["id"]: body for body in json.loads(path.read_text("utf-8"))}
    words = {"Qwen/Qwen3-235B-A22B": "to the last of 235,093,634,560", "openai/gpt-oss-120b": "scales"}
    assert bodies.keys() == words.keys()
    for model, body in bodies.items():
        booted.hub.add_file(model, config_file(model), revision=REVISION)
        booted.hub.add_path(f"/api/models/{model}/revision/{REVISION}", body)
        calculator.ask(f"{model}@{REVISION}")
        calculator.answered(f"{model}@{REVISION}")
        expect(calculator.page.locator("[data-fact=hub]")).to_contain_text(words[model])
        expect(calculator.page.locator("#model-warning")).to_be_hidden()


@pytest.mark.parametrize(
    ("model", "params", "words"),
    [
        ("deepseek-ai/DeepSeek-V3.1", 684_531_386_000, "MTP layer"),
        ("nvidia/Qwen3-235B-A22B-NVFP4", 132_806_618_624, "packed weights by the byte"),
        ("HuggingFaceTB/SmolLM2-135M-Instruct", 134_515_008 + 49_152 * 576, "tied head a second time"),
    ],
)
def test_a_difference_with_a_reason_names_it(calculator, booted, model, params, words):
    entry = CATALOGUE[model]
    booted.hub.add(model, entry.config, revision=REVISION)
    if entry.sidecar is not None:
        booted.hub.add(model, entry.sidecar, revision=REVISION, file="hf_quant_config.json")
    booted.hub.add_path(*totals(model, params, REVISION))
    calculator.ask(f"{model}@{REVISION}")
    page = calculator.page
    expect(page.locator("[data-check=explained]")).to_be_visible()
    assert words in facts(page)["hub"]
    expect(page.locator("#model-warning")).to_be_hidden()


def test_a_difference_above_three_percent_warns(calculator, booted):
    booted.hub.add("org/differs", QWEN)
    booted.hub.add_path(*totals("org/differs", round(QWEN_PARAMS * 1.2)))
    calculator.ask("org/differs")
    calculator.answered("org/differs")
    page = calculator.page
    expect(page.locator("[data-check=differs]")).to_have_text("count differs from the Hub")
    expect(page.locator("#model-warning")).to_be_visible()
    expect(page.locator("#model-warning")).to_contain_text("20\u00a0% more than ours")
    page.get_by_role("button", name="DeepSeek V3.1").click()
    calculator.answered("deepseek-ai/DeepSeek-V3.1")
    expect(page.locator("#model-warning")).to_be_hidden()


def test_a_renamed_model_says_its_new_name(calculator, booted):
    """The Hub answers the old name with the moved repository's files and entry."""
    path, body = totals("org/old", QWEN_PARAMS)
    booted.hub.add("org/old", QWEN)
    booted.hub.add_path(path, {**body, "id": "org/new"})
    calculator.ask("org/old")
    calculator.answered("org/old")
    expect(calculator.page.locator("[data-fact=hub]")).to_contain_text("The Hub now calls it org/new.")


UNCHECKED = {
    "offline": ({"unreachable": True}, "Hugging Face cannot be reached"),
    "not listed": ({"status": 401}, "the Hub does not list this model"),
    "no JSON": ({"body": "<html>"}, "could not be read"),
    "no total": ({"body": {"id": "org/unchecked"}}, "the Hub gives no total"),
    "an odd total": ({"body": {"id": 7, "safetensors": {"total": -3, "parameters": {"BF16": "x"}}}}, "gives no total"),
    "asked too often": ({"status": 429, "headers": {"RateLimit": '"api";r=0;t=1'}}, "asks to wait"),
}


@pytest.mark.parametrize("case", UNCHECKED)
def test_what_cannot_be_checked_is_said_and_nothing_else(boot, page, hub, case):
    answer, words = UNCHECKED[case]
    hub.add("org/unchecked", QWEN)
    hub.add_path("/api/models/org/unchecked", **answer)
    calculator = Calculator(boot(page))
    calculator.ask("org/unchecked")
    calculator.answered("org/unchecked")
    expect(page.locator("[data-check=unchecked]")).to_have_text("count not checked")
    assert facts(page)["hub"].startswith("Not checked: ") and words in facts(page)["hub"]
    expect(page.locator("#model-warning")).to_be_hidden()


def test_words_of_a_config_stay_text(calculator, booted):
    hostile = "<img src=x onerror=alert(1)>"
    booted.hub.add("org/words", {**QWEN, "quantization_config": {"quant_method": "fp8", "ignore": [hostile]}})
    booted.hub.add_path("/api/models/org/words", {"id": hostile, "safetensors": {"parameters": {hostile: 5}}})
    calculator.ask("org/words")
    calculator.answered("org/words")
    expect(calculator.page.locator("[data-check]")).to_be_visible()
    assert calculator.page.locator("#model-panel img, #model-warning img").count() == 0

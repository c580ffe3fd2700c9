"""The form: live, linked, filled before Python is ready, by keyboard alone, latest wins."""

import pytest
from calculator import Calculator, bundled_estimate
from playwright.sync_api import expect

from present import state
from roofline import CATALOGUE

QWEN = CATALOGUE["Qwen/Qwen3-8B"].config


@pytest.fixture
def calculator(booted_page):
    """The module's page at its first scenario."""
    calculator = Calculator(booted_page)
    calculator.reset()
    return calculator


def test_the_form_of_index_html_says_the_default_scenario(page, site):
    """Static controls and the table of fields name the same things, with the same values."""
    page.goto(site)
    texts = page.evaluate(
        "(names) => Object.fromEntries(names.map((n) => { const c = scenario.elements.namedItem(n);"
        " return [n, n === 'manual' ? (c.checked ? '1' : '') : c.value]; }))",
        list(state.RULES),
    )
    assert state.read(texts) == (state.DEFAULT, ())


def test_figures_follow_an_edit(calculator):
    calculator.control("concurrency").fill("16")
    expect(calculator.page.locator("[data-field=running]")).to_have_attribute("data-value", "16")
    calculator.agrees_with(bundled_estimate("deepseek-ai/DeepSeek-V3.1", workload={"concurrency": 16}))
    assert "concurrency=16" in calculator.page.url


def test_an_edit_reads_no_model(calculator, booted):
    """Only a submit has a model's files read; until then the page says what to do."""
    before = calculator.figures()
    calculator.control("model").press_sequentially("x")
    expect(calculator.page.locator("#pending")).to_contain_text("The config.json of")
    expect(calculator.page.locator("#model-status")).to_contain_text("did not answer the search")
    assert calculator.figures() == before
    assert [url for url in booted.hub.requests if "/api/models?search=" not in url] == []


def test_numbers_as_people_write_them(calculator):
    calculator.control("input_tokens").fill("8k")
    calculator.control("input_tokens").press("Tab")
    expect(calculator.control("input_tokens")).to_have_value("8192")
    calculator.control("usd_per_gpu_hour").fill("2,5")
    expect(calculator.page.locator("#price-hint")).to_contain_text("Yours")
    workload = {"input_tokens": 8192}
    calculator.agrees_with(bundled_estimate("deepseek-ai/DeepSeek-V3.1", workload=workload, usd_per_gpu_hour=2.5))
    assert "usd_per_gpu_hour=2.5" in calculator.page.url


def test_arrow_keys_double_and_halve(calculator):
    box = calculator.control("input_tokens")
    box.press("ArrowUp")
    expect(box).to_have_value("4096")
    box.press("ArrowDown")
    box.press("ArrowDown")
    expect(box).to_have_value("1024")
    expect(calculator.page.locator("#asked")).to_contain_text("1,024 in")


def test_impossible_choices_stay_visible_with_their_reason(calculator):
    page = calculator.page
    page.get_by_role("button", name="Llama 3.1 70B").click()
    calculator.answered("meta-llama/Llama-3.1-70B")
    box = calculator.control("tensor_parallel")
    box.focus()
    expect(box.locator("option").nth(0)).to_have_text("1, too little memory")
    expect(box.locator("option").nth(2)).to_have_text("3, does not divide the model")
    expect(box.locator("option").nth(7)).to_have_text("8")
    expect(box.locator("option").nth(8)).to_have_text("16, more than NVLink joins")
    expect(box).to_have_value("8")
    expect(page.locator("#precision [value=fp4]")).to_have_text("FP4, saves memory only")
    calculator.control("gpu").select_option("B200 SXM")
    expect(page.locator("#precision [value=fp4]")).to_have_text("FP4")
    box.select_option("2")
    expect(page.locator("#asked")).to_contain_text("TP 2")


def test_what_the_engine_chooses_is_said(calculator):
    page = calculator.page
    expect(page.locator("#precision-hint")).to_have_text("FP8, 128 × 128 blocks")
    expect(page.locator("#kv_precision-hint")).to_have_text("FP16")
    expect(calculator.control("memory_fraction")).to_have_attribute("placeholder", "0.92")
    calculator.control("model").fill("org/other")
    expect(page.locator("#precision-hint")).to_have_text("the checkpoint’s format")


def test_a_link_opens_what_it_says(boot, page, hub):
    query = "?v=1&model=meta-llama/Llama-3.1-70B&gpu=B200+SXM&precision=fp8&tensor_parallel=2&output_tokens=512"
    calculator = Calculator(boot(page, query))
    workload = {"output_tokens": 512}
    wanted = bundled_estimate(
        "meta-llama/Llama-3.1-70B", gpu="B200 SXM", tensor_parallel=2, precision="fp8", workload=workload
    )
    calculator.agrees_with(wanted)
    assert page.url.endswith(query)
    assert hub.requests == []


def test_a_degree_that_the_list_lacks_is_kept(boot, page):
    calculator = Calculator(boot(page, "?model=Qwen/Qwen3-8B&tensor_parallel=12"))
    expect(calculator.control("tensor_parallel")).to_have_value("12")
    calculator.refused("tensor-parallel")


def test_what_a_link_gets_wrong_is_said(boot, page):
    boot(page, "?gpu=H900&tp=4&input_tokens=abc")
    notes = page.locator("#link-notes")
    expect(notes).to_be_visible()
    for words in ("H900", "tp", "abc"):
        expect(notes).to_contain_text(words)
    page.locator("[name=nodes]").fill("2")
    expect(notes).to_be_hidden()


@pytest.mark.parametrize(
    "query",
    [
        "?model=%3Cscript%3Ealert(1)%3C/script%3E",
        "?model=" + "a" * 5_000,
        "?" + "&".join(f"k{i}=<b>" for i in range(500)),
        "?gpu=%00%FF%FE&nodes=9e999&tensor_parallel=-1",
        "?model=../../etc/passwd&manual=1&total_params=1",
        "?total_params=100000000000000&manual=1&layers=10000&heads=1&kv_heads=100000",
    ],
)
def test_hostile_links_do_not_break_the_page(boot, page, query):
    calculator = Calculator(boot(page, query))
    assert page.locator("#results script, #results b").count() == 0
    calculator.control("manual").uncheck()
    page.get_by_role("button", name="Llama 3.1 8B").click()
    calculator.control("nodes").fill("1")
    calculator.control("gpu").select_option("H200 SXM")
    calculator.control("tensor_parallel").select_option("1")
    calculator.answered("meta-llama/Llama-3.1-8B")


def test_a_linked_hub_model_waits_for_the_user(boot, page, hub):
    """Opening a link asks no one; the button does."""
    hub.add("org/model", QWEN)
    calculator = Calculator(boot(page, "?model=org/model"))
    expect(page.locator("#pending")).to_contain_text("org/model")
    assert hub.requests == []
    assert set(calculator.shown().values()) == {"–"}
    calculator.calculate()
    calculator.answered("org/model")


def test_back_returns_to_the_scenario_before(calculator):
    before = calculator.figures()
    calculator.page.get_by_role("button", name="Llama 3.1 70B").click()
    calculator.answered("meta-llama/Llama-3.1-70B")
    calculator.page.go_back()
    calculator.answered("deepseek-ai/DeepSeek-V3.1")
    assert calculator.figures() == before
    assert calculator.page.locator("[data-model='deepseek-ai/DeepSeek-V3.1']").get_attribute("aria-pressed") == "true"


def test_a_reload_keeps_everything(boot, page):
    calculator = Calculator(boot(page))
    calculator.control("gpu").select_option("B200 SXM")
    calculator.control("output_tokens").fill("2k")
    expect(page.locator("#asked")).to_contain_text("2,048 out")
    before = calculator.figures()
    boot(page, page.url.partition("/some/project/")[2])
    assert calculator.figures() == before


def test_what_is_entered_before_python_is_ready_is_computed(page, site):
    held = []
    _hold(page, "**/pyodide.asm.wasm.packed*", held)
    page.goto(site + "?nodes=2", wait_until="commit")
    calculator = Calculator(page)
    expect(page.locator("#boot")).to_be_visible()
    button = page.get_by_role("button", name="Calculate Performance")
    expect(button).to_be_disabled()
    calculator.control("model").fill("meta-llama/Llama-3.1-70B")
    calculator.control("model").press("Enter")
    calculator.control("tensor_parallel").select_option("4")
    calculator.control("input_tokens").fill("4k")
    held[0].fallback()
    calculator.answered("meta-llama/Llama-3.1-70B", timeout_ms=60_000)
    workload = {"input_tokens": 4096}
    calculator.agrees_with(bundled_estimate("meta-llama/Llama-3.1-70B", nodes=2, tensor_parallel=4, workload=workload))
    expect(button).to_be_enabled()
    expect(page.locator("#boot")).to_be_hidden()


def _hold(page, pattern, held):
    """Keep requests waiting, for the test to answer."""

    def keep(route):
        held.append(route)

    page.route(pattern, keep)


def test_the_newest_wish_wins_while_the_hub_answers(boot, page):
    """An edit during a fetch counts; a fetch that nobody waits for any more does not."""
    calculator = Calculator(boot(page))
    held = []
    _hold(page, "https://huggingface.co/org/**", held)
    calculator.ask("org/slow")
    expect(page.locator("#waiting")).to_be_visible()
    expect(page.locator("#waiting-text")).to_have_text("Reading config.json of org/slow from huggingface.co")
    expect(page.locator("#results")).to_have_attribute("aria-busy", "true")
    calculator.control("concurrency").fill("7")
    calculator.control("tensor_parallel").select_option("1")
    page.wait_for_timeout(300)
    expect(page.locator("#waiting")).to_be_visible()
    headers = {"access-control-allow-origin": "*"}
    for route in held:
        route.fulfill(json=QWEN, headers=headers) if route.request.url.endswith("/config.json") else route.fulfill(
            status=404, headers=headers
        )
    calculator.answered("org/slow")
    assert calculator.figures()["running"] == "7"

    held.clear()
    calculator.ask("org/slower")
    expect(page.locator("#waiting")).to_be_visible()
    page.get_by_role("button", name="Llama 3.1 8B").click()
    calculator.answered("meta-llama/Llama-3.1-8B")
    before = calculator.figures()
    for route in held:
        route.fulfill(status=500, headers=headers)
    page.wait_for_timeout(300)
    calculator.answered("meta-llama/Llama-3.1-8B")
    assert calculator.figures() == before


def test_a_fetched_model_is_not_asked_for_again(calculator, booted):
    booted.hub.add("org/once", QWEN)
    calculator.ask("org/once")
    calculator.answered("org/once")
    expect(calculator.page.locator("#model-panel [data-check]")).to_be_visible()
    asked = len(booted.hub.requests)
    calculator.control("tensor_parallel").select_option("4")
    calculator.calculate()
    expect(calculator.page.locator("[data-field=tensor_parallel]")).to_have_attribute("data-value", "4")
    assert len(booted.hub.requests) == asked == 3


def test_by_keyboard_alone(boot, page):
    """Model, hardware and price without a pointer; the focus can always be seen."""
    calculator = Calculator(boot(page))
    keyboard = page.keyboard
    _tab_to(page, "model")
    keyboard.press("Control+a")
    keyboard.type("openai/gpt-oss-20b")
    keyboard.press("Enter")
    calculator.answered("openai/gpt-oss-20b")
    _tab_to(page, "gpu")
    keyboard.type("B200")
    _tab_to(page, "tensor_parallel")
    keyboard.press("Home")
    _tab_to(page, "usd_per_gpu_hour")
    keyboard.type("4.2")
    keyboard.press("Enter")
    _tab_to(page, "calculate")
    keyboard.press("Enter")
    expect(page.locator("#asked")).to_contain_text("8 × B200 SXM")
    expect(page.locator("#asked")).to_contain_text("TP 1")
    calculator.agrees_with(
        bundled_estimate("openai/gpt-oss-20b", gpu="B200 SXM", tensor_parallel=1, usd_per_gpu_hour=4.2)
    )


def _tab_to(page, element_id, most=40):
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == element_id:
            return
    raise AssertionError(f"#{element_id} cannot be reached by Tab")


def test_the_headline_is_spoken_and_nothing_else(calculator):
    """One live region, debounced; the figures themselves stay silent."""
    page = calculator.page
    assert page.locator("[aria-live], [role=status], [role=alert], [role=log]").count() == 1
    calculator.control("nodes").fill("2")
    expect(page.locator("#headline")).to_contain_text("2 replicas")
    expect(page.locator("#announcement")).to_have_text(page.locator("#headline").inner_text(), timeout=3_000)

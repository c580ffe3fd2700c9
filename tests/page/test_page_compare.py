"""Pinning and comparing in the browser: figures, links, swap, pasted models, keyboard only, axe."""

from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from calculator import Calculator, bundled_estimate, screens
from playwright.sync_api import Page, expect

from roofline import CATALOGUE, GPUS

RULES = {"rules": {"target-size": {"enabled": True}}}
LLAMA = "meta-llama/Llama-3.1-8B"
TWO = f"?view=compare&model={LLAMA}&tensor_parallel=1&a.model={LLAMA}&a.gpu=B200+SXM&a.tensor_parallel=1"
THREE = TWO + f"&b.model={LLAMA}&b.tensor_parallel=2&c.model=deepseek-ai/DeepSeek-V3.1&c.gpu=H100+SXM"


def opened(page: Page, query: str) -> Page:
    """A started page follows a link."""
    page.evaluate(
        "(query) => { history.pushState(null, '', location.pathname + query);"
        " dispatchEvent(new PopStateEvent('popstate')) }",
        query,
    )
    return page


def column(page: Page, index: int) -> dict[str, float]:
    """Figures of one column."""
    return {
        cell["field"]: float(cell["value"])
        for cell in page.evaluate(
            "(index) => [...document.querySelectorAll(`.compare tbody tr > :nth-child(${index + 2}) [data-cell]`)]"
            ".map((cell) => ({field: cell.dataset.cell, value: cell.dataset.value}))",
            index,
        )
    }


def pinned_keys(page: Page) -> dict[str, str]:
    """Keys of pins in the address."""
    pairs = parse_qs(urlsplit(page.url).query)
    return {key: text[0] for key, text in pairs.items() if key[1:2] == "."}


def test_a_link_puts_scenarios_side_by_side_with_the_engines_figures(booted_page):
    page = opened(booted_page, THREE)
    expect(page.locator(".compare thead th")).to_have_count(4)
    for index, settings in enumerate(({}, {"gpu": "B200 SXM"}, {"tensor_parallel": 2})):
        estimate = bundled_estimate(LLAMA, **{"tensor_parallel": 1, **settings})
        figures = column(page, index)
        assert len(figures) >= 12
        for field, value in figures.items():
            assert value == pytest.approx(getattr(estimate, field), rel=1e-9), field
    expect(page.locator(".compare thead th").nth(3)).to_contain_text("Does not fit")
    assert column(page, 3) == {}
    differing = page.locator(".compare tr.differs").evaluate_all("(rows) => rows.map((row) => row.dataset.setting)")
    assert set(differing) == {"model", "gpu", "tensor_parallel"}
    expect(page.locator("#tab-compare")).to_have_text("Compare (3)")


def test_better_and_worse_are_said_in_words(booted_page):
    page = opened(booted_page, TWO)
    row = page.locator(".compare tr", has_text="Time per token")
    expect(row.locator(".verdict-better")).to_contain_text("shorter")
    expect(row.locator(".verdict-better")).to_contain_text("better")


def test_pin_unpin_and_swap(booted_page):
    page = opened(booted_page, f"?model={LLAMA}&tensor_parallel=1&view=compare")
    calculator = Calculator(page)
    calculator.answered(LLAMA)
    expect(page.locator(".compare-empty")).to_be_visible()
    page.locator("#actions [data-open=pin]").click()
    expect(page.locator("#actions [data-open=pin]")).to_have_text("Pinned as A")
    expect(page.locator(".compare thead th")).to_have_count(2)
    assert pinned_keys(page) == {"a.model": LLAMA, "a.tensor_parallel": "1"}
    page.locator("#gpu").select_option("B200 SXM")
    expect(page.locator(".compare tr.differs")).to_have_count(1)
    page.locator("[data-swap=a]").click()
    expect(page.locator("#gpu")).to_have_value("H200 SXM")
    assert pinned_keys(page)["a.gpu"] == "B200 SXM"
    assert column(page, 1)["tpot_s"] == pytest.approx(
        bundled_estimate(LLAMA, gpu="B200 SXM", tensor_parallel=1).tpot_s, rel=1e-9
    )
    page.go_back()
    expect(page.locator("#gpu")).to_have_value("B200 SXM")
    assert "a.gpu" not in pinned_keys(page)
    page.locator("[data-unpin=a]").click()
    expect(page.locator(".compare-empty")).to_be_visible()
    assert pinned_keys(page) == {}
    expect(page.locator("#tab-compare")).to_have_text("Compare")


def test_the_same_scenario_and_a_fourth_one_are_refused_in_words(booted_page):
    page = opened(booted_page, TWO.replace("&a.gpu=B200+SXM", ""))
    Calculator(page).answered(LLAMA)
    page.locator("#actions [data-open=pin]").click()
    expect(page.locator("#link-notes")).to_contain_text("pinned already, as A")
    opened(page, THREE)
    Calculator(page).answered(LLAMA)
    page.locator("#actions [data-open=pin]").click()
    expect(page.locator("#link-notes")).to_contain_text("3 scenarios are pinned already")


def test_a_row_that_was_found_can_be_pinned(booted_page):
    page = opened(booted_page, f"?view=find&model={LLAMA}&find_gpus=H200+SXM,B200+SXM&find_users=50")
    expect(page.locator("#find-rows tr").first).to_be_visible()
    expect(page.locator("#view-find")).not_to_have_attribute("aria-busy", "true")
    row = page.locator("#find-rows tr").nth(1)
    tpot_s = float(row.locator("[data-cell=tpot_s]").get_attribute("data-value"))
    row.locator("[data-pin]").click()
    expect(page.locator("#find-pinned")).to_contain_text("Pinned as A")
    page.locator("#tab-compare").click()
    expect(page.locator(".compare thead th")).to_have_count(2)
    assert column(page, 1)["tpot_s"] == pytest.approx(tpot_s, rel=1e-9)


def test_hostile_pins_open_with_a_note(booted_page):
    page = opened(booted_page, TWO + "&b.model=%3Cimg+src=x%3E&b.gpu=%22%3E%3Cscript%3E&b.nodes=1e99&a.nodes=-3")
    expect(page.locator("#compare-notes")).to_contain_text('B: GPU: “"><script>” is not known here')
    expect(page.locator("#compare-notes")).to_contain_text("A: Nodes")
    expect(page.locator(".compare thead th")).to_have_count(3)
    assert page.locator("#view-compare img, #view-compare script").count() == 0


def test_models_of_the_hub_are_read_by_one_button_and_never_before(boot, page, hub):
    names = ("org/first", "org/second")
    boot(page, TWO.replace(f"a.model={LLAMA}", f"a.model={names[0]}") + f"&b.model={names[1]}&b.tensor_parallel=1")
    for name in names:
        hub.add(name, CATALOGUE[LLAMA].config)
    expect(page.locator(".compare-obstacle")).to_have_text(["Not read yet."] * 2)
    expect(page.locator("#compare-unread")).to_contain_text("org/first and org/second")
    assert hub.requests == []
    page.get_by_role("button", name="Read and compare").press("Enter")
    expect(page.locator(".compare-obstacle")).to_have_count(0)
    expect(page.locator("#compare-unread")).to_be_hidden()
    wanted = bundled_estimate(LLAMA, gpu="B200 SXM", tensor_parallel=1)
    assert column(page, 1)["tpot_s"] == pytest.approx(wanted.tpot_s, rel=1e-9)
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Comparison"
    boot(page, page.url.partition("/project/")[2])
    expect(page.locator(".compare-obstacle")).to_have_count(0)


def test_the_form_s_model_is_read_along_and_a_refusal_is_said_where_it_belongs(boot, page, hub):
    boot(page, f"?view=compare&model=org/mine&tensor_parallel=1&a.model=org/gone&b.model={LLAMA}&b.tensor_parallel=1")
    hub.add("org/mine", CATALOGUE[LLAMA].config)
    expect(page.locator("#compare-unread")).to_contain_text("org/gone and org/mine")
    page.get_by_role("button", name="Read and compare").click()
    Calculator(page).answered("org/mine")
    expect(page.locator(".compare thead th").nth(1)).to_contain_text("org/gone")
    expect(page.get_by_role("button", name="Read and compare")).to_be_visible()
    assert column(page, 0) == pytest.approx(column(page, 2))


def test_a_pasted_model_is_compared_but_not_in_the_link(booted_page):
    page = opened(booted_page, TWO)
    config = (
        '{"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32,'
        ' "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 128256}'
    )
    page.evaluate("document.querySelector('#paste').open = true")
    page.locator("#config").fill(config)
    calculator = Calculator(page)
    calculator.answered("pasted config.json")
    page.locator("#actions [data-open=pin]").click()
    expect(page.locator(".compare thead th")).to_have_count(3)
    expect(page.locator("#compare-pasted")).to_be_visible()
    assert column(page, 2) == column(page, 0)
    weights = column(page, 2)["weight_bytes_per_gpu"]
    page.locator("#config").fill(config.replace('"num_hidden_layers": 32', '"num_hidden_layers": 12'))
    expect(page.locator(".compare tr", has_text="Weights on each GPU")).to_contain_text("× more")
    assert column(page, 2)["weight_bytes_per_gpu"] == weights
    page.locator("[data-swap=b]").click()
    expect(page.locator("#config")).to_have_value(config)


def test_by_keyboard_alone(booted_page):
    page = opened(booted_page, TWO)
    expect(page.locator("[data-swap=a]")).to_be_visible()
    page.locator("#tab-compare").focus()
    for _ in range(8):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.swap === 'a'"):
            break
    page.keyboard.press("Enter")
    expect(page.locator("#gpu")).to_have_value("B200 SXM")
    assert page.evaluate("document.activeElement.dataset.swap") == "a"
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator(".compare-empty")).to_be_visible()
    expect(page.locator("#tab-compare")).to_be_focused()


@pytest.mark.parametrize("screen", list(screens()), ids=str)
def test_axe_finds_nothing(booted_page, screen):
    booted_page.set_viewport_size({"width": screen.width, "height": 900})
    booted_page.emulate_media(color_scheme=screen.theme)
    for query in (THREE, "?view=compare"):
        page = opened(booted_page, query)
        expect(page.locator(".compare thead th, .compare-empty").first).to_be_visible()
        page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
        found = Axe().run(page, options=RULES)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth") <= screen.width


def test_before_anything_is_pinned_one_button_leads_to_every_gpu(booted_page):
    page = opened(booted_page, f"?view=compare&model={LLAMA}&tensor_parallel=1")
    page.get_by_role("button", name="See this scenario on every GPU").click()
    expect(page.locator("#tab-find")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#every-rows tr")).to_have_count(len(GPUS))
    expect(page.locator("#every-begin")).to_be_focused()
    expect(page.locator("#find-rows tr").first).to_be_visible()
    expect(page.locator("#every-begin")).to_be_in_viewport()

"""Money and energy: from the second archive when unfolded, in the address, equal to the engine's figures."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from calculator import Calculator, bundled_estimate, screens
from playwright.sync_api import Page, expect

from present import money
from roofline import Deployment, Workload
from roofline.energy import energy
from roofline.hosted import break_even, hosted_price
from roofline.offers import providers

NAME = "deepseek-ai/DeepSeek-V3.1"


def unfold(page: Page) -> None:
    """Open the disclosure and wait for its figures."""
    page.locator("#money > summary").click()
    expect(page.locator("#money-verdict")).not_to_be_empty()


def even(input_usd: float, output_usd: float):
    return break_even(
        bundled_estimate(NAME), Workload(), input_usd_per_million=input_usd, output_usd_per_million=output_usd
    )


def test_the_break_even_is_the_engines(boot, page):
    unfold(boot(page))
    listed = hosted_price(NAME)
    wanted = even(listed.input.median_usd_per_million, listed.output.median_usd_per_million)
    expect(page.locator("#money-verdict")).to_contain_text("the median hosted price")
    row = page.locator("#money-table tbody tr").nth(1)
    expect(row).to_contain_text("median")
    expect(row).to_contain_text(f"{money.tokens(wanted.tokens_per_day)} tokens a day" if wanted.possible else "never")
    expect(page.locator("#money-source")).to_contain_text(listed.date)


def test_ones_own_price_is_in_the_address_and_comes_back(boot, page):
    unfold(boot(page))
    page.get_by_label("USD per M input tokens").fill("3")
    page.get_by_label("USD per M output tokens").fill("12")
    page.get_by_label("Tokens a day").fill("10M")
    wanted = even(3.0, 12.0)
    expect(page.locator("#money-verdict")).to_contain_text(money.tokens(wanted.tokens_per_day))
    expect(page.locator("#money-volume")).to_contain_text("10.0M tokens a day cost")
    assert "money_input_usd=3&money_output_usd=12&money_tokens_per_day=10000000" in page.url
    page.reload()
    page.wait_for_selector("html[data-state=ready]", timeout=60_000)
    expect(page.locator("#money-volume")).to_contain_text("10.0M tokens a day cost")
    expect(page.get_by_label("USD per M input tokens")).to_have_value("3")
    expect(page.get_by_label("Hosted price", exact=True)).to_have_value("yours")


def test_a_listed_price_of_another_model(boot, page):
    unfold(boot(page, "?model=microsoft/phi-4&tensor_parallel=1"))
    expect(page.locator("#money-verdict")).to_contain_text("no hosted price of microsoft/phi-4")
    expect(page.locator("#money-table")).to_be_hidden()
    page.get_by_label("Hosted price", exact=True).select_option(label=_option(page, "Llama-3.3-70B, median"))
    expect(page.locator("#money-table")).to_be_visible()
    assert "money_input_usd=" in page.url
    page.get_by_label("Hosted price", exact=True).select_option("")
    expect(page.locator("#money-table")).to_be_hidden()
    assert "money_" not in page.url


def _option(page: Page, start: str) -> str:
    labels = page.locator("#money-preset option").all_text_contents()
    return next(label for label in labels if label.startswith(start))


def test_energy_is_the_engines_and_follows_the_form(boot, page):
    calculator = Calculator(boot(page))
    unfold(page)
    shown = page.locator("#money [data-field=joules_per_output_token]")
    for concurrency in (None, 16):
        if concurrency:
            calculator.control("concurrency").fill(str(concurrency))
        result = bundled_estimate(NAME, workload={"concurrency": concurrency})
        wanted = energy(Deployment(tensor_parallel=8), result, Workload(concurrency=concurrency))
        expect(shown).to_have_attribute("data-value", repr(wanted.joules_per_output_token))
    expect(page.locator("#money-energy")).to_contain_text("enter a price per kWh")
    page.get_by_label("USD per kWh").fill("0,12")
    expect(page.locator("#money-energy")).to_contain_text("at your price")
    page.get_by_role("button", name="How: Energy per Output Token").click()
    page.locator("#how-dialog summary", has_text="power of a GPU").click()
    expect(page.locator("#how-dialog")).to_contain_text("ml-energy/leaderboard")


def test_what_cannot_be_read_is_said_at_its_box(boot, page):
    unfold(boot(page))
    box = page.get_by_label("PUE of the building")
    box.fill("0.5")
    expect(page.locator("#money_pue-error")).to_contain_text("between 1 and 10")
    expect(box).to_have_attribute("aria-invalid", "true")
    box.fill("1.2")
    expect(page.locator("#money_pue-error")).to_be_hidden()


def test_a_providers_price_goes_into_the_form(boot, page):
    calculator = Calculator(boot(page))
    unfold(page)
    page.locator("#money-providers [data-usd]").first.click()
    wanted = f"{providers()['H200 SXM'][0].usd_per_gpu_hour:g}"
    expect(calculator.control("usd_per_gpu_hour")).to_have_value(wanted)
    assert f"usd_per_gpu_hour={wanted}" in page.url


def test_price_presets_of_the_chosen_gpu(boot, page):
    calculator = Calculator(boot(page))
    options = page.locator("#prices option")
    expect(options).to_have_count(3)
    expect(options.nth(1)).to_have_attribute("value", "4")
    expect(options.nth(1)).to_have_attribute("label", "median of 9 list prices, 2026-08-19")
    calculator.control("gpu").select_option("GH200")
    expect(options).to_have_count(1)


HOSTILE = {
    "money_input_usd": ("abc", "not a number"),
    "money_pue": ("99", "between 1 and 10"),
    "money_output_usd": ("9" * 400, "too long"),
    "money_tokens_per_day": ("-1", "between 1 and"),
    "money_usd_per_kwh": ("%00<b>", "not a number"),
}


def test_what_a_link_gets_wrong_is_said_at_its_box(boot, page):
    boot(page, "?" + "&".join(f"{key}={text}" for key, (text, _) in HOSTILE.items()))
    for key, (_, words) in HOSTILE.items():
        expect(page.locator(f"#{key}-error")).to_contain_text(words)
        expect(page.locator(f"#{key}")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#money .field-error:not(:empty)")).to_have_count(len(HOSTILE))
    expect(page.locator("#money-verdict")).not_to_be_empty()


def test_by_keyboard_alone(boot, page):
    boot(page)
    page.locator("#money > summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#money-verdict")).not_to_be_empty()
    page.keyboard.press("Tab")
    expect(page.get_by_label("Hosted price", exact=True)).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.type("2")
    page.keyboard.press("Tab")
    page.keyboard.type("8")
    expect(page.locator("#money-verdict")).to_contain_text("your hosted price")


@pytest.mark.parametrize("screen", list(screens()), ids=str)
def test_it_is_accessible_and_fits(browser, site, screen):
    page = browser.new_page(viewport={"width": screen.width, "height": 800}, color_scheme=screen.theme)
    page.goto(f"{site}?money_tokens_per_day=1000000")
    page.wait_for_selector("#money-verdict:not(:empty)", timeout=60_000)
    page.evaluate("document.querySelectorAll('#money details').forEach((each) => { each.open = true; })")
    page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
    result = Axe().run(page)
    assert result.violations_count == 0, result.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= screen.width
    page.close()

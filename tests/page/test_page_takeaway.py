"""Taking an answer away: what is exported is what stands on screen, the link opens it, the command starts it."""

import csv
import io
import json
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from calculator import Calculator, bundled_estimate, follow, screens
from playwright.sync_api import Page, expect

from present import money, state
from roofline import CATALOGUE, Model
from roofline.document import document

LLAMA = "?v=1&model=meta-llama/Llama-3.1-8B&tensor_parallel=1&usd_per_gpu_hour=2.5&units=gib"


def export(page: Page, form: str) -> str:
    """The text that the dialog shows in a format."""
    if not page.locator("#takeaway-dialog[open]").count():
        page.get_by_role("button", name="Export").click()
    page.get_by_role("radio", name=form).check()
    box = page.get_by_role("region", name=f"The answer as {form}")
    expect(box).to_be_visible()
    return str(box.evaluate("(e) => e.textContent"))


def on_screen(page: Page) -> dict[str, tuple[str, str]]:
    """Value and text of every figure of the cards and of money and energy, by its field; of list prices by whose."""
    found = page.evaluate(
        "[...document.querySelectorAll('#cards [data-field], #money [data-field]')]"
        ".map((e) => [e.dataset.field, e.dataset.value, e.textContent])"
    )
    prices = page.evaluate(
        "[...document.querySelectorAll('#money-providers li')].map((item) => {"
        " const parts = ['strong', 'button', '.hint > span', 'time'].map((part) => item.querySelector(part));"
        " return parts.map((part) => part.textContent).toSpliced(1, 0, parts[1].dataset.usd); })"
    )
    figures = {field: (value, text.replace("\u00a0", " ")) for field, value, text in found}
    return figures | {name: (usd, shown, source, date) for name, usd, shown, source, date in prices}


def exported(rows: list[dict]) -> dict[str, tuple[str, ...]]:
    """Rows of an export in the form of `on_screen`."""
    found = {}
    for row in rows:
        value = "" if row["value"] is None else str(row["value"])
        if row["field"] == "list_usd_per_gpu_hour":
            found[row["label"]] = (f"{float(value):g}", row["shown"], row["source"], row["date"])
        elif not row["field"].startswith("volume_"):
            found[row["field"]] = (value, row["shown"])
    return found


def sentences(page: Page) -> list[str]:
    """What stands above the table of hosted prices, without the words on buttons."""
    script = "(all) => all.map((e) => e.firstChild?.data.trim()).filter(Boolean)"
    return page.locator("#money-verdict, #money-volume").evaluate_all(script)


def close(page: Page) -> None:
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)


MONEY = (
    "?v=1&model=meta-llama/Llama-3.1-70B&precision=fp8&tensor_parallel=4&money_output_usd=3"
    "&money_tokens_per_day=20000000&money_usd_per_kwh=0.15&money_pue=1.2"
)


@pytest.mark.parametrize("query", ["", LLAMA, MONEY], ids=["default", "changed", "money"])
def test_every_export_equals_the_screen(boot, page, query):
    boot(page, query)
    if not page.locator("#money").evaluate("(e) => e.open"):
        page.locator("#money > summary").click()
    expect(page.locator("#money-providers li").first).to_be_visible()
    shown, said = on_screen(page), sentences(page)
    assert len(shown) > 35
    assert "kwh_per_month" in shown
    assert ("break_even_yours_tokens_per_day" in shown, len(said)) == ((True, 2) if query == MONEY else (False, 1))

    made = json.loads(export(page, "JSON"))
    assert exported(made["figures"]) == shown
    assert [" ".join(words.split()) for words in made["sentences"]] == [" ".join(words.split()) for words in said]
    assert made["date"] and made["version"] and made["link"].startswith(page.url.split("?")[0])
    assert money.from_query(made["link"].partition("?")[2]) == money.from_query(query)
    for field, (value, *_) in shown.items():
        if field in made:
            assert str(made[field]) == value
    assert state.read(made["scenario"])[0] == state.from_query(query)[0]

    text = export(page, "CSV")
    lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    start = next(index for index, line in enumerate(lines) if line[:1] == ["group"])
    body = [dict(zip(lines[start], line, strict=True)) for line in lines[start + 1 :]]
    assert exported(body) == shown
    assert [line[1] for line in lines[:start] if line[:1] == ["sentence"]] == made["sentences"]

    text = export(page, "Markdown")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    told = [(name, usd, field.strip("`")) for name, usd, field, *_ in rows if field.startswith("`")]
    by_name = {name if field == "list_usd_per_gpu_hour" else field: usd for name, usd, field in told}
    written = {name.replace("\\", ""): usd.replace("\\", "") for name, usd in by_name.items()}
    assert {name: usd for name, usd in written.items() if not name.startswith("volume_")} == {
        name: found[1] for name, found in shown.items()
    }


@pytest.fixture
def opened(booted_page: Page) -> Callable[..., Page]:
    """A function: the module's page after a link, no dialog open, with the clipboard allowed."""

    def after(query: str = "") -> Page:
        booted_page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        close(booted_page)
        follow(booted_page, query)
        return booted_page

    return after


def test_the_json_is_the_command_lines(opened):
    page = opened()
    made = json.loads(export(page, "JSON"))
    name = "deepseek-ai/DeepSeek-V3.1"
    entry = CATALOGUE[name]
    model = Model.from_config(entry.config, name=name, sidecar=entry.sidecar)
    wanted = json.loads(json.dumps(document(model, bundled_estimate(name))))
    for key, value in wanted.items():
        assert made[key] == (pytest.approx(value, rel=1e-9) if isinstance(value, float) else value), key


def test_a_download_is_what_is_shown(opened, tmp_path):
    page = opened(LLAMA)
    for form, suffix in (("JSON", "json"), ("CSV", "csv"), ("Markdown", "md")):
        text = export(page, form)
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Download").click()
        assert waiting.value.suggested_filename == f"Llama-3.1-8B-H200-SXM.{suffix}"
        path = tmp_path / suffix
        waiting.value.save_as(path)
        assert path.read_bytes().decode("utf-8") == text
        expect(page.locator("#takeaway-dialog [role=status]")).to_contain_text(f"Llama-3.1-8B-H200-SXM.{suffix}")


def test_an_export_is_copied(opened):
    page = opened()
    text = export(page, "Markdown")
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.locator("#takeaway-dialog [role=status]")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == text


def test_the_link_opens_the_scenario(opened, boot, page):
    before = opened(LLAMA + "&view=figures")
    figures = Calculator(before).figures()
    before.get_by_role("button", name="Copy link").click()
    expect(before.get_by_role("button", name="Link copied")).to_be_visible()
    link = before.evaluate("navigator.clipboard.readText()")
    boot(page, "?" + link.partition("?")[2])
    assert Calculator(page).figures() == figures


def test_a_link_that_may_not_be_copied_is_shown(boot, page):
    page.add_init_script("navigator.clipboard.writeText = () => Promise.reject(new DOMException('no'))")
    boot(page, LLAMA)
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("dialog", name="Link")).to_contain_text("model=meta-llama/Llama-3.1-8B")
    assert page.evaluate("getSelection().toString()").endswith("units=gib")


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        ("vLLM", ["vllm serve deepseek-ai/DeepSeek-V3.1", "--tensor-parallel-size 8", "--max-num-seqs"]),
        ("SGLang", ["python -m sglang.launch_server --model-path deepseek-ai/DeepSeek-V3.1", "--tp-size 8"]),
        ("TensorRT-LLM", ["trtllm-serve deepseek-ai/DeepSeek-V3.1", "--tp_size 8", "serve.yaml"]),
    ],
)
def test_the_command_of_the_chosen_engine(opened, engine, words):
    page = opened(f"?engine={engine}")
    page.get_by_role("button", name="Serving command").click()
    box = page.get_by_role("region", name=f"Command that starts {engine}")
    for each in words:
        expect(box).to_contain_text(each)
    page.get_by_role("button", name="Copy command").click()
    expect(page.locator("#takeaway-dialog [role=status]")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == box.evaluate("(e) => e.textContent")


def test_what_a_token_opened_leaves_the_page_in_no_export(boot, page, hub):
    hub.add("org/gated", CATALOGUE["Qwen/Qwen3-8B"].config, status=401, headers={"x-error-code": "GatedRepo"})
    config = json.dumps(CATALOGUE["Qwen/Qwen3-8B"].config)

    def gate(route):
        allowed = route.request.headers.get("authorization") == "Bearer hf_reader_token"
        cors = {"access-control-allow-origin": "*", "access-control-allow-headers": "authorization"}
        if route.request.method == "OPTIONS":
            return route.fulfill(status=204, headers=cors)
        if allowed and route.request.url.endswith("/config.json"):
            return route.fulfill(status=200, headers=cors, body=config)
        code = "EntryNotFound" if allowed else "GatedRepo"
        expose = {"access-control-expose-headers": "X-Error-Code", "x-error-code": code}
        return route.fulfill(status=404 if allowed else 401, headers={**cors, **expose}, body="{}")

    page.route("**/org/gated/**", gate)
    calculator = Calculator(boot(page))
    page.locator("#advanced").evaluate("(e) => { e.open = true; }")
    page.get_by_label("Access token for gated models").fill("hf_reader_token")
    calculator.ask("org/gated")
    calculator.answered("org/gated")
    page.get_by_role("button", name="Export").click()
    dialog = page.get_by_role("dialog", name="Export")
    expect(dialog).to_contain_text("read with your access token")
    expect(dialog.get_by_role("button", name="Download")).to_have_count(0)
    expect(dialog.locator("pre")).to_have_count(0)
    close(page)
    page.get_by_role("button", name="How: Cost per Month").click()
    expect(page.get_by_role("dialog")).to_contain_text("not copied or exported")
    expect(page.get_by_role("button", name="Copy the whole working")).to_have_count(0)


def test_by_keyboard_alone(boot, page):
    boot(page)
    button = page.get_by_role("button", name="Export")
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Export")
    expect(dialog).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(dialog.get_by_role("radio", name="JSON")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(dialog.get_by_role("radio", name="CSV")).to_be_checked()
    expect(dialog.get_by_role("radio", name="CSV")).to_be_focused()
    page.keyboard.press("Tab")
    expect(dialog.get_by_role("region")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    assert waiting.value.suggested_filename.endswith(".csv")
    page.keyboard.press("Escape")
    expect(button).to_be_focused()


@pytest.mark.parametrize("screen", list(screens()), ids=str)
def test_the_dialogs_are_accessible(browser, site, screen):
    page = browser.new_page(viewport={"width": screen.width, "height": 800}, color_scheme=screen.theme)
    page.goto(f"{site}?engine=TensorRT-LLM&nodes=2")
    page.wait_for_selector("html[data-state=ready]", timeout=60_000)
    for name in ("Export", "Serving command"):
        page.get_by_role("button", name=name).click()
        page.wait_for_selector("#takeaway-dialog[open] pre")
        result = Axe().run(page)
        assert result.violations_count == 0, result.generate_report()
        assert page.evaluate("document.querySelector('#takeaway-dialog').scrollWidth <= innerWidth")
        close(page)
    page.close()

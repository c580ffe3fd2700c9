"""Taking an answer away: what is exported is what stands on screen, the link opens it, the command starts it."""

import csv
import io
import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from calculator import Calculator, bundled_estimate, screens
from playwright.sync_api import Page, expect

from present import state
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


def on_cards(page: Page) -> dict[str, tuple[str, str]]:
    """Value and text of every figure of the cards, by its field."""
    found = page.evaluate(
        "[...document.querySelectorAll('#cards [data-field]')]"
        ".map((e) => [e.dataset.field, e.dataset.value, e.textContent])"
    )
    return {field: (value, text.replace("\u00a0", " ")) for field, value, text in found}


def close(page: Page) -> None:
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)


@pytest.mark.parametrize("query", ["", LLAMA], ids=["default", "changed"])
def test_every_export_equals_the_screen(boot, page, query):
    boot(page, query)
    cards = on_cards(page)
    assert len(cards) > 20

    made = json.loads(export(page, "JSON"))
    assert {row["field"]: (str(row["value"]), row["shown"]) for row in made["figures"]} == cards
    assert made["date"] and made["version"] and made["link"].startswith(page.url.split("?")[0])
    for field, (value, _) in cards.items():
        if field in made:
            assert str(made[field]) == value
    assert state.read(made["scenario"])[0] == state.from_query(query)[0]

    text = export(page, "CSV")
    lines = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    start = next(index for index, line in enumerate(lines) if line[:1] == ["group"])
    body = [dict(zip(lines[start], line, strict=True)) for line in lines[start + 1 :]]
    assert {row["field"]: (row["value"], row["shown"]) for row in body} == cards

    rows = [line.strip("| ").split(" | ") for line in export(page, "Markdown").splitlines() if line.startswith("| ")]
    shown = {cells[3].strip("`"): cells[1].replace("\\", "") for cells in rows if cells[3].startswith("`")}
    assert shown == {field: text for field, (_, text) in cards.items()}


def test_the_json_is_the_command_lines(boot, page):
    boot(page)
    made = json.loads(export(page, "JSON"))
    name = "deepseek-ai/DeepSeek-V3.1"
    entry = CATALOGUE[name]
    model = Model.from_config(entry.config, name=name, sidecar=entry.sidecar)
    wanted = json.loads(json.dumps(document(model, bundled_estimate(name))))
    for key, value in wanted.items():
        assert made[key] == (pytest.approx(value, rel=1e-9) if isinstance(value, float) else value), key


def test_a_download_is_what_is_shown(boot, page, tmp_path):
    boot(page, LLAMA)
    for form, suffix in (("JSON", "json"), ("CSV", "csv"), ("Markdown", "md")):
        text = export(page, form)
        with page.expect_download() as waiting:
            page.get_by_role("button", name="Download").click()
        assert waiting.value.suggested_filename == f"Llama-3.1-8B-H200-SXM.{suffix}"
        path = tmp_path / suffix
        waiting.value.save_as(path)
        assert path.read_bytes().decode("utf-8") == text
        expect(page.locator("#takeaway-dialog [role=status]")).to_contain_text(f"Llama-3.1-8B-H200-SXM.{suffix}")


def test_an_export_is_copied(boot, page, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    boot(page)
    text = export(page, "Markdown")
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.locator("#takeaway-dialog [role=status]")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()") == text


def test_the_link_opens_the_scenario(boot, page, context):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    boot(page, LLAMA + "&view=figures")
    figures = Calculator(page).figures()
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Link copied")).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
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
def test_the_command_of_the_chosen_engine(boot, page, context, engine, words):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    boot(page, f"?engine={engine}")
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

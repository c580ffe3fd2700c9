"""A reader's token: in memory, to one host, on demand, and nowhere else."""

import pytest
from calculator import Calculator
from playwright.sync_api import expect

from roofline import CATALOGUE

QWEN = CATALOGUE["Qwen/Qwen3-8B"].config
SECRET = "hf_" + "S3cretS3cretS3cret" * 2
CORS = {
    "access-control-allow-origin": "*",
    "access-control-allow-headers": "authorization",
    "access-control-expose-headers": "X-Error-Code",
}
GATED = "Access to model org/gated is restricted. You must have access to it and be authenticated to access it."


class GatedHub:
    """The Hub with one gated model, whose answers depend on the token."""

    def __init__(self, page, accepted=SECRET, granted=True):
        self.accepted, self.granted = accepted, granted
        self.asked: list[tuple[str, str | None]] = []
        self.sent: list[tuple[str, str]] = []
        page.route("https://huggingface.co/**", self.answer)
        page.on("request", self.watch)

    def watch(self, request):
        """Every request of the page, wherever to, with all that it carries."""
        self.sent.append((request.url, f"{request.all_headers()} {request.post_data}"))

    def answer(self, route):
        request = route.request
        name = request.url.partition("?")[0].rsplit("/", 1)[-1]
        token = request.headers.get("authorization")
        self.asked.append((name, token))
        if token is None and "/resolve/" in request.url:
            return route.fulfill(status=401, body=GATED, headers={**CORS, "X-Error-Code": "GatedRepo"})
        if token is not None and token != f"Bearer {self.accepted}":
            return route.fulfill(
                status=401, json={"error": "Invalid credentials in Authorization header"}, headers=CORS
            )
        if not self.granted:
            return route.fulfill(status=403, json={"error": GATED}, headers={**CORS, "X-Error-Code": "GatedRepo"})
        files = {"config.json": QWEN, "gated": {"id": "org/gated", "gated": "manual"}}
        if name in files:
            return route.fulfill(json=files[name], headers=CORS)
        return route.fulfill(status=404, headers={**CORS, "X-Error-Code": "EntryNotFound"})


def kept_nowhere(page, hub):
    """The token is in no address, store, cookie, markup or history entry, and went to one host alone."""
    everything = page.evaluate(
        "JSON.stringify([location.href, document.cookie, {...localStorage}, {...sessionStorage}, history.state,"
        " document.documentElement.outerHTML, performance.getEntries().map((e) => e.name), name])"
    )
    assert SECRET not in everything
    with_token = [url for url, carried in hub.sent if SECRET in url + carried]
    assert not [url for url in with_token if not url.startswith("https://huggingface.co/")]
    assert not [url for url, _ in hub.sent if SECRET in url]
    assert not [cookie for cookie in page.context.cookies() if SECRET in str(cookie)]
    return with_token


def test_a_gated_model_is_read_with_a_token(boot, page):
    said = []
    page.on("console", lambda message: said.append(message.text))
    hub = GatedHub(page)
    calculator = Calculator(boot(page))
    calculator.ask("org/gated")
    assert "enter your token" in calculator.refused("gated-repo")
    assert {token for _, token in hub.asked} == {None}
    page.get_by_role("button", name="Enter a token").click()
    box = page.get_by_label("Access token for gated models")
    expect(box).to_be_focused()
    expect(box).to_have_attribute("type", "password")
    page.keyboard.type(SECRET)
    expect(page.locator("#token-hint")).to_contain_text("Calculate uses it.")
    hub.asked.clear()
    page.keyboard.press("Enter")
    calculator.answered("org/gated")
    expect(page.locator("[data-check]")).to_be_visible()
    tokens = [token for name, token in hub.asked if name == "config.json"]
    assert tokens == [None, f"Bearer {SECRET}"]
    assert kept_nowhere(page, hub)
    assert not [text for text in said if SECRET in text]
    page.reload()
    page.wait_for_selector("html[data-state=ready]", state="attached", timeout=60_000)
    assert page.get_by_label("Access token for gated models").input_value() == ""


def test_public_models_are_asked_for_without_it(boot, page, hub):
    hub.add("org/public", QWEN)
    hub.add_path("/api/models/org/public", {"id": "org/public"})
    hub.add_path("/api/models", [])
    calculator = Calculator(boot(page))
    page.locator("#token").evaluate(
        "(box, text) => { box.value = text; box.dispatchEvent(new Event('input')); }", SECRET
    )
    with page.expect_response("**/api/models?search=abc&**"):
        calculator.control("model").fill("abc")
    calculator.ask("org/public")
    calculator.answered("org/public")
    expect(page.locator("[data-check]")).to_be_visible()
    assert len(hub.requests) == 4
    assert set(hub.authorization) == {None}


def test_it_is_forgotten_on_demand(boot, page):
    hub = GatedHub(page)
    calculator = Calculator(boot(page))
    page.evaluate("document.querySelector('#advanced').open = true")
    expect(page.get_by_role("button", name="Forget")).to_be_hidden()
    page.locator("#token").fill(SECRET)
    page.get_by_role("button", name="Forget").click()
    expect(page.locator("#token")).to_have_value("")
    expect(page.locator("#token")).to_be_focused()
    calculator.ask("org/gated")
    calculator.refused("gated-repo")
    assert {token for _, token in hub.asked} == {None}


@pytest.mark.parametrize(
    ("hub_fields", "code"),
    [({"accepted": "another"}, "token-refused"), ({"granted": False}, "gated-not-granted")],
)
def test_a_token_that_does_not_help(boot, page, hub_fields, code):
    hub = GatedHub(page, **hub_fields)
    calculator = Calculator(boot(page))
    page.evaluate("document.querySelector('#advanced').open = true")
    page.locator("#token").fill(SECRET)
    calculator.ask("org/gated")
    assert SECRET not in calculator.refused(code)
    kept_nowhere(page, hub)


def test_what_is_no_token_is_not_sent(boot, page):
    hub = GatedHub(page)
    calculator = Calculator(boot(page))
    page.evaluate("document.querySelector('#advanced').open = true")
    page.locator("#token").fill("two words, tokens never")
    expect(page.locator("#token-hint")).to_contain_text("not an access token")
    calculator.ask("org/gated")
    calculator.refused("gated-repo")
    assert {token for _, token in hub.asked} == {None}


def test_a_token_in_the_model_box_goes_nowhere(boot, page):
    """A slip of the hand: neither a search, nor a request, nor the link, nor the recent models have it."""
    hub = GatedHub(page)
    calculator = Calculator(boot(page))
    calculator.control("model").fill(SECRET)
    page.wait_for_timeout(600)
    calculator.calculate()
    assert "access token" in calculator.refused("invalid-number")
    assert hub.asked == []
    kept_nowhere(page, hub)

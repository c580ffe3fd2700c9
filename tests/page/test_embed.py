"""The calculator inside other pages: what it shows, what it tells its host, and what it leaves alone."""

import itertools
import json
import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from hosts import heard, host, iframe, inside, ready
from playwright.sync_api import expect

from roofline import CATALOGUE, Deployment, Model, Workload, estimate
from roofline.document import document
from serve import serving, tree

SITE = Path(__file__).resolve().parents[2] / "site"
ANY_ORIGIN = {"Access-Control-Allow-Origin": "*"}
FIGURES = {
    "memory": {"max_concurrency", "weight_bytes", "kv_cache_bytes", "tensor_parallel"},
    "performance": {"ttft_s", "replica_decode_tokens_per_s", "request_tokens_per_s", "system_tokens_per_s"},
    "cost": {
        "usd_per_million_input_tokens",
        "usd_per_million_output_tokens",
        "usd_per_million_tokens",
        "usd_per_month",
    },
}


@pytest.fixture
def embedded(page, site, tmp_path):
    """A function: the calculator with this query, in a frame of a page of another origin, once it is ready."""
    servers = []

    def opened(query="?embed=1", attributes=""):
        running = host(tmp_path, index=iframe(site + query, f"id=frame {attributes}"))
        page.goto(running.__enter__().url)
        servers.append(running)
        return ready(inside(page, site))

    yield opened
    for running in servers:
        running.__exit__(None, None, None)


def large(frame) -> set[str]:
    """The figures that are shown large."""
    script = "[...document.querySelectorAll('.figure [data-field]')].filter((e) => e.checkVisibility())"
    return set(frame.evaluate(script + ".map((e) => e.dataset.field)"))


def engine_says(**deployment):
    """The command line's document, through JSON, for the first scenario's model."""
    name = "deepseek-ai/DeepSeek-V3.1"
    model = Model.from_config(CATALOGUE[name].config, name=name, sidecar=CATALOGUE[name].sidecar)
    result = estimate(model, Deployment(**{"tensor_parallel": 8, **deployment}), Workload())
    return json.loads(json.dumps(document(model, result)))


def test_figures_come_first_and_the_form_waits_behind_a_disclosure(embedded):
    frame = embedded("?embed=1&gpu=B200+SXM")
    assert frame.locator("#headline").inner_text().startswith("Fits: ")
    assert large(frame) == set.union(*FIGURES.values())
    for gone in ("#theme", ".colophon", "#tabs", ".notes", "#units", "#actions", "#scenario"):
        expect(frame.locator(gone)).to_be_hidden()
    frame.get_by_text("Change the scenario").click()
    expect(frame.locator("#scenario")).to_be_visible()
    expect(frame.get_by_label("GPU", exact=True)).to_have_value("B200 SXM")
    figures, form = (frame.locator(each).bounding_box()["y"] for each in ("#cards", "#scenario"))
    assert figures < form
    frame.get_by_label("GPU", exact=True).select_option("H200 SXM")
    expect(frame.locator("#asked")).to_contain_text("H200 SXM")


@pytest.mark.parametrize(
    ("show", "figures", "visible", "hidden"),
    [
        ("cost", FIGURES["cost"], [], ["#headline", "#asked", "#frame-form"]),
        ("headline,memory", FIGURES["memory"], ["#headline"], ["#frame-form", ".notes"]),
        ("ttft_s,usd_per_month,notes", {"ttft_s", "usd_per_month"}, [".notes"], ["#headline", "#group-memory"]),
        ("ttft_s,performance,form", FIGURES["performance"], ["#frame-form"], ["#group-cost"]),
        ("headline,form,tabs", set(), ["#tabs", "#headline"], ["#group-memory"]),
    ],
)
def test_show_names_parts_and_cards(site, page, show, figures, visible, hidden):
    """From the first paint on: Python changes nothing of it."""
    page.goto(f"{site}?embed=1&show={show}", wait_until="domcontentloaded")
    assert large(page) == figures
    for each in visible:
        expect(page.locator(each)).to_be_visible()
    for each in hidden:
        expect(page.locator(each)).to_be_hidden()
    assert f"show={show}" in page.url


def test_a_part_that_does_not_exist_is_named_to_the_author(page, site, hub):
    hub.expected_errors = ["there is no such part"]
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(site + "?embed=1&show=cost,nonsense,%22%5D%7B%7D")
    assert large(page) == FIGURES["cost"]
    assert "show=nonsense: there is no such part" in said


def test_a_view_can_stand_in_the_frame(page, boot):
    boot(page, "?embed=1&show=headline&view=accuracy")
    expect(page.locator("#view-accuracy")).to_be_visible()
    expect(page.locator("#cards")).to_be_hidden()
    assert page.locator(".frame-foot a").get_attribute("href").endswith("?view=accuracy")


@pytest.mark.parametrize(("theme", "scheme"), [("light", "light"), ("dark", "dark"), ("pink", "light dark")])
def test_the_author_chooses_the_colours(page, site, theme, scheme):
    page.emulate_media(color_scheme="dark" if theme == "light" else "light")
    page.goto(f"{site}?embed=1&theme={theme}", wait_until="domcontentloaded")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == scheme


def test_the_choice_of_a_visit_does_not_reach_a_frame_that_has_its_own(page, site):
    page.add_init_script("localStorage.setItem('roofline:theme', 'light')")
    page.goto(site + "?embed=1&theme=dark", wait_until="domcontentloaded")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


def test_nothing_of_the_full_page_flashes_by(page, boot, site):
    """What is on screen at each frame of the start: never the masthead's switch, nor the form."""
    page.add_init_script("""
        window.seen = new Set();
        const look = () => {
            for (const e of document.querySelectorAll("#theme, #scenario, .colophon, .summary-bar"))
                if (e.checkVisibility()) seen.add(e.id || e.className);
            if (document.documentElement?.dataset.state !== "ready") requestAnimationFrame(look);
        };
        look();
    """)
    boot(page, "?embed=1")
    assert page.evaluate("[...seen]") == []
    page.goto(site)
    assert "scenario" in page.evaluate("[...seen]")


def test_only_a_frame_fetches_what_only_a_frame_needs(server, boot, page):
    server.sent.clear()
    boot(page)
    own = {path for path, _ in server.sent}
    assert not [path for path in own if path.endswith(("embed.css", "embed.js", "dialog.css"))]


def test_the_way_to_the_full_calculator_carries_the_scenario(page, boot, site):
    boot(page, "?embed=1&theme=dark&show=headline,cost,form&v=1&gpu=B200+SXM")
    link = page.get_by_role("link", name="Open the full calculator")
    assert link.get_attribute("target") == "_blank"
    assert link.evaluate("(a) => a.href") == f"{site}?v=1&gpu=B200+SXM"
    page.get_by_text("Change the scenario").click()
    page.locator("[name=nodes]").fill("2")
    expect(link).to_have_attribute("href", "/some/project/?v=1&gpu=B200+SXM&nodes=2")
    assert "embed=1&theme=dark&show=headline,cost,form" in page.url


def test_the_host_hears_the_height_as_it_changes(embedded, page):
    frame = embedded()
    tall = heard(page, "roofline:height")[-1]
    assert tall["version"] == 1
    assert tall["px"] == frame.evaluate("Math.ceil(document.documentElement.getBoundingClientRect().height)")
    frame.get_by_text("Change the scenario").click()
    page.wait_for_function("(px) => said.at(-1).px > px + 300", arg=tall["px"])
    wide_px = page.evaluate("said.at(-1).px")
    page.set_viewport_size({"width": 360, "height": 800})
    page.wait_for_function("(px) => said.at(-1).px > px + 300", arg=wide_px)
    narrow_px = page.evaluate("said.at(-1).px")
    frame.get_by_text("Change the scenario").click()
    page.wait_for_function("(px) => said.at(-1).px < px - 300", arg=narrow_px)


def test_the_host_gets_the_command_lines_document(embedded, page, site):
    embedded("?embed=1&gpu=B200+SXM")
    page.evaluate("ask(frame)")
    (said,) = heard(page, "roofline:result")
    assert said["version"] == 1 and said["problem"] is None
    assert said["from"] == site.removesuffix("/some/project/")
    assert said["result"] == engine_says(gpu="B200 SXM")


def test_who_asks_before_python_is_ready_is_answered_once_it_is(page, site, tmp_path):
    early = "<script>frame.onload = () => { for (let i = 0; i < 9; i++) ask(frame); }</script>"
    with host(tmp_path, index=iframe(site + "?embed=1", "id=frame") + early) as running:
        page.goto(running.url)
        ready(inside(page, site))
        answers = heard(page, "roofline:result")
    assert [each["result"] for each in answers] == [engine_says()]


def test_an_answer_goes_to_who_asked_and_to_no_one_else(page, site, tmp_path):
    """A page beside the frame asks; the host, which is around both, hears nothing."""
    asks = "<script>addEventListener('message', ({data}) => data === 'go' && ask(parent.frames[0]))</script>"
    pages = {
        "index": iframe(site + "?embed=1") + iframe("beside.html", "id=beside"),
        "beside": "<script>window.go = () => parent.frames[0].postMessage({type: 'roofline:get'}, '*')</script>" + asks,
    }
    with host(tmp_path, **pages) as running:
        page.goto(running.url)
        ready(inside(page, site))
        beside = inside(page, running.url + "beside")
        beside.evaluate("go()")
        beside.wait_for_function("said.some((each) => each.type === 'roofline:result')", timeout=15_000)
        assert {each["type"] for each in page.evaluate("said")} == {"roofline:height"}


def test_other_messages_are_ignored(embedded, page):
    frame = embedded()
    heard(page, "roofline:height")
    # the last words of a start: the answer for screen readers, a moment after it
    expect(frame.locator("#announcement")).not_to_be_empty()
    before = frame.evaluate("document.body.innerText")
    page.evaluate("for (const m of [null, 1, 'x', {}, {type: 'roofline:set'}]) frame.contentWindow.postMessage(m, '*')")
    page.wait_for_timeout(300)
    assert frame.evaluate("document.body.innerText") == before
    assert {each.get("type") for each in page.evaluate("said")} == {"roofline:height"}


def test_no_result_is_said_with_the_reason(embedded, page):
    embedded("?embed=1&model=not+a+model&gpu=H200+SXM")
    page.evaluate("ask(frame)")
    (said,) = heard(page, "roofline:result")
    assert said["result"] is None
    assert said["problem"]["code"] == "invalid-model-id" and said["problem"]["text"]


def test_what_does_not_fit_has_a_document_too(embedded, page):
    embedded("?embed=1&gpu=H100+SXM")
    page.evaluate("ask(frame)")
    (said,) = heard(page, "roofline:result")
    assert said["problem"]["code"] == "does-not-fit"
    assert said["result"] == engine_says(gpu="H100 SXM")
    assert said["result"]["fits"] is False


def test_an_answer_waits_for_a_model_under_way(embedded, page, hub):
    hub.add("org/slow", CATALOGUE["Qwen/Qwen3-8B"].config)
    hub.add_path("/api/models/org/slow", {"id": "org/slow"})
    frame = embedded()
    frame.get_by_text("Change the scenario").click()
    held = []

    def hold(route):
        held.append(route)

    page.route("**/org/slow/resolve/main/config.json", hold)
    frame.locator("[name=model]").fill("org/slow")
    frame.locator("[name=model]").press("Enter")
    expect(frame.locator("#waiting")).to_be_visible()
    page.evaluate("ask(frame)")
    page.wait_for_timeout(300)
    assert page.evaluate("said.filter((each) => each.type === 'roofline:result')") == []
    for route in held:
        hub.reply(route)
    (said,) = heard(page, "roofline:result")
    assert said["result"]["model"] == "org/slow"


def test_no_token_is_asked_for(page, boot, hub):
    hub.add("org/gated", status=401, headers={"x-error-code": "GatedRepo"})
    boot(page, "?embed=1&model=org/gated")
    page.get_by_text("Change the scenario").click()
    page.evaluate("document.querySelector('#advanced').open = true")
    expect(page.locator("#token")).to_be_hidden()
    expect(page.locator("#token")).to_be_disabled()
    page.get_by_role("button", name="Calculate Performance").click()
    expect(page.locator("#problem")).to_have_attribute("data-error", "gated-repo")
    expect(page.locator("#problem")).to_contain_text("in the full calculator")
    expect(page.get_by_role("button", name="Enter a token")).to_have_count(0)


def test_the_hosts_back_button_stays_the_hosts(embedded, page):
    frame = embedded()
    before = page.evaluate("history.length")
    frame.get_by_text("Change the scenario").click()
    frame.locator("#presets [data-model]").first.click()
    expect(frame.locator("#asked li").first).not_to_have_text("deepseek-ai/DeepSeek-V3.1")
    assert page.evaluate("history.length") == before


@pytest.fixture
def sandboxed(page, hub, tmp_path):
    """A function: the calculator under sandbox="allow-scripts", its server sending these headers."""
    with serving(tree(SITE), "/some/project/") as calculator:

        def opened(headers, query="?embed=1"):
            calculator.headers = headers
            running = host(tmp_path, index=iframe(calculator.url + query, 'id=frame sandbox="allow-scripts"'))
            page.goto(servers.append(running) or running.__enter__().url)
            return inside(page, calculator.url)

        servers = []
        yield opened
        for running in servers:
            running.__exit__(None, None, None)


def test_a_sandbox_computes_where_the_calculators_server_lets_it(sandboxed, page, hub):
    hub.add("org/public", CATALOGUE["Qwen/Qwen3-8B"].config)
    hub.add_path("/api/models/org/public", {"id": "org/public"})
    frame = ready(sandboxed(ANY_ORIGIN, "?embed=1&gpu=B200+SXM&theme=dark"))
    assert frame.evaluate("self.origin") == "null"
    page.evaluate("ask(frame)")
    assert heard(page, "roofline:result")[0]["result"] == engine_says(gpu="B200 SXM")
    frame.get_by_text("Change the scenario").click()
    frame.get_by_label("GPU", exact=True).select_option("H200 SXM")
    expect(frame.locator("#asked")).to_contain_text("H200 SXM")
    link = frame.get_by_role("link", name="Open the full calculator")
    expect(link).to_have_attribute("href", "/some/project/")
    frame.locator("[name=model]").fill("org/public")
    frame.get_by_role("button", name="Calculate Performance").click()
    expect(frame.locator("#asked li").first).to_have_text("org/public", timeout=10_000)
    expect(link).to_have_attribute("href", "/some/project/?v=1&model=org/public")
    frame.locator("[name=model]").fill("Qwen/Qwen3-8B")
    frame.locator("[name=model]").press("Enter")
    expect(frame.locator("#asked li").first).to_have_text("Qwen/Qwen3-8B")


def test_every_way_to_ask_for_a_model_works_in_a_sandbox(sandboxed, hub):
    """There a form is not submitted: not by the button that offers to read a model, nor by Enter once it was there."""
    for name in ("org/one", "org/two"):
        hub.add(name, CATALOGUE["Qwen/Qwen3-8B"].config)
        hub.add_path(f"/api/models/{name}", {"id": name})
    frame = ready(sandboxed(ANY_ORIGIN, "?embed=1&gpu=B200+SXM"))
    frame.get_by_text("Change the scenario").click()
    frame.locator("[name=model]").fill("org/one")
    frame.get_by_role("button", name="Read and calculate").click()
    expect(frame.locator("#asked li").first).to_have_text("org/one", timeout=10_000)
    frame.locator("[name=model]").fill("org/two")
    expect(frame.get_by_role("button", name="Read and calculate")).to_be_visible()
    frame.locator("[name=model]").press("Enter")
    expect(frame.locator("#asked li").first).to_have_text("org/two", timeout=10_000)


def test_a_sandbox_is_told_why_where_the_server_does_not(sandboxed, page, hub):
    hub.expected_errors = ["CORS policy", "net::ERR_FAILED"]
    frame = ready(sandboxed({}), "failed")
    notice = frame.locator("#boot-notice")
    expect(notice).to_contain_text("Access-Control-Allow-Origin")
    expect(notice.get_by_role("button")).to_have_count(0)
    expect(frame.locator("#cards")).to_be_visible()
    expect(frame.get_by_text("Change the scenario")).to_be_hidden()
    expect(frame.get_by_role("link", name="Open the full calculator")).to_be_visible()
    page.evaluate("ask(frame)")
    (said,) = heard(page, "roofline:result")
    assert said["result"] is None and said["problem"]["code"] == "not-started"
    assert heard(page, "roofline:height")[-1]["px"] > 200


def test_axe_finds_nothing_and_nothing_is_cut_off(page, boot):
    boot(page, "?embed=1&show=headline,memory,performance,cost,notes,form")
    page.get_by_text("Change the scenario").click()
    for width in (320, 360, 600, 1000):
        page.set_viewport_size({"width": width, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    every = list(itertools.product((320, 360, 600, 1000), ("light", "dark")))
    for width, theme in every if os.environ.get("EVERY_SCREEN") else [(320, "dark"), (600, "light")]:
        page.set_viewport_size({"width": width, "height": 700})
        page.emulate_media(color_scheme=theme)
        found = Axe().run(page, options={"rules": {"target-size": {"enabled": True}}})
        assert found.violations_count == 0, f"{width} {theme}: {found.generate_report()}"


def test_the_element_loads_when_it_comes_near_and_takes_the_height(page, site, tmp_path):
    element = (
        f'<roofline-embed src="{site}?embed=1" title="Estimate" height="300"><a href="{site}">x</a></roofline-embed>'
    )
    body = f'<script src="{site}js/roofline-embed.js" async></script><div style="height: 6000px"></div>{element}'
    with host(tmp_path, index=body) as running:
        page.goto(running.url)
        page.wait_for_selector("roofline-embed iframe", state="attached")
        page.wait_for_timeout(500)
        assert page.evaluate("said") == []
        page.locator("roofline-embed").scroll_into_view_if_needed()
        frame = ready(inside(page, site))
        box = page.locator("roofline-embed iframe")
        assert box.get_attribute("title") == "Estimate"
        needed = frame.evaluate("Math.ceil(document.documentElement.getBoundingClientRect().height)")
        assert heard(page, "roofline:height")[-1]["px"] == needed
        expect(box).to_have_attribute("height", str(needed))
        page.evaluate("postMessage({type: 'roofline:height', version: 1, px: 5000}, '*')")
        page.wait_for_timeout(100)
        expect(box).to_have_attribute("height", str(needed))
        page.evaluate("document.body.append(document.querySelector('roofline-embed'))")
        ready(inside(page, site))

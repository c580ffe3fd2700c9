"""How the page starts, whatever it then shows: from a sub-path, from this site alone, with words when it fails."""

import json
import re
from pathlib import Path

import pytest
from conftest import SITE, skip_waits
from playwright.sync_api import expect


def test_boots_below_a_sub_path_from_this_machine_only(boot, page):
    boot(page)
    marks = page.evaluate("performance.getEntriesByType('mark').map((mark) => mark.name)")
    assert "roofline:ready" in marks
    assert page.locator("#boot-notice").is_hidden()


def test_uses_the_compiled_library_and_nothing_of_the_stock_one(server, boot, python, page):
    server.sent.clear()
    boot(page)
    names = {path.rsplit("/", 1)[-1] for path, _ in server.sent}
    assert "stdlib.packed" in names
    assert not names & {"python_stdlib.packed", "pyodide-lock.json"}
    assert python(page, "import json; json.__file__").endswith(".pyc")


def test_nothing_is_downloaded_twice(server, boot, page):
    server.sent.clear()
    boot(page)
    paths = [path for path, _ in server.sent]
    assert sorted(paths) == sorted(set(paths))


def test_first_result_needs_at_most_5_5_megabytes(server, boot, page):
    server.sent.clear()
    boot(page)
    assert sum(size for _, size in server.sent) <= 5.5e6


def test_progress_goes_from_downloading_to_opening(boot, page):
    page.add_init_script(
        "window.stages = [];document.addEventListener('roofline:progress', (event) => stages.push(event.detail), true);"
    )
    boot(page)
    stages = page.evaluate("stages")
    assert stages[0]["stage"] == "downloading"
    assert stages[-1]["stage"] == "opening"
    loaded = [stage["loaded"] for stage in stages]
    assert loaded == sorted(loaded)
    counted = (SITE / "runtime/pyodide/pyodide.asm.wasm.packed", SITE / "runtime/pyodide/stdlib.packed")
    assert stages[-1]["loaded"] == stages[-1]["total"] == sum(file.stat().st_size for file in counted)


def test_a_worker_compiles_what_pythons_start_calls(browser, boot, page):
    """Of 1,500 functions; what the page's own thread compiles takes its time from the reader."""
    browser.start_tracing(page=page, categories=["v8.wasm", "blink.user_timing"])
    boot(page)
    events = json.loads(browser.stop_tracing())["traceEvents"]
    threads = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e["name"] == "thread_name"}
    (started,) = (e["ts"] for e in events if e["name"] == "roofline:python")
    compiled = [e for e in events if e["name"] == "wasm.CompileLazy" and e["ts"] < started]
    on_the_pages_thread = [e for e in compiled if threads[e["pid"], e["tid"]] == "CrRendererMain"]
    assert len(compiled) > 1_000
    assert len(on_the_pages_thread) < 200


def test_a_worker_that_never_ends_holds_nothing_up(boot, page, hub):
    """It has given the module, and then calls functions, which is a service only."""
    told = (SITE / "runtime" / "unpack" / "unpack.mjs").read_text("utf-8")
    endless, count = re.subn(r"postMessage\(\{called:!0\}\)", "(()=>{for(;;);})()", told)
    assert count == 1
    page.route("**/unpack.mjs*", lambda route: route.fulfill(body=endless, content_type="text/javascript"))
    boot(page)
    assert page.locator("#boot-notice").is_hidden()
    # a browser gives a busy worker some seconds
    while page.workers:
        page.wait_for_timeout(100)


def test_what_has_arrived_is_told_while_the_rest_is_awaited(site, page):
    page.route("**/stdlib.packed*", lambda route: None)
    held = []

    def hold(route):
        held.append(route)

    page.route("**/pyodide.asm.wasm.packed*", hold)
    page.goto(site, wait_until="commit")
    page.wait_for_function("Boolean(document.querySelector('script[data-packed]')?.binary?.arrives)")
    # all of the binary arrives within one moment
    page.evaluate("performance.now = () => 1e9")
    held.pop().continue_()
    binary, library = (SITE / "runtime/pyodide" / name for name in ("pyodide.asm.wasm.packed", "stdlib.packed"))
    here, all_of_it = binary.stat().st_size, binary.stat().st_size + library.stat().st_size
    stage = f"Loading Python: {here / 1e6:.1f} of {all_of_it / 1e6:.1f} MB"
    expect(page.locator("#boot-stage")).to_have_text(stage)


def test_a_failed_fetch_raises_in_python_even_where_the_error_has_no_stack(boot, python, page):
    """WebKit's network error has no `stack`; Pyodide takes such a thing for no exception."""
    page.add_init_script(
        "const real = fetch; window.fetch = (url, ...rest) => String(url).includes('no-stack')"
        " ? Promise.reject(Object.defineProperty(Object.setPrototypeOf({name: 'TypeError', message: 'Load failed'},"
        " TypeError.prototype), 'message', {value: 'Load failed'})) : real(url, ...rest);"
    )
    boot(page)
    code = """
from js import fetch
try:
    await fetch("https://huggingface.co/no-stack")
    outcome = "no error"
except Exception as error:
    outcome = str(error)
outcome
"""
    assert "Load failed" in python(page, code)


@pytest.mark.parametrize(
    "part", ["core.js", "boot.mjs", "pyodide.asm.wasm", "unpack.mjs", "stdlib.packed", "app.packed"]
)
def test_a_part_that_does_not_arrive_is_said_with_a_retry(site, page, hub, part):
    hub.expected_errors = [".*"]
    page.route(re.compile(rf"/{re.escape(part)}"), lambda route: route.abort())
    page.clock.install()
    page.goto(site)
    notice = page.locator("#boot-notice")
    skip_waits(page, notice, "could not be loaded")
    assert page.locator("html").get_attribute("data-state") == "failed"
    # a request that is on its way meets the route or none, not both
    page.wait_for_load_state("networkidle")
    page.unroute(re.compile(rf"/{re.escape(part)}"))
    notice.get_by_role("button", name="Retry").click()
    expect(page.locator("html")).to_have_attribute("data-state", "ready", timeout=60_000)
    expect(notice).to_be_hidden()


def test_a_binary_that_is_something_else_is_said_with_a_retry(site, page, hub):
    """A network that wants a sign-in answers everything with a page of its own."""
    hub.expected_errors = [".*"]
    page.route("**/pyodide.asm.wasm.packed*", lambda route: route.fulfill(body="<p>Sign in</p>" * 20_000))
    page.clock.install()
    page.goto(site)
    skip_waits(page, page.locator("#boot-notice"), "could not be loaded")
    assert page.locator("html").get_attribute("data-state") == "failed"


def test_no_progress_for_20_seconds_is_said_and_taken_back(site, page, hub):
    hub.expected_errors = ["preloaded using link preload but not used within a few seconds"]
    page.clock.install()
    held = []

    def hold(route):
        held.append(route)

    page.route("**/stdlib.packed*", hold)
    with page.expect_request("**/stdlib.packed*"):
        page.goto(site)
    notice = page.locator("#boot-notice")
    # all other progress has been made
    page.evaluate("document.querySelector('script[data-packed]').binary.module.then(() => true)")
    page.clock.fast_forward(15_000)
    expect(notice).to_be_hidden()
    page.clock.fast_forward(6_000)
    expect(notice).to_contain_text("unusually long")
    assert page.locator("html").get_attribute("data-state") == "loading"
    page.clock.resume()
    for route in held:
        route.continue_()
    expect(page.locator("html")).to_have_attribute("data-state", "ready", timeout=60_000)
    expect(notice).to_be_hidden()


def test_opened_as_a_file_it_says_what_to_do(browser, root: Path):
    page = browser.new_page()
    page.goto((root / "site" / "index.html").as_uri())
    expect(page.locator("#boot-notice")).to_contain_text("make run")
    assert page.locator("html").get_attribute("data-state") == "failed"
    page.close()


def test_without_scripts_it_says_what_to_do(browser, site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site)
    assert re.search("scripts", page.locator("noscript").inner_text())
    context.close()


def test_the_second_archive_comes_and_is_imported_from(boot, python, page):
    boot(page)
    code = "from page import later\nmodule = await later.module('roofline.search')\nmodule.__file__"
    assert python(page, code).endswith("roofline/search.pyc")


def test_the_charts_are_not_fetched_at_the_start(server, boot, page):
    server.sent.clear()
    boot(page)
    assert not [path for path, _ in server.sent if "chart" in path or "plot" in path]

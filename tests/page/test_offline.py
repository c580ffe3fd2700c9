"""Without a network: the service worker, its updates, and what a shaky connection does to a first visit."""

import gzip
import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from calculator import Calculator, bundled_estimate
from chromium import ONLINE, set_online
from conftest import BASE, SITE, wait_ready
from playwright.sync_api import BrowserContext, Page, expect

import app_zip
import offline
import runtime
from roofline import CATALOGUE
from serve import Server, serving, tree

QWEN = CATALOGUE["Qwen/Qwen3-8B"].config
CAME = (
    "(name) => performance.getEntriesByType('resource').some((e) => e.name.includes(name) && e.responseStatus === 200)"
)
LIST = re.compile(r'\[\{"url":.*?\}\]')


@pytest.fixture
def profile(browser) -> Iterator[BrowserContext]:
    """A fresh profile that may have service workers, and no wish beyond this machine."""
    context = browser.new_context(service_workers="allow")
    context.add_init_script(ONLINE)
    yield context
    context.close()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The site in a folder of its own, to be changed."""
    folder = tmp_path / "site"
    shutil.copytree(SITE, folder)
    return folder


def installed(page: Page) -> Page:
    """Wait until the page works without a network."""
    wait_ready(page)
    page.wait_for_selector("html[data-offline=ready]", state="attached", timeout=30_000)
    return page


def visited(context: BrowserContext, url: str) -> Page:
    """A page whose service worker is in place."""
    page = context.new_page()
    page.goto(url)
    return installed(page)


@contextmanager
def mortal(folder: Path) -> Iterator[Server]:
    """A server that may be stopped before the block ends."""
    with serving(tree(folder), BASE) as server:
        yield server


def stop(server: Server) -> None:
    """Nothing listens there any more."""
    server.shutdown()
    server.server_close()


def publish(folder: Path, name: str = "index.html", change: tuple[str, str] = ("<title>", "<title>New: ")) -> None:
    """Change a file of a site and list it anew, as another `make site` would."""
    file = folder / name
    content = file.read_text("utf-8")
    assert change[0] in content
    file.write_text(content.replace(*change, 1), "utf-8")
    worker = folder / offline.WORKER
    entries = json.dumps(offline.kept(folder), separators=(",", ":"))
    worker.write_text(LIST.sub(lambda _: entries, worker.read_text("utf-8"), count=1), "utf-8")


def look_for_update(page: Page) -> None:
    """What the browser does by itself on a visit."""
    page.evaluate("navigator.serviceWorker.getRegistration().then((registration) => registration.update())")


def test_every_file_that_a_page_can_ask_for_is_listed_with_its_hash():
    listed = json.loads(LIST.search((SITE / offline.WORKER).read_text("utf-8"))[0])
    assert listed == offline.kept(SITE)
    names = {entry["url"] for entry in listed}
    files = {path.relative_to(SITE).as_posix() for path in SITE.rglob("*") if path.is_file()}
    assert files - names == {name for name in files if name.startswith(".")} | (set(offline.NOT_KEPT) & files)
    needed = {"runtime/pyodide/pyodide.asm.wasm.packed", "runtime/unpack/unpack.mjs", *app_zip.ARCHIVES}
    assert {"index.html", *needed} <= names


def test_with_the_server_dead_a_new_tab_computes(profile, copy):
    with mortal(copy) as server:
        visited(profile, server.url)
        stop(server)
        page = profile.new_page()
        errors = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{server.url}?model=openai/gpt-oss-120b&gpu=B200+SXM&tensor_parallel=2#results")
        calculator = Calculator(wait_ready(page))
        calculator.answered("openai/gpt-oss-120b")
        calculator.agrees_with(bundled_estimate("openai/gpt-oss-120b", gpu="B200 SXM", tensor_parallel=2))
        calculator.ask("meta-llama/Llama-3.1-8B")
        calculator.answered("meta-llama/Llama-3.1-8B")
        assert errors == []


def test_the_page_can_be_installed(profile, copy):
    with mortal(copy) as server:
        page = visited(profile, server.url)
        told = profile.new_cdp_session(page).send("Page.getAppManifest")
        assert told["url"] == f"{server.url}{offline.MANIFEST}"
        assert told["errors"] == []
        assert json.loads(told["data"])["display"] == "standalone"


def test_every_view_works_with_the_server_dead(profile, copy):
    """What is fetched late, and would come from the server, is kept too."""
    with mortal(copy) as server:
        visited(profile, server.url)
        stop(server)
        page = profile.new_page()
        missing = []
        page.on("requestfailed", lambda request: missing.append(request.url))
        page.goto(server.url)
        wait_ready(page)
        for tab in page.get_by_role("tab").all():
            if tab.is_enabled():
                tab.click()
                expect(tab).to_have_attribute("aria-selected", "true")
                page.wait_for_timeout(300)
        assert missing == []


def test_the_cache_has_a_name_of_its_own(profile, site):
    page = visited(profile, site)
    names = page.evaluate("caches.keys()")
    assert names == [f"roofline-precache-v2-{site}"]


KEPT = """async (name) => {
    const response = await caches.match(name, { ignoreSearch: true });
    return [response.headers.get("content-type"), (await response.arrayBuffer()).byteLength];
}"""


def test_what_is_packed_is_kept_as_it_is_used(profile, site):
    page = visited(profile, site)
    binary = page.evaluate(KEPT, "runtime/pyodide/pyodide.asm.wasm.packed")
    assert binary == ["application/wasm", (runtime.RUNTIME / "pyodide" / runtime.BINARY).stat().st_size]
    for name in ("runtime/pyodide/stdlib.packed", *app_zip.ARCHIVES):
        inflated = gzip.decompress((SITE / name).read_bytes())
        assert page.evaluate(KEPT, name) == ["application/zip", len(inflated)]


def test_a_reload_past_the_service_worker_starts_too(profile, site):
    """What the browser's "reload, ignoring the cache" does; the page's own worker may get what the other one keeps."""
    page = visited(profile, site)
    page.context.new_cdp_session(page).send("Page.reload", {"ignoreCache": True})
    page.wait_for_function("performance.getEntriesByType('navigation')[0].type === 'reload'")
    expect(page.locator("html")).to_have_attribute("data-state", "ready", timeout=60_000)
    assert page.evaluate("navigator.serviceWorker.controller") is None


def test_the_worker_is_registered_after_the_first_result(profile, site):
    page = profile.new_page()
    page.add_init_script(
        "const real = navigator.serviceWorker.register.bind(navigator.serviceWorker);"
        "navigator.serviceWorker.register = (...all) => {"
        " window.resultFirst = performance.getEntriesByName('roofline:result').length > 0; return real(...all); };"
    )
    page.goto(site)
    installed(page)
    assert page.evaluate("resultFirst") is True


def test_an_update_is_offered_and_taken_without_losing_the_form(profile, copy):
    with mortal(copy) as server:
        page = visited(profile, server.url)
        calculator = Calculator(page)
        page.get_by_text("Paste config.json", exact=True).click()
        page.get_by_label("Text of a config.json").fill(json.dumps(QWEN))
        calculator.answered("pasted config.json")
        calculator.control("output_tokens").fill("2k")
        expect(page.locator("#asked")).to_contain_text("2,048 out")
        calculator.control("nodes").fill("not yet a number")
        expect(page.locator("#announcement")).to_contain_text("One entry cannot be used")
        publish(copy)
        look_for_update(page)
        bar = page.locator("#update")
        expect(bar).to_contain_text("A new version of this page is ready.")
        page.wait_for_timeout(500)
        assert not page.title().startswith("New: "), "taken without being asked"
        expect(page.locator("#announcement")).to_contain_text("A new version")
        with page.expect_navigation():
            bar.get_by_role("button", name="Reload").click()
        wait_ready(page)
        assert page.title().startswith("New: ")
        expect(calculator.control("nodes")).to_have_value("not yet a number")
        expect(calculator.control("output_tokens")).to_have_value("2048")
        calculator.refused("invalid-number")
        calculator.control("nodes").fill("1")
        calculator.answered("pasted config.json")
        assert page.locator("#update").count() == 0


def test_an_update_put_off_is_offered_at_the_next_visit(profile, copy):
    with mortal(copy) as server:
        page = visited(profile, server.url)
        publish(copy)
        look_for_update(page)
        page.get_by_role("button", name="Later").click()
        expect(page.locator("#update")).to_have_count(0)
        page.reload()
        assert not wait_ready(page).title().startswith("New: ")
        expect(page.locator("#update")).to_be_visible()


def test_a_tab_that_another_one_left_behind_is_told_and_gets_no_new_files(profile, copy):
    with mortal(copy) as server:
        left, taking = visited(profile, server.url), visited(profile, server.url)
        publish(copy, "js/charts.mjs", ("/**", "/** new"))
        look_for_update(taking)
        with taking.expect_navigation():
            taking.get_by_role("button", name="Reload").click()
        expect(left.locator("#update")).to_contain_text("another tab")
        fetched = "(path) => fetch(path).then((answer) => answer.status, () => 'refused')"
        old = left.evaluate("document.querySelector('script[src*=boot]').src")
        assert left.evaluate(fetched, old) == 200
        assert left.evaluate(fetched, "js/charts.mjs?00000000") == "refused"


def test_a_file_that_is_not_what_the_list_says_is_not_kept(profile, copy):
    """A host that is half way through an update: nothing is installed, and the page works all the same."""
    with mortal(copy) as server:
        page = profile.new_page()
        (copy / "js" / "offline.mjs").write_text((copy / "js" / "offline.mjs").read_text("utf-8") + "\n", "utf-8")
        page.goto(server.url)
        wait_ready(page)
        state = "navigator.serviceWorker.getRegistration().then((r) => r?.active?.state ?? 'none')"
        page.wait_for_function(
            "performance.getEntriesByType('resource').some((entry) => entry.name.includes('updates.mjs'))"
        )
        page.wait_for_timeout(1_500)
        assert page.evaluate(state) == "none"


class Shaky:
    """A site over a connection on which the requests that `fails` tells by number or path fail once."""

    def __init__(self, fails: Callable[[int, str], bool]):
        self.files, self.fails, self.asked, self.failed = tree(SITE), fails, [], []

    def __call__(self, path: str) -> bytes | None:
        if path not in self.asked:
            self.asked.append(path)
            if self.fails(len(self.asked), path):
                self.failed.append(path)
                raise ConnectionAbortedError(path)
        return self.files(path)


def started(page: Page, content: Shaky) -> None:
    """Open the site; it has to come up by itself."""
    with serving(content, BASE) as server:
        page.goto(server.url)
        page.wait_for_selector("html[data-state=ready]", state="attached", timeout=60_000)
        Calculator(page).agrees_with(bundled_estimate("deepseek-ai/DeepSeek-V3.1"))
        assert page.evaluate("sessionStorage.getItem('roofline:tries')") is None
        page.wait_for_selector("html[data-offline=ready]", state="attached", timeout=60_000)


@pytest.mark.parametrize("rest", [0, 2])
def test_a_first_visit_on_which_every_third_request_fails_once_starts(profile, rest):
    content = Shaky(lambda number, _path: number % 3 == rest)
    started(profile.new_page(), content)
    assert len(content.failed) >= 6


@pytest.mark.parametrize(
    "part",
    [
        "css/print",
        "js/boot",
        "core.js",
        "pyscript.toml",
        "pyodide.mjs",
        "asm.mjs",
        "asm.wasm",
        "unpack.mjs",
        "stdlib.packed",
        "app.packed",
        "main.py",
    ],
)
def test_a_first_visit_on_which_one_part_fails_once_starts(profile, part):
    content = Shaky(lambda _number, path: part in path)
    started(profile.new_page(), content)
    assert content.failed


def test_offline_is_said_with_what_still_works(boot, page, hub, context):
    hub.expected_errors = ["ERR_INTERNET_DISCONNECTED"]
    calculator = Calculator(boot(page))
    note = page.locator("#offline")
    expect(note).to_be_hidden()
    page.wait_for_function(CAME, arg="js/offline.mjs")
    set_online(context, False)
    expect(note).to_have_text("Offline: bundled, kept, pasted and manual models still compute.")
    calculator.ask("meta-llama/Llama-3.1-8B")
    calculator.answered("meta-llama/Llama-3.1-8B")
    set_online(context, True)
    expect(note).to_be_hidden()


def test_who_goes_offline_before_the_rest_has_come_is_told_of_the_network_later(boot, page, hub, context):
    """What says so did not arrive; it is asked for again when the network is back."""
    hub.expected_errors = ["Failed to load resource"]
    page.route("**/js/offline.mjs*", lambda route: route.abort())
    with page.expect_event("requestfailed", lambda request: "js/offline.mjs" in request.url):
        boot(page)
    page.unroute("**/js/offline.mjs*")
    set_online(context, False)
    set_online(context, True)
    page.wait_for_function(CAME, arg="js/updates.mjs")
    set_online(context, False)
    expect(page.locator("#offline")).to_contain_text("Offline: ")


def test_a_model_of_an_earlier_visit_needs_no_network(boot, page, hub, context):
    hub.add("org/model", QWEN)
    calculator = Calculator(boot(page))
    calculator.ask("org/model")
    calculator.answered("org/model")
    page.close()
    hub.clear()
    hub.offline = True
    page = context.new_page()
    calculator = Calculator(boot(page, "?model=org/model"))
    calculator.answered("org/model")
    calculator.agrees_with(bundled_estimate("Qwen/Qwen3-8B"))
    expect(page.locator("#notes")).to_contain_text("kept in this browser since")
    assert hub.requests == []
    calculator.calculate()
    page.wait_for_timeout(500)
    calculator.answered("org/model")
    assert hub.requests, "a submit asks the Hub, and falls back on what is kept"


def test_a_submit_renews_what_is_kept(boot, page, hub, context):
    hub.add("org/model", QWEN)
    Calculator(boot(page)).ask("org/model")
    Calculator(page).answered("org/model")
    page.close()
    hub.add("org/model", {**QWEN, "num_hidden_layers": 12})
    page = context.new_page()
    calculator = Calculator(boot(page, "?model=org/model"))
    calculator.agrees_with(bundled_estimate("Qwen/Qwen3-8B"))
    calculator.calculate()
    expect(page.locator("#notes")).not_to_contain_text("kept in this browser")
    assert float(calculator.figures()["total_params"]) < 5e9
    stored = page.evaluate("localStorage.getItem('roofline:configs')")
    assert '\\"num_hidden_layers\\": 12' in stored


def test_a_model_seen_with_a_token_is_kept_nowhere(boot, page, profile, site):
    secret = "hf_" + "S3cretS3cretS3cret" * 2
    cors = {"access-control-allow-origin": "*", "access-control-allow-headers": "authorization"}
    marked = {**QWEN, "transformers_version": "seen-with-a-token"}

    def answer(route):
        if route.request.method == "OPTIONS":
            return route.fulfill(status=204, headers=cors)
        if "authorization" not in route.request.headers and "/resolve/" in route.request.url:
            return route.fulfill(
                status=401, headers={**cors, "X-Error-Code": "GatedRepo", "access-control-expose-headers": "*"}
            )
        if route.request.url.endswith("/config.json"):
            return route.fulfill(json=marked, headers=cors)
        return route.fulfill(status=404, json={}, headers=cors)

    page.route("https://huggingface.co/**", answer)
    calculator = Calculator(boot(page))
    page.evaluate("document.querySelector('#advanced').open = true")
    page.locator("#token").fill(secret)
    calculator.ask("org/gated")
    calculator.answered("org/gated")
    everything = page.evaluate(
        "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, history.state])"
    )
    assert "seen-with-a-token" not in everything
    assert secret not in everything
    assert page.evaluate("caches.keys()") == []

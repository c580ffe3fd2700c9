"""The built site in a real browser, with the rest of the world shut out.

site           address of the output of `make site`, served with gzip from /some/project/
hub            what huggingface.co answers: hub.add("org/model", config={...}), else a real 401
page           an empty tab whose requests all pass through `hub` (a fresh profile for each test)
booted_page    one started page for all tests of a module (fast; reset what you change)
boot(page)     opens the site and waits until Python is ready
python(page, code)   runs code in a started page's own Python

Every test fails on a request that leaves this machine, other than one that `hub` answers, and on an
error in the console that it did not expect (`hub.expected_errors`).
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import chromium
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Route

import app_zip
import build_site
import install_browser
from serve import Server, serving, tree

SITE = Path(__file__).resolve().parents[2] / "site"
BASE = "/some/project/"
BOOT_TIMEOUT_MS = 60_000
SKIP_MS, SKIP_EVERY_MS, MOST_SKIPS = 500, 50, 400
# The Hub's own answer to an id that it does not show: no such repository, or a private one.
UNKNOWN_REPO = {"error": "Invalid username or password."}


@dataclass(slots=True)
class Answer:
    """One response of the stand-in Hub."""

    status: int = 200
    body: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    cors: bool = True
    unreachable: bool = False
    delay_s: float = 0.0


def unknown_repo() -> Answer:
    """What the Hub says of a repository that it does not know."""
    return Answer(401, json.dumps(UNKNOWN_REPO), {"x-error-code": "RepoNotFound"})


@dataclass(slots=True)
class Hub:
    """The stand-in for huggingface.co, by path of the address."""

    answers: dict[str, Answer] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    authorization: list[str | None] = field(default_factory=list)
    offline: bool = False
    expected_errors: list[str] = field(default_factory=list)

    def add(
        self,
        model: str,
        config: object = None,
        *,
        file: str = "config.json",
        revision: str = "main",
        **answer: Any,
    ) -> None:
        """Let one file of a model be answered, at /resolve/ and /raw/.

        `config` is sent as JSON (a str as it stands); `answer` takes the fields of Answer.
        """
        body = config if isinstance(config, str) else json.dumps(config)
        reply = Answer(**{"body": body, **answer})
        for form in ("resolve", "raw"):
            self.answers[f"/{model}/{form}/{revision}/{file}"] = reply

    def add_path(self, path: str, body: object = None, **answer: Any) -> None:
        """Let one address be answered: `path` as in /api/models/org/model, without the query."""
        text = body if isinstance(body, str) else json.dumps(body)
        self.answers[path] = Answer(**{"body": text, **answer})

    def add_file(self, model: str, source: Path, **answer: Any) -> None:
        """Let a model's config.json be answered with a real one from a file."""
        self.add(model, source.read_text("utf-8"), **answer)

    def clear(self) -> None:
        """Forget everything that was registered or asked."""
        self.answers.clear()
        self.requests.clear()
        self.authorization.clear()
        self.expected_errors.clear()
        self.offline = False

    def reply(self, route: Route) -> None:
        """Answer one request of the page."""
        path = unquote(urlsplit(route.request.url).path)
        self.requests.append(route.request.url)
        self.authorization.append(route.request.headers.get("authorization"))
        answer = self.answers.get(path) or unknown_repo()
        if self.offline or answer.unreachable:
            return route.abort("connectionfailed")
        cors = {
            "access-control-allow-origin": "*",
            "access-control-allow-headers": "authorization",
            "access-control-expose-headers": "X-Error-Code, X-Error-Message, ETag, X-Repo-Commit",
        }
        preflight = route.request.method == "OPTIONS"
        return route.fulfill(
            status=204 if preflight else answer.status,
            headers={
                "content-type": "application/json",
                **(cors if answer.cors else {}),
                **answer.headers,
            },
            body="" if preflight else answer.body,
        )


@dataclass
class Watch:
    """What one browser context did that it must not do."""

    hub: Hub
    outside: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def route(self, route: Route) -> None:
        """Let this machine's requests pass, the Hub's be answered; refuse and note the rest."""
        host = urlsplit(route.request.url).hostname
        if host == "127.0.0.1":
            route.continue_()
        elif host == "huggingface.co":
            self.hub.reply(route)
        else:
            self.outside.append(route.request.url)
            route.abort()

    def console(self, message: ConsoleMessage) -> None:
        """Note an error or a warning that nobody said would come."""
        if message.type not in ("error", "warning"):
            return
        # the browser driver's own line; tests/page/test_offline.py has service workers
        if message.text == "Service Worker registration blocked by Playwright":
            return
        where = message.location.get("url", "")
        # the browser's own line for an answer that is not 200, which the page handles
        network = "Failed to load resource" in message.text or "CORS policy" in message.text
        if not (network and "huggingface.co" in where + message.text):
            self.errors.append(f"{message.type}: {message.text} ({where})")

    def check(self) -> None:
        """Fail on what was noted."""
        expected = [re.compile(pattern) for pattern in self.hub.expected_errors]
        errors = [e for e in self.errors if not any(p.search(e) for p in expected)]
        outside, self.outside, self.errors = self.outside, [], []
        assert not outside, f"requests left this machine: {outside}"
        assert not errors, f"console: {errors}"


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any], browser_name: str):
    """The machine's own browser rather than one that Playwright brought."""
    if browser_name != "chromium":
        return browser_type_launch_args
    executable = install_browser.find()
    assert executable, "no Chromium: run `make setup`"
    return {**browser_type_launch_args, "executable_path": executable, "args": chromium.FLAGS}


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The built site, served from a sub-path as a project page is."""
    kept = {name: build_site.PACKED / Path(name).name for name in app_zip.ARCHIVES}
    is_of_these = all(kept[name].exists() and kept[name].read_bytes() == data for name, data in app_zip.pack().items())
    assert is_of_these, "site/ is not of these sources: run `make site`"
    with serving(tree(SITE), BASE) as running:
        yield running


@pytest.fixture(scope="session")
def site(server: Server) -> str:
    """Address of the built site."""
    return server.url


def watched(context: BrowserContext, hub: Hub) -> Watch:
    """The context with all its requests under watch."""
    watch = Watch(hub)
    context.add_init_script(chromium.ONLINE)
    context.route("**/*", watch.route)
    context.on("console", watch.console)
    context.on("weberror", lambda error: watch.errors.append(f"uncaught: {error.error}"))
    return watch


@pytest.fixture
def hub() -> Hub:
    """A stand-in Hub that knows no model."""
    return Hub()


@pytest.fixture
def context(browser: Browser, hub: Hub) -> Iterator[BrowserContext]:
    """A fresh profile, checked at its end."""
    context = browser.new_context(service_workers="block")
    watch = watched(context, hub)
    yield context
    context.close()
    watch.check()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """An empty tab."""
    return context.new_page()


def wait_ready(page: Page) -> Page:
    """Wait until the page's Python is ready (or has failed, which is an error)."""
    done = "html[data-state=ready], html[data-state=failed]"
    page.wait_for_selector(done, state="attached", timeout=BOOT_TIMEOUT_MS)
    state = page.locator("html").get_attribute("data-state")
    assert state == "ready", f"boot: {state}: {page.locator('#boot-notice').text_content()}"
    return page


def skip_waits(page: Page, told: Locator, words: str) -> None:
    """Let the page's own clock, installed before, run ahead until something is told: tries and pauses take no time."""
    for _ in range(MOST_SKIPS):
        page.clock.fast_forward(SKIP_MS)
        page.wait_for_timeout(SKIP_EVERY_MS)
        if words in (told.text_content() or ""):
            return
    raise AssertionError(f"not told: {words}; but {told.text_content()}")


@pytest.fixture
def boot(site: str) -> Callable[..., Page]:
    """A function that opens the site (`query` appended) in a tab and waits until it is ready."""

    def open_site(page: Page, query: str = "") -> Page:
        page.goto(site + query)
        return wait_ready(page)

    return open_site


@dataclass(slots=True)
class Booted:
    """One started page and what stands behind it."""

    page: Page
    hub: Hub
    watch: Watch


@pytest.fixture(scope="module")
def booted(browser: Browser, site: str) -> Iterator[Booted]:
    """One started page for a whole module, with the Hub behind it."""
    context = browser.new_context(service_workers="block")
    hub = Hub()
    watch = watched(context, hub)
    page = context.new_page()
    page.goto(site)
    yield Booted(wait_ready(page), hub, watch)
    context.close()


@pytest.fixture
def booted_page(booted: Booted) -> Iterator[Page]:
    """The module's started page; its Hub (`booted.hub`) is emptied for each test."""
    booted.hub.clear()
    yield booted.page
    booted.watch.check()


@pytest.fixture
def python() -> Callable[[Page, str], Any]:
    """A function that runs code in a started page's own Python and returns the last expression's value."""

    def run(page: Page, code: str) -> Any:
        boot = "document.querySelector('script[src*=boot]').src"
        script = f"async (code) => (await (await import({boot})).loadPyodide()).runPythonAsync(code)"
        return page.evaluate(script, code)

    return run

"""Firefox and WebKitGTK behind one small face, so that one test speaks to both.

Firefox is driven by Playwright over WebDriver BiDi (a stock firefox-esr), WebKit by Selenium through
WebKitWebDriver and the MiniBrowser that comes with it, on a virtual screen.
"""

import os
import shutil
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from playwright.sync_api import Page, sync_playwright
from selenium import webdriver
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

DEAD_PROXY = "http://127.0.0.1:9"
"""Nothing listens there: whatever is not of this machine cannot be reached."""
MINIBROWSERS = "lib/*/webkit2gtk-4.1/MiniBrowser"
SCRIPT_S = 60


class Missing(Exception):
    """This machine cannot run the engine; the message says what is not there."""


class Tab(Protocol):
    """One tab of one browser."""

    def open(self, url: str) -> None: ...
    def run(self, script: str) -> Any: ...
    def enter(self, selector: str, text: str) -> None: ...
    def click(self, selector: str) -> None: ...
    def new_tab(self) -> None: ...


def until(tab: Tab, expression: str, timeout_s: float = 40) -> Any:
    """The value of an expression of the page, once it is something."""
    end_s = time.monotonic() + timeout_s
    while time.monotonic() < end_s:
        value = tab.run(f"return {expression};")
        if value:
            return value
        time.sleep(0.1)
    raise AssertionError(f"never true: {expression}; " + str(tab.run("return document.body.innerText.slice(0, 500);")))


class FirefoxTab:
    """Playwright's page."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, url: str) -> None:
        self.page.goto(url)

    def run(self, script: str) -> Any:
        return self.page.evaluate(f"async () => {{ {script} }}")

    def enter(self, selector: str, text: str) -> None:
        self.page.fill(selector, text)
        self.page.press(selector, "Enter")

    def click(self, selector: str) -> None:
        self.page.click(selector)

    def new_tab(self) -> None:
        self.page = self.page.context.new_page()


@contextmanager
def firefox() -> Iterator[FirefoxTab]:
    """A tab of a fresh profile, with nothing but this machine to be reached."""
    executable = shutil.which("firefox-esr")
    if executable is None:
        raise Missing("firefox-esr is not on the PATH")
    # localhost is never proxied: https://huggingface.co is, and cannot be reached
    prefs = {"network.proxy.type": 1, "network.proxy.ssl": "127.0.0.1", "network.proxy.ssl_port": 9}
    with sync_playwright() as playwright:
        browser = playwright.firefox.launch(channel="moz-firefox", executable_path=executable, firefox_user_prefs=prefs)
        yield FirefoxTab(browser.new_context().new_page())
        browser.close()


class WebKitTab:
    """Selenium's driver. Its own waits are not used: `until` asks the page."""

    def __init__(self, driver: webdriver.WebKitGTK) -> None:
        self.driver = driver

    def open(self, url: str) -> None:
        self.driver.get(url)

    def run(self, script: str) -> Any:
        done = "const done = arguments[arguments.length - 1];"
        said = self.driver.execute_async_script(
            f"{done} (async () => {{ {script} }})().then((value) => done({{value}}), (e) => done({{error: `${{e}}`}}));"
        )
        assert "error" not in said, said
        return said.get("value")

    def enter(self, selector: str, text: str) -> None:
        box = self.driver.find_element("css selector", selector)
        box.clear()
        box.send_keys(text, Keys.ENTER)

    def click(self, selector: str) -> None:
        self.driver.find_element("css selector", selector).click()

    def new_tab(self) -> None:
        self.driver.switch_to.new_window("tab")


@contextmanager
def virtual_screen() -> Iterator[str]:
    """The DISPLAY of an X server that nobody sees."""
    program = shutil.which("Xvfb")
    if program is None:
        raise Missing("Xvfb is not on the PATH")
    reads, writes = os.pipe()
    command = [program, "-displayfd", str(writes), "-screen", "0", "1280x900x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[writes], stderr=subprocess.DEVNULL)
    os.close(writes)
    try:
        with os.fdopen(reads) as said:
            yield f":{said.readline().strip()}"
    finally:
        server.terminate()
        server.wait()


@contextmanager
def webkit() -> Iterator[WebKitTab]:
    """A tab of a fresh profile, with nothing but this machine to be reached."""
    driver_path, browser = shutil.which("WebKitWebDriver"), next(Path("/usr").glob(MINIBROWSERS), None)
    if driver_path is None or browser is None:
        raise Missing("WebKitWebDriver or its MiniBrowser is not there")
    options = Options()
    options.binary_location = str(browser)
    options.set_capability("browserName", "MiniBrowser")
    for argument in ("--automation", f"--proxy={DEAD_PROXY}", "--ignore-host=127.0.0.1"):
        options.add_argument(argument)
    with virtual_screen() as display:
        service = Service(driver_path, env={**os.environ, "DISPLAY": display})
        with warnings.catch_warnings():
            # of Selenium's own making: it passes itself an argument that it has deprecated
            warnings.filterwarnings("ignore", "setting remote_server_addr", DeprecationWarning)
            driver = webdriver.WebKitGTK(options=options, service=service)
        driver.set_script_timeout(SCRIPT_S)
        try:
            yield WebKitTab(driver)
        finally:
            driver.quit()


ENGINES = {"firefox": firefox, "webkit": webkit}

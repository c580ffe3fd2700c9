"""Pages that embed the calculator, served from an origin of their own, for the tests beside."""

from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any

from playwright.sync_api import Frame, Page

from serve import Server, serving, tree

LISTENING = """<script>
    window.said = [];
    addEventListener("message", (event) => said.push({...event.data, from: event.origin}));
    window.ask = (frame) => frame.contentWindow.postMessage({type: "roofline:get"}, "*");
</script>"""
BOOT_TIMEOUT_MS = 60_000


@contextmanager
def host(folder: Path, **pages: str) -> Iterator[Server]:
    """A site of these pages by name, each with LISTENING in its head."""
    for name, body in pages.items():
        html = f"<!doctype html><meta charset=utf-8><title>Host</title><body style='margin: 0'>{LISTENING}{body}"
        (folder / f"{name}.html").write_text(html, "utf-8")
    with serving(tree(folder)) as running:
        yield running


def iframe(address: str, attributes: str = "") -> str:
    """The plain frame that the documentation gives."""
    return f'<iframe src="{escape(address)}" title="Estimate" width="100%" height="300" {attributes}></iframe>'


def inside(page: Page, address: str) -> Frame:
    """The frame of the calculator within a page, once it is there."""
    page.wait_for_selector("iframe", state="attached", timeout=BOOT_TIMEOUT_MS)
    for _ in range(200):
        found = [frame for frame in page.frames if frame.url.startswith(address)]
        if found:
            return found[0]
        page.wait_for_timeout(50)
    raise AssertionError(f"no frame of {address}: {[frame.url for frame in page.frames]}")


def ready(frame: Frame, state: str = "ready") -> Frame:
    """Wait until the calculator in the frame has this state."""
    done = "html[data-state=ready], html[data-state=failed]"
    frame.wait_for_selector(done, state="attached", timeout=BOOT_TIMEOUT_MS)
    found = frame.locator("html").get_attribute("data-state")
    assert found == state, f"{found}: {frame.locator('#boot-notice').text_content()}"
    return frame


def heard(page: Page, kind: str, timeout_ms: int = 15_000) -> list[dict[str, Any]]:
    """What a host has heard of one type of message, once there is any."""
    page.wait_for_function(f"said.some((each) => each.type === '{kind}')", timeout=timeout_ms)
    found: list[dict[str, Any]] = page.evaluate(f"said.filter((each) => each.type === '{kind}')")
    return found

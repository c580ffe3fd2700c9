"""Make the pictures that are committed: icons from assets/icon.svg, and the preview of a shared link from the page.

    python tools/pictures.py

Needs the browser and `make site`. The preview shows the page's first answer, at 1200 x 630.
"""

import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

import install_browser
from serve import serving, tree

ROOT = Path(__file__).resolve().parent.parent
ASSETS = ROOT / "assets"
# name: size in pixels, and the share of it that the drawing takes (a maskable icon is cut to its middle)
ICONS = {
    "icon-180.png": (180, 1.0, True),
    "icon-192.png": (192, 1.0, False),
    "icon-512.png": (512, 1.0, False),
    "icon-maskable-512.png": (512, 0.76, True),
}
BACKGROUND = "#0b6a60"
PREVIEW_PX = {"width": 1200, "height": 630}
TIDY = """
.panel, .segmented, .origin, .tabs, .skip { display: none !important; }
body { max-width: none; padding: 0 3.5rem; }
.masthead { padding-block: 2.25rem 1.25rem; }
.masthead h1 { font-size: 1.75rem; }
.masthead p { font-size: 1.0625rem; }
.columns { display: block; padding-block: 1.25rem; }
.headline { max-inline-size: none; }
"""


def icon(browser: Browser, name: str) -> None:
    """One icon."""
    size_px, share, filled = ICONS[name]
    drawing = (ASSETS / "icon.svg").read_text("utf-8")
    page = browser.new_page(viewport={"width": size_px, "height": size_px})
    page.set_content(
        f"<style>body{{margin:0;display:grid;place-content:center;height:{size_px}px;"
        f"background:{BACKGROUND if filled else 'transparent'}}}svg{{width:{size_px * share}px}}</style>{drawing}"
    )
    page.screenshot(path=ASSETS / name, omit_background=True)
    page.close()


def preview(browser: Browser, url: str) -> None:
    """The picture of a shared link."""
    page = browser.new_context(viewport=PREVIEW_PX, color_scheme="light", service_workers="block").new_page()
    page.goto(url)
    page.wait_for_selector("html[data-state=ready]", state="attached")
    page.add_style_tag(content=TIDY)
    page.screenshot(path=ASSETS / "preview.png")
    page.close()


def main() -> int:
    """Make all of them."""
    with serving(tree(ROOT / "site")) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=install_browser.find(), args=["--no-sandbox"])
        for name in ICONS:
            icon(browser, name)
        preview(browser, server.url)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

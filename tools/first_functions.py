"""Write tools/first_functions.txt: the functions of Python's binary that its start calls (first_functions.mjs).

    python tools/first_functions.py

To be run when Pyodide changes. It builds the page, which afterwards has to be built once more. What Chromium compiles
until Python runs in it is read from its trace; in a sandboxed frame nothing is compiled ahead of that. The list begins
with the checksum of its binary.
"""

import json
import subprocess
import sys
import textwrap
from hashlib import sha256

from playwright.sync_api import sync_playwright

import install_browser
from runtime import BINARY, PYODIDE, ROOT
from serve import serving, tree

LIST = ROOT / "tools" / "first_functions.txt"
IMPORTED = 268
"""Functions that Pyodide imports come first; lower ones that are compiled are those of other modules."""
HEADERS = {"Access-Control-Allow-Origin": "*"}
FRAME = '<iframe sandbox="allow-scripts" src="{}" style="inline-size: 1280px; block-size: 800px"></iframe>'
STARTED = "roofline:python"
"""The mark at which js/boot.mjs has Python running."""


def compiled_by_a_start() -> list[int]:
    """Indices of functions."""
    with sync_playwright() as playwright, serving(tree(ROOT / "site"), "/", headers=HEADERS) as server:
        browser = playwright.chromium.launch(executable_path=install_browser.find())
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        browser.start_tracing(page=page, categories=["v8.wasm", "blink.user_timing"])
        page.set_content(FRAME.format(server.url))
        frame = page.frame_locator("iframe")
        frame.locator("html[data-state=ready]").wait_for(timeout=60_000)
        events = json.loads(browser.stop_tracing())["traceEvents"]
        browser.close()
    (end,) = (e["ts"] for e in events if e["name"] == STARTED)
    compiled = {e["args"]["func_index"] for e in events if e["name"] == "wasm.CompileLazy" and e["ts"] < end}
    return sorted(index for index in compiled if index >= IMPORTED)


def main() -> int:
    """Record, leave out what does not stop soon, write."""
    binary = PYODIDE / BINARY
    checksum = sha256(binary.read_bytes()).hexdigest()
    if checksum not in LIST.read_text("utf-8"):
        # else the page that is to be looked at could not be built
        LIST.write_text(f"{checksum}\n", "utf-8")
    subprocess.run(["make", "prerender", "site"], check=True, cwd=ROOT)
    found = compiled_by_a_start()
    command = ["node", "tools/first_stopping.mjs", binary]
    told = subprocess.run(command, input=json.dumps(found), check=True, cwd=ROOT, capture_output=True, text=True)
    kept = json.loads(told.stdout)
    print(f"{len(found)} functions compiled by a start, {len(kept)} of them stop soon")
    numbers = textwrap.fill(" ".join(map(str, kept)), 120)
    LIST.write_text(f"{checksum}\n{numbers}\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

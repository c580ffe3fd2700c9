"""Rewrite the generated blocks of index.html.

A block stands between `<!-- NAME:begin -->` and `<!-- NAME:end -->`. Every block of the page has a
maker here, and every maker its block:

hints    What the browser fetches before all else: what starts Python. What the first paint waits for is in the page
         itself once it is published (tools/inline.py).
binary   The script that brings Python's binary; and what it and the next are told: which files Python needs (hints of
         them would delay the binary), and the sizes that the download is counted against.
scripts  PyScript, and the script that starts Python meanwhile.
others   `present.prerender.blocks()`: name -> HTML of what the engine can say without a browser.
"""

import re
import sys
from importlib import import_module, util
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BINARY, LIBRARY = "runtime/pyodide/pyodide.asm.wasm.packed", "runtime/pyodide/stdlib.packed"
UNPACKS, UNPACK = "js/binary.js", "runtime/unpack/unpack.mjs"
APPLICATION = "runtime/app.packed"
PYSCRIPT = "runtime/pyscript/core.js"
BOOT = "js/boot.mjs"
FIRST_MODULES = (BOOT, "runtime/pyodide/pyodide.mjs")
MAIN = "py/page/main.py"
BLOCK = re.compile(r"^<!-- (?P<name>[a-z-]+):begin -->\n(?P<inside>.*?)^<!-- (?P=name):end -->$", re.M | re.S)


def hints() -> str:
    """The preload hints."""
    modules = [f'<link rel="modulepreload" href="{module}">' for module in FIRST_MODULES]
    return "\n".join([*modules, f'<link rel="preload" as="fetch" crossorigin="anonymous" href="{MAIN}">'])


def binary() -> str:
    """The script that takes the binary, told where it and all else of Python is."""
    packed = f'data-packed="{BINARY}"{size("bytes", BINARY)} data-unpack="{UNPACK}"'
    library = f'data-library="{LIBRARY}"{size("library-bytes", LIBRARY)} data-application="{APPLICATION}"'
    return f'<script src="{UNPACKS}" {packed} {library}></script>'


def scripts() -> str:
    """The module scripts."""
    return "\n".join(f'<script type="module" {each}></script>' for each in (f'src="{PYSCRIPT}"', f'async src="{BOOT}"'))


def size(name: str, file: str) -> str:
    """The attribute that tells the size of a file of which the download is counted."""
    return f' data-{name}="{(ROOT / file).stat().st_size}"'


def makers(html: str) -> dict[str, str]:
    """Every block's content by name."""
    has_answer = util.find_spec("present.prerender") is not None
    answer = import_module("present.prerender").blocks() if has_answer else {}
    return {"hints": hints(), "binary": binary(), "scripts": scripts(), **answer}


def rendered(html: str) -> str:
    """The document with all its generated blocks as they ought to be."""
    content = makers(html)
    found = [match["name"] for match in BLOCK.finditer(html)]
    if sorted(found) != sorted(content):
        raise SystemExit(f"index.html has the blocks {sorted(found)}, but there is content for {sorted(content)}")

    def fill(match: re.Match[str]) -> str:
        name = match["name"]
        return f"<!-- {name}:begin -->\n{content[name].strip()}\n<!-- {name}:end -->"

    return BLOCK.sub(fill, html)


def main() -> int:
    """Rewrite index.html where it differs."""
    page = ROOT / "index.html"
    before = page.read_text("utf-8")
    after = rendered(before)
    if after != before:
        page.write_text(after, "utf-8")
    print("index.html: " + ("unchanged" if after == before else "rewritten"))
    return 0


if __name__ == "__main__":
    sys.exit(main())

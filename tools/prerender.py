"""Rewrite the generated blocks of index.html.

A block stands between `<!-- NAME:begin -->` and `<!-- NAME:end -->`. Every block of the page has a
maker here, and every maker its block:

preload  What the browser fetches at once, before PyScript asks for it piece by piece. The names are
         those of runtime/ (PyScript's core carries a hash); `data-bytes` is the decoded size, which
         js/boot.mjs counts the download against.
others   `present.prerender.blocks()`: name -> HTML of what the engine can say without a browser.
"""

import re
import sys
from importlib import import_module, util
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIRST_MODULES = ("runtime/pyodide/pyodide.mjs", "runtime/pyodide/pyodide.asm.mjs")
COUNTED = ("runtime/pyodide/pyodide.asm.wasm", "runtime/pyodide/stdlib.packed")
APPLICATION = "runtime/app.packed"
FETCHED = ("pyscript.toml", "py/page/main.py")
BLOCK = re.compile(r"^<!-- (?P<name>[a-z-]+):begin -->\n(?P<inside>.*?)^<!-- (?P=name):end -->$", re.M | re.S)


def preload() -> str:
    """The preload hints, then PyScript, and the script that starts Pyodide while PyScript reads its settings.

    PyScript's parts are asked for here, since Pyodide keeps the main thread busy before PyScript asks for them.
    """
    parts = sorted((ROOT / "runtime" / "pyscript").glob("*-*.js"))
    modules = [f"runtime/pyscript/{part.name}" for part in parts]
    lines = [f'<link rel="modulepreload" href="{module}">' for module in (*FIRST_MODULES, *modules)]
    fetch = '<link rel="preload" as="fetch" crossorigin="anonymous" href="{}"{}>'
    lines += [fetch.format(c, f' data-bytes="{(ROOT / c).stat().st_size}"') for c in COUNTED]
    lines += [
        fetch.format(APPLICATION, ' fetchpriority="low" data-application'),
        *(fetch.format(file, "") for file in FETCHED),
    ]
    scripts = ('src="runtime/pyscript/core.js"', 'async src="js/boot.mjs"')
    return "\n".join([*lines, *(f'<script type="module" {script}></script>' for script in scripts)])


def makers() -> dict[str, str]:
    """Every block's content by name."""
    has_answer = util.find_spec("present.prerender") is not None
    answer = import_module("present.prerender").blocks() if has_answer else {}
    return {"preload": preload(), **answer}


def rendered(html: str) -> str:
    """The document with all its generated blocks as they ought to be."""
    content = makers()
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

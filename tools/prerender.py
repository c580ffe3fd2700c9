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
MODULES = ("runtime/pyscript/{core}", "runtime/pyodide/pyodide.mjs", "runtime/pyodide/pyodide.asm.mjs")
COUNTED = ("runtime/pyodide/pyodide.asm.wasm", "runtime/pyodide/stdlib.zip")
FETCHED = ("runtime/app.zip", "pyscript.toml", "py/page/main.py")
BLOCK = re.compile(r"^<!-- (?P<name>[a-z-]+):begin -->\n(?P<inside>.*?)^<!-- (?P=name):end -->$", re.M | re.S)


def preload() -> str:
    """The preload hints, and the script that starts Pyodide while PyScript is still on its way."""
    core = next((ROOT / "runtime" / "pyscript").glob("core-*.js")).name
    modules = [f'<link rel="modulepreload" href="{m.format(core=core)}">' for m in MODULES]
    fetch = '<link rel="preload" as="fetch" crossorigin="anonymous" href="{}"{}>'
    counted = [fetch.format(c, f' data-bytes="{(ROOT / c).stat().st_size}"') for c in COUNTED]
    early = '<script type="module" src="js/boot.mjs"></script>'
    return "\n".join([*modules, *counted, *(fetch.format(f, "") for f in FETCHED), early])


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

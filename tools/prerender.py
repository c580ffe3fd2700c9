"""Rewrite the generated blocks of index.html.

A block stands between `<!-- NAME:begin -->` and `<!-- NAME:end -->`:

preload  What the browser fetches at once, before PyScript asks for it piece by piece. The names are
         those of runtime/ (PyScript's core carries a hash); `data-bytes` is the decoded size, which
         js/boot.mjs counts the download against.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ("runtime/pyscript/{core}", "runtime/pyodide/pyodide.mjs", "runtime/pyodide/pyodide.asm.mjs")
COUNTED = ("runtime/pyodide/pyodide.asm.wasm", "runtime/pyodide/stdlib.zip")
FETCHED = ("runtime/app.zip", "pyscript.toml", "py/page/main.py")


def preload() -> list[str]:
    """The preload hints, one element a line."""
    core = next((ROOT / "runtime" / "pyscript").glob("core-*.js")).name
    modules = [f'<link rel="modulepreload" href="{m.format(core=core)}">' for m in MODULES]
    fetch = '<link rel="preload" as="fetch" crossorigin="anonymous" href="{}"{}>'
    counted = [fetch.format(c, f' data-bytes="{(ROOT / c).stat().st_size}"') for c in COUNTED]
    early = '<script type="module" src="js/boot.mjs"></script>'
    return [*modules, *counted, *(fetch.format(f, "") for f in FETCHED), early]


def replaced(html: str, name: str, lines: list[str]) -> str:
    """The document with one block's content replaced, at the block's own indentation."""
    block = re.compile(rf"^([ \t]*)<!-- {name}:begin -->\n.*?^[ \t]*<!-- {name}:end -->", re.M | re.S)
    if len(block.findall(html)) != 1:
        raise SystemExit(f"index.html: expected one block <!-- {name}:begin --> ... <!-- {name}:end -->")

    def fill(match: re.Match[str]) -> str:
        inside = [f"<!-- {name}:begin -->", *lines, f"<!-- {name}:end -->"]
        return "\n".join(match[1] + line for line in inside)

    return block.sub(fill, html)


def rendered(html: str) -> str:
    """The document with all its generated blocks as they ought to be."""
    return replaced(html, "preload", preload())


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

"""Puts into the page what its first paint waits for: style sheets, and the classic scripts of its head.

As files they would be requests that share the network with Python's binary. The policy of the page then names the hash
of each script, since it allows no other script inside the page.
"""

import base64
import hashlib
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STYLES = re.compile(r'(?:<link rel="stylesheet" href="css/[a-z]+\.css">\s*){2,}')
SCRIPT = re.compile(r'<script src="(js/[a-z]+\.js)(?:\?\w+)?"([^>]*)></script>')
ALLOWED = "script-src 'self'"


def minified(source: str, loader: str, site: Path) -> str:
    """The source as a browser needs it, with what it imports of the site; without a sequence that ends its element."""
    command = ["node", ROOT / "node_modules/esbuild/bin/esbuild", "--minify", f"--loader={loader}"]
    bundle = ["--bundle"] if loader == "css" else []
    made = subprocess.run([*command, *bundle], check=True, cwd=site, input=source.encode(), capture_output=True).stdout
    return made.decode().strip()


def put_styles(site: Path) -> None:
    """Make one sheet of those that the page starts with, in the page."""
    page = site / "index.html"
    html = page.read_text("utf-8")
    (links,) = STYLES.findall(html)
    names = re.findall(r'href="([^"]+)"', links)
    sheet = minified("".join(f'@import "./{name}";\n' for name in names), "css", site)
    page.write_text(html.replace(links, f"<style>{sheet}</style>\n"), "utf-8")
    for name in names:
        (site / name).unlink()


def put_scripts(site: Path) -> None:
    """Put every classic script into its element, whose attributes stay, and allow it; call when both are final."""
    page = site / "index.html"
    html = page.read_text("utf-8")
    hashes = []

    def with_code(element: re.Match[str]) -> str:
        file = site / element[1]
        code = minified(file.read_text("utf-8"), "js", site)
        file.unlink()
        hashes.append(f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'")
        return f"<script{element[2]}>{code}</script>"

    html = SCRIPT.sub(with_code, html)
    page.write_text(html.replace(ALLOWED, " ".join((ALLOWED, *hashes)), 1), "utf-8")

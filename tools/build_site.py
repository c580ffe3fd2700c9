"""Write to site/ what a static host publishes: the page, its runtime, its data, the licences.

Works at any address and below any sub-path, since all its links are relative. `--url` (the address
that it will be published at) adds the tags that need an absolute one; without it they are left out.
"""

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import app_zip
import inline
import licenses
import metadata
import offline
import published

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "site"
BUILD = ROOT / "build"
PACKED = BUILD / "packed"
COPIED = ("index.html", "pyscript.toml", "css", "js", "assets", "py/page/main.py", "runtime")
OWN = (
    "css/*.css",
    "js/*",
    "assets/*",
    "py/page/main.py",
    "runtime/*/*.packed",
    "runtime/pyscript/*",
    "runtime/unpack/*",
    *app_zip.ARCHIVES,
)
CHARTS = ("css/charts.css", "runtime/plot/plot.mjs", "js/chart*.mjs")
IGNORED = shutil.ignore_patterns(".*", "__pycache__", "*.md", "*.wasm")
"""Also the binary itself: it is shipped packed."""


def copy(name: str) -> None:
    """Copy one file or folder of the working tree, if there is such a one."""
    source, target = ROOT / name, SITE / name
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=IGNORED)
    elif source.exists():
        shutil.copyfile(source, target)


def compile_application() -> None:
    """Pack py/ and compile it with the Pyodide that will run it; keep the packed sources to compare with."""
    PACKED.mkdir(parents=True, exist_ok=True)
    for name, archive in app_zip.pack().items():
        (PACKED / Path(name).name).write_bytes(archive)
    command = ["node", "tools/bytecode.mjs", "application", PACKED, SITE / "runtime"]
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)


def name_versions() -> None:
    """Append to every reference to an own file the hash of its content.

    A host lets browsers keep files for a while; without this, a new page could meet an old application.
    The file itself keeps its name, so that an old page still finds one.
    """
    name_chart_versions()
    page, settings = SITE / "index.html", SITE / "pyscript.toml"
    leaves = [path for name in OWN for path in sorted(SITE.glob(name))]
    for text, files in ((settings, leaves), (page, [*leaves, settings])):
        content = text.read_text("utf-8")
        for file in files:
            name = file.relative_to(SITE).as_posix()
            content = re.sub(rf'"(\./)?{re.escape(name)}"', rf'"\g<1>{name}?{version(file)}"', content)
        text.write_text(content, "utf-8")


def name_chart_versions() -> None:
    """The same for the files of the charts, which name each other: what is named comes before what names it."""
    files = {path for name in CHARTS for path in SITE.glob(name)}
    named = {path: files & {(path.parent / link).resolve() for link in links(path)} for path in files}
    for path in TopologicalSorter(named).static_order():
        content = path.read_text("utf-8")
        for link in links(path):
            content = content.replace(f'"{link}"', f'"{link}?{version((path.parent / link).resolve())}"')
        path.write_text(content, "utf-8")


def links(path: Path) -> set[str]:
    """Relative addresses of scripts and styles that a script names."""
    return (
        set(re.findall(r'"(\.\.?/[^"?]+\.(?:css|mjs))"', path.read_text("utf-8"))) if path.suffix == ".mjs" else set()
    )


def version(file: Path) -> str:
    """What tells one content of a file from another."""
    return hashlib.sha256(file.read_bytes()).hexdigest()[:8]


def without_markers(html: str) -> str:
    """The page without the marks of its generated blocks, nor white space there.

    Python brings the page in line with its own answer; what equals it, it leaves alone.
    """
    block = re.compile(r"\s*<!-- ([a-z-]+):begin -->\n(.*?)\n?<!-- \1:end -->\s*", re.S)
    return block.sub(lambda found: found[2].replace(">\n<", "><"), html)


def build(url: str = "") -> None:
    """Make site/ anew."""
    shutil.rmtree(SITE, ignore_errors=True)
    for name in COPIED:
        copy(name)
    compile_application()
    page = SITE / "index.html"
    page.write_text(offline.introduced(without_markers(page.read_text("utf-8"))), "utf-8")
    inline.put_styles(SITE)
    offline.bundle(SITE)
    offline.write_manifest(SITE)
    (SITE / "THIRD-PARTY-LICENSES").write_text(licenses.notice(), "utf-8")
    (SITE / ".nojekyll").touch()
    name_versions()
    published.write(SITE)
    metadata.write(SITE, metadata.address_of(url))
    inline.put_scripts(SITE)
    offline.write_list(SITE)


def main() -> int:
    """Parse the command line and build."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="", help="address that the site will be published at")
    build(parser.parse_args().url)
    files = [path for path in SITE.rglob("*") if path.is_file()]
    print(f"site/: {len(files)} files, {sum(f.stat().st_size for f in files) / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())

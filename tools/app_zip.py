"""Pack py/ into the two archives that the browser imports from.

The first holds what the page's entry modules import, and what that imports in turn. The second, fetched
after the first answer (page/later.py), holds all else, which is imported by name. So nothing slows the start
by merely existing.

Used by tools/build_site.py, and by tools/serve.py, which packs anew for each request so that a reload shows
an edit.
"""

import ast
import gzip
import io
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("page", "present", "roofline")
ENTRIES = ("page.main", "page.app")
BY_NAME = "roofline/reading/**/*.py"
"""Imported by name when a config asks for them, from the first answer on."""
SHELL_ONLY = "__main__.py"
LATER_DATA = frozenset({"api_prices.json", "energy.json", "offers.json"})
"""Read by modules of the second archive, from there."""
FIRST, LATER = "runtime/app.packed", "runtime/later.packed"
ARCHIVES = (FIRST, LATER)


def sources(py: Path) -> Iterator[Path]:
    """Every file of the packages that the browser needs, in a stable order."""
    for package in PACKAGES:
        for path in sorted((py / package).rglob("*")):
            hidden = "__pycache__" in path.parts or path.name.startswith(".")
            if path.is_file() and not hidden and path.name != SHELL_ONLY:
                yield path


def file_of(py: Path, module: str) -> Path | None:
    """The source of a module of these packages; None for a module from elsewhere."""
    base = py.joinpath(*module.split("."))
    candidates = (base / "__init__.py", base.with_suffix(".py"))
    return next((path for path in candidates if path.is_file()), None) if module else None


def imports(py: Path, path: Path) -> Iterator[str]:
    """Full names of what a source imports, at once or inside its functions."""
    package = path.relative_to(py).parts[:-1]
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (module, *(f"{module}.{alias.name}" for alias in node.names))


def first_modules(py: Path) -> set[Path]:
    """Sources that the entry modules reach, their packages included, and every reader of configs."""
    found: set[Path] = set()
    waiting = [*ENTRIES, *(".".join(path.relative_to(py).with_suffix("").parts) for path in py.glob(BY_NAME))]
    while waiting:
        module = waiting.pop()
        path = file_of(py, module)
        if path is not None and path not in found:
            found.add(path)
            waiting += [module.rpartition(".")[0], *imports(py, path)]
    return found


def archive(contents: Iterable[tuple[str, bytes]]) -> bytes:
    """A .packed file: a zip archive without compression, compressed as a whole with gzip.

    That is a fifth smaller than file by file, and the browser inflates it (js/boot.mjs).
    Equal contents give equal bytes, whatever the clock says.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, content in contents:
            file.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content)
    return gzip.compress(buffer.getvalue(), 9, mtime=0)


def contents(packed: bytes) -> dict[str, bytes]:
    """What an archive holds, by path."""
    with zipfile.ZipFile(io.BytesIO(gzip.decompress(packed))) as file:
        return {name: file.read(name) for name in file.namelist()}


def pack(py: Path = ROOT / "py") -> dict[str, bytes]:
    """Both archives by the path at which the page finds them."""
    first = first_modules(py)
    parts: dict[str, list[Path]] = {name: [] for name in ARCHIVES}
    for path in sources(py):
        is_first = path in first if path.suffix == ".py" else path.name not in LATER_DATA
        parts[FIRST if is_first else LATER].append(path)
    named = {name: [(path.relative_to(py).as_posix(), path) for path in paths] for name, paths in parts.items()}
    return {name: archive((path, file.read_bytes()) for path, file in files) for name, files in named.items()}

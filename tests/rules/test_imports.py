"""What the packages may import and touch. (The arrows between them are import-linter's: `make check`.)"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PY = ROOT / "py"
OWN = {"page", "present", "roofline"}
BROWSER = {"js", "pyscript", "pyodide", "pyodide_js"}
ALWAYS_THERE = {"__future__", "builtins", "gc", "importlib", "os", "sys"}
CLOCKS_AND_CHANCE = {"time", "datetime", "random", "secrets", "uuid"}
FILE_CALLS = {"open", "read_text", "read_bytes", "write_text", "write_bytes", "urlopen"}
MAY_OPEN_FILES = {"data.py", "__main__.py"}


def imported(path: Path) -> Iterator[str]:
    """Full names of the modules that a file imports from outside its own package."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module


def called(path: Path) -> Iterator[str]:
    """Names of the functions and methods that a file calls."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            function = node.func
            yield function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def sources(*packages: str) -> list[Path]:
    found = [path for package in packages for path in sorted((PY / package).rglob("*.py"))]
    assert found
    return found


def name_of(path: Path) -> str:
    return path.relative_to(PY).as_posix()


@pytest.mark.parametrize("path", sources("roofline"), ids=name_of)
def test_engine_imports_only_itself_and_the_standard_library(path: Path):
    foreign = {name.split(".")[0] for name in imported(path)} - sys.stdlib_module_names - {"roofline"}
    assert not foreign


@pytest.mark.parametrize("path", sources("roofline"), ids=name_of)
def test_engine_knows_no_clock_and_no_chance(path: Path):
    assert not set(imported(path)) & CLOCKS_AND_CHANCE


@pytest.mark.parametrize("path", sources("roofline", "present"), ids=name_of)
def test_one_module_opens_files(path: Path):
    if path.name not in MAY_OPEN_FILES or path.parent.name != "roofline":
        assert not set(called(path)) & FILE_CALLS


@pytest.mark.parametrize("path", sources("present"), ids=name_of)
def test_presentation_imports_only_the_engine_and_the_standard_library(path: Path):
    foreign = {name.split(".")[0] for name in imported(path)} - sys.stdlib_module_names - {"present", "roofline"}
    assert not foreign


def shipped_modules() -> set[str]:
    """The modules that tools/stdlib_modules.txt has put into the browser's Python."""
    lines = (ROOT / "tools" / "stdlib_modules.txt").read_text("utf-8").splitlines()
    return {name for line in lines if (name := line.split("#")[0].strip()) and not name.startswith("-")}


@pytest.mark.parametrize("path", sources("page", "present", "roofline"), ids=name_of)
def test_every_import_exists_in_the_browser(path: Path):
    if path.name == "__main__.py":
        pytest.skip("for a shell, not shipped to the browser")
    standard = {name for name in imported(path) if name.split(".")[0] not in OWN | BROWSER | ALWAYS_THERE}
    missing = standard - shipped_modules()
    assert not missing, f"add to tools/stdlib_modules.txt: {sorted(missing)}"


def test_no_module_state_is_declared_global():
    writers = [
        name_of(path)
        for path in sources("roofline", "present")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Global)
    ]
    assert not writers

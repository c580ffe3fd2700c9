"""Archives of byte code, made inside the Pyodide that will run them (see bytecode.mjs).

Made are the standard library cut down to what the page imports, and the application in its two parts. None holds
sources, so that nothing is compiled at a start: the npm package's own library has sources only, of which stock
Pyodide compiles about 150 at every start. What modules compile when imported is found by importing them from a draft
of the archive (`compiled_by`), and added to it (`finished`).

Runs in Pyodide under Node, not in the project's environment.
"""

import ast
import importlib
import importlib._bootstrap_external as external  # type: ignore[import-not-found]
import json
import marshal
import re
import sys
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from types import SimpleNamespace

import app_zip

PYC_HEAD_BYTES = 16
# Their docstrings are read at run time (signatures of the JavaScript bridge).
KEEP_DOCSTRINGS = ("pyodide", "_pyodide")


def without_docstrings(source: bytes) -> ast.Module:
    """The module without its docstrings; a class keeps its name as one, lest `dataclasses` make up a signature."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        if documented and ast.get_docstring(node, clean=False) is not None:
            name = [ast.Expr(ast.Constant(node.name))] if isinstance(node, ast.ClassDef) else []
            node.body[:1] = name or ([] if node.body[1:] else [ast.Pass()])
    return ast.fix_missing_locations(tree)


def compiled(path: str, source: bytes) -> bytes:
    """A .pyc that is never checked against its source."""
    tree = ast.parse(source) if path.split("/")[0] in KEEP_DOCSTRINGS else without_docstrings(source)
    code = compile(tree, path, "exec", dont_inherit=True, optimize=1)
    return bytes(external._code_to_hash_pyc(code, importlib.util.source_hash(source), False))


def shipped(path: str, content: bytes) -> tuple[str, bytes]:
    """A file as it goes into an archive: modules as byte code, JSON without its spaces."""
    if path.endswith(".py"):
        return path + "c", compiled(path, content)
    if path.endswith(".json"):
        return path, json.dumps(json.loads(content), ensure_ascii=False, separators=(",", ":")).encode()
    return path, content


def with_parents(paths: set[str]) -> set[str]:
    """The paths, and the __init__ of every package that holds one of them."""
    return paths | {str(folder / "__init__.py") for path in paths for folder in PurePosixPath(path).parents}


def is_left_out(path: str, names: list[str]) -> bool:
    """Whether a path of the archive is one of these modules, or inside one of these packages."""
    return path.removesuffix(".py").split("/")[0] in names


HOOK = "sitecustomize.pyc"
MODULES, COMPILED = "modules.bin", "compiled.bin"


def library(names: list[str], origins: list[str], hook: str, out: str) -> str:
    """A draft of the standard library: the modules that lie at these origins, less the -named."""
    left_out = [name[1:] for name in names if name.startswith("-")]
    stock = next(path for path in sys.path if path.endswith(".zip"))
    inside = {origin.removeprefix(stock + "/") for origin in origins if origin.startswith(stock + "/")}
    with zipfile.ZipFile(stock) as source:
        found = with_parents(inside) & set(source.namelist())
        paths = sorted(path for path in found if not is_left_out(path, left_out))
        files = {path: source.read(path) for path in paths}
    own = [(HOOK, compiled("quick_start.py", hook.encode()))]
    # as files too: until the hook runs, Python looks for files
    drafted = draft(files) + own + [shipped(path, content) for path, content in files.items() if is_source(path)]
    Path(out).write_bytes(app_zip.archive(drafted))
    return f"{len(paths)} modules of Python {sys.version.split()[0]}"


def application(source: str, pyscript: dict[str, str], out: str) -> None:
    """A draft of one archive of tools/app_zip.py, and of PyScript's own package where its sources are given.

    That package is found there before the sources that PyScript writes.
    """
    own = {f"pyscript/{path}": text.encode() for path, text in pyscript.items()}
    Path(out).write_bytes(app_zip.archive(draft(app_zip.contents(Path(source).read_bytes()) | own)))


def draft(files: dict[str, bytes]) -> list[tuple[str, bytes]]:
    """Modules as tools/quick_start.py takes them, without what they compile, and the other files."""
    modules = dict(module(path, source) for path, source in files.items() if is_source(path))
    data = [shipped(path, content) for path, content in files.items() if not is_source(path)]
    return [(MODULES, marshal.dumps(modules)), (COMPILED, marshal.dumps(({}, {}))), *data]


def finished(path: str, imported_before: list[str], compiled_by: bytes) -> None:
    """Complete a draft: with what its modules compile, and without the files of modules that are found by name.

    `compiled_by` are the marshalled notes of tools/quick_start.py.
    """
    files = app_zip.contents(Path(path).read_bytes())
    notes = marshal.loads(compiled_by)
    texts = {(len(text), zlib.crc32(text.encode())): text_code(mode, text) for mode, text, _ in notes if mode in MODES}
    patterns = {(text, flags): pattern_code(text, flags) for mode, text, flags in notes if mode not in MODES}
    files[COMPILED] = marshal.dumps((texts, patterns))
    early = {f"{name.replace('.', '/')}{end}" for name in imported_before for end in (".pyc", "/__init__.pyc")}
    kept = [(name, data) for name, data in files.items() if not name.endswith(".pyc") or name in early | {HOOK}]
    Path(path).write_bytes(app_zip.archive(kept))


MODES = ("exec", "eval")


def text_code(mode: str, text: str) -> bytes:
    """The code of a text that a module compiles when imported."""
    return marshal.dumps(compile(text, "<string>", mode, dont_inherit=True, optimize=1))


def pattern_code(pattern: str | bytes, flags: int) -> tuple[object, ...]:
    """What the regular expression engine's own `compile` is called with for the pattern."""
    engine = re._compiler._sre
    calls = []
    re._compiler._sre = SimpleNamespace(**vars(engine) | {"compile": lambda *given: calls.append(given)})
    try:
        re._compiler.compile(pattern, flags)
    finally:
        re._compiler._sre = engine
    (given,) = calls
    text, all_flags, code, *rest = given
    return (text, int(all_flags), [int(number) for number in code], *rest)


def is_source(path: str) -> bool:
    """Whether a file is a module."""
    return path.endswith(".py")


def module(path: str, source: bytes) -> tuple[str, tuple[bool, bytes]]:
    """A module's full name, whether it is a package, and its code without the head that a .pyc has."""
    name = path.removesuffix(".py").replace("/", ".")
    is_package = name.endswith(".__init__")
    return name.removesuffix(".__init__"), (is_package, compiled(path, source)[PYC_HEAD_BYTES:])

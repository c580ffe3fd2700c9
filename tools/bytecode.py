"""Archives of byte code, made inside the Pyodide that will run them (see bytecode.mjs).

Two are made: the standard library cut down to what the page imports, and the application. Neither
holds sources, so that nothing is compiled at a start: the npm package's own library has sources only,
of which stock Pyodide compiles about 150 at every start.

Runs in Pyodide under Node, not in the project's environment.
"""

import ast
import builtins
import dataclasses
import importlib
import importlib._bootstrap_external as external  # type: ignore[import-not-found]
import json
import marshal
import sys
import zipfile
from pathlib import Path, PurePosixPath
from types import CodeType

WHEN = (2026, 1, 1, 0, 0, 0)
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


def add(archive: zipfile.ZipFile, path: str, content: bytes) -> None:
    """Add a file, modules as byte code, JSON without its spaces; equal contents give equal bytes at any time."""
    if path.endswith(".py"):
        path, content = path + "c", compiled(path, content)
    if path.endswith(".json"):
        content = json.dumps(json.loads(content), ensure_ascii=False, separators=(",", ":")).encode()
    info = zipfile.ZipInfo(path, WHEN)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    archive.writestr(info, content, compresslevel=9)


def imported_from(stock: str) -> set[str]:
    """Paths in the stock archive of every module that has been imported from it."""
    specs = (getattr(module, "__spec__", None) for module in list(sys.modules.values()))
    origins = (spec.origin or "" for spec in specs if spec)
    return {origin.removeprefix(stock + "/") for origin in origins if origin.startswith(stock + "/")}


def with_parents(paths: set[str]) -> set[str]:
    """The paths, and the __init__ of every package that holds one of them."""
    return paths | {str(folder / "__init__.py") for path in paths for folder in PurePosixPath(path).parents}


def is_left_out(path: str, names: list[str]) -> bool:
    """Whether a path of the archive is one of these modules, or inside one of these packages."""
    return path.removesuffix(".py").split("/")[0] in names


def library(names: list[str], out: str) -> str:
    """The modules that a start loads, the named ones, and all that importing these loads in turn; less the -named."""
    left_out = [name[1:] for name in names if name.startswith("-")]
    for name in names:
        if not name.startswith("-"):
            importlib.import_module(name)
    stock = next(path for path in sys.path if path.endswith(".zip"))
    with zipfile.ZipFile(stock) as source, zipfile.ZipFile(out, "w") as archive:
        found = with_parents(imported_from(stock)) & set(source.namelist())
        paths = sorted(path for path in found if not is_left_out(path, left_out))
        for path in paths:
            add(archive, path, source.read(path))
    return f"{len(paths)} modules of Python {sys.version.split()[0]}"


def application(packed: list[str], hook: str, pyscript: dict[str, str], out: str) -> str:
    """The archives of tools/app_zip.py with their modules compiled, and what makes the start quick.

    That is tools/dataclass_code.py with its data, each archive having its own, and byte code of PyScript's own
    package, beside which PyScript writes the sources before it imports them.
    """
    Path(out).mkdir()
    for name in packed:
        with zipfile.ZipFile(name) as source:
            source.extractall("application")
    sys.path.insert(0, "application")
    dataclasses.exec = recording  # type: ignore[attr-defined]
    extra: dict[str, bytes] = {"dataclass_code.py": hook.encode()}
    for name, text in pyscript.items():
        cached = name.replace(".py", f".{sys.implementation.cache_tag}.pyc")
        extra[f"pyscript/__pycache__/{cached}"] = compiled(f"pyscript/{name}", text.encode())
    for name in packed:
        with zipfile.ZipFile(name) as source, zipfile.ZipFile(f"{out}/{name}", "w") as archive:
            for path in source.namelist():
                add(archive, path, source.read(path))
            for path, content in extra.items():
                add(archive, path, content)
            import_all(source.namelist())
        extra = {}
        with zipfile.ZipFile(f"{out}/{name}", "a") as archive:
            add(archive, f"dataclass_code/{name.removesuffix('.zip')}.bin", marshal.dumps(DATACLASS_CODE))
        DATACLASS_CODE.clear()
    return f"{len(packed)} archives"


DATACLASS_CODE: dict[str, CodeType] = {}
"""What `dataclasses` compiled while modules were imported, by source text."""


def recording(text: str, namespace: dict[str, object], names: dict[str, object]) -> None:
    """Stand in for `exec` of the module dataclasses."""
    DATACLASS_CODE[text] = compile(text, "<dataclass>", "exec", dont_inherit=True, optimize=2)
    builtins.exec(DATACLASS_CODE[text], namespace, names)


def import_all(paths: list[str]) -> None:
    """Import the engine's and the presentation's modules among these sources; the page's need a browser."""
    for path in paths:
        if path.endswith(".py") and not path.startswith("page/"):
            importlib.import_module(path.removesuffix(".py").removesuffix("/__init__").replace("/", "."))

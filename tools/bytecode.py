"""Archives of byte code, made inside the Pyodide that will run them (see bytecode.mjs).

Two are made: the standard library cut down to what the page imports, and the application. Neither
holds sources, so that nothing is compiled at a start: the npm package's own library has sources only,
of which stock Pyodide compiles about 150 at every start.

Runs in Pyodide under Node, not in the project's environment.
"""

import builtins
import dataclasses
import importlib
import importlib._bootstrap_external as external  # type: ignore[import-not-found]
import marshal
import pkgutil
import sys
import zipfile
from pathlib import PurePosixPath
from types import CodeType

WHEN = (2026, 1, 1, 0, 0, 0)
# Their docstrings are read at run time (signatures of the JavaScript bridge).
KEEP_DOCSTRINGS = ("pyodide", "_pyodide")


def compiled(path: str, source: bytes) -> bytes:
    """A .pyc that is never checked against its source."""
    optimize = 0 if path.split("/")[0] in KEEP_DOCSTRINGS else 2
    code = compile(source, path, "exec", dont_inherit=True, optimize=optimize)
    return bytes(external._code_to_hash_pyc(code, importlib.util.source_hash(source), False))


def add(archive: zipfile.ZipFile, path: str, content: bytes) -> None:
    """Add a file, modules as byte code; equal contents give equal bytes, whatever the clock says."""
    if path.endswith(".py"):
        path, content = path + "c", compiled(path, content)
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


def application(packed: str, hook: str, out: str) -> str:
    """The archive of tools/app_zip.py with its modules compiled, and tools/dataclass_code.py with its data."""
    with zipfile.ZipFile(packed) as source, zipfile.ZipFile(out, "w") as archive:
        for path in source.namelist():
            add(archive, path, source.read(path))
        add(archive, "dataclass_code.py", hook.encode())
        source.extractall("application")
        code = dataclass_code("application")
        add(archive, "dataclass_code.bin", marshal.dumps(code))
        return f"{len(source.namelist())} files, {len(code)} dataclasses"


def dataclass_code(folder: str) -> dict[str, CodeType]:
    """What `dataclasses` compiles while the engine and the presentation are imported, by source text."""
    code: dict[str, CodeType] = {}

    def recording(text: str, namespace: dict[str, object], names: dict[str, object]) -> None:
        code[text] = compile(text, "<dataclass>", "exec", dont_inherit=True, optimize=2)
        builtins.exec(code[text], namespace, names)

    dataclasses.exec = recording  # type: ignore[attr-defined]
    sys.path.insert(0, folder)
    for package in ("roofline", "present"):
        found = pkgutil.walk_packages([f"{folder}/{package}"], package + ".")
        for name in [package, *(module.name for module in found)]:
            importlib.import_module(name)
    return code

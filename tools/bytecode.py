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
import zlib
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

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


def library(names: list[str], origins: list[str], out: str) -> str:
    """The modules that lie at these origins, less the -named."""
    left_out = [name[1:] for name in names if name.startswith("-")]
    stock = next(path for path in sys.path if path.endswith(".zip"))
    inside = {origin.removeprefix(stock + "/") for origin in origins if origin.startswith(stock + "/")}
    with zipfile.ZipFile(stock) as source:
        found = with_parents(inside) & set(source.namelist())
        paths = sorted(path for path in found if not is_left_out(path, left_out))
        Path(out).write_bytes(app_zip.archive(shipped(path, source.read(path)) for path in paths))
    return f"{len(paths)} modules of Python {sys.version.split()[0]}"


def application(names: list[str], hook: str, pyscript: dict[str, str], out: str) -> str:
    """The archives of tools/app_zip.py with their modules compiled, as tools/quick_start.py takes them.

    The first brings that module too, and PyScript's own package, which is found there before the sources that
    PyScript writes.
    """
    Path(out).mkdir()
    archives = {name: app_zip.contents(Path(name).read_bytes()) for name in names}
    unpack(archives.values(), "application")
    dataclasses.exec = recording  # type: ignore[attr-defined]
    for number, (name, files) in enumerate(archives.items()):
        import_all(list(files))
        own = {} if number else {f"pyscript/{path}": text.encode() for path, text in pyscript.items()}
        made = {} if number else {"quick_start.pyc": compiled("quick_start.py", hook.encode())}
        made["modules.bin"] = marshal.dumps(
            dict(module(path, source) for path, source in (files | own).items() if is_source(path))
        )
        made["dataclass_code.bin"] = marshal.dumps(DATACLASS_CODE)
        data = [shipped(path, content) for path, content in files.items() if not is_source(path)]
        Path(out, name).write_bytes(app_zip.archive([*made.items(), *data]))
        DATACLASS_CODE.clear()
    return f"{len(names)} archives"


def unpack(archives: Iterable[dict[str, bytes]], folder: str) -> None:
    """Write the files into a folder from which modules are then imported."""
    for path, content in ((path, content) for files in archives for path, content in files.items()):
        target = Path(folder, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    sys.path.insert(0, folder)


def is_source(path: str) -> bool:
    """Whether a file is a module."""
    return path.endswith(".py")


def module(path: str, source: bytes) -> tuple[str, tuple[bool, bytes]]:
    """A module's full name, whether it is a package, and its code without the head that a .pyc has."""
    name = path.removesuffix(".py").replace("/", ".")
    is_package = name.endswith(".__init__")
    return name.removesuffix(".__init__"), (is_package, compiled(path, source)[PYC_HEAD_BYTES:])


DATACLASS_CODE: dict[tuple[int, int], bytes] = {}
"""What `dataclasses` compiled while modules were imported, by length and checksum of the source text."""


def recording(text: str, namespace: dict[str, object], names: dict[str, object]) -> None:
    """Stand in for `exec` of the module dataclasses."""
    code = compile(text, "<dataclass>", "exec", dont_inherit=True, optimize=2)
    DATACLASS_CODE[len(text), zlib.crc32(text.encode())] = marshal.dumps(code)
    builtins.exec(code, namespace, names)


def import_all(paths: list[str]) -> None:
    """Import the engine's and the presentation's modules among these sources; the page's need a browser."""
    for path in paths:
        if is_source(path) and not path.startswith("page/"):
            importlib.import_module(path.removesuffix(".py").removesuffix("/__init__").replace("/", "."))

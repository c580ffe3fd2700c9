/**
 * Builds the byte-compiled, minimal standard library that the browser's Python starts from.
 *
 *   node tools/build_stdlib.mjs MODULES.txt OUT.zip
 *
 * The npm package's archive holds sources only, so that stock Pyodide compiles about 150 modules at
 * every start. Here the same Pyodide compiles them once, under Node: its byte code is the browser's
 * by construction. Kept are the modules that a start loads, those that MODULES.txt names, and all
 * that importing these loads in turn.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { loadPyodide } from "pyodide";

const [modulesFile, outFile] = process.argv.slice(2);
const names = readFileSync(modulesFile, "utf8")
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter(Boolean);

const BUILD = `
import importlib, importlib._bootstrap_external as external, sys, zipfile
from pathlib import PurePosixPath

ARCHIVE = next(p for p in sys.path if p.endswith(".zip"))
# Their docstrings are read at run time (signatures of the JavaScript bridge).
KEEP_DOCSTRINGS = ("pyodide", "_pyodide")


def loaded() -> set[str]:
    """Archive paths of every module that has been imported from the archive."""
    origins = (getattr(m.__spec__, "origin", None) or "" for m in list(sys.modules.values())
               if getattr(m, "__spec__", None))
    prefix = ARCHIVE + "/"
    return {origin.removeprefix(prefix) for origin in origins if origin.startswith(prefix)}


def with_parents(paths: set[str], present: set[str]) -> set[str]:
    """The paths, and the __init__ of every package that holds one of them."""
    parents = {str(folder / "__init__.py") for path in paths for folder in PurePosixPath(path).parents}
    return paths | (parents & present)


def compiled(path: str, source: bytes) -> bytes:
    """A .pyc that is never checked against its source."""
    optimize = 0 if path.split("/")[0] in KEEP_DOCSTRINGS else 2
    code = compile(source, path, "exec", dont_inherit=True, optimize=optimize)
    return bytes(external._code_to_hash_pyc(code, importlib.util.source_hash(source), False))


def build(names: list[str], out: str) -> list[str]:
    """Write the archive and return the module paths in it."""
    for name in names:
        importlib.import_module(name)
    with zipfile.ZipFile(ARCHIVE) as stock, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as small:
        present = set(stock.namelist())
        paths = sorted(with_parents(loaded(), present))
        for path in paths:
            info = zipfile.ZipInfo(path + "c", (2026, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            small.writestr(info, compiled(path, stock.read(path)))
    return paths
`;

const python = await loadPyodide();
python.runPython(BUILD);
const paths = python.globals.get("build")(python.toPy(names), "/tmp/stdlib.zip").toJs();
writeFileSync(outFile, python.FS.readFile("/tmp/stdlib.zip"));
console.log(`${outFile}: ${paths.length} modules, Python ${python.runPython("sys.version").split(" ")[0]}`);

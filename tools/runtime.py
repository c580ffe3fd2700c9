"""Fill runtime/ from the npm packages: PyScript, Pyodide, its decoder, the compiled standard library, Observable Plot.

Third-party code is never committed; it comes from node_modules/ at the versions of
package-lock.json. What PyScript can load lazily and this page never uses (editor, terminal) stays
out.
"""

import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNTIME = ROOT / "runtime"
PYSCRIPT = ROOT / "node_modules" / "@pyscript" / "core" / "dist"
PYODIDE = ROOT / "node_modules" / "pyodide"
PLOT = RUNTIME / "plot" / "plot.mjs"
UNPACK = RUNTIME / "unpack" / "unpack.mjs"
PARTS = ".parts.json"
"""Beside a bundle, the list of what went in: whose code it is (tools/licenses.py)."""
BINARY = "pyodide.asm.wasm"
PYODIDE_FILES = ("pyodide.mjs", "pyodide.asm.mjs")
# Imported by PyScript at every start, used or not.
PYSCRIPT_PLUGINS = (
    "deprecations-manager",
    "donkey",
    "error",
    "py-editor",
    "py-game",
    "py-terminal",
    "toml",
)
# What is changed in Pyodide's script: pairs of what it holds, once, and what it is to hold instead.
CHANGES = (
    # Shared memory is only for waiting on a terminal's input, under Node. Browsers call asking for it deprecated where
    # the page is not isolated from other origins; without it `Atomics.wait` fails there as it does on any main thread.
    ("new Int32Array(new WebAssembly.Memory({shared:!0,initial:1,maximum:1}).buffer)", "new Int32Array(1)"),
    # The script is one function. In brackets browsers compile it while the script arrives, apart from the page; else
    # they read over it at first, and compile it when it is called, for which the page waits.
    ("async function _createPyodideModule(", "const _createPyodideModule=(async function("),
    (";return moduleRtn}export default", ";return moduleRtn});export default"),
    # An exception says where it was made, for which browsers read the script again.
    ("safeBool(()=>obj.constructor.name)", "safeBool(()=>obj.constructor?.name)"),
    # Every export gets an address that other modules could ask for. Those that the binary itself asks for need one.
    (
        "updateGOT(origExports);LDSO.init()",
        "updateGOT(Object.fromEntries(Object.entries(origExports).filter(([name])=>name in GOT)));LDSO.init()",
    ),
    # The script's functions that the binary asks for by address are put into its table together: see as_wasm.mjs. Their
    # places are remembered apart, as is that of a function from a module made just now: to look for one in the table
    # makes an object of each of its 9,000 functions.
    (
        "return addFunction(trampolineInstance.exports.trampoline_call)",
        (
            "const trampoline=trampolineInstance.exports.trampoline_call,slot=getEmptyTableSlot();"
            "setWasmTableEntry(slot,trampoline);places.set(trampoline,slot);return slot"
        ),
    ),
    (
        "var getFunctionAddress=func=>{",
        "var places=new Map;var getFunctionAddress=func=>{if(places.has(func)){return places.get(func)}",
    ),
    ("var reportUndefinedSymbols=()=>{", "var reportUndefinedSymbols=()=>{var asked=[];"),
    (
        'if(typeof value=="function"){entry.value=addFunction(value,value.sig)}',
        (
            'if(typeof value=="function"&&value.sig&&!(functionsInTableMap&&getFunctionAddress(value)))'
            "{asked.push([entry,value])}"
            'else if(typeof value=="function"){entry.value=addFunction(value,value.sig)}'
        ),
    ),
    (
        "typeof value} (${value})`)}}}};var loadDylibs",
        (
            "typeof value} (${value})`)}}}"
            "var functions=[...new Set(asked.map(([,value])=>value))].filter(value=>!places.has(value));"
            "asWasm(functions).forEach((made,index)=>{var slot=getEmptyTableSlot();setWasmTableEntry(slot,made);"
            "places.set(functions[index],slot)});"
            "for(var [entry,value] of asked)entry.value=places.get(value)};var loadDylibs"
        ),
    ),
)
# PyScript learns by an exception that memory is not shared with workers: one that says where it was made, as above.
SHARES_MEMORY = re.compile(r"try\{new (\w+)\(4,\{maxByteLength:8\}\)\}")
STATIC_IMPORT = re.compile(r"""(?:from|import)\s*"\./([^"]+\.js)\"""")
LAZY_IMPORT = re.compile(r"""import\("\./([^"]+\.js)"\)""")


def pyscript_files() -> list[str]:
    """core.js, what it imports, and of its lazy parts those that it imports at every start."""
    (core,) = STATIC_IMPORT.findall((PYSCRIPT / "core.js").read_text("utf-8"))
    lazy = LAZY_IMPORT.findall((PYSCRIPT / core).read_text("utf-8"))
    wanted = {name for name in lazy if name.rsplit("-", 1)[0] in PYSCRIPT_PLUGINS}
    return ["core.js", core, *sorted(wanted)]


def copy(source: Path, target: Path, names: list[str]) -> None:
    """Copy files into a folder, without the references to source maps that are not shipped."""
    target.mkdir(parents=True, exist_ok=True)
    for name in names:
        if name.endswith((".js", ".mjs")):
            text = (source / name).read_text("utf-8")
            (target / name).write_text(re.sub(r"\n//# sourceMappingURL=\S+\s*$", "\n", text), "utf-8")
        else:
            shutil.copyfile(source / name, target / name)


def change_script() -> str:
    """Change in Pyodide's script what costs browsers a warning or time, and leave out what nothing here can ask for.

    Returns the names of what its binary has to export, with blanks between them.
    """
    script = RUNTIME / "pyodide" / "pyodide.asm.mjs"
    text = script.read_text("utf-8")
    for found, wanted in CHANGES:
        if text.count(found) != 1:
            raise SystemExit(f"{script.name} no longer holds {found}")
        text = text.replace(found, wanted)
    command = ["node", "node_modules/esbuild/bin/esbuild", "tools/as_wasm.mjs", "--minify-whitespace"]
    added = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True).stdout
    script.write_text(text + added, "utf-8")
    shorten = ["node", "tools/shake.mjs", script, PYODIDE / BINARY]
    users = "\n".join(users_of_script())
    return subprocess.run(shorten, check=True, cwd=ROOT, input=users, stdout=subprocess.PIPE, text=True).stdout


def users_of_script() -> Iterator[str]:
    """The text of what reaches into Pyodide's script: its other part, PyScript, and its own Python modules."""
    for path in (PYODIDE / "pyodide.mjs", RUNTIME / "pyscript" / "core.js"):
        yield path.read_text("utf-8")
    with zipfile.ZipFile(PYODIDE / "python_stdlib.zip") as library:
        for name in library.namelist():
            if name.endswith(".py") and "pyodide" in name.split("/")[0]:
                yield library.read(name).decode()


def compile_library() -> None:
    """Compile the standard library with the same Pyodide, under Node."""
    command = ["node", "tools/bytecode.mjs", "library", "tools/stdlib_modules.txt", "runtime/pyodide/stdlib.packed"]
    subprocess.run(command, check=True, cwd=ROOT)


@contextmanager
def packing_binary(exports: str) -> Iterator[None]:
    """Change and compress Pyodide's binary while other things are made: a fifth smaller than hosts compress it."""
    command = ["node", "tools/pack.mjs", PYODIDE / BINARY, RUNTIME / "pyodide" / BINARY]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, text=True) as packing:
        packing.stdin.write(exports)
        packing.stdin.close()
        yield
    if packing.returncode:
        raise SystemExit("tools/pack.mjs failed")


def bundle(source: Path, target: Path, *options: str) -> None:
    """Bundle a module with what it imports."""
    target.parent.mkdir(parents=True, exist_ok=True)
    command = ["node", "node_modules/esbuild/bin/esbuild", source, "--bundle", "--minify", "--format=esm"]
    kinds = ["--target=es2022", "--legal-comments=none", "--log-level=warning"]
    outputs = [f"--outfile={target}", f"--metafile={target.with_name(PARTS)}"]
    subprocess.run([*command, *kinds, *options, *outputs], check=True, cwd=ROOT)


def bundle_pyscript() -> None:
    """PyScript in one file: a start imports ten, some of them late. Its editor, terminal and such stay out."""
    inside = pyscript_files()
    outside = sorted(path.name for path in PYSCRIPT.glob("*.js") if path.name not in inside)
    target = RUNTIME / "pyscript" / "core.js"
    bundle(PYSCRIPT / "core.js", target, *(f"--external:./{name}" for name in outside))
    text, count = SHARES_MEMORY.subn(r"try{if(!\1)throw 0;new \1(4,{maxByteLength:8})}", target.read_text("utf-8"))
    if not count:
        raise SystemExit(f"{target.name} no longer asks whether memory is shared, or not as it did")
    target.write_text(text, "utf-8")


def main() -> int:
    """Make runtime/ anew."""
    shutil.rmtree(RUNTIME, ignore_errors=True)
    bundle_pyscript()
    copy(PYODIDE, RUNTIME / "pyodide", list(PYODIDE_FILES))
    exports = change_script()
    with packing_binary(exports):
        compile_library()
        bundle(ROOT / "tools" / "plot.mjs", PLOT)
        # without `fetch`, which zstddec would read a data: address with; the page's rules forbid that
        bundle(ROOT / "tools" / "unpack.mjs", UNPACK, "--define:fetch=undefined", "--inject:tools/buffer.mjs")
    return 0


if __name__ == "__main__":
    sys.exit(main())

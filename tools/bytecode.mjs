/**
 * Runs tools/bytecode.py in the Pyodide that the page ships, under Node.
 *
 *   node tools/bytecode.mjs library MODULES.txt OUT.packed
 *   node tools/bytecode.mjs application PACKED_FOLDER OUT_FOLDER
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { loadPyodide } from "pyodide";
import stdlib from "../node_modules/@pyscript/core/src/stdlib/pyscript.js";

const LIBRARY = "runtime/pyodide/stdlib.packed";
const APPLICATION = ["app.packed", "later.packed"];
const DRAFT = "draft.packed";

const [what, input, output] = process.argv.slice(2);
const beside = (name) => readFileSync(new URL(name, import.meta.url), "utf8");
// without columns of source, which the page could not show anyway: a quarter smaller
const python = await loadPyodide({ env: { PYTHONNODEBUGRANGES: "1" } });
python.FS.writeFile("app_zip.py", beside("app_zip.py"));
python.runPython(beside("bytecode.py"));
const call = (name, ...values) => python.globals.get(name)(...values.map((value) => python.toPy(value)));
try {
    await { library, application }[what]();
} catch (error) {
    // not the exception itself: Node would print the megabyte of script that it passed through
    console.error(error.message);
    process.exit(1);
}

/** A Python of its own with that archive as its standard library: the one above has loaded more than a page does. */
async function fresh(library) {
    const folder = mkdtempSync(join(tmpdir(), "library-"));
    const file = join(folder, "library.zip");
    writeFileSync(file, gunzipSync(library));
    try {
        return await loadPyodide({ stdLibURL: file });
    } finally {
        rmSync(folder, { recursive: true });
    }
}

/** What was compiled in a Python since it was last asked, marshalled. */
function compiledBy(other) {
    const found = other.runPython(`
import marshal, sitecustomize
told = marshal.dumps(sitecustomize.compiled_here)
sitecustomize.compiled_here.clear()
told`);
    return found.toJs();
}

/** Where the modules lie that a start and the named ones load. */
async function origins(names) {
    const clean = await loadPyodide();
    clean.globals.set("names", clean.toPy(names.filter((name) => !name.startsWith("-"))));
    return clean.runPython(`
import sys
for name in names:
    __import__(name)
specs = [getattr(module, "__spec__", None) for module in list(sys.modules.values())]
[spec.origin for spec in specs if spec and spec.origin]
`).toJs();
}

async function library() {
    const lines = readFileSync(input, "utf8").split("\n");
    const names = lines.map((line) => line.replace(/#.*/, "").trim()).filter(Boolean);
    console.log(`${output}: ${call("library", names, await origins(names), beside("quick_start.py"), DRAFT)}`);
    const other = await fresh(python.FS.readFile(DRAFT));
    other.globals.set("names", other.toPy(names.filter((name) => !name.startsWith("-"))));
    const before = other.runPython("import sitecustomize; [__import__(n) for n in names]; sitecustomize.IMPORTED_BEFORE");
    call("finished", DRAFT, before.toJs(), compiledBy(other));
    writeFileSync(output, python.FS.readFile(DRAFT));
}

async function application() {
    const other = await fresh(readFileSync(LIBRARY));
    for (const [number, name] of APPLICATION.entries()) {
        python.FS.writeFile(name, readFileSync(join(input, name)));
        call("application", name, number ? {} : stdlib.pyscript, DRAFT);
        other.FS.writeFile(`/${number}.zip`, gunzipSync(python.FS.readFile(DRAFT)));
        compiledBy(other);
        other.runPython(importAll(`/${number}.zip`));
        call("finished", DRAFT, [], compiledBy(other));
        writeFileSync(join(output, name), python.FS.readFile(DRAFT));
    }
}

/** Imports all modules of an archive but the one that starts the page, with a stand-in for the browser's objects. */
function importAll(archive) {
    return `
import importlib, sitecustomize, sys, types

class Browser(types.ModuleType):
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *given, **named):
        return self

sys.modules["js"] = Browser("js")
sitecustomize.add("${archive}")
for name in sys.meta_path[0].modules:
    if name != "page.main" and name.split(".")[0] != "pyscript":
        importlib.import_module(name)`;
}

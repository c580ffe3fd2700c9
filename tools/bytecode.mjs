/**
 * Runs tools/bytecode.py in the Pyodide that the page ships, under Node.
 *
 *   node tools/bytecode.mjs library MODULES.txt OUT.packed
 *   node tools/bytecode.mjs application PACKED_FOLDER OUT_FOLDER
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadPyodide } from "pyodide";
import stdlib from "../node_modules/@pyscript/core/src/stdlib/pyscript.js";

const [what, input, output] = process.argv.slice(2);
// without columns of source, which the page could not show anyway: a quarter smaller
const python = await loadPyodide({ env: { PYTHONNODEBUGRANGES: "1" } });
python.FS.writeFile("app_zip.py", readFileSync(new URL("app_zip.py", import.meta.url)));
python.runPython(readFileSync(new URL("bytecode.py", import.meta.url), "utf8"));
const make = python.globals.get(what);
try {
    await { library, application }[what]();
} catch (error) {
    // not the exception itself: Node would print the megabyte of script that it passed through
    console.error(error.message);
    process.exit(1);
}

/** Where the modules lie that a start and the named ones load, in a Python of its own: this one has loaded more. */
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
    const found = await origins(names);
    console.log(`${output}: ${make(python.toPy(names), python.toPy(found), "out.packed")}`);
    writeFileSync(output, python.FS.readFile("out.packed"));
}

function application() {
    const names = ["app.packed", "later.packed"];
    for (const name of names) python.FS.writeFile(name, new Uint8Array(readFileSync(join(input, name))));
    const hook = readFileSync(new URL("quick_start.py", import.meta.url), "utf8");
    console.log(`${output}: ${make(python.toPy(names), hook, python.toPy(stdlib.pyscript), "out")}`);
    for (const name of names) writeFileSync(join(output, name), python.FS.readFile(`out/${name}`));
}

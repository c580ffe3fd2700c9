/**
 * Runs tools/bytecode.py in the Pyodide that the page ships, under Node.
 *
 *   node tools/bytecode.mjs library MODULES.txt OUT.zip
 *   node tools/bytecode.mjs application PACKED_FOLDER OUT_FOLDER
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadPyodide } from "pyodide";
import stdlib from "../node_modules/@pyscript/core/src/stdlib/pyscript.js";

const [what, input, output] = process.argv.slice(2);
// without columns of source, which the page could not show anyway: a quarter smaller
const python = await loadPyodide({ env: { PYTHONNODEBUGRANGES: "1" } });
python.runPython(readFileSync(new URL("bytecode.py", import.meta.url), "utf8"));
const make = python.globals.get(what);
try {
    await { library, application }[what]();
} catch (error) {
    // not the exception itself: Node would print the megabyte of script that it passed through
    console.error(error.message);
    process.exit(1);
}

function library() {
    const lines = readFileSync(input, "utf8").split("\n");
    const names = lines.map((line) => line.replace(/#.*/, "").trim()).filter(Boolean);
    console.log(`${output}: ${make(python.toPy(names), "out.zip")}`);
    writeFileSync(output, python.FS.readFile("out.zip"));
}

function application() {
    const names = ["app.zip", "later.zip"];
    for (const name of names) python.FS.writeFile(name, new Uint8Array(readFileSync(join(input, name))));
    const hook = readFileSync(new URL("dataclass_code.py", import.meta.url), "utf8");
    console.log(`${output}: ${make(python.toPy(names), hook, python.toPy(stdlib.pyscript), "out")}`);
    for (const name of names) writeFileSync(join(output, name), python.FS.readFile(`out/${name}`));
}

/**
 * Runs tools/bytecode.py in the Pyodide that the page ships, under Node.
 *
 *   node tools/bytecode.mjs library MODULES.txt OUT.zip
 *   node tools/bytecode.mjs application PACKED.zip OUT.zip
 */
import { readFileSync, writeFileSync } from "node:fs";
import { loadPyodide } from "pyodide";
import stdlib from "../node_modules/@pyscript/core/src/stdlib/pyscript.js";

const [what, input, output] = process.argv.slice(2);
// without columns of source, which the page could not show anyway: a quarter smaller
const python = await loadPyodide({ env: { PYTHONNODEBUGRANGES: "1" } });
python.runPython(readFileSync(new URL("bytecode.py", import.meta.url), "utf8"));
const make = python.globals.get(what);
const inputs = { library, application };
try {
    console.log(`${output}: ${make(...inputs[what](), "out.zip")}`);
} catch (error) {
    // not the exception itself: Node would print the megabyte of script that it passed through
    console.error(error.message);
    process.exit(1);
}
writeFileSync(output, python.FS.readFile("out.zip"));

function library() {
    const lines = readFileSync(input, "utf8").split("\n");
    return [python.toPy(lines.map((line) => line.replace(/#.*/, "").trim()).filter(Boolean))];
}

function application() {
    python.FS.writeFile("packed.zip", new Uint8Array(readFileSync(input)));
    const hook = readFileSync(new URL("dataclass_code.py", import.meta.url), "utf8");
    return ["packed.zip", hook, python.toPy(stdlib.pyscript)];
}

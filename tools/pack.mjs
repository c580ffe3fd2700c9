/**
 * Makes of Pyodide's binary the one that the page ships: steady (steady.mjs), with its first functions in a table
 * (first_functions.mjs), and of its 8,560 exports only those told, since the page waits while each gets its object. And
 * compresses it with Zstandard, as that very Pyodide does it: the same bytes on every machine.
 *
 *   node tools/pack.mjs BINARY OUT < EXPORTS    writes OUT and OUT.packed
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { loadPyodide } from "pyodide";
import { withFirstFunctions } from "./first_functions.mjs";
import { steady } from "./steady.mjs";
import { exporting } from "./wasm.mjs";

// a higher level takes twice as long and wins nothing
const LEVEL = 19;
const [input, output] = process.argv.slice(2);
const stock = readFileSync(input);
const [checksum, ...functions] = readFileSync(new URL("first_functions.txt", import.meta.url), "utf8").trim().split(/\s+/);
if (createHash("sha256").update(stock).digest("hex") !== checksum) {
    console.error(`tools/first_functions.txt is for another ${input}: run tools/first_functions.py`);
    process.exit(1);
}
const exports = new Set(readFileSync(0, "utf8").trim().split(" "));
const binary = withFirstFunctions(steady(exporting(stock, exports)), functions.map(Number));
writeFileSync(output, binary);
const python = await loadPyodide();
python.FS.writeFile("file", binary);
python.runPython(`
from compression import zstd
from pathlib import Path

Path("packed").write_bytes(zstd.compress(Path("file").read_bytes(), level=${LEVEL}))`);
writeFileSync(`${output}.packed`, python.FS.readFile("packed"));

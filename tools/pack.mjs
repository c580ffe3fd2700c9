/**
 * Compresses a file with Zstandard, as the Pyodide that the page ships does it: the same bytes on every machine.
 *
 *   node tools/pack.mjs FILE OUT.packed
 */
import { readFileSync, writeFileSync } from "node:fs";
import { loadPyodide } from "pyodide";

// a higher level takes twice as long and wins nothing
const LEVEL = 19;
const [input, output] = process.argv.slice(2);
const python = await loadPyodide();
python.FS.writeFile("file", readFileSync(input));
python.runPython(`
from compression import zstd
from pathlib import Path

Path("packed").write_bytes(zstd.compress(Path("file").read_bytes(), level=${LEVEL}))`);
writeFileSync(output, python.FS.readFile("packed"));

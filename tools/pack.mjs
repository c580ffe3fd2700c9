/**
 * Makes of Pyodide's binary the one that the page ships: steady (tools/steady.mjs), and also compressed with Zstandard,
 * as that very Pyodide does it: the same bytes on every machine.
 *
 *   node tools/pack.mjs BINARY OUT    writes OUT and OUT.packed
 */
import { readFileSync, writeFileSync } from "node:fs";
import { loadPyodide } from "pyodide";
import { steady } from "./steady.mjs";

// a higher level takes twice as long and wins nothing
const LEVEL = 19;
const [input, output] = process.argv.slice(2);
const binary = steady(readFileSync(input));
writeFileSync(output, binary);
const python = await loadPyodide();
python.FS.writeFile("file", binary);
python.runPython(`
from compression import zstd
from pathlib import Path

Path("packed").write_bytes(zstd.compress(Path("file").read_bytes(), level=${LEVEL}))`);
writeFileSync(`${output}.packed`, python.FS.readFile("packed"));

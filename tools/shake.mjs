/**
 * Shortens Pyodide's script to what Python's binary and the text on standard input can ask for (shaken.mjs), and prints the
 * names of the binary's exports that the two can ask for.
 *
 *   node tools/shake.mjs SCRIPT BINARY < OTHERS
 */
import { readFileSync, writeFileSync } from "node:fs";
import { shaken } from "./shaken.mjs";

const [script, binary] = process.argv.slice(2);
const module = new WebAssembly.Module(readFileSync(binary));
const names = (entries) => entries.map(({ name }) => name);
const imported = new Set(names(WebAssembly.Module.imports(module)));
const { shortened, asksFor } = shaken(readFileSync(script, "utf8"), imported, readFileSync(0, "utf8"));
writeFileSync(script, shortened);
console.log(names(WebAssembly.Module.exports(module)).filter(asksFor).join(" "));

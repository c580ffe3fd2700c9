/**
 * Becomes part of Pyodide's script (tools/runtime.py). A table holds WebAssembly's functions only, so each of the script's
 * that Python's binary calls through the table has to be wrapped in a module. The script makes a module for each, two
 * hundred at every start, and learns by an exception that it has to.
 */

/**
 * Then a module stays below 4 kB: Chrome refused larger ones at once on the main thread for years
 * (https://github.com/AssemblyScript/assemblyscript/issues/780).
 */
const FUNCTIONS_AT_MOST = 128;

/**
 * @param {Function[]} functions each with its signature as `sig`, in Emscripten's letters: the result's, the arguments'
 * @returns {Function[]} WebAssembly's functions, which call these
 */
export function asWasm(functions) {
    if (functions.length > FUNCTIONS_AT_MOST)
        return [...asWasm(functions.slice(0, FUNCTIONS_AT_MOST)), ...asWasm(functions.slice(FUNCTIONS_AT_MOST))];
    const VALUE_TYPES = { i: 0x7f, p: 0x7f, j: 0x7e, f: 0x7d, d: 0x7c, e: 0x6f };
    const [FUNCTION_TYPE, FUNCTION] = [0x60, 0];
    const number = (value) => (value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...number(value >>> 7)]);
    const sized = (bytes) => [...number(bytes.length), ...bytes];
    const many = (entries) => [...number(entries.length), ...entries.flat()];
    const values = (letters) => sized(Array.from(letters, (letter) => VALUE_TYPES[letter]));
    const named = (place) => sized(Array.from(String(place), (digit) => digit.charCodeAt(0)));

    const signatures = [...new Set(functions.map(({ sig }) => sig))];
    const types = signatures.map((sig) => [FUNCTION_TYPE, ...values(sig.slice(1)), ...values(sig[0].replace("v", ""))]);
    const imports = functions.map(({ sig }, place) => [
        ...named(0),
        ...named(place),
        FUNCTION,
        ...number(signatures.indexOf(sig)),
    ]);
    const exports = functions.map((_, place) => [...named(place), FUNCTION, ...number(place)]);
    const sections = [1, ...sized(many(types)), 2, ...sized(many(imports)), 7, ...sized(many(exports))];
    const module = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections));
    const made = new WebAssembly.Instance(module, [functions]).exports;
    return functions.map((_, place) => made[place]);
}

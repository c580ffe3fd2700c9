/** Calls the first functions of Python's binary: see first_functions.mjs, which put them into the table. */
export const TABLE = "first_functions";
/** As an address it lies behind all memory. Every type of number takes it from a text. */
const NOWHERE = "-1";

function missing() {
    throw missing;
}

/** An instance in which no import does anything. Those of Python's binary are functions, and numbers that can change. */
function strangers(module) {
    const imports = {};
    for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
        imports[from] ??= {};
        imports[from][name] = kind === "function" ? missing : new WebAssembly.Global({ value: "i32", mutable: true }, 0);
    }
    return new WebAssembly.Instance(module, imports);
}

/**
 * @param {WebAssembly.Module} module
 * @param {(place: number) => void} [next] is told before each call which one comes
 */
export function callEach(module, next = () => {}) {
    const functions = strangers(module).exports[TABLE];
    for (let place = 0; place < functions.length; place++) {
        next(place);
        const each = functions.get(place);
        try {
            each(...Array(each.length).fill(NOWHERE));
        } catch {
            // as expected: what counts is that it was called
        }
    }
}

/**
 * Has the functions of Python's binary compiled that its start will call, by a thread that has nothing else to do.
 *
 * V8 compiles a function when it is first called, on the thread that calls it; on the page's that took a fifth of the time
 * from the binary's arrival to the first answer (2,600 functions, 200 of 1,000 ms, Chromium 156 on a machine with two cores,
 * 2026-11-29). What is compiled belongs to the module, whoever's instance the call was in. So the worker that compiled the
 * module (unpack.mjs) calls each of them once (call_each.mjs), in an instance that is thrown away, with arguments that stop
 * it soon and without what the binary imports.
 *
 * Which functions: first_functions.txt, written by first_functions.py, without those that do not stop soon. What a call in
 * a new instance does is the same everywhere, so that one look at each is enough.
 */
import { ExternalKind, SectionCode } from "wasmparser";
import { TABLE } from "./call_each.mjs";
import { changed, extended, leb, number } from "./wasm.mjs";

const [FUNCREF, NO_MAXIMUM, ACTIVE_IN_TABLE, I32_CONST_0, END, FUNCTIONS] = [0x70, 0, 2, [0x41, 0], 0x0b, 0];

/**
 * @param {Uint8Array} bytes of a module that imports no table
 * @param {number[]} functions by their index
 * @returns {Uint8Array} of the module with these in a table of its own, exported by the name that `callEach` knows
 */
export function withFirstFunctions(bytes, functions) {
    let place;
    return changed(bytes, {
        [SectionCode.Table]({ content }) {
            place = number(content, 0).value;
            return extended(content, [[FUNCREF, NO_MAXIMUM, ...leb(functions.length)]]);
        },
        [SectionCode.Export]: ({ content }) =>
            extended(content, [[...leb(TABLE.length), ...Buffer.from(TABLE), ExternalKind.Table, ...leb(place)]]),
        [SectionCode.Element]({ content }) {
            const listed = [...leb(functions.length), ...functions.flatMap(leb)];
            return extended(content, [[ACTIVE_IN_TABLE, ...leb(place), ...I32_CONST_0, END, FUNCTIONS, ...listed]]);
        },
    });
}

/**
 * Makes every call through a table of a WebAssembly module a call of a function that does just that, one for each type.
 *
 * For Python's binary, most of all for CPython's interpreter loop: V8 remembers whom a place calls through the table,
 * inlines them, and where another one comes it drops the optimised code and compiles it anew. Chromium 156 did so for the
 * loop seven times in nine seconds, each a third of a second of a core and more (--js-flags=--trace-wasm-compilation-times
 * on a machine with two cores, 2026-11-29); of this module's output it compiles it once. Where all calls of a type share
 * one place, too many different ones come there for V8 to bet on any, with one exception (MISTAKEN).
 */
import { BinaryReader, BinaryReaderState, ExternalKind, OperatorCode, SectionCode } from "wasmparser";
import { changed, extended, joined, leb, number, parts, withLength } from "./wasm.mjs";

const I32 = { code: -1 };
const [LOCAL_GET, CALL, CALL_INDIRECT, END, FUNCTION_TYPE, NOP] = [0x20, 0x10, 0x11, 0x0b, 0x60, 0x01];
/**
 * A function of three numbers that gives one: the type of 1,678 of 8,732 functions in the table. On whom these calls reach
 * V8 did bet, lost ("wrong call target" with --js-flags=--trace-deopt, Chromium 156, 2026-11-29), and compiled the loop
 * anew. It bets only where it inlines the function that calls, and it inlines none of more than 500 bytes; those that do
 * nothing cost nothing.
 */
const MISTAKEN = { params: 3, returns: 1 };
const TOO_LONG_TO_INLINE = Array(512).fill(NOP);

/** Types, how many functions are imported, and of each function's body its calls through a table and where they end. */
function read(bytes) {
    const reader = new BinaryReader();
    reader.setData(bytes.buffer, bytes.byteOffset, bytes.length);
    const [types, calls] = [[], []];
    let imported = 0;
    while (reader.read()) {
        const { state, result, position } = reader;
        if (state === BinaryReaderState.TYPE_SECTION_ENTRY) types.push(result);
        if (state === BinaryReaderState.IMPORT_SECTION_ENTRY && result.kind === ExternalKind.Function) imported += 1;
        if (state === BinaryReaderState.BEGIN_FUNCTION_BODY) calls.push([]);
        if (state === BinaryReaderState.CODE_OPERATOR && result.code === OperatorCode.call_indirect)
            calls.at(-1).push({ type: result.typeIndex, end: position });
    }
    if (reader.state === BinaryReaderState.ERROR) throw reader.error;
    return { types, calls, imported };
}

/** The type of a function that calls one of this type: its place in the table is one more argument. */
function typeOfCaller({ params, returns }) {
    const coded = (values) => [...leb(values.length), ...values.map(({ code }) => code & 0x7f)];
    return [FUNCTION_TYPE, ...coded([...params, I32]), ...coded(returns)];
}

function isMistaken({ params, returns }) {
    const allI32 = [...params, ...returns].every(({ code }) => code === I32.code);
    return allI32 && params.length === MISTAKEN.params && returns.length === MISTAKEN.returns;
}

/** The body of such a function: no locals, all it is given, the call. */
function bodyOfCaller(index, type) {
    const given = [...type.params, I32].flatMap((_, local) => [LOCAL_GET, ...leb(local)]);
    return [0, ...(isMistaken(type) ? TOO_LONG_TO_INLINE : []), ...given, CALL_INDIRECT, ...leb(index), ...leb(0), END];
}

/** A body with its calls through the table replaced by calls of the function for their type. */
function redirected({ start, content }, calls, callers) {
    const pieces = [];
    let place = 0;
    for (const { type, end } of calls) {
        const call = [CALL_INDIRECT, ...leb(type), ...leb(0)];
        const begin = end - start - call.length;
        if (call.some((byte, index) => byte !== content[begin + index])) throw new Error("A call is not as expected.");
        pieces.push(content.subarray(place, begin), [CALL, ...leb(callers.get(type))]);
        place = end - start;
    }
    return joined([...pieces, content.subarray(place)]);
}

/**
 * @param {Uint8Array} bytes of a module
 * @returns {Uint8Array} of one that does the same
 */
export function steady(bytes) {
    const { types, calls, imported } = read(bytes);
    const called = [...new Set(calls.flat().map(({ type }) => type))];
    const callers = new Map(called.map((type, index) => [type, imported + calls.length + index]));

    function code({ start, content }) {
        const { next } = number(content, 0);
        const bodies = parts(bytes, start + next, start + content.length, 0);
        const texts = bodies.map((body, index) => redirected(body, calls[index], callers));
        const added = called.map((type) => bodyOfCaller(type, types[type]));
        return joined([leb(texts.length + added.length), ...[...texts, ...added].map(withLength)]);
    }

    return changed(bytes, {
        [SectionCode.Type]: ({ content }) => extended(content, called.map((type) => typeOfCaller(types[type]))),
        [SectionCode.Function]: ({ content }) => extended(content, called.map((_, index) => leb(types.length + index))),
        [SectionCode.Code]: code,
    });
}

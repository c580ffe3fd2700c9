/** Parts of a WebAssembly module as bytes. The format: https://webassembly.github.io/spec/core/binary/modules.html */
import { SectionCode } from "wasmparser";

export const PREAMBLE_BYTES = 8;

/** A number as WebAssembly writes it: LEB128. */
export function leb(number) {
    return number < 0x80 ? [number] : [(number & 0x7f) | 0x80, ...leb(number >>> 7)];
}

/** {value, next}: the number at a place, and the place behind it. */
export function number(bytes, place) {
    const low = bytes[place] & 0x7f;
    if (bytes[place] < 0x80) return { value: low, next: place + 1 };
    const { value, next } = number(bytes, place + 1);
    return { value: low + value * 0x80, next };
}

/** What stands from `place` to `end` one after the other: {id, content}, the id of `idBytes`, and the length before. */
export function parts(bytes, place, end, idBytes) {
    const found = [];
    while (place < end) {
        const { value, next } = number(bytes, place + idBytes);
        found.push({ id: bytes[place], start: next, content: bytes.subarray(next, next + value) });
        place = next + value;
    }
    return found;
}

/** Numbers, and lists of them, as one piece. */
export function joined(pieces) {
    return new Uint8Array(Buffer.concat(pieces.map((piece) => Uint8Array.from(piece))));
}

export function withLength(content) {
    return joined([leb(content.length), content]);
}

/** A section's content with entries behind those that it has. */
export function extended(content, entries) {
    const { value, next } = number(content, 0);
    return joined([leb(value + entries.length), content.subarray(next), ...entries]);
}

/**
 * @param {Uint8Array} bytes of a module
 * @param {Record<number, (section: {id: number, start: number, content: Uint8Array}) => Uint8Array>} change by section
 * @returns {Uint8Array} of the module with these sections' contents changed
 */
export function changed(bytes, change) {
    const sections = parts(bytes, PREAMBLE_BYTES, bytes.length, 1).map((section) => {
        const content = change[section.id]?.(section) ?? section.content;
        return joined([[section.id], withLength(content)]);
    });
    return joined([bytes.subarray(0, PREAMBLE_BYTES), ...sections]);
}

/** @returns {Uint8Array} of a module that exports only the names that are wanted */
export function exporting(bytes, wanted) {
    return changed(bytes, {
        [SectionCode.Export]({ content }) {
            let { next: place } = number(content, 0);
            const entries = [];
            while (place < content.length) {
                const name = number(content, place);
                const kind = name.next + name.value;
                const { next } = number(content, kind + 1);
                if (wanted.has(Buffer.from(content.subarray(name.next, kind)).toString()))
                    entries.push(content.subarray(place, next));
                place = next;
            }
            return joined([leb(entries.length), ...entries]);
        },
    });
}

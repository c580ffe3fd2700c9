/**
 * Unpacks what is packed with Zstandard, which browsers do not do by themselves, and compiles it. tools/runtime.py
 * bundles this with zstddec into runtime/unpack/unpack.mjs, which js/binary.js starts as a worker: parts of the binary
 * come as messages, null ends them, and the answer is {module} or {error}. Where there are no workers it is imported,
 * and so it is by the service worker, which keeps the binary unpacked.
 */
import { ZSTDDecoder } from "zstddec/stream";

const decoder = new ZSTDDecoder();

/**
 * What turns packed parts into unpacked ones. The decoder takes the next part when it wants it, and cannot wait: so it
 * goes on only while there is one, or none will come. It never says that a part is not Zstandard (a sign-in page of some
 * network, say), but gives nothing for it again and again.
 */
function unpacking() {
    const waiting = [];
    let givenNothing = 0;
    const parts = {
        *[Symbol.iterator]() {
            while (waiting.length) {
                givenNothing = 0;
                yield waiting.shift();
            }
        },
    };
    let output;

    function given(controller, part) {
        if (!part.byteLength && ++givenNothing > 1) throw new TypeError("The binary is not packed as expected.");
        controller.enqueue(part);
    }

    return new TransformStream({
        async start() {
            await decoder.init();
            output = decoder.decodeStreaming(parts);
        },
        transform(part, controller) {
            if (part.byteLength) waiting.push(part);
            while (waiting.length) given(controller, output.next().value);
        },
        flush(controller) {
            for (const part of output) given(controller, part);
        },
    });
}

/** @param {ReadableStream<Uint8Array>} packed binary */
export function unpacked(packed) {
    return new Response(packed.pipeThrough(unpacking()), { headers: { "content-type": "application/wasm" } });
}

/**
 * @param {ReadableStream<Uint8Array>} packed binary
 * @returns {Promise<WebAssembly.Module>}
 */
export function compiled(packed) {
    return WebAssembly.compileStreaming(unpacked(packed));
}

if (globalThis.DedicatedWorkerGlobalScope) {
    const { readable, writable } = new TransformStream();
    const writer = writable.getWriter();
    self.onmessage = ({ data }) => (data ? writer.write(data) : writer.close());
    compiled(readable).then(
        (module) => postMessage({ module }),
        ({ message }) => postMessage({ error: message }),
    );
}

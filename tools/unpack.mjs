/**
 * Unpacks what is packed with Zstandard, which browsers do not do by themselves, and compiles it. tools/runtime.py
 * bundles this with zstddec into runtime/unpack/unpack.mjs, which js/binary.js starts as a worker by the name of
 * the binary's address. The worker begins to fetch it, at a message unpacks it, tells {loaded}, the bytes here so far, then
 * {module} or {error}, and {called} when the module's first functions are compiled too (first_functions.mjs). Where there are
 * no workers it is imported, and so it is by the service worker, which keeps the binary unpacked.
 */
import { ZSTDDecoder } from "zstddec/stream";
import { callEach } from "./call_each.mjs";

const UNPACKED = "application/wasm";
/**
 * Firefox has a thread wait for the bytes that it is to compile. After a page was left meanwhile, the compilation of the
 * decoder did not end in the next, as if no thread were left: 6 of 12 runs of tests/browsers hung so (Firefox 153 ESR on two
 * cores, 2026-11-30), and none of 7 where Firefox is given the whole binary at once.
 */
const COMPILES_WHAT_IS_THERE = /\bFirefox\//.test(navigator.userAgent);
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
    return new Response(packed.pipeThrough(unpacking()), { headers: { "content-type": UNPACKED } });
}

function counting(arrived) {
    let loaded = 0;
    return new TransformStream({
        transform(part, controller) {
            controller.enqueue(part);
            arrived((loaded += part.byteLength));
        },
    });
}

/**
 * @param {Response} response with the binary, packed or as the service worker keeps it
 * @param {(bytes: number) => void} arrived is told how much of it is here
 * @returns {Promise<WebAssembly.Module>}
 */
export async function compiled(response, arrived) {
    if (response.headers.get("content-type") === UNPACKED) return WebAssembly.compileStreaming(response);
    const binary = unpacked(response.body.pipeThrough(counting(arrived)));
    return COMPILES_WHAT_IS_THERE ? WebAssembly.compile(await binary.arrayBuffer()) : WebAssembly.compileStreaming(binary);
}

async function answer(address, wanted) {
    // not by its bare name, which the bundle takes from zstddec
    const response = await globalThis.fetch(address);
    if (!response.ok) throw new TypeError(`${response.url}: ${response.status}`);
    await wanted;
    const module = await compiled(response, (loaded) => postMessage({ loaded }));
    postMessage({ module });
    Error.stackTraceLimit = 0;
    callEach(module);
    postMessage({ called: true });
}

if (globalThis.DedicatedWorkerGlobalScope) {
    const wanted = new Promise((resolve) => (self.onmessage = resolve));
    answer(self.name, wanted).catch(({ message }) => postMessage({ error: message }));
}

/**
 * The interpreter module that pyscript.toml names: Pyodide, all of it from this site.
 *
 * Starts loading as soon as it is evaluated, so that Pyodide comes up while PyScript still reads its
 * configuration; PyScript then gets the interpreter that is under way. Reports the stages of the
 * boot as `roofline:progress` events on the document element, with detail {stage, loaded, total}:
 * stage is "downloading" (bytes, decoded), "starting", "ready" (set by the page) or "failed".
 */
import { loadPyodide as load, version } from "../runtime/pyodide/pyodide.mjs";

export { version };

const base = new URL("../runtime/pyodide/", import.meta.url).href;

/** Decoded size of each file that is counted, by address: the preload hints carry it. */
const sizes = new Map(
    [...document.querySelectorAll("link[data-bytes]")].map((link) => [link.href, +link.dataset.bytes]),
);
const total = [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
let loaded = 0;

function report(stage) {
    const detail = { stage, loaded, total };
    document.documentElement.dispatchEvent(new CustomEvent("roofline:progress", { detail }));
}

/** Count what arrives, on a copy: the browser caches compiled code only for the response itself. */
async function count(response) {
    const reader = response.clone().body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
        loaded += part.value.byteLength;
        report(loaded < total ? "downloading" : "starting");
    }
}

const plainFetch = globalThis.fetch.bind(globalThis);

/**
 * A network failure of WebKit has no `stack`, which Pyodide does not take for an exception: the
 * Python that awaits it would never go on.
 */
globalThis.fetch = (...request) =>
    plainFetch(...request).then(
        (response) => {
            if (response.ok && sizes.has(response.url)) count(response).catch(() => {});
            return response;
        },
        (error) => {
            throw "stack" in error ? error : new TypeError(error.message, { cause: error });
        },
    );

const streams = {};
const interpreter = load({
    indexURL: base,
    packageBaseUrl: base,
    stdLibURL: `${base}stdlib.zip`,
    lockFileContents: { info: { abi_version: "2026_0" }, packages: {} },
    stdout: (text) => (streams.stdout ?? console.log)(text),
    stderr: (text) => (streams.stderr ?? console.error)(text),
});
report("downloading");
interpreter.catch(() => report("failed"));

/** What PyScript calls: only where the output goes is its own to say. */
export function loadPyodide({ stdout, stderr }) {
    Object.assign(streams, { stdout, stderr });
    return interpreter;
}

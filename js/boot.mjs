/**
 * The interpreter module that pyscript.toml names: Pyodide, all of it from this site.
 *
 * Starts loading as soon as it is evaluated, so that Pyodide comes up while PyScript still reads its
 * configuration; PyScript then gets the interpreter that is under way. Reports the boot as
 * `roofline:progress` events on the document element, with detail {stage, loaded, total}: stage is
 * "downloading" (bytes, decoded), "starting", "opening" (the interpreter is there) or "failed".
 */
import { loadPyodide as load, version } from "../runtime/pyodide/pyodide.mjs";

export { version };

const html = document.documentElement;
const base = new URL("../runtime/pyodide/", import.meta.url).href;
const origin = new URL(import.meta.url).origin;
const PROGRESS_EVERY_MS = 100;
const INFLATED_AT_ONCE = 2 ** 17;
const PACKED = ".packed";

const address = (name) => new URL(name, document.baseURI).href;
/** What js/binary.js has begun, and what both are told: addresses, and the sizes of what is counted. */
const { binary, dataset: told } = document.querySelector("script[data-packed]");
const [libraryIsDue, applicationIsDue] = [due(), due()];
/**
 * The files that are counted: their size, what has arrived, and what to fetch next when one will be here that soon, at
 * its pace so far. Earlier that would only delay the file. The binary has been on its way since the page was opened.
 */
const counted = {
    binary: { bytes: +told.bytes, loaded: 0, begun: 0, soonMs: 300, fetchNext: libraryIsDue.resolve },
    library: { bytes: +told.libraryBytes, loaded: 0, begun: 0, soonMs: 100, fetchNext: applicationIsDue.resolve },
};
const total = counted.binary.bytes + counted.library.bytes;
let reported = 0;

function due() {
    let resolve;
    return { promise: new Promise((settle) => (resolve = settle)), resolve };
}

function loadedOfAll() {
    return counted.binary.loaded + counted.library.loaded;
}

function report(stage) {
    const detail = { stage, loaded: loadedOfAll(), total };
    html.dispatchEvent(new CustomEvent("roofline:progress", { detail, bubbles: true }));
}

/** Note how much of a file is here. */
function count(file, loaded) {
    file.loaded = loaded;
    if ((performance.now() - file.begun) * (file.bytes / loaded - 1) < file.soonMs) file.fetchNext();
    // the end of a file is told at once: nothing may come for a while
    if (loaded < file.bytes && performance.now() < reported + PROGRESS_EVERY_MS) return;
    reported = performance.now();
    report(loadedOfAll() < total ? "downloading" : "starting");
}

/**
 * A network failure of WebKit has no `stack`, which Pyodide does not take for an exception: the
 * Python that awaits it would never go on.
 */
function guarded(response) {
    return response.catch((error) => {
        throw "stack" in error ? error : new TypeError(error.message, { cause: error });
    });
}

/** An archive is compressed as a whole (tools/app_zip.py), which no host knows; the service worker keeps it inflated. */
function received(response, name, begun) {
    if (!new URL(name).pathname.endsWith(PACKED)) return response;
    const isLibrary = name === address(told.library);
    if (response.headers.get("content-type") === "application/zip") {
        if (isLibrary) count(counted.library, counted.library.bytes);
        return response;
    }
    const body = isLibrary ? response.body.pipeThrough(counting(begun)) : response.body;
    return new Response(body.pipeThrough(new DecompressionStream("gzip")));
}

/** Passes on what arrives of the library, and counts it; what is inflated in one task is little. */
function counting(begun) {
    const file = Object.assign(counted.library, { loaded: 0, begun });
    return new TransformStream({
        async transform(part, controller) {
            for (let start = 0; start < part.byteLength; start += INFLATED_AT_ONCE) {
                const piece = part.subarray(start, start + INFLATED_AT_ONCE);
                controller.enqueue(piece);
                count(file, file.loaded + piece.byteLength);
                await rest();
            }
        },
    });
}

/** A file of this site, asked for again where the connection fails. */
async function ownFile(request) {
    // not the response's: a service worker answers with the address that it keeps the file under
    const name = address(request[0].url ?? request[0]);
    const begun = performance.now();
    return received(await guarded(binary.fetched(...request)), name, begun);
}

/** What is asked for before anyone comes to need it: PyScript and Pyodide do so late. */
const early = new Map(
    [...document.querySelectorAll("link[rel=preload][as=fetch]")].map(({ href }) => [href, ownFile([href])]),
);
for (const [name, isDue] of [
    [address(told.library), libraryIsDue],
    [address(told.application), applicationIsDue],
]) {
    if (!early.has(name)) early.set(name, isDue.promise.then(() => ownFile([name])));
}

function ownAddress(resource) {
    const url = new URL(resource.url ?? resource, document.baseURI);
    const mine = html.dataset.state === "loading" || url.pathname.endsWith(PACKED);
    return url.origin === origin && mine ? url.href : null;
}

const plainFetch = globalThis.fetch.bind(globalThis);

globalThis.fetch = (...request) => {
    const own = ownAddress(request[0]);
    if (!own) return guarded(plainFetch(...request));
    const response = early.get(own) ?? ownFile(request);
    early.delete(own);
    // Pyodide only logs that its binary did not come, and waits on
    response.catch(() => report("failed"));
    return response;
};

// what Pyodide asks for in place of its binary, which is being compiled
early.set(`${base}pyodide.asm.wasm`, Promise.resolve(new Response()));
binary.arrives = () => count(counted.binary, binary.loaded);
if (binary.loaded) binary.arrives();
// Pyodide would wait on
binary.module.catch(() => report("failed"));

const { instantiateStreaming } = WebAssembly;
WebAssembly.instantiateStreaming = async (_, imports) => {
    Object.assign(WebAssembly, { instantiateStreaming });
    const module = await binary.module;
    await rest();
    const instance = await WebAssembly.instantiate(module, imports);
    await rest();
    return { module, instance };
};

const streams = { stdout: console.log, stderr: console.error };
const ARCHIVE = "/app.zip";
const OPEN = `
import sys, sitecustomize
sys.path.insert(0, "${ARCHIVE}")
sitecustomize.add("${ARCHIVE}")`;
/** Without `site`, which is what `SITE` does, in pieces of its own. */
const WITHOUT_SITE = ["-S"];
const SITE = ["import site", "site.main()"];
/** What Pyodide imports at its start; what others build on comes first. */
const IMPORTED_IN_ADVANCE = [
    ...["enum", "functools", "re", "tokenize", "typing", "ast", "annotationlib", "dis", "inspect", "_colorize", "traceback"],
    ...["logging", "subprocess", "concurrent.futures", "socket", "asyncio", "pathlib", "zipfile", "tempfile", "json"],
    ...["_pyodide", "_pyodide_core"],
];

/** Let the page paint and answer before Python goes on. */
function rest() {
    return globalThis.scheduler?.yield?.() ?? new Promise((resolve) => setTimeout(resolve));
}

/** Run Python texts before Pyodide is ready to, with a moment of rest for the page after each. */
async function run(module, texts) {
    for (const text of texts) {
        const [fault, words] = module.API.rawRun(text);
        if (fault) throw new Error(`${text}: ${words}`);
        await rest();
    }
}

/** Pyodide's module, with a part of its start done piece by piece instead of in one go. */
async function inPieces(settings) {
    const { default: create } = await import("../runtime/pyodide/pyodide.asm.mjs");
    await rest();
    settings.preRun.push(async (module) => {
        module.addRunDependency("rest");
        await Promise.all([rest(), binary.called]);
        module.removeRunDependency("rest");
    });
    const module = await create(settings);
    await rest();
    await run(module, SITE);
    performance.mark("roofline:python");
    await run(
        module,
        IMPORTED_IN_ADVANCE.map((name) => `import ${name}`),
    );
    return module;
}

/** Python, with the application among its modules. */
async function start() {
    const archive = globalThis.fetch(address(told.application)).then((response) => response.arrayBuffer());
    // it may fail before it is awaited
    archive.catch(() => {});
    const python = await load({
        indexURL: base,
        packageBaseUrl: base,
        stdLibURL: address(told.library),
        args: WITHOUT_SITE,
        createPyodideModule: inPieces,
        lockFileContents: { info: { abi_version: "2026_0" }, packages: {} },
        stdout: (text) => streams.stdout(text),
        stderr: (text) => streams.stderr(text),
    });
    python.FS.writeFile(ARCHIVE, new Uint8Array(await archive));
    python.runPython(OPEN);
    await rest();
    return python;
}

const interpreter = start();
interpreter.then(() => report("opening"), () => report("failed"));

/** What PyScript calls: only where the output goes is its own to say. */
export function loadPyodide({ stdout, stderr } = {}) {
    Object.assign(streams, stdout && { stdout }, stderr && { stderr });
    return interpreter;
}

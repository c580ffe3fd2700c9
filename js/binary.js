/*
 * Begins with what a start waits for longest, before all else: a worker fetches Python's binary, unpacks and
 * compiles it (tools/unpack.mjs), while the page is busy with itself. A classic script, since modules run only after the
 * first paint. js/boot.mjs finds on the script's element:
 *
 * binary.module   a promise of the WebAssembly.Module
 * binary.called   a promise that is kept when its first functions are compiled, where a worker does that
 * binary.loaded   bytes that have arrived, of data-bytes; binary.arrives is called when that changes
 * binary.fetched  fetch, which asks again where the connection fails
 */
(() => {
    const RETRY_AFTER_MS = [300, 1500];
    const PAINTED_AT_LATEST_MS = 1500;
    const CALLED_AT_LATEST_MS = 500;
    const script = document.currentScript;
    const [packed, unpack] = [script.dataset.packed, script.dataset.unpack].map(
        (name) => new URL(name, document.baseURI).href,
    );
    const bytes = Number(script.dataset.bytes);
    const plainFetch = fetch.bind(globalThis);

    /** The first paint is the answer, which waits for what computes before it. */
    const painted = new Promise((resolve) => {
        new PerformanceObserver(resolve).observe({ type: "paint", buffered: true });
        // what is out of sight is not painted
        setTimeout(resolve, document.hidden ? 0 : PAINTED_AT_LATEST_MS);
    });
    /** The page's scripts have run, which then need not share the processor. */
    const parsed = new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve));

    /** As Promise.withResolvers, which came in 2024. */
    function later() {
        const parts = {};
        parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
        return parts;
    }

    const called = later();

    async function tried(attempt, waits = RETRY_AFTER_MS) {
        try {
            return await attempt();
        } catch (error) {
            if (!waits.length) throw error;
            await new Promise((resolve) => setTimeout(resolve, waits[0]));
            return tried(attempt, waits.slice(1));
        }
    }

    async function fetchedOnce(request) {
        const response = await plainFetch(...request);
        if (!response.ok) throw new TypeError(`${response.url}: ${response.status}`);
        return response;
    }

    const fetched = (...request) => tried(() => fetchedOnce(request));

    function arrived(loaded) {
        binary.loaded = loaded;
        binary.arrives?.();
    }

    function compiledByWorker() {
        // the address as its name: a message arrives only when this thread is idle
        const worker = new Worker(unpack, { type: "module", name: packed });
        const { promise, resolve, reject } = later();
        const end = () => (worker.terminate(), called.resolve());
        worker.onmessage = ({ data: { loaded = bytes, module, error } }) => {
            if (error) return reject(new Error(error));
            arrived(loaded);
            if (!module) return;
            resolve(module);
            worker.onmessage = end;
            setTimeout(end, CALLED_AT_LATEST_MS);
        };
        worker.onerror = ({ message }) => reject(new TypeError(message ?? `${unpack} did not arrive`));
        promise.catch(end);
        Promise.all([painted, parsed]).then(() => worker.postMessage("unpack"));
        return promise;
    }

    async function compiledHere() {
        called.resolve();
        const response = await fetched(packed);
        // the service worker keeps it unpacked
        if (response.headers.get("content-type") !== "application/wasm")
            return (await import(unpack)).compiled(response, arrived);
        arrived(bytes);
        return WebAssembly.compileStreaming(response);
    }

    /** Ask for what is needed soon, at the price of delaying all else. */
    function hint(name) {
        const link = Object.assign(document.createElement("link"), { rel: "preload", as: "fetch", href: name });
        link.crossOrigin = "anonymous";
        document.head.append(link);
    }

    function compiled() {
        // a sandbox without an origin of its own has neither workers nor a service worker
        if (self.origin === "null") return compiledHere();
        if (!navigator.serviceWorker?.controller) return tried(compiledByWorker);
        return painted.then(() => {
            [script.dataset.library, script.dataset.application].forEach(hint);
            return compiledHere();
        });
    }

    // the watchdog has said why nothing can be fetched from a file
    if (location.protocol === "file:") return;
    const binary = { loaded: 0, arrives: null, fetched, called: called.promise };
    binary.module = compiled();
    script.binary = binary;
})();

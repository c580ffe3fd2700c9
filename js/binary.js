/*
 * Begins with what a start waits for longest, before anything is painted. Python's binary is on its way (its hint stands
 * in the head); its parts go to a worker as they arrive, which unpacks and compiles them (tools/unpack.mjs). A classic
 * script, since modules run only after the first paint. js/boot.mjs finds on the script's element:
 *
 * binary.module   a promise of the WebAssembly.Module
 * binary.loaded   bytes that have arrived, of data-bytes; binary.arrives is called when that changes
 * binary.fetched  fetch, which asks again where the connection fails
 */
(() => {
    const RETRY_AFTER_MS = [300, 1500];
    const script = document.currentScript;
    const [packed, unpack] = [script.dataset.packed, script.dataset.unpack].map(
        (name) => new URL(name, document.baseURI).href,
    );
    const bytes = Number(script.dataset.bytes);

    const plainFetch = fetch.bind(globalThis);

    async function fetched(request, waits = RETRY_AFTER_MS) {
        try {
            const response = await plainFetch(...request);
            if (!response.ok) throw new TypeError(`${response.url}: ${response.status}`);
            return response;
        } catch (error) {
            if (!waits.length) throw error;
            await new Promise((resolve) => setTimeout(resolve, waits[0]));
            return fetched(request, waits.slice(1));
        }
    }

    function arrived(loaded) {
        binary.loaded = loaded;
        binary.arrives?.();
    }

    function counted(body) {
        const transform = (part, controller) => {
            controller.enqueue(part);
            arrived(binary.loaded + part.byteLength);
        };
        return body.pipeThrough(new TransformStream({ transform }));
    }

    /** A worker, and what it will answer; one that does not arrive says so at once, whether or not it has work yet. */
    function startWorker() {
        const worker = new Worker(unpack, { type: "module" });
        const answer = new Promise((resolve, reject) => {
            worker.onmessage = ({ data: { module, error } }) => (module ? resolve(module) : reject(new Error(error)));
            worker.onerror = ({ message }) => reject(new TypeError(message ?? `${unpack} did not arrive`));
        });
        answer.catch(() => {});
        return { worker, answer };
    }

    async function compiledBy({ worker, answer }, parts) {
        const write = (part) => worker.postMessage(part);
        const handedOver = parts.pipeTo(new WritableStream({ write, close: () => worker.postMessage(null) }));
        const [module] = await Promise.all([answer, handedOver]);
        return module;
    }

    /** Ask for what is needed soon, at the price of delaying all else. */
    function hint(name) {
        const link = Object.assign(document.createElement("link"), { rel: "preload", as: "fetch", href: name });
        link.crossOrigin = "anonymous";
        document.head.append(link);
    }

    async function compiled() {
        // a sandbox without an origin of its own has neither workers nor a service worker
        const isSealed = self.origin === "null";
        const isKept = !isSealed && Boolean(navigator.serviceWorker?.controller);
        let started = isSealed || isKept ? null : startWorker();
        if (isKept) [script.dataset.library, script.dataset.application].forEach(hint);
        try {
            const response = await fetched([packed]);
            // the service worker keeps it unpacked
            if (response.headers.get("content-type") === "application/wasm") {
                arrived(bytes);
                return await WebAssembly.compileStreaming(response);
            }
            const parts = counted(response.body);
            if (isSealed) return (await import(unpack)).compiled(parts);
            started ??= startWorker();
            return await compiledBy(started, parts);
        } finally {
            started?.worker.terminate();
        }
    }

    // the watchdog has said why nothing can be fetched from a file
    if (location.protocol === "file:") return;
    const binary = { loaded: 0, arrives: null, fetched: (...request) => fetched(request) };
    binary.module = compiled();
    script.binary = binary;
})();

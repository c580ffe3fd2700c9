/*
 * Inside another page (`?embed=1`): marks the document before anything is painted, and brings what only a frame
 * needs. Classic and in the head. Elsewhere it does nothing.
 *
 * theme  "light" or "dark"; else the reader's own
 * show   names of parts and of cards (by the figure's name), with commas between; else DEFAULT
 */
(() => {
    const DEFAULT = "headline,memory,performance,cost,form";
    const query = new URLSearchParams(location.search);

    /** What stands for indexedDB where a sandbox refuses it: always empty. PyScript reads one before it starts. */
    function emptyDatabase() {
        const done = (result) => {
            const request = {};
            queueMicrotask(() => request.onsuccess?.({ target: { result } }));
            return request;
        };
        const store = new Proxy({}, { get: (_, method) => () => done(method === "getAllKeys" ? [] : undefined) });
        return { open: () => done({ transaction: () => ({ objectStore: () => store }), close() {} }) };
    }

    if (self.origin === "null") Object.defineProperty(self, "indexedDB", { value: emptyDatabase() });
    if (query.get("embed") !== "1") return;

    const { style, script } = document.currentScript.dataset;
    const html = document.documentElement;
    const shown = (query.get("show") || DEFAULT).split(",").filter((name) => /^[a-z_]{1,40}$/.test(name));
    html.dataset.embed = "";
    html.dataset.show = shown.join(" ");
    if (["light", "dark"].includes(query.get("theme"))) html.dataset.theme = query.get("theme");

    const groups = shown.map((name) => `[aria-labelledby="group-${name}"]`).join();
    const figures = shown.map((name) => `.figure [data-field="${name}"]`).join();
    const hidden = `.group:not(${groups}) .card:not(:has(${figures})), .group:not(${groups}, :has(${figures}))`;
    // written, not appended: only a sheet that the parser meets holds back the first paint
    document.write(
        `<link rel="stylesheet" href="${style}"><style>${hidden} { display: none; }</style>` +
            `<script src="${script}" defer></scr` + "ipt>",
    );
})();

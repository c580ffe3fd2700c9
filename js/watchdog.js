/*
 * Says what to do where the calculator cannot start: opened from a file, a part that did not arrive,
 * or no progress for 20 seconds. A classic script, since modules do not run from file://.
 * Writes text into #boot-notice; a start that succeeds after all takes it back.
 */
(() => {
    const PATIENCE_MS = 20_000;
    /** Sandboxed without an origin of its own, where every server counts as a foreign one. */
    const SEALED = self.origin === "null";
    const html = document.documentElement;
    let timer;

    function element(tag, text) {
        return Object.assign(document.createElement(tag), { textContent: text });
    }

    function show(text, retry) {
        const notice = document.getElementById("boot-notice");
        if (!notice) return document.addEventListener("DOMContentLoaded", () => show(text, retry), { once: true });
        const button = element("button", "Retry");
        button.type = "button";
        button.addEventListener("click", () => location.reload());
        notice.replaceChildren(element("p", text), ...(retry ? [button] : []));
        notice.hidden = false;
    }

    function clear() {
        clearTimeout(timer);
        const notice = document.getElementById("boot-notice");
        if (notice) {
            notice.replaceChildren();
            notice.hidden = true;
        }
    }

    function fail(text) {
        if (html.dataset.state === "ready") return;
        clearTimeout(timer);
        html.dataset.state = "failed";
        show(text, !SEALED);
    }

    function wait() {
        clearTimeout(timer);
        timer = setTimeout(
            () => show("The calculator is taking unusually long to start. It may still come; if not, retry.", true),
            PATIENCE_MS,
        );
    }

    if (location.protocol === "file:") {
        html.dataset.state = "failed";
        show(
            "Browsers do not run this page from a file. In its folder run `make run` (or `python3 -m http.server`) " +
                "and open the address that it prints.",
            false,
        );
        return;
    }

    const broken = SEALED
        ? "No live figures here: this frame is sandboxed without allow-same-origin, and the server of the calculator " +
          "does not send Access-Control-Allow-Origin: *, so that its parts cannot be read."
        : "A part of the calculator could not be loaded. Check the connection and retry.";
    addEventListener("error", ({ target }) => target instanceof HTMLScriptElement && fail(broken), true);
    html.addEventListener("roofline:progress", ({ detail }) => (detail.stage === "failed" ? fail(broken) : wait()));
    new MutationObserver(() => {
        if (html.dataset.state === "ready") clear();
    }).observe(html, { attributeFilter: ["data-state"] });
    wait();
})();

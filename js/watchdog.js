/*
 * Sees that the calculator starts. A part that does not arrive is waited for by starting anew, a few times:
 * what has arrived is in the browser's cache by then. Where that does not help, the page was opened from a
 * file, or there is no progress for 20 seconds, it says what to do. A classic script, since modules do not
 * run from file://. Writes text into #boot-notice; a start that succeeds after all takes it back.
 */
(() => {
    const PATIENCE_MS = 20_000;
    /** Sandboxed without an origin of its own, where every server counts as a foreign one. */
    const SEALED = self.origin === "null";
    const TRIES = "roofline:tries";
    const AGAIN_AFTER_MS = [500, 1_000, 2_000];
    const html = document.documentElement;
    let timer;
    let reloading;

    function element(tag, text) {
        return Object.assign(document.createElement(tag), { textContent: text });
    }

    function show(text, retry) {
        const notice = document.getElementById("boot-notice");
        if (!notice) return document.addEventListener("DOMContentLoaded", () => show(text, retry), { once: true });
        const button = element("button", "Retry");
        button.type = "button";
        button.className = "fix";
        button.addEventListener("click", () => location.reload());
        notice.replaceChildren(element("p", text), ...(retry ? [button] : []));
        notice.hidden = false;
    }

    function clear() {
        clearTimeout(timer);
        try {
            sessionStorage.removeItem(TRIES);
        } catch {
            // refused in some embeddings
        }
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

    /** Whether a new start is under way; not without storage, where nobody could count them. */
    function startAnew() {
        if (reloading) return true;
        try {
            const tries = Number(sessionStorage.getItem(TRIES));
            if (tries >= AGAIN_AFTER_MS.length) {
                sessionStorage.removeItem(TRIES);
                return false;
            }
            sessionStorage.setItem(TRIES, tries + 1);
            reloading = setTimeout(() => location.reload(), AGAIN_AFTER_MS[tries]);
        } catch {
            return false;
        }
        html.dataset.keep = "form";
        show("A part of the calculator did not arrive: starting anew.", false);
        return true;
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

    const BROKEN = SEALED
        ? "No live figures here: this frame is sandboxed without allow-same-origin, and the server of the calculator " +
          "does not send Access-Control-Allow-Origin: *, so that its parts cannot be read."
        : "A part of the calculator could not be loaded. Check the connection and retry.";

    function broken() {
        if (html.dataset.state === "loading" && !startAnew()) fail(BROKEN);
    }

    addEventListener(
        "error",
        ({ target }) => {
            if (target instanceof HTMLScriptElement) broken();
            else if (target instanceof HTMLLinkElement && target.rel === "stylesheet") startAnew();
        },
        true,
    );
    // a module that a script asked for in vain, of which no element tells
    addEventListener("unhandledrejection", ({ reason }) => reason instanceof TypeError && broken());
    html.addEventListener("roofline:progress", ({ detail }) => (detail.stage === "failed" ? broken() : wait()));
    new MutationObserver(() => {
        if (html.dataset.state === "ready") clear();
    }).observe(html, { attributeFilter: ["data-state"] });
    wait();
    // of a script that stands before this one nothing was heard
    if (!document.querySelector("script[data-packed]").binary) broken();
})();

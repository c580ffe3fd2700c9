/*
 * What the page has inside another one: the form behind a disclosure below the figures, the way to the full
 * calculator, and the messages to the host (docs/embed.md). Classic, like frame.js that brings it: a sandboxed
 * frame runs it even where modules are refused.
 */
(() => {
    const MESSAGE_VERSION = 1;
    const FRAME_KEYS = /^(embed|theme|show)(=|$)/;
    const html = document.documentElement;
    const form = document.getElementById("scenario");
    const results = document.getElementById("results");

    function element(tag, properties, ...children) {
        const made = Object.assign(document.createElement(tag), properties);
        made.append(...children);
        return made;
    }

    const link = element("a", { target: "_blank", rel: "noopener" }, "Open the full calculator");

    /** Python says the scenario, since a sandboxed frame may not change its address; before that, the address does. */
    function pointLink() {
        const own = location.search.slice(1).split("&").filter((pair) => !FRAME_KEYS.test(pair));
        const query = html.dataset.query ?? own.join("&");
        link.href = location.pathname + (query && `?${query}`);
    }

    let told = 0;
    function tellHeight() {
        const px = Math.ceil(html.getBoundingClientRect().height);
        if (px === told || !px || parent === self) return;
        told = px;
        parent.postMessage({ type: "roofline:height", version: MESSAGE_VERSION, px }, "*");
    }

    const asking = new Map();
    let answer = null;

    /** An answer goes to the windows that asked for it and, unless sandboxed, to their origin alone. */
    function reply() {
        if (!answer || results.ariaBusy === "true") return;
        for (const [window, origin] of asking) {
            const message = { type: "roofline:result", version: MESSAGE_VERSION, ...answer };
            window.postMessage(message, origin === "null" ? "*" : origin);
        }
        asking.clear();
    }

    function settle(said) {
        answer = said;
        reply();
    }

    function asked({ data, source, origin }) {
        if (data?.type !== "roofline:get" || !source) return;
        asking.set(source, origin);
        reply();
    }

    results.after(
        element("details", { id: "frame-form", className: "disclosure" }, element("summary", {}, "Change the scenario"), form),
    );
    document.querySelector("main").after(element("footer", { className: "frame-foot" }, document.title, link));
    document.getElementById("token").disabled = true;

    // a frame without allow-forms never submits one, nor says so to its scripts; Enter clicks the first button that would
    document.addEventListener("click", (event) => {
        const button = event.target.closest("button");
        if (button?.form !== form || button.type !== "submit") return;
        event.preventDefault();
        form.dispatchEvent(new SubmitEvent("submit", { bubbles: true, cancelable: true }));
    });

    for (const name of html.dataset.show.split(" ")) {
        const known = ["headline", "notes", "form", "tabs"].includes(name);
        if (!known && !document.querySelector(`#group-${name}, .figure [data-field="${name}"]`))
            console.warn(`show=${name}: there is no such part`);
    }

    function changed() {
        pointLink();
        if (html.dataset.state !== "failed") return;
        const text = document.getElementById("boot-notice").textContent;
        settle({ result: null, problem: { code: "not-started", text } });
    }

    addEventListener("message", asked);
    html.addEventListener("roofline:answer", ({ detail }) => settle(JSON.parse(detail)));
    new MutationObserver(changed).observe(html, { attributeFilter: ["data-query", "data-state"] });
    changed();
    new ResizeObserver(tellHeight).observe(html);
})();

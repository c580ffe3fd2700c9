/*
 * What must work before Python does: the stored choice of colours, ahead of the first paint; what the
 * figures of index.html may stand for; the progress of the start; what a reload must not lose. A classic
 * script in the head: in the body it would have the page painted in two goes.
 */
(() => {
    const html = document.documentElement;
    const find = (id) => document.getElementById(id);

    /** Storage is refused in some embeddings; what is kept then lasts as long as the page. */
    function stored(kind, key, ...value) {
        try {
            const storage = window[kind];
            const kept = storage.getItem(key);
            if (value.length) value[0] === null ? storage.removeItem(key) : storage.setItem(key, value[0]);
            return kept;
        } catch {
            return null;
        }
    }

    /* The document says the colours until there is the control that does; a frame's stay what its host wants. */
    const colour = html.dataset.theme ?? stored("localStorage", "roofline:theme");
    if (["light", "dark"].includes(colour)) html.dataset.theme = colour;

    function colours() {
        const theme = find("theme");
        if (html.dataset.theme) find(`theme-${html.dataset.theme}`).checked = true;
        if (!("embed" in html.dataset)) delete html.dataset.theme;
        theme.addEventListener("change", ({ target }) => stored("localStorage", "roofline:theme", target.value));
    }

    /* The figures in index.html answer the default scenario. A link may ask for another, and so may the form. */
    const NOT_OF_THE_SCENARIO = /^(v|view|how|embed|theme|show|find_\w+|money_\w+|[abc]\.\w+)$/;
    const asksForMore = [...new URLSearchParams(location.search).keys()].some((key) => !NOT_OF_THE_SCENARIO.test(key));
    if (asksForMore) html.dataset.answer = "pending";

    const SAID = {
        pending: "Waiting for Python to compute what this link asks for.",
        edited: "Still the default scenario: yours is computed as soon as Python is ready.",
    };
    const FAILED = {
        pending: "The default scenario, computed when this page was built; not what this link asks for.",
        edited: "The default scenario, computed when this page was built; not what you entered.",
    };

    /* Where the form comes first, the line above it leads to what js/watchdog.js says. */
    const NOT_STARTED = "The calculator could not start: what to do";

    function sayWhatTheFiguresAre() {
        const [origin, summary] = [find("origin"), find("summary")];
        if (summary && html.dataset.state === "failed") summary.textContent = NOT_STARTED;
        const words = (html.dataset.state === "failed" ? FAILED : SAID)[html.dataset.answer];
        if (origin && html.dataset.state !== "ready" && words) origin.textContent = words;
    }

    function edited() {
        if (html.dataset.state !== "loading" || html.dataset.answer) return;
        html.dataset.answer = "edited";
        sayWhatTheFiguresAre();
    }

    const STAGES = {
        downloading: "Loading Python",
        starting: "Starting Python",
        opening: "Opening the calculator",
    };

    function progress({ detail }) {
        const bar = find("boot-progress");
        const stage = find("boot-stage");
        if (!bar || !stage || !STAGES[detail.stage]) return;
        const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
        const downloading = detail.stage === "downloading" && detail.total > 0;
        if (downloading) bar.value = detail.loaded / detail.total;
        else bar.removeAttribute("value");
        const amount = downloading ? `: ${megabytes(detail.loaded)} of ${megabytes(detail.total)} MB` : "";
        stage.textContent = `${STAGES[detail.stage]}${amount}`;
    }

    /* A pasted config.json is in no link. It outlives a reload in its own tab, and nothing else. */
    const PASTED = "roofline:pasted";
    const MAX_PASTED_CHARACTERS = 1_000_000;

    function keepPasted() {
        const text = find("config").value.trim();
        const isConfig = text.startsWith("{") && text.length <= MAX_PASTED_CHARACTERS;
        stored("sessionStorage", PASTED, isConfig ? text : null);
    }

    function bringBackPasted() {
        const text = stored("sessionStorage", PASTED);
        const box = find("config");
        if (!text || box.value) return;
        box.value = text;
        find("paste").open = new URLSearchParams(location.search).get("model")?.startsWith("pasted");
    }

    /* Whatever the boxes say, for a reload that the page itself brings about: the link has only what could be read. */
    const FORM = "roofline:form";

    function keepForm() {
        const all = [...document.querySelectorAll("#scenario input[name]:not([type])")];
        const boxes = all.filter(({ value, defaultValue }) => value !== defaultValue);
        stored("sessionStorage", FORM, JSON.stringify(boxes.map(({ name, value }) => [name, value])));
    }

    function bringBackForm() {
        const boxes = JSON.parse(stored("sessionStorage", FORM, null) ?? "[]");
        for (const [name, value] of boxes) {
            const box = find("scenario").elements.namedItem(name);
            if (box) box.value = value;
        }
        if (boxes.length) edited();
    }

    /* What nobody needs before the first answer. */
    const { later, ...addresses } = document.currentScript.dataset;

    function loadTheRest() {
        if (html.dataset.state !== "ready") return;
        const address = new URL(later, document.baseURI);
        const load = () => import(address).then(({ start }) => start(addresses), again);
        // a browser may remember what it did not get, by the whole address
        const again = () => {
            address.hash += "again";
            addEventListener("online", load, { once: true });
        };
        "requestIdleCallback" in window ? requestIdleCallback(load, { timeout: 2_000 }) : setTimeout(load, 500);
    }

    html.addEventListener("roofline:progress", progress);
    new MutationObserver(() => {
        sayWhatTheFiguresAre();
        loadTheRest();
    }).observe(html, { attributeFilter: ["data-state"] });
    function takeCharge() {
        colours();
        sayWhatTheFiguresAre();
        bringBackPasted();
        bringBackForm();
        find("scenario").addEventListener("input", edited);
    }

    // all controls are there; DOMContentLoaded would also wait for the scripts that start Python
    document.addEventListener("readystatechange", takeCharge, { once: true });
    addEventListener("pagehide", () => {
        keepPasted();
        if (html.dataset.keep) keepForm();
    });
})();

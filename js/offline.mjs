/**
 * What the page says of its network and its version. Loaded after the first answer (js/shell.js).
 */
const html = document.documentElement;
const OFFLINE = "Offline: bundled, kept, pasted and manual models still compute.";

function element(tag, text, properties = {}) {
    return Object.assign(document.createElement(tag), { textContent: text, ...properties });
}

function announce(text) {
    document.getElementById("announcement").textContent = text;
}

function sayWhetherOffline() {
    const note = document.getElementById("offline");
    if (note.hidden !== navigator.onLine) {
        note.textContent = navigator.onLine ? "" : OFFLINE;
        note.hidden = navigator.onLine;
        announce(navigator.onLine ? "Online again." : OFFLINE);
    }
}

/**
 * Offer something that needs a reload; the form is kept, and nothing happens unless it is taken.
 * @param {string} text what there is
 * @param {() => void} take brings the reload about
 */
export function offer(text, take) {
    document.getElementById("update")?.remove();
    const bar = element("div", "", { id: "update", className: "update" });
    const token = document.getElementById("token").value && " Your token will have to be entered again.";
    const reload = element("button", "Reload", { type: "button", className: "fix" });
    const later = element("button", "Later", { type: "button", className: "fix" });
    reload.addEventListener("click", () => {
        html.dataset.keep = "form";
        reload.disabled = true;
        take();
    });
    later.addEventListener("click", () => bar.remove());
    bar.append(element("p", `${text} Reload to use it: what you entered stays.${token}`), reload, later);
    document.body.append(bar);
    announce(`${text} A button at the end of the page reloads it.`);
}

/** Have it installed by who wants to. With the manifest in the document Chrome draws its offer while Python starts. */
function offerToInstall(manifest) {
    document.head.append(Object.assign(document.createElement("link"), { rel: "manifest", href: manifest }));
}

/**
 * @param {DOMStringMap} addresses of the script that looks for updates, of the service worker, and of the manifest; none
 *     of them where the working tree is served
 */
export function start({ updates, worker, manifest }) {
    sayWhetherOffline();
    addEventListener("online", sayWhetherOffline);
    addEventListener("offline", sayWhetherOffline);
    // a page that embeds this one did not ask for its whole site
    if (!updates || !worker || !("serviceWorker" in navigator) || window.top !== window) return;
    offerToInstall(manifest);
    // refused in sandboxed frames and where the reader forbids storage: the page works all the same
    import(new URL(updates, document.baseURI)).then(({ watch }) => watch(worker)).catch(() => {});
}

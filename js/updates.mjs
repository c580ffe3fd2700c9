/**
 * Registers the service worker and offers a new version when there is one. Bundled with workbox-window by
 * tools/offline.py; the working tree, which `make run` serves, has no service worker and never loads this.
 */
import { Workbox } from "workbox-window";
import { offer } from "./offline.mjs";

const INSTALL_AGAIN_AFTER_MS = [15_000, 60_000];
const LOOK_AGAIN_AFTER_MS = 3_600_000;
const html = document.documentElement;

/**
 * @param {string} address of the service worker, beside the page
 * @param {number[]} waits before another attempt, where a file did not arrive; what did is kept
 */
export async function watch(address, waits = INSTALL_AGAIN_AFTER_MS) {
    const workbox = new Workbox(address);
    workbox.addEventListener("waiting", () => offerUpdate(workbox));
    workbox.addEventListener("activated", tell);
    workbox.addEventListener("redundant", () => {
        if (!html.dataset.offline && waits.length) setTimeout(() => watch(address, waits.slice(1)), waits[0]);
    });
    navigator.serviceWorker.addEventListener("controllerchange", taken);
    const registration = await workbox.register({ immediate: true });
    // a browser that blocks service workers may answer with nothing
    if (!registration) return;
    if (registration.active) tell();
    lookNowAndThen(workbox);
}

/** For tests and hosts: from now on the page starts without a network. */
function tell() {
    html.dataset.offline = "ready";
}

let wanted = false;
let controlled = Boolean(navigator.serviceWorker.controller);

function offerUpdate(workbox) {
    offer("A new version of this page is ready.", () => {
        wanted = true;
        workbox.messageSkipWaiting();
    });
}

/** A first worker took the page over, or a new one: as the reader of this tab said, or of another. */
function taken() {
    if (wanted) location.reload();
    else if (controlled) offer("A new version was taken in another tab. This one needs it too.", () => location.reload());
    controlled = true;
}

function lookNowAndThen(workbox) {
    let last = Date.now();
    document.addEventListener("visibilitychange", () => {
        if (document.visibilityState !== "visible" || Date.now() - last < LOOK_AGAIN_AFTER_MS) return;
        last = Date.now();
        workbox.update().catch(() => {});
    });
}

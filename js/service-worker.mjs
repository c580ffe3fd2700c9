/**
 * The service worker: every file of the site is kept, so that the page works without a network.
 *
 * Source only. tools/offline.py bundles it with Workbox and puts the list of files, each with the hash of
 * its content, in place of `self.__WB_MANIFEST`. Requests to other hosts are none of its business: nothing
 * that the Hub answers is ever kept here.
 */
import { clientsClaim, setCacheNameDetails } from "workbox-core";
import { PrecacheController, PrecacheRoute } from "workbox-precaching";
import { registerRoute } from "workbox-routing";
import { unpacked } from "../runtime/unpack/unpack.mjs";

/* Projects of one user of GitHub Pages share an origin. Workbox adds the scope to the cache's name. */
setCacheNameDetails({ prefix: "roofline" });

const files = self.__WB_MANIFEST;
const revisions = new Map(files.map(({ url, revision }) => [new URL(url, location.href).href, revision]));

/** What the start has just downloaded is taken from the browser's cache; its integrity is checked all the same. */
const fromTheBrowsersCache = {
    requestWillFetch: async ({ request }) => new Request(request, { cache: "default" }),
};

/** What is packed is kept unpacked: that takes longer than reading it. The media type tells the page (js/boot.mjs). */
const asItIsUsed = {
    cacheWillUpdate: async ({ response }) => (response?.ok ? asUsed(response) : null),
};

function asUsed(response) {
    const { pathname } = new URL(response.url);
    if (pathname.endsWith(".wasm.packed")) return unpacked(response.body);
    if (!pathname.endsWith(".packed")) return response;
    const headers = { "content-type": "application/zip" };
    return new Response(response.body.pipeThrough(new DecompressionStream("gzip")), { headers });
}

/** Where the browser's cache has another version, or the connection failed: once more, past that cache. */
const onceMore = {
    handlerDidError: async ({ request }) => {
        const key = controller.getCacheKeyForURL(request.url);
        const integrity = controller.getIntegrityForCacheKey(key);
        const response = await fetch(request.url, { cache: "reload", credentials: "same-origin", integrity });
        if (!response.ok) return undefined;
        const cache = await caches.open(controller.strategy.cacheName);
        await cache.put(key, asUsed(response.clone()));
        return response;
    },
};

const controller = new PrecacheController({ plugins: [fromTheBrowsersCache, asItIsUsed, onceMore], fallbackToNetwork: true });
controller.precache(files);

/** The version that the address of an own file names, if it names one that is not kept here. */
function isOfAnotherVersion(url) {
    const version = /^\?([0-9a-f]{8})$/.exec(url.search)?.[1];
    const revision = revisions.get(url.origin + url.pathname);
    return Boolean(version && revision && !revision.startsWith(version));
}

/* A page that another tab has left behind with an update must not mix with the new version's files. */
registerRoute(
    ({ url, sameOrigin }) => sameOrigin && isOfAnotherVersion(url),
    async () => Response.error(),
);
registerRoute(
    new PrecacheRoute(controller, { ignoreURLParametersMatching: [/.*/], directoryIndex: "index.html", cleanURLs: false }),
);

/* A first visit need not be followed by a second one for the page to work offline. */
clientsClaim();

/* A new version waits until the reader takes it, or has closed every page of the old one. */
addEventListener("message", ({ data }) => {
    if (data?.type === "SKIP_WAITING") skipWaiting();
});

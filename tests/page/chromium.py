"""How the browser of the tests is started: without what only costs processor time here, and told that it is online."""

from playwright.sync_api import BrowserContext

# a list given here replaces Playwright's own, which is repeated first (version 1.64)
FEATURES_OFF = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "DialMediaRouteProvider",
    "GlobalMediaControls",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "BlockOriginHeaderModificationOnRedirect",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "Translate",
    "AutoDeElevate",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    # two more pages for each tab, of suggestions beneath an address bar that nobody sees
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
)
# V8 compiles WebAssembly anew when it has run often. With the usual number of a budget a start of the page already
# spends a second of processor time on it, more than on everything else; with this one a page in long use still does.
COMPILE_ANEW_AFTER = 2_000_000_000
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(FEATURES_OFF)}",
    f"--js-flags=--wasm-tiering-budget={COMPILE_ANEW_AFTER}",
)

# Chromium asks the machine whether it is online, which nothing can set to yes where there is no network but 127.0.0.1.
ONLINE = """(() => {
    let online = true;
    Object.defineProperty(Navigator.prototype, "onLine", { get: () => online, configurable: true });
    globalThis.setOnline = (now) => {
        if (now === online) return;
        online = now;
        dispatchEvent(new Event(now ? "online" : "offline"));
    };
    // before every listener of the page: the machine's own word, if it ever says one
    const unheard = (event) => event.isTrusted && event.stopImmediatePropagation();
    for (const name of ["online", "offline"]) addEventListener(name, unheard, true);
})()"""


def set_online(context: BrowserContext, online: bool) -> None:
    """Take the network from every page of a context, or give it back."""
    context.set_offline(not online)
    for page in context.pages:
        page.evaluate("(now) => setOnline(now)", online)

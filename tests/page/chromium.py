"""How the browser of the tests is started: without what only costs processor time here."""

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

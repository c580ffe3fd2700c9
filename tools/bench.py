"""Time the start of the page in a browser, against a bare page that only loads stock Pyodide.

    python tools/bench.py [--runs 7]

The bare page is one module script: `await loadPyodide()` with the files of the npm package as they
are. Both are served alike (gzip, this machine), each start has a fresh profile, and the runs of all
cases alternate, each after a quiet moment where there is one. Printed are medians, and ratios to the bare page
of the same kind of network. Time ends with the first computed result (mark `roofline:result`), for
the bare page when `loadPyodide` is done. A return visit is a new tab of the same profile, after the first
visit's service worker was installed and the server was shut down; what the worker fetched is told apart.
"""

import argparse
import os
import shutil
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

import install_browser
from serve import Server, serving, tree

ROOT = Path(__file__).resolve().parent.parent
BARE = ROOT / "build" / "bare"
STOCK = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
BARE_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>bare</title>
<link rel="icon" href="data:,"></head><body><p>Loading</p><script type="module">
import { loadPyodide } from "./pyodide.mjs";
await loadPyodide();
performance.mark("roofline:result");
</script></body></html>
"""
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
FLAGS += ["--disable-background-networking", "--disable-component-update"]
SLOW = {"offline": False, "latency": 40, "downloadThroughput": 20e6 / 8, "uploadThroughput": 20e6 / 8}
OBSERVE = """
window.longTasks = [];
new PerformanceObserver((list) => window.longTasks.push(...list.getEntries().map((e) => e.duration)))
    .observe({ type: "longtask", buffered: true });
"""
MEASURE = """() => ({
    result: performance.getEntriesByName("roofline:result")[0].startTime,
    ready: performance.getEntriesByName("roofline:ready")[0]?.startTime ?? NaN,
    paint: performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? NaN,
    blocked: window.longTasks.reduce((sum, ms) => sum + Math.max(0, ms - 50), 0),
    longest: Math.max(0, ...window.longTasks),
})"""
DONE = "() => performance.getEntriesByName('roofline:result').length > 0"
DEFINE_TIMED = """
import time
from roofline import CATALOGUE, Deployment, Model, RooflineError, Workload, estimate
deployment, workload = Deployment(tensor_parallel=8), Workload(concurrency=16)
models = []
for entry in CATALOGUE.values():
    try:
        model = Model.from_config(entry.config, name=entry.name, sidecar=entry.sidecar)
        estimate(model, deployment, workload)
    except RooflineError:
        continue
    models.append(model)
def timed():
    start = time.perf_counter()
    for model in models:
        estimate(model, deployment, workload)
    return (time.perf_counter() - start) / len(models) * 1e3
"""
"""Defines ``timed``: the time of one estimate in ms, the mean over the catalogue once caches are warm."""
ROUNDS = 15
TIME_ESTIMATES = """async ([definition, rounds]) => {
    const boot = await import(document.querySelector("script[src*=boot]").src);
    const python = await boot.loadPyodide();
    python.runPython(definition);
    const times = [];
    for (let round = 0; round < rounds; round += 1) {
        times.push(python.runPython("timed()"));
        await new Promise((resolve) => setTimeout(resolve));  // as an answer to one click after another
    }
    return times;
}"""


@dataclass(slots=True)
class Case:
    """One page over one kind of network, and what was measured of it."""

    name: str
    server: Server
    slow: bool
    returning: bool = False
    runs: list[dict[str, float]] = field(default_factory=list)
    bytes: int = 0
    kept_bytes: int = 0

    def median(self, key: str) -> float:
        """Median over the runs."""
        return statistics.median(run[key] for run in self.runs)


@contextmanager
def servers() -> Iterator[tuple[Server, Server]]:
    """The bare page and the site, served alike."""
    shutil.rmtree(BARE, ignore_errors=True)
    BARE.mkdir(parents=True)
    for name in STOCK:
        shutil.copyfile(ROOT / "node_modules" / "pyodide" / name, BARE / name)
    (BARE / "index.html").write_text(BARE_PAGE, "utf-8")
    with serving(tree(BARE), "/bare/") as bare, serving(tree(ROOT / "site"), "/site/") as site:
        yield bare, site


def busy_share(seconds: float) -> float:
    """Share of the machine's processor time that was in use over the next moment; 0 where it cannot be told."""
    stat = Path("/proc/stat")

    def read() -> tuple[float, float]:
        fields = [float(value) for value in stat.read_text("utf-8").splitlines()[0].split()[1:]]
        return sum(fields), fields[3] + fields[4]

    if not stat.exists():
        return 0.0
    total, idle = read()
    time.sleep(seconds)
    later, idle_later = read()
    return 1 - (idle_later - idle) / (later - total)


def wait_for_quiet(limit_s: float = 30) -> None:
    """Wait until other programs leave most of the machine alone, or the time is up."""
    end = time.monotonic() + limit_s
    while busy_share(0.4) > 0.15 and time.monotonic() < end:
        pass


def measure(browser: Browser, case: Case) -> None:
    """One start, or one return."""
    (come_back if case.returning else start)(browser, case)


def come_back(browser: Browser, case: Case) -> None:
    """Visit the site, let its service worker be installed, shut the server down, and note how another start goes."""
    context = browser.new_context()
    with serving(tree(ROOT / "site"), "/site/") as server:
        page = context.new_page()
        page.goto(server.url)
        wait(page)
        before = sum(size for _, size in server.sent)
        page.wait_for_selector("html[data-offline=ready]", state="attached", timeout=60_000)
        case.kept_bytes = sum(size for _, size in server.sent) - before
        page.close()
    server.sent.clear()
    wait_for_quiet()
    page = context.new_page()
    page.add_init_script(OBSERVE)
    page.goto(server.url)
    wait(page)
    case.runs.append(page.evaluate(MEASURE))
    context.close()


def start(browser: Browser, case: Case) -> None:
    """Open the page in a fresh profile and note how its start went."""
    context = browser.new_context(service_workers="block")
    page = context.new_page()
    if case.slow:
        context.new_cdp_session(page).send("Network.emulateNetworkConditions", SLOW)
    page.add_init_script(OBSERVE)
    case.server.sent.clear()
    page.goto(case.server.url)
    wait(page)
    case.runs.append(page.evaluate(MEASURE))
    case.bytes = sum(size for _, size in case.server.sent)
    context.close()


def wait(page: Page) -> None:
    """Wait for the first result.

    Raises:
        RuntimeError: the page began anew (js/watchdog.js): its clock did too.
    """
    page.wait_for_function(DONE, timeout=60_000, polling=100)
    if page.evaluate("performance.getEntriesByType('navigation')[0].type") != "navigate":
        raise RuntimeError(f"{page.url}: a part did not arrive, and the page began anew")


def estimates_in_page(browser: Browser, url: str) -> list[float]:
    """One estimate inside the page after its start, in ms: rounds over the catalogue, each a task of its own."""
    page = browser.new_page()
    page.goto(url)
    wait(page)
    wait_for_quiet()
    times: list[float] = page.evaluate(TIME_ESTIMATES, [DEFINE_TIMED, ROUNDS])
    page.close()
    return times


def estimates_here() -> list[float]:
    """The same in the Python that runs this."""
    wait_for_quiet()
    sys.path.insert(0, str(ROOT / "py"))
    names: dict[str, Any] = {}
    exec(DEFINE_TIMED, names)
    return [names["timed"]() for _ in range(ROUNDS)]


def spread(times: list[float]) -> str:
    """Median and best."""
    return f"{statistics.median(times):.3f} (best {min(times):.3f} of {len(times)} rounds)"


def report(bare: Case, case: Case) -> str:
    """One case in a line, with its ratios to the bare page."""
    ratio = case.median("result") / bare.median("result")
    blocked = case.median("blocked") / bare.median("blocked") if bare.median("blocked") else float("nan")
    spread = f"{min(r['result'] for r in case.runs):.0f}-{max(r['result'] for r in case.runs):.0f}"
    return (
        f"{case.name:14}{case.median('result'):8.0f}{spread:>12}{ratio:8.3f}{case.median('paint'):8.0f}"
        f"{case.median('paint') / bare.median('result'):8.3f}{case.median('blocked'):9.0f}{blocked:8.3f}"
        f"{case.median('longest'):9.0f}{case.bytes / 1e6:8.2f}"
    )


def main() -> int:
    """Run all cases and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--fast-only", action="store_true", help="without the emulated 20 Mbps / 40 ms")
    options = parser.parse_args()
    with servers() as (bare, site), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=install_browser.find(), args=FLAGS)
        returned = Case("site, again", site, False, returning=True)
        cases = [Case("bare", bare, False), Case("site", site, False), returned]
        if not options.fast_only:
            cases += [Case("bare 20 Mbps", bare, True), Case("site 20 Mbps", site, True)]
        in_page: list[float] = []
        here: list[float] = []
        for _ in range(options.runs):
            for case in cases:
                wait_for_quiet()
                measure(browser, case)
            in_page += estimates_in_page(browser, site.url)
            here += estimates_here()
        version = browser.version
        browser.close()
    print(f"Chromium {version}, medians of {options.runs}, load {os.getloadavg()[0]:.1f}; times in ms")
    print("page            result       range   ratio   paint   ratio  blocked   ratio  longest      MB")
    for case in cases:
        print(report(next(c for c in cases if c.slow == case.slow), case))
    print(f"the service worker fetched {returned.kept_bytes / 1e6:.2f} MB after the first result, later views included")
    print(f"one estimate in the page, ms: {spread(in_page)}; in CPython {sys.version.split()[0]}: {spread(here)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Run Lighthouse on the built site, served as a static host does, and hold its scores to their bars.

    python tools/lighthouse_report.py [--runs 3]

Reports as HTML and JSON go to build/lighthouse/. Desktop scores have bars; the phone's are printed with its
blocking time, since they measure the machine that emulates it as much as the page. Of several runs the one
with the median performance counts.
"""

import argparse
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import install_browser
from serve import serving, tree

ROOT = Path(__file__).resolve().parent.parent
TOOL = ROOT / "tools" / "lighthouse" / "node_modules" / "lighthouse" / "cli" / "index.js"
OUT = ROOT / "build" / "lighthouse"
FLAGS = "--headless=new --no-sandbox --disable-quic"
BARS = {"performance": 95, "accessibility": 100, "best-practices": 100, "seo": 100}
MEASURES = {
    "first-contentful-paint": "first paint",
    "largest-contentful-paint": "largest paint",
    "speed-index": "speed index",
    "total-blocking-time": "blocking",
    "cumulative-layout-shift": "layout shift",
}
DEVICES = {"desktop": ["--preset=desktop"], "phone": []}


@dataclass(frozen=True, slots=True)
class Report:
    """One run."""

    device: str
    scores: dict[str, int]
    measures: dict[str, str]
    failed: tuple[str, ...]
    text: str


def run(url: str, device: str) -> Report:
    """One run of Lighthouse."""
    command = ["node", TOOL, url, "--quiet", "--output=json", "--output=html", f"--output-path={OUT / 'run'}"]
    options = [f"--chrome-flags={FLAGS}", f"--only-categories={','.join(BARS)}", *DEVICES[device]]
    environment = {**os.environ, "CHROME_PATH": str(install_browser.find())}
    subprocess.run([*command, *options, "--no-enable-error-reporting"], check=True, cwd=ROOT, env=environment)
    found: dict[str, Any] = json.loads((OUT / "run.report.json").read_text("utf-8"))
    if found.get("runtimeError"):
        raise SystemExit(f"Lighthouse: {found['runtimeError']['message']}")
    return Report(
        device,
        {name: round(100 * (category["score"] or 0)) for name, category in found["categories"].items()},
        {words: found["audits"][name]["displayValue"] for name, words in MEASURES.items()},
        tuple(failed_audits(found)),
        (OUT / "run.report.html").read_text("utf-8"),
    )


def failed_audits(found: dict[str, Any]) -> list[str]:
    """Titles of audits that cost points outside of performance."""
    others = [category for name, category in found["categories"].items() if name != "performance"]
    references = [each["id"] for category in others for each in category["auditRefs"] if each["weight"]]
    return [found["audits"][name]["title"] for name in references if found["audits"][name]["score"] == 0]


def median(reports: list[Report]) -> Report:
    """The run with the median performance."""
    return sorted(reports, key=lambda report: report.scores["performance"])[len(reports) // 2]


def main() -> int:
    """Run, print, and fail where a desktop score is below its bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    below: list[str] = []
    with serving(tree(ROOT / "site"), "/some/project/") as server:
        for device in DEVICES:
            report = median([run(server.url, device) for _ in range(options.runs)])
            (OUT / f"{device}.html").write_text(report.text, "utf-8")
            scores = ", ".join(f"{name} {score}" for name, score in report.scores.items())
            print(f"{device}: {scores}")
            print("  " + ", ".join(f"{words} {value}" for words, value in report.measures.items()))
            for title in report.failed:
                print(f"  failed: {title}")
            if device == "desktop":
                below = [
                    f"{name} {report.scores[name]} < {bar}" for name, bar in BARS.items() if report.scores[name] < bar
                ]
    for name in ("run.report.html", "run.report.json"):
        (OUT / name).unlink(missing_ok=True)
    if below:
        print(f"below the bar on desktop: {'; '.join(below)}")
    return bool(below)


if __name__ == "__main__":
    sys.exit(main())

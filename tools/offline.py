"""What makes the site work without a network, and installable: service worker, manifest.

The worker's source (js/service-worker.mjs) and the script that registers it (js/updates.mjs) are bundled with
Workbox. The worker carries the list of the site's files, each with the hash of its content, so that any change
of any file makes another worker, which is what a browser looks for.
"""

import base64
import hashlib
import json
import subprocess
from pathlib import Path

import metadata

ROOT = Path(__file__).resolve().parent.parent
PARTS = ROOT / "build" / "worker"
"""Lists of what went into the bundles: whose code it is (tools/licenses.py)."""
WORKER, UPDATES, MANIFEST = "sw.js", "js/updates.mjs", "manifest.webmanifest"
SOURCE = "js/service-worker.mjs"
PLACE = "self.__WB_MANIFEST"
NOT_KEPT = (WORKER, metadata.LLMS, metadata.PREVIEW)
"""Files of the site that no page asks for: crawlers do."""
SHELL_SCRIPT = '<script src="js/shell.js"'
SIZES_PX = (192, 512)


def bundle(site: Path) -> None:
    """Put the two bundles into the site, in place of the sources."""
    PARTS.mkdir(parents=True, exist_ok=True)
    for source, target, form in ((SOURCE, WORKER, "iife"), (UPDATES, UPDATES, "esm")):
        command = ["node", "node_modules/esbuild/bin/esbuild", source, "--bundle", "--minify", f"--format={form}"]
        options = ["--target=es2022", "--legal-comments=none", "--log-level=warning", "--allow-overwrite"]
        define = '--define:process.env.NODE_ENV="production"'
        outputs = [f"--outfile={site / target}", f"--metafile={PARTS / Path(source).stem}.json"]
        subprocess.run([*command, *options, define, *outputs], check=True, cwd=ROOT)
    (site / SOURCE).unlink()


def write_manifest(site: Path) -> None:
    """The web app manifest."""
    icons = [(f"assets/icon-{size}.png", size, "any") for size in SIZES_PX]
    icons.append(("assets/icon-maskable-512.png", 512, "maskable"))
    manifest = {
        "name": metadata.NAME,
        "short_name": "LLM calculator",
        "description": "How fast and how expensive an LLM runs on NVIDIA Hopper and Blackwell GPUs.",
        "id": "./",
        "start_url": "./",
        "scope": "./",
        "display": "standalone",
        "background_color": "#faf9f7",
        "theme_color": "#faf9f7",
        "categories": ["developer", "utilities"],
        "icons": [
            {"src": "assets/icon.svg", "sizes": "any", "type": "image/svg+xml"},
            *(
                {"src": src, "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
                for src, size, purpose in icons
            ),
        ],
    }
    (site / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")


def introduced(html: str) -> str:
    """The page with its manifest and service worker named, which the working tree does not have."""
    html = html.replace("</head>", '<link rel="apple-touch-icon" href="assets/icon-180.png">\n</head>', 1)
    names = f'data-updates="{UPDATES}" data-worker="{WORKER}" data-manifest="{MANIFEST}"'
    return html.replace(SHELL_SCRIPT, f"{SHELL_SCRIPT} {names}", 1)


def kept(site: Path) -> list[dict[str, str]]:
    """Workbox's list: every file that a page can ask for, with the hash of its content twice, short and whole."""
    entries = []
    for path in sorted(path for path in site.rglob("*") if path.is_file()):
        url = path.relative_to(site).as_posix()
        if url in NOT_KEPT or any(part.startswith(".") for part in path.relative_to(site).parts):
            continue
        digest = hashlib.sha256(path.read_bytes())
        whole = base64.b64encode(digest.digest()).decode()
        entries.append({"url": url, "revision": digest.hexdigest()[:16], "integrity": f"sha256-{whole}"})
    return entries


def write_list(site: Path) -> None:
    """Fill in the worker's list, once all other files are as they will be."""
    worker = site / WORKER
    script = worker.read_text("utf-8")
    if script.count(PLACE) != 1:
        raise SystemExit(f"{SOURCE} has to name {PLACE} once")
    worker.write_text(script.replace(PLACE, json.dumps(kept(site), separators=(",", ":"))), "utf-8")

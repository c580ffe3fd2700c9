"""Find the Chromium that the browser tests drive, or install one.

The order: $CHROMIUM, a Chromium or Chrome on the PATH, what an earlier run installed. Else
Debian's package where this runs as root on Debian, else Playwright's own build.
Prints the path of the executable.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")


def find() -> str | None:
    """The path of a usable Chromium, or None."""
    candidates = [os.environ.get("CHROMIUM"), *NAMES]
    found = (shutil.which(name) for name in candidates if name)
    return next((path for path in found if path), None) or playwright_build()


def playwright_build() -> str | None:
    """The path of Playwright's own Chromium where it is installed, else None."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def is_debian_root() -> bool:
    """True where Debian's own package can be installed."""
    release = Path("/etc/os-release")
    names = release.read_text("utf-8") if release.exists() else ""
    return os.name == "posix" and os.geteuid() == 0 and "\nID=debian" in f"\n{names}"


def install() -> None:
    """Install Chromium by the first way that fits this machine."""
    if is_debian_root():
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        quiet = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
        subprocess.run([*quiet, "update"], check=True, env=env, stdout=sys.stderr)
        packages = ["install", "-y", "--no-install-recommends", "chromium"]
        subprocess.run([*quiet, *packages], check=True, env=env, stdout=sys.stderr)
        return
    playwright = [sys.executable, "-m", "playwright", "install", "chromium"]
    with_libraries = ["--with-deps"] if os.name == "posix" and os.geteuid() == 0 else []
    subprocess.run([*playwright, *with_libraries], check=True, stdout=sys.stderr)


def main() -> int:
    """Print where Chromium is, after installing it if need be."""
    if find() is None:
        install()
    path = find()
    print(path or "no Chromium could be installed: set CHROMIUM to the path of one")
    return 0 if path else 1


if __name__ == "__main__":
    sys.exit(main())

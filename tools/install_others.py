"""Install what drives Firefox and WebKit, where this runs as root on Debian; elsewhere say what to install.

For `make test-browsers`, which skips, and says so, what is still missing. About 500 MB, so no other command does this.
"""

import os
import shutil
import subprocess
import sys

import install_browser

PROGRAMS = {"firefox-esr": "firefox-esr", "WebKitWebDriver": "webkit2gtk-driver", "Xvfb": "xvfb"}
"""Program on the PATH -> the Debian package that has it."""


def missing() -> list[str]:
    """The packages whose program is not there."""
    return [package for program, package in PROGRAMS.items() if shutil.which(program) is None]


def main() -> int:
    """Install what is missing, if this machine lets us; what remains missing is skipped by the tests."""
    packages = missing()
    if packages and install_browser.is_debian_root():
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        quiet = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
        subprocess.run([*quiet, "update"], check=True, env=env, stdout=sys.stderr)
        install = ["install", "-y", "--no-install-recommends", *packages]
        subprocess.run([*quiet, *install], check=True, env=env, stdout=sys.stderr)
    elif packages:
        print(f"not here, and skipped: {', '.join(packages)} (names of Debian's packages)", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())

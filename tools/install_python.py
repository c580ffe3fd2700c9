"""Install one dependency group of pyproject.toml into the project's own environment.

Run by the environment's interpreter. The versions stand in pyproject.toml; what those packages
need in turn is held by tools/constraints.txt. Read here, not by pip, since the pip of a fresh
Debian does not know dependency groups.
"""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def requirements(group: str) -> list[str]:
    """The requirements of one group, as pip takes them."""
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return list(pyproject["dependency-groups"][group])


def main(group: str) -> int:
    """Install and return pip's exit status."""
    constraints = str(ROOT / "tools" / "constraints.txt")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input"]
    command += ["--disable-pip-version-check", "--constraint", constraints]
    return subprocess.run([*command, *requirements(group)], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

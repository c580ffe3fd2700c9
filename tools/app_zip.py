"""Pack py/ into the one archive that the browser unpacks.

Runs as a program (`app_zip.py OUT`) and inside tools/serve.py, which packs anew for each request so
that a reload shows an edit.
"""

import io
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("page", "present", "roofline")
SHELL_ONLY = "__main__.py"


def sources(py: Path) -> Iterator[Path]:
    """Every file of the packages that the browser needs, in a stable order."""
    for package in PACKAGES:
        for path in sorted((py / package).rglob("*")):
            hidden = "__pycache__" in path.parts or path.name.startswith(".")
            if path.is_file() and not hidden and path.name != SHELL_ONLY:
                yield path


def pack(py: Path = ROOT / "py") -> bytes:
    """The archive's bytes: equal sources give equal bytes, whatever the clock says."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sources(py):
            info = zipfile.ZipInfo(path.relative_to(py).as_posix(), (2026, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, path.read_bytes())
    return buffer.getvalue()


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(pack())

"""Makes `dataclasses` use code that was compiled when the site was built.

Each frozen, slotted dataclass has its methods written as source text and compiled when its module is
imported: with some 70 of them, 40 % of the time that importing the engine takes in the browser. Each
archive brings a file that maps each such text to its code. A text that is in none is compiled as ever.

Shipped in the application's archive and imported before anything else (tools/build_site.py).
"""

import builtins
import dataclasses
import marshal
import os
from types import CodeType

FOLDER = os.path.join(os.path.dirname(__file__), "dataclass_code")  # noqa: PTH118, PTH120
CODE: dict[str, CodeType] = {}
compiled_here: list[str] = []


def add(archive: str) -> None:
    """Take the code that an unpacked archive brought."""
    with open(os.path.join(FOLDER, f"{archive}.bin"), "rb") as file:  # noqa: PTH118, PTH123
        CODE.update(marshal.load(file))


def _exec(text: str, namespace: dict[str, object], names: dict[str, object]) -> None:
    """Run the text in the namespace, as `exec` does."""
    if text not in CODE:
        compiled_here.append(text)
    builtins.exec(CODE.get(text, text), namespace, names)


dataclasses.exec = _exec  # type: ignore[attr-defined]
add("app")

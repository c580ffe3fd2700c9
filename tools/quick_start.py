"""Makes importing the application quick: its byte code is at hand, and so is what `dataclasses` would compile.

Looking for a module in an archive, and then reading it there, takes the browser half as long as running it.
Each frozen, slotted dataclass has its methods written as source text and compiled when its module is imported:
with some 70 of them, 40 % of the time that importing the engine takes. Each archive brings two files: the
modules by name, and the code of such texts by their length and checksum. A text that is in none is compiled
as ever.

Shipped in the application's archives (tools/bytecode.py) and imported before anything else (js/boot.mjs).
"""

import builtins
import dataclasses
import marshal
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from zipimport import zipimporter
from zlib import crc32

CODE: dict[tuple[int, int], bytes] = {}
compiled_here: list[str] = []


class Modules:
    """Finds and loads the modules of one archive."""

    def __init__(self, archive: str) -> None:
        self.archive = archive
        self.files = zipimporter(archive)
        self.modules: dict[str, tuple[bool, bytes]] = marshal.loads(self.files.get_data("modules.bin"))

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        """The module of that full name, if it is one of these."""
        if name not in self.modules:
            return None
        is_package = self.modules[name][0]
        path = f"{self.archive}/{name.replace('.', '/')}"
        spec = ModuleSpec(
            name, self, origin=f"{path}/__init__.pyc" if is_package else f"{path}.pyc", is_package=is_package
        )
        spec.has_location = True
        if spec.submodule_search_locations is not None:
            spec.submodule_search_locations.append(path)
        return spec

    def create_module(self, _spec: ModuleSpec) -> None:
        """Leave it to the import system."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the module."""
        builtins.exec(marshal.loads(self.modules[module.__name__][1]), module.__dict__)

    def get_data(self, path: str) -> bytes:
        """A file of the archive."""
        return self.files.get_data(path)


def add(archive: str) -> None:
    """Take what an archive brings."""
    found = Modules(archive)
    sys.meta_path.insert(0, found)
    CODE.update(marshal.loads(found.get_data("dataclass_code.bin")))


def _exec(text: str, namespace: dict[str, object], names: dict[str, object]) -> None:
    """Run the text in the namespace, as `exec` does."""
    code = CODE.get((len(text), crc32(text.encode())))
    if code is None:
        compiled_here.append(text)
    builtins.exec(text if code is None else marshal.loads(code), namespace, names)


dataclasses.exec = _exec  # type: ignore[attr-defined]
add("/app.zip")

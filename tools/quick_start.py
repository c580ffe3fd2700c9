"""Makes Python's start in the browser quick: byte code is at hand, and so is what modules compile when imported.

Looking for a module in an archive, and then reading it there, takes the browser half as long as running it. And
modules compile source text and regular expressions while they are imported: a frozen, slotted dataclass has its
methods written as text, 40 % of the time that importing the engine takes. So each archive brings its modules by name,
and what they compile: texts by length and checksum, expressions by pattern and flags. What is in none is compiled as
ever, and noted.

Shipped as `sitecustomize` in the archive of the standard library: Python imports that by itself before anything that
it does not need to import at all. The application's archives are added by js/boot.mjs and page/later.py.
"""

import _sre
import builtins
import gc
import marshal
import sys
from _frozen_importlib import ModuleSpec
from zipimport import zipimporter
from zlib import crc32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, ModuleType

# nothing of a start is garbage: page/main.py turns the collector on again
gc.disable()

IMPORTED_BEFORE = tuple(sys.modules)
CODE: "dict[tuple[int, int], bytes]" = {}
PATTERNS: "dict[tuple[str | bytes, int], tuple[object, ...]]" = {}
compiled_here: "list[tuple[str, object, object]]" = []
"""What no archive brought: ("exec" or "eval", text, None) or ("pattern", pattern, flags)."""


class Modules:
    """Finds and loads the modules of one archive."""

    def __init__(self, archive: str) -> None:
        self.archive = archive
        self.files = zipimporter(archive)
        self.modules: dict[str, tuple[bool, bytes]] = marshal.loads(self.files.get_data("modules.bin"))

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> "ModuleSpec | None":
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

    def create_module(self, _spec: "ModuleSpec") -> None:
        """Leave it to the import system."""

    def exec_module(self, module: "ModuleType") -> None:
        """Run the module; one that compiles for others then asks here first."""
        builtins.exec(marshal.loads(self.modules[module.__name__][1]), module.__dict__)
        if module.__name__ in COMPILERS:
            COMPILERS[module.__name__](module)

    def get_data(self, path: str) -> bytes:
        """A file of the archive."""
        return self.files.get_data(path)


def add(archive: str) -> None:
    """Take what an archive brings; one of sources, as the working tree is served with, is left to Python."""
    try:
        found = Modules(archive)
    except OSError:
        return
    sys.meta_path.insert(0, found)
    code, patterns = marshal.loads(found.get_data("compiled.bin"))
    CODE.update(code)
    PATTERNS.update(patterns)


def _ready(mode: str, text: str) -> "CodeType | str":
    """The text's code if an archive brought it."""
    code = CODE.get((len(text), crc32(text.encode())))
    if code is None:
        compiled_here.append((mode, text, None))
        return text
    return marshal.loads(code)


def _exec(text: str, *spaces: "dict[str, object]") -> None:
    builtins.exec(_ready("exec", text), *spaces)


def _eval(text: str, *spaces: "dict[str, object]") -> object:
    return builtins.eval(_ready("eval", text), *spaces)


def _in_dataclasses(module: "ModuleType") -> None:
    module.exec = _exec


def _in_collections(module: "ModuleType") -> None:
    module.eval = _eval


def _in_patterns(module: "ModuleType") -> None:
    plain = module.compile

    def compile_pattern(pattern: object, flags: int = 0) -> object:
        # a parsed expression comes here too
        if not isinstance(pattern, str | bytes):
            return plain(pattern, flags)
        ready = PATTERNS.get((pattern, int(flags)))
        if ready is None:
            compiled_here.append(("pattern", pattern, int(flags)))
            return plain(pattern, flags)
        return _sre.compile(*ready)

    module.compile = compile_pattern


COMPILERS = {"collections": _in_collections, "dataclasses": _in_dataclasses, "re._compiler": _in_patterns}

add(next(path for path in sys.path if path.endswith(".zip")))

"""The engine inside the browser's Python is the engine: the same modules, the same figures to 1e-9."""

import json
import math
import pkgutil

import pytest

import present
import roofline

PAIRS = """
import json
from roofline import CATALOGUE, Deployment, GPUS, Model, RooflineError, Workload, estimate

SETTINGS = [
    (dict(tensor_parallel=8), dict()),
    (dict(gpu="H100 SXM", precision="fp8", tensor_parallel=4, nodes=2), dict(input_tokens=100, output_tokens=1)),
    (dict(gpu="B200 SXM", precision="fp4", engine="SGLang"), dict(input_tokens=32768, output_tokens=64, concurrency=3)),
    (dict(engine="TensorRT-LLM", tensor_parallel=2, kv_precision="fp8"), dict(concurrency=64)),
]

def figures():
    out = {}
    for entry in list(CATALOGUE.values())[::4]:
        for number, (deployment, workload) in enumerate(SETTINGS):
            try:
                model = Model.from_config(entry.config, name=entry.name, sidecar=entry.sidecar)
                result = estimate(model, Deployment(**deployment), Workload(**workload)).to_dict()
            except RooflineError as error:
                result = {"error": type(error).__name__, "message": str(error)}
            out[f"{entry.name}/{number}"] = result
    return out
"""


def modules(package) -> list[str]:
    found = pkgutil.walk_packages(package.__path__, package.__name__ + ".")
    return [package.__name__, *(m.name for m in found if not m.name.endswith("__main__"))]


@pytest.mark.parametrize("package", [roofline, present], ids=["roofline", "present"])
def test_every_module_can_be_imported_in_the_browser(python, booted_page, package):
    names = modules(package)
    assert len(names) > 5
    code = "from page import later\nawait later.module('page.views')\nimport importlib\n"
    code += f"for name in {names!r}:\n    importlib.import_module(name)\nlen({names!r})"
    assert python(booted_page, code) == len(names)


def test_every_shipped_module_can_be_imported_in_the_browser(python, booted_page, root):
    lines = (root / "tools" / "stdlib_modules.txt").read_text("utf-8").splitlines()
    names = [name for line in lines if (name := line.split("#")[0].strip()) and not name.startswith("-")]
    assert len(names) > 30
    code = f"import importlib\nfor name in {names!r}:\n    importlib.import_module(name)\nlen({names!r})"
    assert python(booted_page, code) == len(names)


def test_nothing_is_compiled_in_the_browser_while_modules_are_imported(python, booted_page):
    """Methods of dataclasses, named tuples and regular expressions: all of them come compiled."""
    assert python(booted_page, "import sitecustomize; repr(sitecustomize.compiled_here)") == "[]"
    assert python(booted_page, "len(sitecustomize.CODE)") > 60
    assert python(booted_page, "len(sitecustomize.PATTERNS)") > 20
    assert not python(booted_page, "[name for name in sitecustomize.IMPORTED_BEFORE if name == 'asyncio']")


def test_what_no_archive_brought_is_compiled_and_noted(python, booted_page):
    code = """
import dataclasses, re, sitecustomize
@dataclasses.dataclass(frozen=True)
class Unheard:
    of_before: int
found = re.search("(?P<unheard>o[f])", "unheard of")
noted = [mode for mode, text, _ in sitecustomize.compiled_here if "unheard" in text or "of_before" in text]
sitecustomize.compiled_here.clear()
repr((Unheard(3).of_before, found["unheard"], noted))
"""
    assert python(booted_page, code) == "(3, 'of', ['exec', 'pattern'])"


def test_pyscripts_own_package_runs_from_the_byte_code_that_is_shipped(python, booted_page):
    """PyScript writes its sources at each start, for Python to compile where it finds nothing before them."""
    code = """
import sys
found = [module for name, module in sys.modules.items() if name.split(".")[0] == "pyscript"]
specs = [getattr(module, "__spec__", None) for module in found]
" ".join(str(spec.origin) for spec in specs if spec)
"""
    paths = python(booted_page, code).split()
    assert len(paths) > 5
    assert all(path.startswith("/app.zip/pyscript") and path.endswith(".pyc") for path in paths)


def test_estimates_equal_those_of_cpython(python, booted_page):
    here: dict[str, object] = {}
    exec(PAIRS, here)
    native = json.loads(json.dumps(here["figures"]()))
    browser = json.loads(python(booted_page, PAIRS + "\njson.dumps(figures())"))
    assert len(native) >= 40
    assert sum("error" not in figures for figures in native.values()) >= 20
    assert native.keys() == browser.keys()
    for key, figures in native.items():
        differing = [name for name, value in figures.items() if not same(value, browser[key][name])]
        assert not differing, f"{key}: {differing}"
        assert figures.keys() == browser[key].keys()


def same(one: object, other: object) -> bool:
    """Equal, floats to 1e-9 of their value."""
    if isinstance(one, float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=0)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return one == other


def test_the_comparison_sees_a_difference():
    assert same(1.0, 1.0 + 1e-12)
    assert not same(1.0, 1.0 + 1e-8)
    assert not same({"a": [1.0]}, {"a": [1.1]})

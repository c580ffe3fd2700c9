"""The size budget: short functions, short modules, few positional parameters."""

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

PY = Path(__file__).resolve().parents[2] / "py"
MODULES = sorted(PY.rglob("*.py"))
MAX_FUNCTION_LINES = 60
MAX_MEDIAN_LINES = 9
MAX_P90_LINES = 30
MAX_MODULE_LINES = 300
MAX_POSITIONAL = 8

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, Function):
            yield node


def lines(function: Function) -> int:
    """Lines of a function, its docstring not counted."""
    assert function.end_lineno is not None
    first = function.body[0]
    documented = ast.get_docstring(function) is not None and first.end_lineno is not None
    docstring = first.end_lineno - first.lineno + 1 if documented else 0
    return function.end_lineno - function.lineno + 1 - docstring


def positional(function: Function) -> int:
    arguments = [*function.args.posonlyargs, *function.args.args]
    return sum(argument.arg not in ("self", "cls") for argument in arguments)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PY).as_posix())
def test_module_and_its_functions_are_short(path: Path):
    assert len(path.read_text("utf-8").splitlines()) <= MAX_MODULE_LINES
    long = [f"{f.name}: {lines(f)} lines" for f in functions(path) if lines(f) > MAX_FUNCTION_LINES]
    wide = [f"{f.name}: {positional(f)} positional" for f in functions(path) if positional(f) > MAX_POSITIONAL]
    assert not long + wide


def test_most_functions_are_short():
    lengths = [lines(function) for path in MODULES for function in functions(path)]
    assert statistics.median(lengths) <= MAX_MEDIAN_LINES
    assert statistics.quantiles(lengths, n=10)[-1] <= MAX_P90_LINES

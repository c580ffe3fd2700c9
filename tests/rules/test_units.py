"""Numbers name their unit: every public float of the engine ends in one, or is listed as having none."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOFLINE = Path(__file__).resolve().parents[2] / "py" / "roofline"
UNITS = (
    "_s",
    "_bytes",
    "_flop",
    "_tokens",
    "_usd",
    "_bits",
    "_w",
    "_j",
    "_kwh",
    "_hours",
    "_bytes_per_s",
    "_flop_per_s",
    "_tokens_per_s",
    "_usd_per_gpu_hour",
    "_gpus",
)
# a quantity whose unit stands before what it is counted over or whom it belongs to
QUALIFIED = (
    "_per_",
    "usd_per_",
    "_bytes_",
    "_s_low",
    "_s_high",
    "_per_s_low",
    "_per_s_high",
    "_tokens_low",
    "_tokens_high",
)
BARE_UNITS = {"bits", "bytes", "flop", "seconds", "tokens", "usd", "bandwidth_bytes_per_s"}
PURE = {
    # shares, ratios, exponents, fitted shape parameters
    "share", "fraction", "memory_fraction", "utilization", "efficiency", "exponent", "ratio", "factor", "skew",
    "sharpness", "passes", "popularity", "interference", "queue", "burst", "wait",
    # counts, averages among them
    "count", "sequences", "requests", "experts", "concurrency", "running", "params", "prompts", "steps", "others",
    "ranks", "touched", "assignments", "elements", "pieces",
    # tokens, in the terms of the field: new ones, those in the cache before, pairs that attend to each other
    "context", "new", "past", "pairs", "entries",
    # sides of a matrix
    "width", "rows", "depth",
    # of helpers that work on any quantity
    "value", "error", "low", "high", "default", "number", "real", "si", "known", "max", "a", "b",
}  # fmt: skip


def names(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Public floats of a module: fields, arguments, and functions by what they return."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for item in node.body:
                if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name) and is_float(item.annotation):
                    yield item.target.id, item.lineno
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            if is_float(node.returns):
                yield node.name, node.lineno
            for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
                if is_float(argument.annotation):
                    yield argument.arg, argument.lineno


def is_float(annotation: ast.expr | None) -> bool:
    """Whether an annotation is float or float | None."""
    return annotation is not None and ast.unparse(annotation) in ("float", "float | None")


def has_unit(name: str) -> bool:
    """Whether a name says its unit or is known to have none."""
    last = name.rsplit("_", 1)[-1]
    in_name = name.endswith(UNITS) or any(part in name for part in QUALIFIED) or name in BARE_UNITS
    return in_name or name in PURE or last in PURE


def modules() -> list[Path]:
    return sorted(ROOFLINE.rglob("*.py"))


@pytest.mark.parametrize("module", modules(), ids=lambda path: path.relative_to(ROOFLINE).as_posix())
def test_public_floats_name_their_unit(module: Path):
    tree = ast.parse(module.read_text("utf-8"))
    unnamed = [
        f"{module.name}:{line} {name}" for name, line in names(tree) if not name.startswith("_") and not has_unit(name)
    ]
    assert not unnamed


def test_the_rule_sees_a_missing_unit():
    tree = ast.parse(
        "class A:\n    weight: float\n    weight_bytes: float\ndef f(x: float) -> float: ...\ndef b_s() -> float: ..."
    )
    assert [name for name, _ in names(tree) if not has_unit(name)] == ["weight", "f", "x"]

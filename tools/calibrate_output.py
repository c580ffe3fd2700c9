"""py/roofline/data/efficiency.json: every constant with its rows, errors, source and date, one row per line."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import calibrate_kernels as kernels
from calibrate_fit import rounded
from calibrate_inherit import STREAM_SOURCE, UNMEASURED_FAMILIES, place
from calibrate_serving import FittedValue, Problem, kernel_constants
from calibrate_terms import fitted_constants
from roofline import GPUS
from roofline.constants import Constants

Row = dict[str, Any]
DATA = Path(__file__).resolve().parents[1] / "py" / "roofline" / "data"
DATE = kernels.DATE
SERVING_SOURCE = (
    "fitted on tests/measured/serving.csv (InferenceX and NVIDIA runs as listed in aiconfigurator_core 0.12.0,"
    " Apache-2.0), values of the kernel tables scaled by the fitted terms"
)
SOURCES: Mapping[str, Mapping[str, str]] = {
    "kernels": {"text": kernels.SOURCE, "date": DATE},
    "estimate": {"text": STREAM_SOURCE, "date": DATE},
    "serving": {"text": SERVING_SOURCE, "date": DATE},
}
#: Curves that stage 2 changes.
SCALED = frozenset({"matrix", "experts", "decode", "prefill", "stream", "overhead"})
KEYED = frozenset({"matrix", "experts", "decode", "prefill"})


def shipped_rows(rows: Sequence[Row], problem: Problem, point: Sequence[float]) -> list[Row]:
    """Rows of the data file: the kernel rows with the fitted terms in them, and the overheads."""
    generations = {gpu.family: gpu.generation for gpu in GPUS.values()}
    base, values = kernel_constants(list(rows)), problem.values(point)
    made = []
    for engine, family in sorted(base):
        if family not in UNMEASURED_FAMILIES:
            constants = fitted_constants(base[engine, family], values, engine, generations[family])
            own = [row for row in rows if (row["engine"], row["family"]) == (engine, family)]
            made += [_row(row, constants) for row in own if row["curve"] != "overhead"]
            made.append(_overhead_row(constants, engine, family, problem))
    return sorted(made, key=place)


def _row(row: Row, constants: Constants) -> Row:
    group = getattr(constants, row["curve"])
    curve = group[row["format"]] if row["curve"] in KEYED else group
    source = "estimate" if row["source"] == STREAM_SOURCE else "kernels"
    sources = [source, "serving"] if row["curve"] in SCALED else [source]
    kept = ("curve", "engine", "family", "format", "rows", "median_error", "p90_error", "left_out_median_error", "note")
    return {name: row[name] for name in kept if name in row} | {"sources": sources, "values": _values(curve)}


def _overhead_row(constants: Constants, engine: str, family: str, problem: Problem) -> Row:
    count = sum(run.engine == engine for run in problem.runs)
    return {
        "curve": "overhead",
        "engine": engine,
        "family": family,
        "format": "",
        "rows": count,
        "median_error": None,
        "p90_error": None,
        "note": "rows of this engine on all GPUs",
        "sources": ["serving"],
        "values": _values(constants.overhead),
    }


def _values(curve: Any) -> Row:
    """Fields that differ from the ideal curve's, rounded; an efficiency never above 1."""
    found: Row = {}
    for field in dataclasses.fields(curve):
        value = getattr(curve, field.name)
        if value != field.default:
            found[field.name] = rounded(value) if isinstance(value, float) else value
    return found


def term_rows(fitted: Sequence[FittedValue]) -> list[Row]:
    """The numbers of stage 2, for people: what was fitted, on how many rows."""
    return [value._asdict() | {"value": rounded(value.value)} for value in fitted]


def text(rows: Sequence[Row], terms: Sequence[Row]) -> str:
    """The data file."""
    head = {
        "about": "Calibrated constants, written by `make calibrate`; SI units as the names say; docs/model.md",
        "sources": SOURCES,
        "inherits": dict(UNMEASURED_FAMILIES),
    }
    return document(head, {"terms": terms, "rows": rows})


def document(head: Mapping[str, Any], tables: Mapping[str, Sequence[Row]]) -> str:
    """JSON with one line per row of a table."""
    parts = [f" {json.dumps(name)}: {json.dumps(value)}" for name, value in head.items()]
    for name, rows in tables.items():
        lines = ",\n".join(f"  {json.dumps(row)}" for row in rows)
        parts.append(f" {json.dumps(name)}: [\n{lines}\n ]")
    return "{\n" + ",\n".join(parts) + "\n}\n"

"""Fit the engine's constants and write them to py/roofline/data/efficiency.json (`make calibrate`).

Stage 1 fits the kernel curves on operator tables (seconds); stage 2 the engines' overheads on serving rows (minutes). Rows that
neither stage fits (the streaming kernels) are kept as they stand. ``--stage 1`` or ``--stage 2`` runs one alone, ``--dry-run``
prints without writing, ``--left-out`` also leaves each model out in turn.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import calibrate_inherit as inherit
import calibrate_kernels as kernels
import calibrate_serving as serving
import numpy as np
from accuracy_lib.cases import Models
from calibrate_fit import Errors, summarise
from roofline.constants import assemble

DATA = Path(__file__).resolve().parents[1] / "py" / "roofline" / "data" / "efficiency.json"
Row = dict[str, Any]


def merged(old: Sequence[Row], new: Sequence[Row]) -> list[Row]:
    """The old rows with the new ones in their place, in a fixed order."""
    found = {inherit.place(row): row for row in old} | {inherit.place(row): row for row in new}
    return [found[key] for key in sorted(found)]


def error_text(name: str, errors: Errors) -> str:
    """One line of a report."""
    return f"  {name:6} n={errors.rows:4d} median {errors.median:6.1%}  p90 {errors.p90:6.1%}  bias {errors.bias:+6.1%}"


def stage_1(rows: Sequence[Row]) -> list[Row]:
    """Kernel curves."""
    fitted = inherit.completed(kernels.fit_all())
    print("\n".join(kernels.table_lines(fitted)))
    return merged(rows, fitted)


def stage_2(rows: Sequence[Row], *, left_out: bool) -> list[Row]:
    """Engine overheads."""
    constants = assemble(list(rows))
    chosen = serving.runs(Models())
    fits = serving.fit_engines(constants, chosen)
    for result in fits:
        print(f"{result.engine}: {result.constants} constants")
        for generation, overhead in result.overheads.items():
            print(f"  {generation}: {overhead}")
        print(error_text("TPOT", result.tpot))
        print(error_text("TTFT", result.ttft))
    if left_out:
        report_left_out(serving.left_out_ratios(constants, chosen))
    return merged(rows, serving.rows_of(fits))


def report_left_out(ratios: dict[str, np.ndarray]) -> None:
    """Errors with each model left out in turn."""
    for model, values in ratios.items():
        print(f"left out {model}")
        print(error_text("TPOT", summarise(values[:, 0])))
        print(error_text("TTFT", summarise(values[:, 1])))
    pooled = np.concatenate(list(ratios.values()))
    print("left out, all models")
    print(error_text("TPOT", summarise(pooled[:, 0])))
    print(error_text("TTFT", summarise(pooled[:, 1])))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stage", type=int, choices=(1, 2), help="run one stage alone")
    parser.add_argument("--left-out", action="store_true", help="also fit with each model left out in turn (slow)")
    parser.add_argument("--dry-run", action="store_true", help="print, do not write")
    options = parser.parse_args()
    document = json.loads(DATA.read_text(encoding="utf-8"))
    if options.stage != 2:
        document["rows"] = stage_1(document["rows"])
    if options.stage != 1:
        document["rows"] = stage_2(document["rows"], left_out=options.left_out)
    if not options.dry_run:
        DATA.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Fit the engine's constants and write them to py/roofline/data/efficiency.json (`make calibrate`).

Stage 1 fits the kernel curves on operator tables (half a minute); stage 2 what running engines add, on serving rows (a
minute). Then stage 2 again with each model, GPU and engine left out in turn, for tests/measured/left_out.csv (some
minutes).
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

import calibrate_ablation as ablation
import calibrate_inherit as inherit
import calibrate_kernels as kernels
import calibrate_left_out as left_out
import calibrate_output as output
import calibrate_ranges as ranges
from accuracy_lib.cases import Models
from calibrate_fit import Errors, summarise
from calibrate_serving import Problem, kernel_constants, log_ratios, runs

Row = dict[str, Any]


def error_text(name: str, errors: Errors) -> str:
    """One line of a report."""
    return f"  {name:6} n={errors.rows:4d} median {errors.median:6.1%}  p90 {errors.p90:6.1%}  bias {errors.bias:+6.1%}"


def report(title: str, errors: tuple[Errors, Errors]) -> None:
    """Errors of one fit."""
    print(title)
    print(error_text("TPOT", errors[0]))
    print(error_text("TTFT", errors[1]), flush=True)


def fit_serving(rows: list[Row]) -> tuple[Problem, np.ndarray]:
    """Stage 2 on every run; prints what was fitted and the errors."""
    base = kernel_constants(rows)
    problem = Problem(base, runs(Models()))
    point = problem.solve()
    fitted = problem.fitted(point)
    for value in fitted:
        where = " ".join(filter(None, (value.engine, value.generation, value.format)))
        print(f"{value.term:24} {where:32} {value.value:10.4g}  {value.rows} rows")
    print(f"{len(fitted)} constants fitted on {len(problem.runs)} serving rows")
    ratios = log_ratios(base, problem.values(point), problem.runs)
    report("in sample", (summarise(ratios[:, 0]), summarise(ratios[:, 1])))
    return problem, point


def report_left_out(rows: list[Row]) -> dict[left_out.Fold, dict[str, tuple[float, float]]]:
    """Leave out each model, GPU and engine in turn; prints the errors."""
    found = dict(left_out.solve_all(rows, left_out.folds()))
    for fold, predicted in found.items():
        report(f"left out {fold.left_out}", left_out.errors(predicted))
    for kind in left_out.KINDS:
        pooled = {k: v for fold, predicted in found.items() if fold.kind == kind for k, v in predicted.items()}
        report(f"each {kind} left out in turn", left_out.errors(pooled))
    return found


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kernels", action="store_true", help="print the kernel curves and stop")
    parser.add_argument("--quick", action="store_true", help="skip the fits that leave something out")
    parser.add_argument("--ablation", action="store_true", help="instead: what each term is worth (half an hour)")
    parser.add_argument("--dry-run", action="store_true", help="print, do not write")
    parser.add_argument("--output", type=Path, default=output.DATA / "efficiency.json")
    options = parser.parse_args()
    rows = inherit.completed(kernels.fit_all())
    print("\n".join(kernels.table_lines(rows)))
    if options.kernels:
        return
    if options.ablation:
        ablation.write(ablation.ablate(rows))
        return
    problem, point = fit_serving(rows)
    if not options.dry_run:
        made = output.text(output.shipped_rows(rows, problem, point), output.term_rows(problem.fitted(point)))
        options.output.write_text(made, encoding="utf-8")
    if not options.quick:
        found = report_left_out(rows)
        if not options.dry_run:
            left_out.write(found)
            ranges.main()


if __name__ == "__main__":
    main()

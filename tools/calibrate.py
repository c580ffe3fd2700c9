"""Fit the engine's constants and write them to py/roofline/data/efficiency.json (`make calibrate`).

Stage 1 fits the kernel curves on operator tables (seconds); stage 2 the engines' overheads on serving rows (minutes).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

import calibrate_inherit as inherit
import calibrate_kernels as kernels
import calibrate_serving as serving
from accuracy_lib.cases import Models
from calibrate_fit import Errors, summarise

DATA = Path(__file__).resolve().parents[1] / "py" / "roofline" / "data" / "efficiency.json"


def error_text(name: str, errors: Errors) -> str:
    """One line of a report."""
    return f"  {name:6} n={errors.rows:4d} median {errors.median:6.1%}  p90 {errors.p90:6.1%}  bias {errors.bias:+6.1%}"


def report_engine(result: serving.EngineFit) -> None:
    """Constants and errors of one engine."""
    shares = ", ".join(f"{name} {share:.3f}" for name, share in result.launch_shares.items())
    print(f"{result.engine}: {result.fitted} constants; share of launches paid: {shares}")
    print(f"  {result.overhead}")
    print(error_text("TPOT", result.tpot))
    print(error_text("TTFT", result.ttft))


def report_left_out(ratios: dict[str, np.ndarray]) -> None:
    """Errors with each model left out in turn."""
    for model, values in ratios.items():
        print(f"left out {model}")
        print(error_text("TPOT", summarise(values[:, 0])))
        print(error_text("TTFT", summarise(values[:, 1])))
    pooled = np.concatenate(list(ratios.values()))
    print("each model left out in turn, all rows")
    print(error_text("TPOT", summarise(pooled[:, 0])))
    print(error_text("TTFT", summarise(pooled[:, 1])))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kernels", action="store_true", help="print the kernel curves and stop")
    parser.add_argument("--left-out", action="store_true", help="also fit with each model left out in turn (slow)")
    parser.add_argument("--dry-run", action="store_true", help="print, do not write")
    parser.add_argument("--output", type=Path, default=DATA)
    options = parser.parse_args()
    rows = inherit.completed(kernels.fit_all())
    print("\n".join(kernels.table_lines(rows)))
    if options.kernels:
        return
    chosen = serving.runs(Models())
    fits = serving.fit_engines(rows, chosen)
    for result in fits:
        report_engine(result)
    if options.left_out:
        report_left_out(serving.left_out_ratios(rows, chosen))
    if not options.dry_run:
        made = sorted(serving.calibrated(rows, fits), key=inherit.place)
        document = {"about": "Calibrated constants, written by `make calibrate`; see docs/model.md", "rows": made}
        options.output.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

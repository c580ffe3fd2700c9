"""The serving fit with each model, GPU and engine left out in turn, kept in tests/measured/left_out.csv.

A fold fits everything of stage 2 again without the rows of one model (or GPU, or engine) and predicts those rows. What
is kept are predictions, so that `make accuracy` and the tests compare them with the measured rows without a fit.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from accuracy_lib.cases import Models
from accuracy_lib.left_out import KINDS, LEFT_OUT
from calibrate_fit import Errors, summarise
from calibrate_serving import Problem, Run, kernel_constants, log_ratios, runs

Row = dict[str, Any]
DIGITS = 5
KEYS: Mapping[str, Callable[[Run], str]] = {
    "model": lambda run: run.row.model,
    "GPU": lambda run: run.row.gpu,
    "engine": lambda run: run.row.engine,
}


@dataclass(frozen=True, slots=True)
class Fold:
    """One fit, and what is left out of it."""

    kind: str
    left_out: str


def solve(rows: Sequence[Row], fold: Fold) -> dict[str, tuple[float, float]]:
    """(TPOT, TTFT) predicted for the rows that the fold leaves out, in seconds by row id."""
    kernels, key = kernel_constants(list(rows)), KEYS[fold.kind]
    chosen = runs(Models())
    problem = Problem(kernels, [run for run in chosen if key(run) != fold.left_out])
    held = [run for run in chosen if key(run) == fold.left_out]
    ratios = np.exp(log_ratios(kernels, problem.values(problem.solve()), held))
    return {
        run.row.id: (ratio[0] * run.row.tpot_s, ratio[1] * run.row.ttft_s)
        for run, ratio in zip(held, ratios, strict=True)
    }


def folds(kinds: Sequence[str] = KINDS) -> list[Fold]:
    """Every fold of these kinds."""
    chosen = runs(Models())
    return [Fold(kind, name) for kind in kinds for name in sorted({KEYS[kind](run) for run in chosen})]


def solve_all(rows: Sequence[Row], some: Sequence[Fold]) -> Iterator[tuple[Fold, dict[str, tuple[float, float]]]]:
    """Solve folds side by side, one process per processor."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        yield from zip(some, pool.map(solve, [rows] * len(some), some), strict=True)


def write(found: Mapping[Fold, Mapping[str, tuple[float, float]]]) -> None:
    """Write left_out.csv: a row per run, two columns per kind."""
    tables: dict[str, dict[str, float]] = {}
    for fold, predicted in found.items():
        for row_id, (tpot_s, ttft_s) in predicted.items():
            cells = tables.setdefault(row_id, {})
            cells[f"tpot_s without its {fold.kind}"] = tpot_s
            cells[f"ttft_s without its {fold.kind}"] = ttft_s
    names = [f"{figure} without its {kind}" for kind in KINDS for figure in ("tpot_s", "ttft_s")]
    with LEFT_OUT.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["id", *names])
        for run in runs(Models()):
            writer.writerow([run.row.id, *(f"{tables[run.row.id][name]:.{DIGITS}g}" for name in names)])


def errors(predicted: Mapping[str, tuple[float, float]]) -> tuple[Errors, Errors]:
    """Errors of TPOT and TTFT over runs that are not in doubt."""
    chosen = [run for run in runs(Models()) if run.row.id in predicted and not run.in_doubt]
    ratios = [(predicted[run.row.id][0] / run.row.tpot_s, predicted[run.row.id][1] / run.row.ttft_s) for run in chosen]
    logs = np.log(np.array(ratios))
    return summarise(logs[:, 0]), summarise(logs[:, 1])

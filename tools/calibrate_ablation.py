"""What each fitted term is worth: the error of left-out models with the term held where it does nothing.

A fold fits everything without one model's rows. From its solution the fit goes on, a few steps, with one term held:
that is enough for the others to take over what they can, and two hours less than beginning anew sixteen times. Kept in
tests/measured/ablation.csv; `make calibrate ARGS=--ablation` writes it.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from typing import Any

import numpy as np

from accuracy_lib.ablation import ABLATION, COLUMNS, EVERY_TERM
from accuracy_lib.cases import Models
from calibrate_left_out import KEYS
from calibrate_serving import Problem, Run, kernel_constants, log_ratios, runs
from calibrate_terms import TERMS

Row = dict[str, Any]
Predicted = dict[str, tuple[float, float]]
#: Steps of the fit with a term held, after the fold's own solution.
STEPS = 5
DIGITS = 4


def predictions(problem: Problem, point: np.ndarray, held: Sequence[Run]) -> Predicted:
    """Logarithms of predicted over measured (TPOT, TTFT) by row id."""
    ratios = log_ratios(problem.kernels, problem.values(point), held)
    return {run.row.id: (float(a), float(b)) for run, (a, b) in zip(held, ratios, strict=True)}


def solve_fold(rows: Sequence[Row], model: str) -> dict[str, Predicted]:
    """Predictions of one model's rows by name of the term that is held; EVERY_TERM holds none."""
    kernels, chosen = kernel_constants(list(rows)), runs(Models())
    fitted = [run for run in chosen if KEYS["model"](run) != model]
    held = [run for run in chosen if KEYS["model"](run) == model and not run.in_doubt]
    whole = Problem(kernels, fitted)
    solution = whole.solve()
    found = {EVERY_TERM: predictions(whole, solution, held)}
    for term in TERMS:
        problem = Problem(kernels, fitted, [t.held() if t is term else t for t in TERMS])
        start = solution[[p.term != term.name for p in whole.parameters]]
        found[term.name] = predictions(problem, problem.solve(start, STEPS), held)
        print(f"{model}: without {term.name}", flush=True)
    return found


def ablate(rows: Sequence[Row]) -> Mapping[str, Predicted]:
    """Predictions of every row by the term that is held, each model left out in turn."""
    models = sorted({KEYS["model"](run) for run in runs(Models())})
    found: dict[str, Predicted] = {}
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for fold in pool.map(solve_fold, repeat(rows), models):
            for name, predicted in fold.items():
                found.setdefault(name, {}).update(predicted)
    return found


def write(found: Mapping[str, Predicted]) -> None:
    """Write ablation.csv: a row per term, errors of TPOT and TTFT."""
    with ABLATION.open("w", encoding="utf-8", newline="") as text:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        for name, predicted in found.items():
            errors = np.abs(np.exp(np.array(list(predicted.values()))) - 1.0)
            means = np.mean(np.abs(list(predicted.values())), axis=0)
            cells = [
                value
                for column, mean in zip(errors.T, means, strict=True)
                for value in (np.median(column), np.quantile(column, 0.9), np.mean(column <= 0.2), mean)
            ]
            writer.writerow([name, len(predicted), *(f"{value:.{DIGITS}f}" for value in cells)])

"""Stage 2 of the calibration: the terms of ``calibrate_terms`` fitted on serving rows through the engine itself.

Residuals are logarithms of predicted over measured TPOT and TTFT under a pseudo-Huber loss; every curve (one
configuration and pair of lengths) weighs the same, so that long sweeps do not dominate. The Jacobian is taken by
differences, each parameter only on the rows that it can move. Rows whose stated set-up cannot be right do not count;
TTFT does not count where prompts were held back on purpose or the replica was full (`Run.first_token_counts`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import least_squares

from accuracy_lib.cases import Case, Models, holds_prompts_back, serving_case
from accuracy_lib.predict import sweep
from accuracy_lib.rows import ServingRow, serving_rows
from calibrate_terms import (
    CLIENT,
    EXPERT_FORMAT,
    TERMS,
    Parameter,
    Term,
    Values,
    fitted_constants,
    values_of,
)
from roofline import RooflineError
from roofline.constants import Constants, assemble
from roofline.machine import make_machine
from roofline.memory import fit_memory, resolve_limits
from roofline.operators import bind
from roofline.plan import Plan, plan_for
from roofline.serving import Load, Serving, serve

TPOT_SCALE, TTFT_SCALE = 0.08, 0.2
TTFT_WEIGHT, PRIOR_WEIGHT = 0.45, 0.7
STEP = 1e-3
#: Enough to converge from the start: one that stops after 14 has errors up to two points off.
EVALUATIONS = 40
#: Share of the sequences that fit above which a run is limited by memory, and its TTFT by the queue in front.
FULL_SHARE = 0.8
UNSTATED_CLIENT = "NVIDIA gap-analysis"
Place = tuple[str, str]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Run:
    """One measured run, laid out once: only its constants change between evaluations."""

    row: ServingRow
    case: Case
    plan: Plan
    kv_precision: str
    load: Load
    generation: str
    first_token_counts: bool
    formats: frozenset[str]
    in_doubt: bool = False

    @property
    def engine(self) -> str:
        """Its engine."""
        return self.row.engine

    @property
    def added_by_client(self) -> bool:
        """Whether the client adds a time of its own to the first token."""
        return UNSTATED_CLIENT in self.row.source

    def serve(self, constants: Constants) -> Serving:
        """What the engine predicts."""
        machine = make_machine(self.case.deployment, self.kv_precision, constants)
        return serve(bind(self.plan, machine), self.case.workload, self.load)


def runs(models: Models) -> list[Run]:
    """Runs that the engine can predict.

    A sweep is in doubt where some of its rows state fewer GPUs than hold the weights: its other rows do not count
    either.
    """
    rows = serving_rows()
    cases = {row.id: serving_case(row, models) for row in rows}
    made = {row.id: _run(row, case) for row in rows if (case := cases[row.id]) is not None}
    doubtful = {sweep(row) for row in rows if row.id in made and made[row.id] is None}
    return [replace(run, in_doubt=sweep(run.row) in doubtful) for run in made.values() if run is not None]


def _run(row: ServingRow, case: Case) -> Run | None:
    model, deployment, workload = case.model, case.deployment, case.workload
    plan, limits = plan_for(model, deployment), resolve_limits(model, deployment)
    try:
        memory = fit_memory(model, plan, deployment, limits, workload)
    except RooflineError:
        return None
    if not memory.fits:
        return None
    running = min(row.concurrency, limits.max_running, memory.running_sequences)
    full = running < row.concurrency or running > FULL_SHARE * memory.running_sequences
    engine = deployment.engine_data
    return Run(
        row=row,
        case=case,
        plan=plan,
        kv_precision=limits.kv_precision,
        load=Load(row.concurrency, running, limits.max_batched_tokens, engine.mixes_prefill_and_decode),
        generation=deployment.gpu_data.generation,
        first_token_counts=not full and not holds_prompts_back(row),
        formats=frozenset(_formats(plan)),
    )


def _formats(plan: Plan) -> list[str]:
    matrices = [f"matrix/{row.format.name}" for row in plan.matrices]
    return matrices + [f"experts/{EXPERT_FORMAT.get(row.format.name, row.format.name)}" for row in plan.experts]


def curve_key(run: Run) -> tuple[object, ...]:
    """What one curve of runs has in common: everything but the number of clients."""
    row = run.row
    setup = row.model, row.gpu, row.engine, row.precision, row.tensor_parallel, row.expert_parallel
    return *setup, row.input_tokens, row.output_tokens


def weights(chosen: Sequence[Run]) -> np.ndarray:
    """Weight of each run's residuals: every curve counts the same; mean square 1."""
    sizes = Counter(map(curve_key, chosen))
    raw = np.array([sizes[curve_key(run)] ** -0.5 for run in chosen])
    return raw * math.sqrt(len(raw) / float(np.sum(raw**2)))


def touches(parameter: Parameter, run: Run) -> bool:
    """Whether a parameter can move a run."""
    if not parameter.applies(run.engine, run.generation, parameter.format):
        return False
    experts = any(name.startswith("experts/") for name in run.formats)
    if parameter.term in ("expert_slowdown", "expert_compute_slowdown"):
        return f"experts/{parameter.format}" in run.formats
    if parameter.term == "static_launch_s":
        return "matrix/fp8" in run.formats
    if parameter.term == "client_s":
        return run.added_by_client
    return experts or parameter.term not in ("popularity_exponent", "skew_exponent")


def robust(z: np.ndarray) -> np.ndarray:
    """Residual whose square is the pseudo-Huber loss of z."""
    return np.sign(z) * np.sqrt(2.0 * (np.sqrt(1.0 + z * z) - 1.0))


class FittedValue(NamedTuple):
    """One fitted constant: where it applies ("" is everywhere), its value (the name tells the unit) and its rows."""

    term: str
    engine: str
    generation: str
    format: str
    value: float
    rows: int


class Problem:
    """The least-squares problem of a set of runs."""

    def __init__(self, kernels: Mapping[Place, Constants], chosen: Sequence[Run], terms: Sequence[Term] = TERMS):
        """Prepare what does not change between evaluations.

        Args:
            kernels: constants of stage 1 by (engine, family).
            chosen: runs to fit; those in doubt are left out.
            terms: what is fitted, without the client's own time.
        """
        self.kernels, self.terms = kernels, (*terms, CLIENT)
        self.runs = [run for run in chosen if not run.in_doubt]
        self.parameters = [parameter for term in self.terms for parameter in term.parameters()]
        self.moved = [
            np.array([i for i, run in enumerate(self.runs) if touches(p, run)], dtype=int) for p in self.parameters
        ]
        self.spread = np.array([p.deviation for p in self.parameters])
        self.weight = weights(self.runs)
        self.first = self.weight * TTFT_WEIGHT * np.array([run.first_token_counts for run in self.runs])
        self.tpot = np.log([run.row.tpot_s for run in self.runs])
        self.ttft = np.log([run.row.ttft_s for run in self.runs])

    def values(self, point: Sequence[float]) -> Values:
        """Terms at a point."""
        return values_of(self.terms, self.parameters, point)

    def residuals(self, point: np.ndarray) -> np.ndarray:
        """TPOT and TTFT of every run, then the priors."""
        every = np.arange(len(self.runs))
        return np.concatenate([*self._parts(point, every), PRIOR_WEIGHT * point / self.spread])

    def _parts(self, point: np.ndarray, some: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ratios = log_ratios(self.kernels, self.values(point), [self.runs[i] for i in some], with_client=True)
        tpot = robust(ratios[:, 0] / TPOT_SCALE) * self.weight[some]
        return tpot, robust(ratios[:, 1] / TTFT_SCALE) * self.first[some]

    def jacobian(self, point: np.ndarray) -> np.ndarray:
        """Differences, each parameter on the runs that it moves."""
        n, base = len(self.runs), self.residuals(point)
        found = np.zeros((len(base), len(point)))
        for k, some in enumerate(self.moved):
            found[2 * n + k, k] = PRIOR_WEIGHT / self.spread[k]
            if len(some):
                shifted = point.copy()
                shifted[k] += STEP
                tpot, ttft = self._parts(shifted, some)
                found[some, k] = (tpot - base[some]) / STEP
                found[n + some, k] = (ttft - base[n + some]) / STEP
        return found

    def solve(self, start: np.ndarray | None = None, evaluations: int = EVALUATIONS) -> np.ndarray:
        """The best point."""
        first = np.zeros(len(self.parameters)) if start is None else start
        found = least_squares(
            self.residuals, first, jac=self.jacobian, x_scale=0.3, max_nfev=evaluations, ftol=1e-5, xtol=1e-4
        )
        return np.asarray(found.x)

    def fitted(self, point: Sequence[float]) -> list[FittedValue]:
        """Every distinct shipped value that at least one run can move, and how many runs do."""
        rows: Counter[tuple[str, str, str, str]] = Counter()
        by_name = {term.name: term for term in self.terms if term is not CLIENT}
        for parameter, some in zip(self.parameters, self.moved, strict=True):
            if parameter.term in by_name and parameter.engine == "":
                for i in some:
                    engine = self.runs[i].engine if by_name[parameter.term].by_engine else ""
                    rows[parameter.term, engine, parameter.generation, parameter.format] += 1
        values = self.values(point)
        return [FittedValue(*cell, values.of(*cell), count) for cell, count in sorted(rows.items())]


def log_ratios(
    kernels: Mapping[Place, Constants], values: Values, chosen: Sequence[Run], *, with_client: bool = False
) -> np.ndarray:
    """ln(predicted / measured) of TPOT and TTFT, one row per run; ``with_client`` adds the client's own time."""
    places = {(run.engine, run.generation) for run in chosen}
    constants = {place: fitted_constants(kernels[place], values, *place) for place in places}
    found = np.empty((len(chosen), 2))
    for i, run in enumerate(chosen):
        served = run.serve(constants[run.engine, run.generation])
        added = values.of("client_s", run.engine, run.generation) if with_client and run.added_by_client else 0.0
        found[i] = served.tpot_s / run.row.tpot_s, (served.ttft_s + added) / run.row.ttft_s
    return np.log(found)


def kernel_constants(rows: list[Row]) -> Mapping[Place, Constants]:
    """Constants of stage 1 by (engine, family)."""
    return assemble([row for row in rows if row["curve"] != "overhead"])

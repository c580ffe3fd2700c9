"""Stage 2 of the calibration: what an engine adds to its kernels, fitted on the serving rows through ``estimate`` itself.

One set of constants per engine; of them only the share of launches that a CUDA graph leaves depends on the GPU generation
(programmatic dependent launch). Residuals are logarithms of predicted over measured TPOT and TTFT, robust, with every curve
(model, GPU, engine, format) weighted by the square root of its rows. An engine with few rows is pulled towards the engine that
``PRIOR_ENGINE`` names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from accuracy_lib.cases import Case, Models, holds_prompts_back, serving_case
from accuracy_lib.rows import ServingRow, serving_rows
from calibrate_fit import Errors, Parameter, rounded, summarise
from roofline import RooflineError, estimate
from roofline.constants import Constants, Overhead
from scipy.optimize import least_squares

SOURCE = "fitted on tests/measured/serving.csv (InferenceX and NVIDIA runs as listed in aiconfigurator_core 0.12.0, Apache-2.0)"
DATE = "2026-11-24"
ENGINES = ("vLLM", "TensorRT-LLM", "SGLang")
PRIOR_ENGINE: Mapping[str, str] = {"SGLang": "vLLM"}
#: Weight of the pull towards the start, in residuals per ``unit`` of a parameter.
PULL, STRONG_PULL = 0.005, 0.05
TTFT_WEIGHT = 0.45
ROBUST_SCALE = 0.15
FAMILY_OF_GENERATION: Mapping[str, tuple[str, ...]] = {
    "Hopper": ("Hopper",),
    "Blackwell": ("Blackwell", "Blackwell Ultra", "Blackwell workstation"),
}
#: Fields of Overhead that are fitted, with the change that counts as one step of the solver. The first is by generation.
SHARED = (
    Parameter("host_kernel_s", 3.0, 0.0, 20.0, 1e-5),
    Parameter("sequence_s", 1.0, 0.0, 20.0, 5e-6),
    Parameter("prompt_token_s", 1.0, 0.0, 20.0, 1e-6),
    Parameter("request_s", 1.5, 0.0, 30.0, 1e-2),
    Parameter("step_wait", 3.0, 0.0, 24.0, 0.5),
    Parameter("interference", 3.0, 0.7, 5.0, 0.3),
    Parameter("queue", 2.3, 0.0, 7.0, 0.3),
    Parameter("burst", 1.7, 0.0, 7.0, 0.03),
)
LAUNCH_SHARE = {"Hopper": Parameter("launch_share", 3.3, 0.7, 5.0, 0.3), "Blackwell": Parameter("launch_share", 3.0, 0.7, 5.0, 0.3)}
Kernels = Mapping[tuple[str, str], Constants]


@dataclass(frozen=True, slots=True)
class Run:
    """One measured run and what the engine is asked for it."""

    row: ServingRow
    case: Case
    weight: float
    held_back: bool

    @property
    def generation(self) -> str:
        """Hopper or Blackwell."""
        return self.case.deployment.gpu_data.generation


@dataclass(frozen=True, slots=True)
class EngineFit:
    """Overheads of one engine by generation, and how well they do."""

    engine: str
    overheads: dict[str, Overhead]
    tpot: Errors
    ttft: Errors

    @property
    def constants(self) -> int:
        """Numbers fitted."""
        return len(SHARED) + len(LAUNCH_SHARE)


def curve_key(row: ServingRow) -> tuple[str, ...]:
    """What one curve of runs has in common."""
    return row.model, row.gpu, row.engine, row.precision


def runs(models: Models) -> list[Run]:
    """Runs that the engine can predict."""
    cases = [(row, serving_case(row, models)) for row in serving_rows()]
    usable = [(row, case) for row, case in cases if case is not None and _fits(case)]
    sizes = Counter(curve_key(row) for row, _ in usable)
    weights = [sizes[curve_key(row)] ** -0.25 for row, _ in usable]
    mean = float(np.mean(weights))
    return [
        Run(row, case, weight / mean, holds_prompts_back(row))
        for (row, case), weight in zip(usable, weights, strict=True)
    ]


def _fits(case: Case) -> bool:
    try:
        return estimate(case.model, case.deployment, case.workload).fits
    except RooflineError:
        return False


def parameters() -> list[Parameter]:
    """Parameters of one engine in the solver's order."""
    return [*LAUNCH_SHARE.values(), *SHARED]


def overheads_of(values: Sequence[float]) -> dict[str, Overhead]:
    """Overhead by generation from the solver's values."""
    common = {p.name: value * p.unit for p, value in zip(SHARED, values[len(LAUNCH_SHARE) :], strict=True)}
    return {
        generation: Overhead(launch_share=values[i] * parameter.unit, **common)
        for i, (generation, parameter) in enumerate(LAUNCH_SHARE.items())
    }


def log_ratios(kernels: Kernels, overheads: Mapping[str, Overhead], chosen: Sequence[Run]) -> np.ndarray:
    """ln(predicted / measured) of TPOT and TTFT, one row per run."""
    found = np.empty((len(chosen), 2))
    for i, run in enumerate(chosen):
        deployment = run.case.deployment
        constants = replace(
            kernels[deployment.engine, deployment.gpu_data.family], overhead=overheads[run.generation]
        )
        result = estimate(run.case.model, deployment, run.case.workload, constants=constants)
        found[i] = result.tpot_s / run.row.tpot_s, result.ttft_s / run.row.ttft_s
    return np.log(found)


def fit_engine(
    engine: str, kernels: Kernels, chosen: Sequence[Run], start: Sequence[float] | None = None, pull: float = PULL
) -> tuple[EngineFit, list[float]]:
    """Fit one engine; ``start`` is also what the values are pulled towards."""
    free = parameters()
    first = np.asarray([p.start for p in free] if start is None else start)
    low, high = [p.low for p in free], [p.high for p in free]
    weight = np.asarray([run.weight for run in chosen])
    counted = np.asarray([0.0 if run.held_back else TTFT_WEIGHT for run in chosen])
    strength = pull * np.sqrt(len(chosen) / 100.0)

    def residuals(values: np.ndarray) -> np.ndarray:
        ratios = log_ratios(kernels, overheads_of(values), chosen)
        return np.concatenate(
            [weight * ratios[:, 0], weight * counted * ratios[:, 1], strength * (values - first)]
        )

    inside = np.clip(first, np.asarray(low) + 1e-9, np.asarray(high) - 1e-9)
    found = least_squares(
        residuals, inside, bounds=(low, high), loss="soft_l1", f_scale=ROBUST_SCALE, max_nfev=25, diff_step=1e-2
    )
    values = [float(value) for value in found.x]
    overheads = overheads_of(values)
    ratios = log_ratios(kernels, overheads, chosen)
    return EngineFit(engine, overheads, summarise(ratios[:, 0]), summarise(ratios[:, 1])), values


def fit_engines(kernels: Kernels, chosen: Sequence[Run]) -> list[EngineFit]:
    """Fit every engine, those with a prior engine after it."""
    fits: list[EngineFit] = []
    values: dict[str, list[float]] = {}
    for engine in ENGINES:
        own = [run for run in chosen if run.row.engine == engine]
        prior = PRIOR_ENGINE.get(engine)
        start, pull = (values[prior], STRONG_PULL) if prior else (None, PULL)
        result, values[engine] = fit_engine(engine, kernels, own, start, pull)
        fits.append(result)
    return fits


def left_out_ratios(kernels: Kernels, chosen: Sequence[Run]) -> dict[str, np.ndarray]:
    """ln(predicted / measured) of each model's runs with constants fitted on the others."""
    found = {}
    for model in sorted({run.row.model for run in chosen}):
        held = [run for run in chosen if run.row.model == model]
        fits = {f.engine: f for f in fit_engines(kernels, [run for run in chosen if run.row.model != model])}
        parts = [log_ratios(kernels, fits[run.row.engine].overheads, [run]) for run in held]
        found[model] = np.concatenate(parts)
    return found


def rows_of(fits: Sequence[EngineFit]) -> list[dict[str, Any]]:
    """Rows of the data file."""
    return [
        _row(result, family, overhead)
        for result in fits
        for generation, overhead in result.overheads.items()
        for family in FAMILY_OF_GENERATION[generation]
    ]


def _row(result: EngineFit, family: str, overhead: Overhead) -> dict[str, Any]:
    values = {f.name: rounded(getattr(overhead, f.name)) for f in fields(Overhead)}
    inherited = family not in FAMILY_OF_GENERATION
    prior = PRIOR_ENGINE.get(result.engine)
    notes = []
    if inherited:
        notes.append("inherited from Blackwell; not measured on this GPU")
    if prior:
        notes.append(f"few rows: pulled towards {prior}")
    return {
        "curve": "overhead",
        "engine": result.engine,
        "family": family,
        "format": "",
        "values": values,
        "rows": result.tpot.rows,
        "median_error": rounded(result.tpot.median),
        "p90_error": rounded(result.tpot.p90),
        "source": SOURCE,
        "date": DATE,
        "note": "; ".join(notes),
    }

"""Stage 2 of the calibration: what an engine adds to its kernels, fitted on serving rows through ``estimate`` itself.

One set of constants per engine. Only the share of the kernels' launch times that a running engine pays depends on the
GPU generation (CUDA graphs and programmatic dependent launch hide launches, small kernels in between add to them); it
is folded into ``launch_s`` of the engine's curves. Residuals are logarithms of predicted over measured TPOT and TTFT,
robust, with every curve of runs (model, GPU, engine, format) weighted by the square root of its rows. TTFT does not
count for runs that held prompts back on purpose, or whose client kept more requests open than stated. An engine with
few rows is pulled towards the engine that ``PRIOR_ENGINE`` names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from accuracy_lib.cases import Case, Models, holds_prompts_back, serving_case
from accuracy_lib.rows import ServingRow, serving_rows
from calibrate_fit import Errors, Parameter, rounded, summarise
from roofline import RooflineError, estimate
from roofline.constants import Constants, Overhead, assemble

SOURCE = (
    "fitted on tests/measured/serving.csv"
    " (InferenceX and NVIDIA runs as listed in aiconfigurator_core 0.12.0, Apache-2.0)"
)
DATE = "2026-11-24"
ENGINES = ("vLLM", "TensorRT-LLM", "SGLang")
PRIOR_ENGINE: Mapping[str, str] = {"SGLang": "vLLM"}
#: Weight of the pull towards the start, in residuals per ``unit`` of a parameter.
PULL, STRONG_PULL = 0.005, 0.05
TTFT_WEIGHT = 0.45
ROBUST_SCALE = 0.15
#: Fields of Overhead that are fitted; a unit is a step of the solver. Layer and step times fit to nothing beside them.
SHARED = (
    Parameter("host_kernel_s", 3.0, 0.0, 20.0, 1e-5),
    Parameter("sequence_s", 1.0, 0.0, 20.0, 5e-6),
    Parameter("prompt_token_s", 1.0, 0.0, 20.0, 1e-6),
    Parameter("request_s", 1.5, 0.0, 30.0, 1e-2),
    Parameter("step_wait", 4.0, 0.0, 24.0, 0.5),
    Parameter("interference", 3.0, 0.7, 1.0 / 0.3, 0.3),
    Parameter("queue", 1.7, 0.0, 7.0, 0.3),
    Parameter("burst", 1.7, 0.0, 7.0, 0.03),
)
LAUNCH_SHARE = {
    "Hopper": Parameter("launch_share", 3.3, 0.7, 7.0, 0.3),
    "Blackwell": Parameter("launch_share", 3.0, 0.7, 7.0, 0.3),
}
#: Curves whose launches a CUDA graph or a dependent launch can hide.
LAUNCHED = ("matrix", "experts", "decode", "prefill", "stream", "collective")
LAUNCH_FIELDS = ("launch_s", "hop_s")
#: The client of NVIDIA's own runs kept about one request more open than slots: TTFT holds a wait of one slot.
UNSTATED_CLIENT = "NVIDIA gap-analysis"
Row = dict[str, Any]
Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Run:
    """One measured run and what the engine is asked for it."""

    row: ServingRow
    case: Case
    weight: float
    ttft_weight: float


@dataclass(frozen=True, slots=True)
class EngineFit:
    """Overhead of one engine, the share of launches it pays by generation, and how well they do."""

    engine: str
    overhead: Overhead
    launch_shares: dict[str, float]
    tpot: Errors
    ttft: Errors

    @property
    def fitted(self) -> int:
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
        Run(row, case, weight / mean, _ttft_weight(row)) for (row, case), weight in zip(usable, weights, strict=True)
    ]


def _ttft_weight(row: ServingRow) -> float:
    return 0.0 if holds_prompts_back(row) or UNSTATED_CLIENT in row.source else TTFT_WEIGHT


def _fits(case: Case) -> bool:
    try:
        return estimate(case.model, case.deployment, case.workload).fits
    except RooflineError:
        return False


def parameters() -> list[Parameter]:
    """Parameters of one engine in the solver's order."""
    return [*LAUNCH_SHARE.values(), *SHARED]


def split(values: Sequence[float]) -> tuple[Overhead, dict[str, float]]:
    """Overhead and launch shares from the solver's values."""
    common = {p.name: value * p.unit for p, value in zip(SHARED, values[len(LAUNCH_SHARE) :], strict=True)}
    shares = {name: values[i] * p.unit for i, (name, p) in enumerate(LAUNCH_SHARE.items())}
    return Overhead(**common), shares


def folded(rows: Sequence[Row], shares: Mapping[str, float]) -> list[Row]:
    """Rows with the launches scaled by their generation's share."""
    return [_folded(row, shares[row["family"].split()[0]]) for row in rows]


def _folded(row: Row, share: float) -> Row:
    if row["curve"] not in LAUNCHED:
        return row
    values = {name: rounded(value * share) if name in LAUNCH_FIELDS else value for name, value in row["values"].items()}
    note = f"launch {share:.2f} of the kernel table's, fitted on serving rows"
    return row | {"values": values, "note": "; ".join(filter(None, (row["note"], note)))}


def constants_of(rows: Sequence[Row], values: Sequence[float]) -> Mapping[Place, Constants]:
    """Constants of one engine's rows by (engine, family)."""
    overhead, shares = split(values)
    made = assemble([row for row in folded(rows, shares) if row["curve"] != "overhead"])
    return {key: replace(constants, overhead=overhead) for key, constants in made.items()}


def log_ratios(constants: Mapping[Place, Constants], chosen: Sequence[Run]) -> np.ndarray:
    """ln(predicted / measured) of TPOT and TTFT, one row per run."""
    found = np.empty((len(chosen), 2))
    for i, run in enumerate(chosen):
        deployment = run.case.deployment
        place = (deployment.engine, deployment.gpu_data.family)
        result = estimate(run.case.model, deployment, run.case.workload, constants=constants[place])
        found[i] = result.tpot_s / run.row.tpot_s, result.ttft_s / run.row.ttft_s
    return np.log(found)


def fit_engine(
    engine: str, rows: Sequence[Row], chosen: Sequence[Run], start: Sequence[float] | None = None, pull: float = PULL
) -> tuple[EngineFit, list[float]]:
    """Fit one engine; ``start`` is also what the values are pulled towards."""
    free = parameters()
    own = [row for row in rows if row["engine"] == engine]
    first = np.asarray([p.start for p in free] if start is None else start)
    low, high = np.asarray([p.low for p in free]), np.asarray([p.high for p in free])
    weight = np.asarray([run.weight for run in chosen])
    counted = np.asarray([run.ttft_weight for run in chosen])
    strength = pull * np.sqrt(len(chosen) / 100.0)

    def residuals(values: np.ndarray) -> np.ndarray:
        ratios = log_ratios(constants_of(own, values), chosen)
        return np.concatenate([weight * ratios[:, 0], weight * counted * ratios[:, 1], strength * (values - first)])

    found = least_squares(
        residuals,
        np.clip(first, low + 1e-9, high - 1e-9),
        bounds=(low, high),
        loss="soft_l1",
        f_scale=ROBUST_SCALE,
        max_nfev=25,
        diff_step=1e-2,
    )
    values = [float(value) for value in found.x]
    ratios = log_ratios(constants_of(own, values), chosen)
    return EngineFit(engine, *split(values), summarise(ratios[:, 0]), summarise(ratios[:, 1])), values


def fit_engines(rows: Sequence[Row], chosen: Sequence[Run]) -> list[EngineFit]:
    """Fit every engine, those with a prior engine after it."""
    fits: list[EngineFit] = []
    values: dict[str, list[float]] = {}
    for engine in ENGINES:
        own = [run for run in chosen if run.row.engine == engine]
        prior = PRIOR_ENGINE.get(engine)
        start, pull = (values[prior], STRONG_PULL) if prior else (None, PULL)
        result, values[engine] = fit_engine(engine, rows, own, start, pull)
        fits.append(result)
    return fits


def left_out_ratios(rows: Sequence[Row], chosen: Sequence[Run]) -> dict[str, np.ndarray]:
    """ln(predicted / measured) of each model's runs with constants fitted on the others."""
    found = {}
    for model in sorted({run.row.model for run in chosen}):
        held = [run for run in chosen if run.row.model == model]
        fits = fit_engines(rows, [run for run in chosen if run.row.model != model])
        made = assemble(calibrated(rows, fits))
        found[model] = log_ratios(made, held)
    return found


def calibrated(rows: Sequence[Row], fits: Sequence[EngineFit]) -> list[Row]:
    """Kernel rows with the launches scaled, and the overheads."""
    made: list[Row] = []
    for result in fits:
        own = [row for row in rows if row["engine"] == result.engine and row["curve"] != "overhead"]
        made += folded(own, result.launch_shares)
        made += [_overhead_row(result, family) for family in sorted({row["family"] for row in own})]
    return made


def _overhead_row(result: EngineFit, family: str) -> Row:
    prior = PRIOR_ENGINE.get(result.engine)
    return {
        "curve": "overhead",
        "engine": result.engine,
        "family": family,
        "format": "",
        "values": {f.name: rounded(getattr(result.overhead, f.name)) for f in fields(Overhead)},
        "rows": result.tpot.rows,
        "median_error": rounded(result.tpot.median),
        "p90_error": rounded(result.tpot.p90),
        "source": SOURCE,
        "date": DATE,
        "note": f"few rows: pulled towards {prior}" if prior else "",
    }

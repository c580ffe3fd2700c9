"""Run the engine over measured rows and collect points."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import roofline
from memory_accuracy import log_rows
from roofline import Estimate, RooflineError, estimate

from .cases import Case, Models, first_token_case, holds_prompts_back, is_mixture, saturated_case, serving_case
from .left_out import closed_loop_tokens_per_s
from .rows import FirstTokenRow, SaturatedRow, ServingRow, Setup, first_token_rows, saturated_rows, serving_rows
from .stats import Point

CONCURRENCY_BANDS = ((8, "c 1-8"), (32, "c 9-32"), (128, "c 33-128"), (10**9, "c above 128"))
#: Short prompts are at most this long, in thousands of tokens of the nominal length.
LENGTH_BANDS = ((1500, "short"), (4500, "medium"), (10**9, "long"))


#: Regime "settings" of rows whose stated set-up cannot be right.
IN_DOUBT = "set-up in doubt"


@dataclass(slots=True)
class Outcome:
    """Points, and what could not be predicted and why."""

    points: list[Point] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    skipped: int = 0
    cases: dict[str, Case] = field(default_factory=dict)
    missing_configs: set[str] = field(default_factory=set)


def band(value: float, bands: tuple[tuple[int, str], ...]) -> str:
    """Name of the first band whose upper end is not below the value."""
    return next(name for top, name in bands if value <= top)


def regimes(setup: Setup) -> dict[str, str]:
    """Regimes of every kind of row."""
    family = roofline.GPUS[setup.gpu].generation
    parallel = f"TP{setup.tensor_parallel}" + (" EP" if setup.expert_parallel > 1 else "")
    return {
        "model": setup.model,
        "GPU": setup.gpu,
        "engine": setup.engine,
        "engine and generation": f"{setup.engine}, {family}",
        "format": setup.precision,
        "parallelism": parallel,
        "group": f"{setup.model}, {setup.gpu}, {setup.engine}, {setup.precision}",
    }


def serving_regimes(row: ServingRow) -> dict[str, str]:
    """Regimes of a closed-loop run."""
    lengths = f"{band(row.input_tokens, LENGTH_BANDS)} in, {band(row.output_tokens, LENGTH_BANDS)} out"
    return regimes(row) | {
        "concurrency": band(row.concurrency, CONCURRENCY_BANDS),
        "lengths": lengths,
        "settings": "prompts held back" if holds_prompts_back(row) else "usual",
    }


def _try(case: Case, setup: Setup, outcome: Outcome) -> Estimate | None:
    try:
        result = estimate(case.model, case.deployment, case.workload)
    except RooflineError as error:
        outcome.refused[setup.id] = f"{error.code}: {error}"
        return None
    if not result.fits:
        outcome.refused[setup.id] = "does not fit by our memory model"
        return None
    outcome.cases[setup.id] = case
    return result


def predict_serving(models: Models) -> Outcome:
    """TPOT, TTFT and the output rate that follows from the two, for serving.csv."""
    outcome = Outcome(missing_configs=models.missing)
    for row in serving_rows():
        case = serving_case(row, models)
        if case is None:
            outcome.skipped += 1
            continue
        result = _try(case, row, outcome)
        if result is not None:
            outcome.points += _serving_points(row, result)
    outcome.points = _with_doubts(outcome)
    return outcome


def _with_doubts(outcome: Outcome) -> list[Point]:
    """Mark the sweeps in which some rows state fewer GPUs than hold the weights."""
    refused = {sweep(row) for row in serving_rows() if row.id in outcome.refused}
    doubtful = {row.id for row in serving_rows() if sweep(row) in refused}
    return [
        replace(point, regimes=point.regimes | {"settings": IN_DOUBT}) if point.row_id in doubtful else point
        for point in outcome.points
    ]


def sweep(row: ServingRow) -> tuple[str, ...]:
    """What the rows of one sweep have in common."""
    return row.model, row.gpu, row.engine, row.precision, row.source


def _serving_points(row: ServingRow, result: Estimate) -> list[Point]:
    tags = serving_regimes(row)
    rate = closed_loop_tokens_per_s(row.concurrency, row.output_tokens, row.ttft_s, row.tpot_s)
    return [
        Point(row.id, "tpot_s", result.tpot_s, row.tpot_s, tags),
        Point(row.id, "ttft_s", result.ttft_s, row.ttft_s, tags),
        Point(row.id, "replica_tokens_per_s", result.replica_tokens_per_s, rate, tags),
    ]


def predict_saturated(models: Models) -> Outcome:
    """Output tokens per second with every slot busy, for saturated.csv; mixtures of experts apart."""
    outcome = Outcome(missing_configs=models.missing)
    for row in saturated_rows():
        case = saturated_case(row, models)
        if case is None:
            outcome.skipped += 1
            continue
        result = _try(case, row, outcome)
        if result is not None:
            outcome.points.append(_saturated_point(row, result))
    return outcome


def _saturated_point(row: SaturatedRow, result: Estimate) -> Point:
    kind = "mixture" if is_mixture(row) else "dense"
    lengths = f"{row.input_tokens:g} in, {row.output_tokens:g} out"
    tags = regimes(row) | {"kind": kind, "lengths": lengths}
    return Point(row.id, f"saturated {kind}", result.replica_tokens_per_s, row.output_tokens_per_s, tags)


def predict_first_token(models: Models) -> Outcome:
    """Time of one prompt alone, for first_token.csv."""
    outcome = Outcome(missing_configs=models.missing)
    for row in first_token_rows():
        case = first_token_case(row, models)
        if case is None:
            outcome.skipped += 1
            continue
        result = _try(case, row, outcome)
        if result is not None:
            outcome.points.append(_first_token_point(row, result))
    return outcome


def _first_token_point(row: FirstTokenRow, result: Estimate) -> Point:
    tags = regimes(row) | {"lengths": f"{row.input_tokens:g} in"}
    return Point(row.id, "first token", result.prefill_s, row.ttft_s, tags)


#: A cache below this is the small difference of large numbers: its relative error says nothing.
CACHE_BYTES_MIN = 4 * 2**30


def predict_memory() -> Outcome:
    """Memory that the engine gives to the cache, for the start-up logs of memory.csv that say enough."""
    outcome = Outcome()
    for log in log_rows():
        if log.logged_bytes >= CACHE_BYTES_MIN:
            tags = {"model": log.model, "engine": log.engine, "settings": log.settings}
            outcome.points.append(Point(log.name, "cache memory", log.predicted_bytes, log.logged_bytes, tags))
    return outcome

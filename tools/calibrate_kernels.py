"""Stage 1 of the calibration: the constants of every kernel curve, fitted on the operator tables."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import calibrate_experts as experts
import calibrate_tables as tables
from calibrate_fit import Fitted, Parameter, Sample, fit, rounded, total_s
from calibrate_tables import Key, Samples
from roofline.curves import CollectiveCurve, DecodeCurve, ExpertCurve, MatrixCurve, PrefillCurve

US, NS = 1e-6, 1e-9
SOURCE = (
    "fitted on the operator tables of aiconfigurator_core 0.12.0 (Apache-2.0): "
    "vLLM 0.24.0, SGLang 0.5.14, TensorRT-LLM 1.3.0rc20"
)
DATE = "2026-11-24"
ENGINES = ("vLLM", "SGLang", "TensorRT-LLM")
#: Fewer rows of one expert rank than this do not determine the curve.
ALONE_ROWS_MIN = 60
POPULARITIES = (0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0)

MATRIX = (
    Parameter("launch_s", 5, 0.3, 30, US),
    Parameter("depth_s", 0.4, 0, 3, NS),
    Parameter("quantize_passes", 1, 0, 20),
    Parameter("memory_efficiency", 0.9, 0.2, 1),
    Parameter("compute_efficiency", 0.65, 0.1, 1),
    Parameter("sharpness", 2.5, 0.8, 8),
)
DECODE = (
    Parameter("launch_s", 9, 1, 60, US),
    Parameter("context_s", 4, 0, 30, US),
    Parameter("sequence_s", 20, 0.1, 500, NS),
    Parameter("memory_efficiency", 0.88, 0.05, 1),
    Parameter("compute_efficiency", 0.5, 0.03, 1),
    Parameter("sharpness", 2, 1, 8),
)
PREFILL = (
    Parameter("launch_s", 12, 1, 60, US),
    Parameter("token_s", 10, 0, 60, NS),
    Parameter("diagonal_tokens", 500, 0, 4000),
    Parameter("io_passes", 1.5, 1, 10),
    Parameter("compute_efficiency", 0.5, 0.05, 1),
    Parameter("sharpness", 2, 1, 8),
)
EXPERTS = (
    Parameter("launch_s", 30, 3, 200, US),
    Parameter("expert_s", 50, 0, 2000, NS),
    Parameter("tile_tokens", 16, 1, 256),
    Parameter("activation_passes", 1, 0, 10),
    Parameter("remote_share", 0.2, 0, 1),
    Parameter("memory_efficiency", 0.85, 0.1, 1),
    Parameter("compute_efficiency", 0.5, 0.02, 1),
    Parameter("sharpness", 2, 0.6, 8),
)
COLLECTIVE = (
    Parameter("launch_s", 4, 0.3, 40, US),
    Parameter("hop_s", 0.5, 0, 10, US),
    Parameter("link_efficiency", 0.75, 0.1, 1),
    Parameter("sharpness", 0.8, 0.3, 8),
)
#: Query rows are padded to a tile of 64: FLOP per element of the cache (two per multiply-add).
TILE_FLOP_PER_ELEMENT = 128.0
INNER_SHARPNESS = 8.0


@dataclass(frozen=True, slots=True)
class Job:
    """One curve to fit."""

    curve: str
    kind: type[Any]
    key: Key
    samples: Sequence[Sample]
    parameters: Sequence[Parameter]
    fixed: Mapping[str, Any]
    predict: Callable[[Any, Sample], float] = total_s


def jobs() -> Iterator[Job]:
    """Every curve for which the tables have rows."""
    yield from _plain("matrix", MatrixCurve, tables.collect("kernels_gemm", tables.matrix), _matrix_parameters)
    yield from _plain(
        "decode", DecodeCurve, tables.collect("kernels_attention_decode", tables.decode), lambda key: DECODE
    )
    yield from _plain("decode", DecodeCurve, tables.collect("kernels_mla", tables.latent_decode), lambda key: DECODE)
    yield from _plain(
        "prefill", PrefillCurve, tables.collect("kernels_attention_prefill", tables.prefill), lambda key: PREFILL
    )
    yield from _plain(
        "prefill", PrefillCurve, tables.collect("kernels_mla", tables.latent_prefill), lambda key: PREFILL
    )
    yield from _plain(
        "collective", CollectiveCurve, tables.collect("kernels_all_reduce", tables.all_reduce), lambda key: COLLECTIVE
    )
    for key, samples in experts.balanced_samples().items():
        rate = experts.rate_of(key)
        fixed = {"rate": rate} if rate else {}
        yield Job("experts", ExpertCurve, key, samples, EXPERTS, fixed, experts.predict_s)


def _plain(
    curve: str, kind: type[Any], found: Samples, parameters: Callable[[Key], Sequence[Parameter]]
) -> Iterator[Job]:
    for key, samples in found.items():
        if key.engine in ENGINES:
            yield Job(curve, kind, key, samples, parameters(key), _fixed(curve, key))


def _matrix_parameters(key: Key) -> Sequence[Parameter]:
    """BF16 products quantise nothing."""
    return [p for p in MATRIX if key.format != "bf16" or p.name != "quantize_passes"]


def _fixed(curve: str, key: Key) -> dict[str, Any]:
    core, _, cache = key.format.partition("/")
    if curve == "decode":
        tile = TILE_FLOP_PER_ELEMENT if core == "attention" else 0.0
        rate = "fp8" if (core, cache) == ("latent", "fp8") else "bf16"
        return {"rate": rate, "tile_flop_per_element": tile, "inner_sharpness": INNER_SHARPNESS}
    if curve == "prefill":
        generation = key.family.split()[0]
        kv_format = "fp8" if cache == "fp8" else "bf16"
        rate = kv_format if core == "latent" else tables.prefill_rate(key.engine, generation, kv_format)
        return {"rate": rate}
    return {}


def run(job: Job, *, left_out: bool) -> dict[str, Any]:
    """Fit a curve; returns its row of the data file."""
    if job.curve == "experts":
        job = _remote_share_last(job)
    result = fit(job.kind, job.parameters, job.samples, dict(job.fixed), predict=job.predict, leave_groups_out=left_out)
    values = dict(job.fixed) | {name: rounded(value) for name, value in result.values.items()}
    return row(job.curve, job.key, values, result)


def _remote_share_last(job: Job) -> Job:
    """Fit experts on one rank where there are enough rows; from several ranks take only what is particular to them.

    Over several ranks other kernels set the floor, which a replica without expert parallelism never sees.
    """
    alone = [sample for sample in job.samples if experts.one_rank(sample)]
    if len(alone) < ALONE_ROWS_MIN:
        return job
    inside = [p for p in job.parameters if p.name != "remote_share"]
    first = fit(job.kind, inside, alone, dict(job.fixed), predict=job.predict)
    share = [p for p in job.parameters if p.name == "remote_share"]
    several = [sample for sample in job.samples if not experts.one_rank(sample)]
    fixed = dict(job.fixed)
    if several:
        second = fit(job.kind, share, several, fixed | first.values, predict=job.predict)
        fixed |= {name: rounded(value) for name, value in second.values.items()}
    return replace(job, samples=alone, parameters=inside, fixed=fixed)


def row(curve: str, key: Key, values: dict[str, Any], result: Fitted) -> dict[str, Any]:
    """A row of the data file."""
    return {
        "curve": curve,
        "engine": key.engine,
        "family": key.family,
        "format": key.format,
        "values": values,
        "rows": result.errors.rows,
        "median_error": rounded(result.errors.median),
        "p90_error": rounded(result.errors.p90),
        "left_out_median_error": None if result.left_out is None else rounded(result.left_out.median),
        "source": SOURCE,
        "date": DATE,
        "note": "",
    }


def fit_all(*, left_out: bool = True) -> list[dict[str, Any]]:
    """Rows of all kernel curves, with the routing constants added to the experts'."""
    rows = [run(job, left_out=left_out) for job in jobs()]
    routing = routing_constants(rows)
    for found in rows:
        if found["curve"] == "experts":
            found["values"].update(routing)
    return rows


def routing_constants(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Popularity of experts and skew of expert ranks that the power-law tables were collected with."""
    curves = {
        Key(r["engine"], r["family"], r["format"]): ExpertCurve(**r["values"]) for r in rows if r["curve"] == "experts"
    }
    popularity = min(POPULARITIES, key=lambda theta: experts.popularity_errors(curves, theta).median)
    skew = statistics.median(experts.skew_exponents())
    return {"popularity_exponent": popularity, "skew_exponent": rounded(skew)}


def table_lines(rows: list[dict[str, Any]]) -> list[str]:
    """One line per curve: values and errors."""
    lines = []
    for found in rows:
        values = " ".join(f"{n}={v:.4g}" if isinstance(v, float) else f"{n}={v}" for n, v in found["values"].items())
        place = f"{found['curve']} {found['engine']} {found['family']} {found['format']}"
        if not found["rows"]:
            lines.append(f"{place:48} {values}  ({found['note']})")
            continue
        held = found.get("left_out_median_error")
        extra = f" left out {held:.1%}" if held is not None else ""
        errors = f"n={found['rows']} median {found['median_error']:.1%} p90 {found['p90_error']:.1%}{extra}"
        lines.append(f"{place:48} {errors}  {values}" + (f"  ({found['note']})" if found["note"] else ""))
    return lines

"""80 % ranges from left-out residuals: tests/measured/left_out.csv -> py/roofline/data/ranges.json.

Half-width of a figure: the 80th percentile of |ln(measured / predicted)| over all runs, each predicted without its
model; then a factor for the engine and one for the load, each the ratio of its own 80th percentile to that of all,
pulled towards 1 by the number of models m behind it: ratio^(m / (m + 1)). Runs weigh by the inverse square root of
their model's runs. The base is widened by 1 + 1/(2 x models), because few models say little about the next one.

    PYTHONPATH=py:tools python tools/calibrate_ranges.py
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accuracy_lib.cases import Models, first_token_case, serving_case
from accuracy_lib.left_out import predictions
from accuracy_lib.rows import ServingRow, first_token_rows, serving_rows
from calibrate_fit import rounded
from calibrate_output import DATA, DATE, document
from calibrate_serving import runs
from roofline import estimate
from roofline.memory import weight_class
from roofline.ranges import kind_of, load_band, shape_key

SHARE = 0.8
FIGURES = ("tpot_s", "ttft_s", "request_latency_s")
SOURCE = "residuals of tests/measured/serving.csv with each model left out in turn (tests/measured/left_out.csv)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Residual:
    """One run: what it was, and ln(measured / predicted) of each figure, its model left out of the fit.

    Attributes:
        shape: of the model, ``roofline.ranges.shape_key``.
    """

    id: str
    model: str
    shape: str
    engine: str
    family: str
    generation: str
    kind: str
    weights: str
    load: str
    by_figure: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Widths:
    """Half-widths of one figure: ``base`` times the factors of engine and load."""

    base: float
    engines: Mapping[str, float]
    loads: Mapping[str, float]

    def of(self, engine: str, load: str) -> float:
        """Half-width; a factor that is not known is 1."""
        return self.base * self.engines.get(engine, 1.0) * self.loads.get(load, 1.0)


def residuals(kind: str = "model") -> list[Residual]:
    """Residuals of the runs that are predicted, sweeps in doubt left out."""
    found, models = predictions(kind), Models()
    doubtful = {run.row.id for run in runs(models) if run.in_doubt}
    rows = [row for row in serving_rows() if (row.id, "tpot_s") in found and row.id not in doubtful]
    return [made for row in rows if (made := _residual(row, models, found)) is not None]


def _residual(row: ServingRow, models: Models, found: Mapping[tuple[str, str], float]) -> Residual | None:
    case = serving_case(row, models)
    if case is None:
        return None
    tpot_s, ttft_s = found[row.id, "tpot_s"], found[row.id, "ttft_s"]
    result = estimate(case.model, case.deployment, case.workload)
    gpu = case.deployment.gpu_data
    return Residual(
        id=row.id,
        model=row.model,
        shape=shape_key(case.model),
        engine=row.engine,
        family=gpu.family,
        generation=gpu.generation,
        kind=kind_of(case.model),
        weights=weight_class(case.model, case.deployment.precision),
        load=load_band(result.concurrency, result.running),
        by_figure={
            "tpot_s": math.log(row.tpot_s / tpot_s),
            "ttft_s": math.log(row.ttft_s / ttft_s),
            "request_latency_s": math.log(_latency(row, row.ttft_s, row.tpot_s) / _latency(row, ttft_s, tpot_s)),
        },
    )


def _latency(row: ServingRow, ttft_s: float, tpot_s: float) -> float:
    return ttft_s + (row.output_tokens - 1) * tpot_s


def spread(some: Sequence[Residual], figure: str) -> float:
    """80th percentile of the residuals' size, a model with many runs weighing less per run."""
    sizes = Counter(residual.model for residual in some)
    pairs = sorted((abs(r.by_figure[figure]), sizes[r.model] ** -0.5) for r in some)
    wanted, total = SHARE * sum(weight for _, weight in pairs), 0.0
    for size, weight in pairs:
        total += weight
        if total >= wanted:
            return size
    return pairs[-1][0]


def widths(some: Sequence[Residual], figure: str) -> Widths:
    """Half-widths of a figure from these runs."""
    base = spread(some, figure)

    def factors(key: Callable[[Residual], str]) -> dict[str, float]:
        made = {}
        for name in sorted(set(map(key, some))):
            own = [residual for residual in some if key(residual) == name]
            models = len({residual.model for residual in own})
            made[name] = (spread(own, figure) / base) ** (models / (models + 1))
        return made

    models = len({residual.model for residual in some})
    return Widths(base * (1 + 1 / (2 * models)), factors(lambda r: r.engine), factors(lambda r: r.load))


def nested_coverage(some: Sequence[Residual], figure: str) -> dict[str, bool]:
    """Whether each run lies in the range that the other models' residuals give, by row id."""
    found = {}
    for model in sorted({residual.model for residual in some}):
        made = widths([residual for residual in some if residual.model != model], figure)
        for residual in some:
            if residual.model == model:
                found[residual.id] = abs(residual.by_figure[figure]) <= made.of(residual.engine, residual.load)
    return found


def unseen_factor(some: Sequence[Residual]) -> float:
    """How much wider ranges are where nothing alike was measured: the most by which a left-out GPU or engine adds."""
    ratios = [
        spread(residuals(kind), figure) / spread(some, figure) for kind in ("GPU", "engine") for figure in FIGURES
    ]
    return max(*ratios, 1.0)


def prefill_widths() -> Widths:
    """Half-width of a prompt alone, from first_token.csv, of which nothing was fitted."""
    sizes, models = [], Models()
    names = set()
    for row in first_token_rows():
        case = first_token_case(row, models)
        if case is not None:
            predicted = estimate(case.model, case.deployment, case.workload).prefill_s
            sizes.append(abs(math.log(row.ttft_s / predicted)))
            names.add(row.model)
    place = min(int(SHARE * len(sizes)), len(sizes) - 1)
    return Widths(sorted(sizes)[place] * (1 + 1 / (2 * len(names))), {}, {})


def cells(some: Sequence[Residual]) -> list[dict[str, Any]]:
    """Measured runs by engine, generation, kind and weights, and of the wider classes ("" is any)."""
    groups: dict[tuple[str, str, str, str], list[Residual]] = {}
    for run in some:
        own = run.engine, run.generation, run.kind, run.weights
        for key in (own, (*own[:2], "", ""), (own[0], "", "", ""), ("", "", "", "")):
            groups.setdefault(key, []).append(run)
    return [_cell(key, group) for key, group in sorted(groups.items())]


def _cell(key: tuple[str, str, str, str], group: Sequence[Residual]) -> dict[str, Any]:
    return dict(zip(("engine", "generation", "kind", "weights"), key, strict=True)) | {
        "runs": len(group),
        "tpot_error": _median_error(group, "tpot_s"),
        "ttft_error": _median_error(group, "ttft_s"),
        "shapes": dict(sorted(Counter(run.shape for run in group).items())),
    }


def _median_error(group: Sequence[Residual], figure: str) -> float:
    ordered = sorted(abs(math.expm1(-residual.by_figure[figure])) for residual in group)
    middle = len(ordered) // 2
    return rounded(ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2)


def _table(made: Widths) -> dict[str, Any]:
    def short(factors: Mapping[str, float]) -> dict[str, float]:
        return {name: rounded(value) for name, value in factors.items()}

    return {"base": rounded(made.base), "engines": short(made.engines), "loads": short(made.loads)}


def main() -> None:
    """Write ranges.json and print the nested coverage."""
    some = residuals()
    tables = {figure: _table(widths(some, figure)) for figure in FIGURES} | {"prefill_s": _table(prefill_widths())}
    head = {
        "about": "80 % ranges and measured runs, written by `make calibrate`; docs/model.md",
        "source": SOURCE,
        "date": DATE,
        "runs": len(some),
        "unseen_factor": rounded(unseen_factor(some)),
        "widths": tables,
    }
    (DATA / "ranges.json").write_text(document(head, {"cells": cells(some)}), encoding="utf-8")
    for figure in FIGURES:
        inside = nested_coverage(some, figure)
        print(f"{figure:18} 80 % ranges hold {sum(inside.values()) / len(inside):.0%} of {len(inside)} left-out runs")


if __name__ == "__main__":
    main()

"""80 % ranges and the measured runs behind an estimate, from predictions of runs whose model was left out of the fit.

A range is symmetric in the logarithm: a figure times and divided by e^w. Its half-width w is

    w = base x engine factor x load factor x unseen factor ^ n

with n of these three never measured: the engine on this GPU generation, this kind of model and weights there, the GPU
family.

``tools/calibrate_ranges.py`` makes ``data/ranges.json`` from tests/measured/left_out.csv; docs/model.md says how.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from sys import intern
from types import MappingProxyType
from typing import Any, NamedTuple

from .data import EFFICIENCY, RANGES
from .feedforward import MixtureOfExperts
from .model import Model

#: Clients per replica up to which a load is light or medium; a replica with waiting clients is heavy.
LIGHT_CLIENTS, MEDIUM_CLIENTS = 8, 64
#: Figure -> measured figure whose residuals bound it.
MEASURED_AS: Mapping[str, str] = MappingProxyType(
    {
        "prefill_s": "prefill_s",
        "ttft_s": "ttft_s",
        "decode_step_s": "tpot_s",
        "tpot_s": "tpot_s",
        "request_latency_s": "request_latency_s",
        "request_tokens_per_s": "tpot_s",
        "replica_decode_tokens_per_s": "tpot_s",
        "replica_tokens_per_s": "request_latency_s",
        "system_tokens_per_s": "request_latency_s",
    }
)


#: Measured runs by engine, generation, kind and weights; "" is any.
_CELLS: Mapping[tuple[str, str, str, str], Mapping[str, Any]] = MappingProxyType(
    {(cell["engine"], cell["generation"], cell["kind"], cell["weights"]): cell for cell in RANGES["cells"]}
)


class Case(NamedTuple):
    """What residuals depend on.

    Attributes:
        engine: key of ENGINES.
        family, generation: of the GPU.
        kind: "dense" or "mixture-of-experts".
        weights: "fp16", "fp8" or "fp4".
        load: "light", "medium" or "heavy".
    """

    engine: str
    family: str
    generation: str
    kind: str
    weights: str
    load: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Measured runs like an estimate's: same engine, GPU generation, kind of model and weights, else the nearest.

    Attributes:
        runs: how many.
        models: distinct models among them.
        with_this_model: of the runs, those of a model with the same shape.
        tpot_error, ttft_error: median error of the predictions made without the run's model.
        description: what the runs have in common, e.g. "dense models, FP8 weights, Blackwell, TensorRT-LLM".
        similar: False where nothing like it was measured and the runs are of a wider class.
    """

    runs: int
    models: int
    with_this_model: int
    tpot_error: float
    ttft_error: float
    description: str
    similar: bool


def load_band(concurrency: int, running: int) -> str:
    """Load of a replica: "light", "medium" or "heavy"."""
    if running < concurrency or concurrency > MEDIUM_CLIENTS:
        return "heavy"
    return "light" if concurrency <= LIGHT_CLIENTS else "medium"


@lru_cache(maxsize=512)
def kind_of(model: Model) -> str:
    """Kind of model: "dense" or "mixture-of-experts"."""
    routed = any(isinstance(layer.ffn, MixtureOfExperts) for layer, _ in model.layer_groups)
    return "mixture-of-experts" if routed else "dense"


@lru_cache(maxsize=512)
def shape_key(model: Model) -> str:
    """Equal for models of the same architecture and size, whatever their name: layers x width x parameters."""
    return f"{len(model.layers)}x{model.hidden_size}x{model.total_params}"


@cache
def half_width(figure: str, case: Case) -> float:
    """Half-width w of the 80 % range of a figure's logarithm."""
    table: Mapping[str, Any] = RANGES["widths"][MEASURED_AS[figure]]
    width: float = table["base"] * table["engines"].get(case.engine, 1.0) * table["loads"].get(case.load, 1.0)
    return width * RANGES["unseen_factor"] ** unseen(case)  # type: ignore[no-any-return]


def unseen(case: Case) -> int:
    """How many of these were never measured: the engine on this generation, this kind and weights there, the family."""
    near = (case.engine, case.generation, "", "") in _CELLS
    alike = (case.engine, case.generation, case.kind, case.weights) in _CELLS
    return (not near) + (not alike) + (case.family in EFFICIENCY["inherits"])


@cache
def factors(case: Case) -> tuple[tuple[str, str, str, float], ...]:
    """(figure, name of its lower and of its upper bound, e^w) of every figure that has a range.

    The names are interned: Python finds a field by such a name without comparing letters.
    """
    return tuple(
        (figure, intern(f"{figure}_low"), intern(f"{figure}_high"), math.exp(half_width(figure, case)))
        for figure in MEASURED_AS
    )


def bounds(figures: Mapping[str, Any], case: Case) -> dict[str, float]:
    """``..._low`` and ``..._high`` of the time and throughput figures."""
    found: dict[str, float] = {}
    for name, low, high, factor in factors(case):
        value = figures[name]
        found[low] = value / factor
        found[high] = value * factor
    return found


def evidence(model: Model, case: Case) -> Evidence:
    """Runs like this one; where there are none, those of the engine on this generation, of the engine, or all."""
    return _evidence(shape_key(model), case)


@cache
def _evidence(shape: str, case: Case) -> Evidence:
    words = {
        (case.engine, case.generation, case.kind, case.weights): (
            f"{case.kind} models, {case.weights.upper()} weights, {case.generation}, {case.engine}"
        ),
        (case.engine, case.generation, "", ""): f"{case.generation}, {case.engine}",
        (case.engine, "", "", ""): case.engine,
        ("", "", "", ""): "all engines and GPUs",
    }
    place = next(key for key in words if key in _CELLS)
    cell = _CELLS[place]
    return Evidence(
        runs=cell["runs"],
        models=len(cell["shapes"]),
        with_this_model=cell["shapes"].get(shape, 0),
        tpot_error=cell["tpot_error"],
        ttft_error=cell["ttft_error"],
        description=words[place],
        similar=bool(place[-1]),
    )

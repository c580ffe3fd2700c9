"""Calibrated constants of every engine and GPU family; ``IDEAL`` is the pure roofline.

A row of ``data/efficiency.json`` is one curve: engine, family, format, values in SI units (the suffix names the unit),
keys of its sources, number of measured rows behind it and their error. Rows without measurements of their own say in
``note`` what they are taken from; a family without any inherits those of another (``inherits``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from .curves import CollectiveCurve, DecodeCurve, ExpertCurve, MatrixCurve, PrefillCurve, StreamCurve
from .data import EFFICIENCY
from .formats import Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Overhead:
    """What an engine adds to the kernels, and how it schedules (docs/model.md).

    Attributes:
        host_kernel_s: host time to launch one kernel in a step with prompt tokens, which no CUDA graph covers; a step
            takes the longer of host and device.
        sequence_s: per running sequence and step: scheduling, sampling, bookkeeping, detokenisation.
        prompt_token_s: per prompt token: tokenisation, copies, chunk bookkeeping.
        request_s: per request before its first step, and the way of the first token back.
        step_wait: decode steps that pass between the arrival of a request at a busy replica and its first step, and
            back.
    """

    host_kernel_s: float = 0.0
    sequence_s: float = 0.0
    prompt_token_s: float = 0.0
    request_s: float = 0.0
    step_wait: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Constants:
    """Curves by number format (matrices, experts) or by core and cache format (decode, prefill)."""

    matrix: Mapping[str, MatrixCurve]
    experts: Mapping[str, ExpertCurve]
    decode: Mapping[str, DecodeCurve]
    prefill: Mapping[str, PrefillCurve]
    stream: StreamCurve = field(default_factory=StreamCurve)
    collective: CollectiveCurve = field(default_factory=CollectiveCurve)
    overhead: Overhead = field(default_factory=Overhead)


MATRIX_FORMATS = ("bf16", "fp8", "fp8_block", "nvfp4", "mxfp4", "weight_only")
CORES = tuple(f"{core}/{cache}" for core in ("attention", "latent", "recurrent") for cache in ("fp16", "fp8"))

#: The roofline itself: every efficiency 1, no overhead, uniform routing.
IDEAL = Constants(
    matrix={name: MatrixCurve() for name in MATRIX_FORMATS},
    experts={name: ExpertCurve() for name in MATRIX_FORMATS},
    decode={name: DecodeCurve() for name in CORES},
    prefill={name: PrefillCurve() for name in CORES},
)

_CURVES: Mapping[str, type[Any]] = MappingProxyType(
    {
        "matrix": MatrixCurve,
        "experts": ExpertCurve,
        "decode": DecodeCurve,
        "prefill": PrefillCurve,
        "stream": StreamCurve,
        "collective": CollectiveCurve,
        "overhead": Overhead,
    }
)
_KEYED = ("matrix", "experts", "decode", "prefill")


def curve_from_row(row: Mapping[str, Any]) -> Any:
    """Build the curve of one row of the data file."""
    values = dict(row["values"])
    if "rate" in values:
        values["rate"] = Rate(values["rate"])
    return _CURVES[row["curve"]](**values)


def assemble(
    rows: Sequence[Mapping[str, Any]], inherits: Mapping[str, str] = MappingProxyType({})
) -> Mapping[tuple[str, str], Constants]:
    """Constants by (engine, family); ``inherits`` names the family whose rows an unmeasured one takes."""
    groups: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        group = groups.setdefault((row["engine"], row["family"]), {name: {} for name in _KEYED})
        if row["curve"] in _KEYED:
            group[row["curve"]][row["format"]] = curve_from_row(row)
        else:
            group[row["curve"]] = curve_from_row(row)
    found = {key: Constants(**group) for key, group in groups.items()}
    for family, measured in inherits.items():
        found |= {(engine, family): found[engine, measured] for engine, other in list(found) if other == measured}
    return MappingProxyType(found)


#: Constants by (engine, GPU family).
CONSTANTS: Mapping[tuple[str, str], Constants] = assemble(EFFICIENCY["rows"], EFFICIENCY["inherits"])

"""Curves that no table measures: taken from the nearest one, by rules that say so in the row's note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

Row = dict[str, Any]
Place = tuple[str, str, str, str]

FAMILIES = ("Hopper", "Blackwell", "Blackwell Ultra")
#: Families without tables and the one that they inherit from.
UNMEASURED_FAMILIES: Mapping[str, str] = {"Blackwell workstation": "Blackwell"}
ENGINES = ("vLLM", "SGLang", "TensorRT-LLM")
#: Whose kernels an engine's unmeasured curves are closest to.
NEIGHBOURS: Mapping[str, Sequence[str]] = {
    "vLLM": ("SGLang", "TensorRT-LLM"),
    "SGLang": ("vLLM", "TensorRT-LLM"),
    "TensorRT-LLM": ("vLLM", "SGLang"),
}
FORMATS: Mapping[str, Sequence[str]] = {
    "matrix": ("bf16", "fp8", "fp8_block", "nvfp4", "mxfp4", "weight_only"),
    "experts": ("bf16", "fp8_block", "fp8", "mxfp4", "nvfp4", "weight_only"),
    "decode": ("attention/fp16", "attention/fp8", "latent/fp16", "latent/fp8", "recurrent/fp16", "recurrent/fp8"),
    "prefill": ("attention/fp16", "attention/fp8", "latent/fp16", "latent/fp8", "recurrent/fp16", "recurrent/fp8"),
    "collective": ("",),
}
#: Within one engine and family: format -> (format to copy, changed values, why).
WITHIN: Mapping[tuple[str, str], tuple[str, Mapping[str, Any], str]] = {
    ("matrix", "weight_only"): ("bf16", {"rate": "bf16"}, "weights are widened to BF16"),
    ("matrix", "nvfp4"): ("bf16", {"rate": "bf16"}, "no FP4 units: weights are widened to BF16"),
    ("matrix", "mxfp4"): ("nvfp4", {}, "as NVFP4"),
    ("experts", "nvfp4"): ("mxfp4", {"rate": "bf16"}, "no FP4 units: as MXFP4 widened to BF16"),
    ("experts", "weight_only"): ("mxfp4", {"rate": "bf16"}, "as MXFP4 widened to BF16"),
    ("experts", "fp8"): ("fp8_block", {}, "as FP8 in blocks"),
    **{
        (curve, f"recurrent/{cache}"): ("attention/fp16", changes, "as attention without its score tiles")
        for cache in ("fp16", "fp8")
        for curve, changes in (
            ("decode", {"tile_flop_per_element": 0.0}),
            ("prefill", {"token_s": 0.0, "diagonal_tokens": 0.0}),
        )
    },
}
#: The quantise kernel that TensorRT-LLM's table of FP8 products includes (aiconfigurator_core 0.12.0, compute_scale
#: tables, one token): static scales, which published FP8 checkpoints carry, fuse it into the kernel before.
TENSORRT_QUANTIZE_S: Mapping[str, float] = {"Hopper": 8.1e-6, "Blackwell": 8.1e-6, "Blackwell Ultra": 7.9e-6}
#: Small kernels of a layer (two norms with residuals, activation, rotary embedding with the cache write), as
#: aiconfigurator_core 0.12.0 estimates element-wise kernels: 3 us each and 0.8 of the bandwidth. Not a measurement.
STREAM_VALUES: Mapping[str, float] = {"launch_s": 4 * 3e-6, "memory_efficiency": 0.8}
STREAM_SOURCE = "aiconfigurator_core 0.12.0 (Apache-2.0), estimate of element-wise kernels"
#: With static scales activations pass the memory once more: read in 16 bit, written in 8.
STATIC_PASSES = 1.0
STATIC_NOTE = "static scales: the dynamic quantise kernel is taken out, activations are read and written once"


def place(row: Row) -> Place:
    """What identifies a row."""
    return row["curve"], row["engine"], row["family"], row["format"]


def completed(rows: Sequence[Row]) -> list[Row]:
    """The fitted rows, FP8 with static scales, and a row for every engine, family and format that had none."""
    found = {place(row): deepcopy(row) for row in rows}
    for row in found.values():
        _static_scales(row)
    for family in FAMILIES:
        for engine in ENGINES:
            found["stream", engine, family, ""] = _stream_row(engine, family)
        for curve, formats in FORMATS.items():
            for form in formats:
                for engine in ENGINES:
                    _fill(found, (curve, engine, family, form))
    for family, source in UNMEASURED_FAMILIES.items():
        for origin in [p for p in found if p[2] == source]:
            target = (origin[0], origin[1], family, origin[3])
            _copy(found, target, origin, {}, f"inherited from {source}; not measured on this GPU")
    return [found[key] for key in sorted(found)]


def _stream_row(engine: str, family: str) -> Row:
    return {
        "curve": "stream",
        "engine": engine,
        "family": family,
        "format": "",
        "values": dict(STREAM_VALUES),
        "rows": 0,
        "median_error": None,
        "p90_error": None,
        "source": STREAM_SOURCE,
        "date": "2026-11-24",
        "note": "four small kernels a layer; not measured",
    }


def _static_scales(row: Row) -> None:
    if row["curve"] != "matrix" or row["format"] != "fp8":
        return
    values = row["values"]
    if row["engine"] == "TensorRT-LLM":
        values["launch_s"] = round(values["launch_s"] - TENSORRT_QUANTIZE_S[row["family"]], 9)
    values["quantize_passes"] = STATIC_PASSES
    row["note"] = STATIC_NOTE


def _fill(found: dict[Place, Row], target: Place) -> None:
    """Add the row of ``target`` if it is missing: from a neighbouring engine, else from another format."""
    curve, engine, family, form = target
    if target in found:
        return
    for neighbour in NEIGHBOURS[engine]:
        origin = (curve, neighbour, family, form)
        measured_or_widened = origin in found and not found[origin]["note"].startswith(("as ", "no FP4", "weights "))
        if measured_or_widened or (origin in found and (neighbour, form) == ("vLLM", "weight_only")):
            _copy(found, target, origin, {}, f"inherited from {neighbour}")
            return
    if (curve, form) in WITHIN:
        source, changes, why = WITHIN[curve, form]
        _copy(found, target, (curve, engine, family, source), changes, why)


def _copy(found: dict[Place, Row], target: Place, origin: Place, changes: Mapping[str, Any], note: str) -> None:
    row = deepcopy(found[origin])
    row["curve"], row["engine"], row["family"], row["format"] = target
    row["values"] |= changes
    row["note"] = note
    found[target] = row

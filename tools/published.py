"""The engine's data as files for programs: gpus-v1.json, prices-v1.json and models-v1.json beside the page.

docs/data.md documents them. What is there is what the engine itself uses, in SI units, with source and date.
Within a version keys are only added; a change that could break a reader makes a v2 beside the v1.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from roofline import CATALOGUE, GPUS, Model
from roofline.offers import Provider, providers

VERSION = 1
ACCURACY = "assets/accuracy-v1.json"
"""Written by tools/accuracy.py and committed, since it takes development packages."""
GPU_FIELDS = (
    "generation",
    "family",
    "aliases",
    "marketed_memory_bytes",
    "driver_memory_bytes",
    "memory_bytes",
    "hbm_bytes_per_s",
    "bf16_flop_per_s",
    "fp8_flop_per_s",
    "fp4_flop_per_s",
    "int8_op_per_s",
    "nvlink_bytes_per_s",
    "nvlink_group_gpus",
    "nvlink_domain_gpus",
    "pcie_bytes_per_s",
    "nic_bytes_per_s",
    "gpus_per_node",
    "tdp_w",
)
MODEL_FIELDS = ("total_params", "active_params", "tower_params", "hidden_size", "vocab_size", "context_tokens")


def gpus() -> dict[str, Any]:
    """Every GPU: its figures in SI units, and each as it was published."""
    entries = {}
    for name, gpu in GPUS.items():
        fields = {field: getattr(gpu, field) for field in GPU_FIELDS}
        entries[name] = {**fields, "figures": {key: asdict(figure) for key, figure in gpu.figures.items()}}
    dates = (figure["date"] for gpu in entries.values() for figure in gpu["figures"].values())
    return _file("gpus", entries, dates)


def prices() -> dict[str, Any]:
    """The list price of every GPU that has one."""
    entries = {
        name: {
            "usd_per_gpu_hour": gpu.price.usd_per_gpu_hour,
            "low_usd_per_gpu_hour": gpu.price.low_usd_per_gpu_hour,
            "high_usd_per_gpu_hour": gpu.price.high_usd_per_gpu_hour,
            "providers": gpu.price.providers,
            "source": gpu.price.figure.source,
            "date": gpu.price.figure.date,
            "note": _note(gpu.price.figure.note, providers()[name]),
            "offers": [offer for provider in providers()[name] for offer in _offers(provider)],
        }
        for name, gpu in GPUS.items()
        if gpu.price is not None
    }
    return _file("prices", entries, (entry["date"] for entry in entries.values()))


def _note(words: str, found: Iterable[Provider]) -> str:
    each = sorted(f"{provider.name} {provider.usd_per_gpu_hour:.2f}" for provider in found)
    return f"{words}: {', '.join(each)}"


def _offers(provider: Provider) -> Iterator[dict[str, Any]]:
    for offer in provider.offers:
        yield {
            "provider": provider.name,
            "name": offer.name,
            "usd_per_gpu_hour": offer.usd_per_gpu_hour,
            "source": offer.figure.source,
            "date": offer.figure.date,
            "note": offer.figure.note,
        }


def models() -> dict[str, Any]:
    """Every bundled model as the engine reads it."""
    entries = {}
    for name, entry in CATALOGUE.items():
        model = Model.from_config(entry.config, name=name, sidecar=entry.sidecar)
        entries[name] = {
            "family": entry.family,
            "architecture": model.architecture,
            **{field: getattr(model, field) for field in MODEL_FIELDS},
            "weight_format": model.checkpoint.label,
            "weight_bytes": model.weight_bytes(),
            "kv_bytes_per_token": model.kv_bytes_per_token(),
            "state_bytes": model.kv_bytes(0),
            "config": entry.config,
            "sidecar": entry.sidecar,
            "source": entry.source,
            "date": entry.date,
        }
    return _file("models", entries, (entry["date"] for entry in entries.values()))


FILES: Mapping[str, Callable[[], dict[str, Any]]] = {
    "gpus-v1.json": gpus,
    "prices-v1.json": prices,
    "models-v1.json": models,
}


def _file(what: str, entries: Mapping[str, Any], dates: Iterable[str]) -> dict[str, Any]:
    """A file of that content, with the date of its newest entry."""
    return {"version": VERSION, "date": max(dates), what: entries}


def write(site: Path) -> None:
    """Write the files."""
    for name, make in FILES.items():
        text = json.dumps(make(), ensure_ascii=False, separators=(",", ":"))
        (site / name).write_text(text + "\n", "utf-8")

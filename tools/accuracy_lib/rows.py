"""The measured rows of tests/measured, typed: seconds and tokens; origin and licence are in the README beside them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

MEASURED = Path(__file__).resolve().parents[2] / "tests" / "measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What was run: model, hardware, engine.

    Attributes:
        model: id in the source; ``config`` is the file name of the published config with the same architecture.
        gpus: GPUs of the replica.
        precision: the source's label of the weights.
    """

    id: str
    model: str
    config: str
    gpu: str
    gpus: int
    tensor_parallel: int
    expert_parallel: int
    engine: str
    engine_version: str
    precision: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingRow(Setup):
    """A closed-loop run: means over all requests at a fixed number of clients."""

    input_tokens: float
    output_tokens: float
    concurrency: int
    ttft_s: float
    tpot_s: float
    measured: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Engine settings of one curve as the benchmark's public scripts give them; None = not stated as one value."""

    kv_precision: str | None = None
    memory_fraction: float | None = None
    max_running: int | None = None
    max_batched_tokens: int | None = None
    note: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaturatedRow(Setup):
    """All requests queued at once: output tokens per second over all GPUs of the replica."""

    input_tokens: float
    output_tokens: float
    output_tokens_per_s: float
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstTokenRow(Setup):
    """Latency of the first token of one prompt alone."""

    input_tokens: float
    kv_precision: str
    ttft_s: float


Row = TypeVar("Row")


def _read(name: str, make: Callable[[dict[str, str]], Row]) -> list[Row]:
    with (MEASURED / name).open(newline="", encoding="utf-8") as text:
        return [make(record) for record in csv.DictReader(text)]


def _setup(record: dict[str, str], precision: str) -> dict[str, object]:
    return {
        "id": record["id"],
        "model": record["model"],
        "config": record["config"],
        "gpu": record["gpu"],
        "gpus": int(record["gpus"]),
        "tensor_parallel": int(record["tensor_parallel"]),
        "expert_parallel": int(record.get("expert_parallel") or 1),
        "engine": record["engine"],
        "engine_version": record["engine_version"],
        "precision": record[precision],
        "source": record["source"],
    }


def serving_rows() -> list[ServingRow]:
    """Rows of serving.csv."""
    return _read(
        "serving.csv",
        lambda r: ServingRow(
            **_setup(r, "precision"),  # type: ignore[arg-type]
            input_tokens=float(r["input_tokens"]),
            output_tokens=float(r["output_tokens"]),
            concurrency=int(r["concurrency"]),
            ttft_s=float(r["mean_ttft_s"]),
            tpot_s=float(r["mean_tpot_s"]),
            measured=r["measured"],
        ),
    )


def serving_settings() -> dict[tuple[str, str, str, str], Settings]:
    """Settings by model (without its organisation), engine, GPU and precision label."""
    with (MEASURED / "serving_settings.csv").open(newline="", encoding="utf-8") as text:
        return {
            (r["model"], r["engine"], r["gpu"], r["precision"]): Settings(
                kv_precision=r["kv_format"] if r["kv_format"] in ("fp8", "fp16") else None,
                memory_fraction=_number(r["memory_fraction"]),
                max_running=_whole(r["max_running"]),
                max_batched_tokens=_whole(r["max_batched_tokens"]),
                note=r["note"],
                source=r["source"],
            )
            for r in csv.DictReader(text)
        }


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _whole(text: str) -> int | None:
    return int(text) if text.isdigit() else None


def saturated_rows() -> list[SaturatedRow]:
    """Rows of saturated.csv."""
    return _read(
        "saturated.csv",
        lambda r: SaturatedRow(
            **_setup(r, "weight_precision"),  # type: ignore[arg-type]
            input_tokens=float(r["input_tokens"]),
            output_tokens=float(r["output_tokens"]),
            output_tokens_per_s=float(r["output_tokens_per_s"]),
            note=r["note"],
        ),
    )


def first_token_rows() -> list[FirstTokenRow]:
    """Rows of first_token.csv."""
    return _read(
        "first_token.csv",
        lambda r: FirstTokenRow(
            **_setup(r, "weight_precision"),  # type: ignore[arg-type]
            input_tokens=float(r["input_tokens"]),
            kv_precision=r["kv_precision"],
            ttft_s=float(r["ttft_s"]),
        ),
    )

"""The engine from a shell: a card for people, then one JSON line for programs.

python -m roofline CONFIG.json --gpu "H200 SXM" --tensor-parallel 8
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from . import CATALOGUE, GPUS, ConfigError, Deployment, Estimate, Model, RooflineError, Workload, estimate
from .document import document
from .engines import ENGINES

GB = 1e9


def parser() -> argparse.ArgumentParser:
    """Options named after the API's arguments."""
    options = argparse.ArgumentParser(prog="roofline", description="Estimate LLM inference performance and cost.")
    options.add_argument("config", help="a config.json, or a model id of the bundled catalogue")
    options.add_argument("--sidecar", help="hf_quant_config.json of the same repository")
    options.add_argument("--gpu", default="H200 SXM", help=", ".join(GPUS))
    options.add_argument("--engine", default="vLLM", help=", ".join(ENGINES))
    for name in ("nodes", "tensor-parallel", "expert-parallel", "pipeline-parallel", "attention-data-parallel"):
        options.add_argument(f"--{name}", type=int, default=1)
    options.add_argument("--precision", default="auto", help="auto, fp16, fp8 or fp4")
    options.add_argument("--kv-precision", default="auto", help="auto, fp16 or fp8")
    for name, kind in (("memory-fraction", float), ("max-running", int), ("max-batched-tokens", int)):
        options.add_argument(f"--{name}", type=kind)
    options.add_argument("--usd-per-gpu-hour", type=float)
    options.add_argument("--utilization", type=float, default=1.0)
    options.add_argument("--input-tokens", type=float, default=2048)
    options.add_argument("--output-tokens", type=float, default=1024)
    options.add_argument("--concurrency", type=int, help="clients per replica; the most that fit when left out")
    return options


def load_model(config: str, sidecar: str | None) -> Model:
    """Read a file, or take a catalogue entry."""
    if config in CATALOGUE:
        entry = CATALOGUE[config]
        return Model.from_config(entry.config, name=config, sidecar=entry.sidecar)
    side = _read_json(sidecar) if sidecar else None
    return Model.from_config(_read_json(config), name=Path(config).stem, sidecar=side)


def _read_json(path: str) -> Any:
    """The document in a file.

    Raises:
        ConfigError: no such file, not UTF-8, not JSON, or nested too deep.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        hint = "Give a config.json, or a model id of the bundled catalogue."
        raise ConfigError(f"cannot read {path!r}: {error}", hint=hint) from None


_DEPLOYMENT = (
    "gpu",
    "nodes",
    "tensor_parallel",
    "expert_parallel",
    "pipeline_parallel",
    "attention_data_parallel",
    "precision",
    "kv_precision",
    "engine",
    "memory_fraction",
    "max_running",
    "max_batched_tokens",
    "usd_per_gpu_hour",
    "utilization",
)
_WORKLOAD = ("input_tokens", "output_tokens", "concurrency")


def _rows(model: Model, result: Estimate) -> list[tuple[str, str]]:
    rows = [
        ("Parameters", f"{model.total_params:,} ({model.active_params:,} active)"),
        ("Replicas", f"{result.replicas} x {result.gpus_per_replica} GPUs, {result.idle_gpus} idle"),
        ("Weights per GPU", f"{result.weight_bytes_per_gpu / GB:.1f} GB"),
        ("KV cache per token per GPU", f"{result.kv_bytes_per_token_per_gpu:,.0f} B ({result.kv_precision})"),
        ("Max batch size per replica", f"{result.max_concurrency:,} ({result.kv_capacity_tokens:,} tokens)"),
    ]
    if not result.fits:
        return [*rows, ("Does not fit", f"{result.shortfall_bytes_per_gpu / GB:.1f} GB per GPU are missing")]
    rows += [
        ("Running / clients", f"{result.running:,} / {result.concurrency:,}"),
        ("TTFT", f"{result.ttft_s:.3f} s (one prompt alone {result.prefill_s:.3f} s, {result.prefill_bound} bound)"),
        ("TPOT", f"{_ms(result.tpot_s)} (decode step {_ms(result.decode_step_s)}, {result.decode_bound} bound)"),
        ("Decode per replica", f"{result.replica_decode_tokens_per_s:,.0f} tokens/s"),
        ("Decode per request", f"{result.request_tokens_per_s:,.1f} tokens/s"),
        ("System, sustained", f"{result.system_tokens_per_s:,.0f} output tokens/s"),
    ]
    if result.usd_per_million_tokens is not None:
        prices = (result.usd_per_million_input_tokens, result.usd_per_million_output_tokens)
        rows.append(("Input / output, per million", " / ".join(f"${price:.3f}" for price in prices)))
        rows.append(("Month", f"${result.usd_per_month:,.0f}"))
    return rows


def _ms(seconds: float | None) -> str:
    return f"{(seconds or 0.0) * 1e3:.2f} ms"


def main(arguments: list[str] | None = None) -> int:
    """Print the card and the JSON line; 2 and a message on bad input."""
    options = vars(parser().parse_args(arguments))
    try:
        model = load_model(options["config"], options["sidecar"])
        deployment = Deployment(**{name: options[name] for name in _DEPLOYMENT})
        workload = Workload(**{name: options[name] for name in _WORKLOAD})
        result = estimate(model, deployment, workload)
    except RooflineError as error:
        print(f"{error}. {error.hint}", file=sys.stderr)
        return 2
    for name, value in _rows(model, result):
        print(f"{name:28s} {value}")
    for notice in result.notices:
        print(f"- {notice.text}")
    print(json.dumps(document(model, result)))
    return 0


if __name__ == "__main__":
    sys.exit(main())

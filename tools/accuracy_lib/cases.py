"""A measured row as the engine's Model, Deployment and Workload."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import roofline
from roofline import Deployment, Model, RooflineError, Workload

from .rows import FirstTokenRow, SaturatedRow, ServingRow, Settings, Setup, serving_settings

#: Published configs that the repository does not carry (licences differ); rows without one are skipped, loudly.
SHARED_CONFIGS = Path(__file__).resolve().parents[3] / "shared" / "data" / "configs"
#: The source's precision label -> the name that a user would choose.
PRECISIONS: Mapping[str, str] = {"bf16": "fp16", "fp16": "fp16", "fp8": "fp8", "fp4": "fp4", "nvfp4": "fp4"}
#: Checkpoint formats (quantization_config.quant_method) that a label names already.
OWN_FORMAT: Mapping[str, tuple[str, ...]] = {"mxfp4": ("fp4", "fp8", "bf16"), "fp8": ("fp8",)}
#: FP8 in blocks as Qwen publishes it (quantization_config of Qwen/Qwen3-235B-A22B-FP8; gates and norms stay in 16 bit).
FP8_BLOCKS = {"quant_method": "fp8", "fmt": "e4m3", "activation_scheme": "dynamic", "weight_block_size": [128, 128]}
#: Config file of a row -> entry of the catalogue with the same architecture, and what its config adds.
STAND_INS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "meta-llama--Meta-Llama-3.1-8B": ("meta-llama/Llama-3.1-8B", {}),
    "Qwen--Qwen3-235B-A22B-FP8": ("Qwen/Qwen3-235B-A22B", {"quantization_config": FP8_BLOCKS}),
}
#: Realised lengths of the nominal 1024-token workload are below this.
SHORT_TOKENS = 1000


@dataclass(frozen=True, slots=True)
class Case:
    """What the engine is asked for one row."""

    model: Model
    deployment: Deployment
    workload: Workload


@dataclass(slots=True)
class Models:
    """Configs by file name, from the catalogue or the shared folder; remembers what it could not find."""

    missing: set[str] = field(default_factory=set)
    _found: dict[str, tuple[Model, Mapping[str, Any]] | None] = field(default_factory=dict)

    def get(self, setup: Setup) -> tuple[Model, Mapping[str, Any]] | None:
        """Model and config of a row; None when no config is at hand."""
        if setup.config not in self._found:
            self._found[setup.config] = self._load(setup)
        return self._found[setup.config]

    def _load(self, setup: Setup) -> tuple[Model, Mapping[str, Any]] | None:
        try:
            return self._read(setup)
        except RooflineError as error:
            self.missing.add(f"{setup.config} ({error})")
            return None

    def _read(self, setup: Setup) -> tuple[Model, Mapping[str, Any]] | None:
        names = (setup.config.replace("--", "/", 1), setup.model)
        found = next((name for name in names if name in roofline.CATALOGUE), None)
        name, added = (found, {}) if found else STAND_INS.get(setup.config, ("", {}))
        if name:
            entry = roofline.CATALOGUE[name]
            config = {**entry.config, **added}
            return Model.from_config(config, name=name, sidecar=entry.sidecar), config
        path = SHARED_CONFIGS / f"{setup.config}.json"
        if not path.exists():
            self.missing.add(setup.config)
            return None
        config = json.loads(path.read_text(encoding="utf-8"))
        return Model.from_config(config, name=setup.model, sidecar=None), config


def precision_of(label: str, config: Mapping[str, Any]) -> str:
    """The engine's precision argument: "auto" when the label names the checkpoint's own format."""
    method = (config.get("quantization_config") or {}).get("quant_method")
    if label in OWN_FORMAT.get(method or "", ()):
        return "auto"
    return PRECISIONS[label]


def nodes_for(setup: Setup) -> int:
    """Nodes that hold exactly one replica of the row."""
    return -(-setup.gpus // roofline.GPUS[setup.gpu].gpus_per_node)


def _deployment(setup: Setup, precision: str, **more: Any) -> Deployment:
    arguments: dict[str, Any] = {
        "gpu": setup.gpu,
        "nodes": nodes_for(setup),
        "tensor_parallel": setup.tensor_parallel,
        "expert_parallel": setup.expert_parallel,
        "engine": setup.engine,
        "precision": precision,
    }
    return Deployment(**(arguments | more))


def serving_case(row: ServingRow, models: Models) -> Case | None:
    """Case of a closed-loop run."""
    found = models.get(row)
    if found is None:
        return None
    model, config = found
    workload = Workload(input_tokens=row.input_tokens, output_tokens=row.output_tokens, concurrency=row.concurrency)
    settings = settings_of(row)
    known = {name: getattr(settings, name) for name in STATED}
    stated = {name: value for name, value in known.items() if value is not None}
    return Case(model, _deployment(row, precision_of(row.precision, config), **stated), workload)


SETTINGS = serving_settings()
STATED = ("kv_precision", "memory_fraction", "max_running", "max_batched_tokens")


def settings_of(row: ServingRow) -> Settings:
    """Engine settings of the row's curve as far as the source states them."""
    return SETTINGS.get((row.model.split("/")[-1], row.engine, row.gpu, row.precision), Settings())


def holds_prompts_back(row: ServingRow) -> bool:
    """Whether the run was set to delay new prompts by tens of steps, which no default does.

    TensorRT-LLM: ``batch_wait_timeout_iters`` 20 at nominal 1024/1024 below TP8 (note of the settings). SGLang on B200:
    ``--scheduler-recv-interval`` 10 or 30 (SemiAnalysisAI/InferenceX@1fc5d73 benchmarks/dsr1_fp8_b200.sh, @285b662
    benchmarks/single_node/dsr1_fp4_b200.sh).
    """
    if row.engine == "SGLang":
        return row.gpu == "B200 SXM"
    short = row.input_tokens < SHORT_TOKENS and row.output_tokens < SHORT_TOKENS
    return "waits up to 20 steps" in settings_of(row).note and short and row.tensor_parallel < 8


def saturated_case(row: SaturatedRow, models: Models) -> Case | None:
    """Case of an offline run: as many sequences as the engine's own memory holds.

    TensorRT-LLM's published options set attention data parallelism for mixture-of-experts models.
    """
    found = models.get(row)
    if found is None:
        return None
    model, config = found
    parallel = {"tensor_parallel": 1, "attention_data_parallel": row.gpus} if is_mixture(row) else {}
    deployment = _deployment(row, precision_of(row.precision, config), **parallel)
    return Case(model, deployment, Workload(input_tokens=row.input_tokens, output_tokens=row.output_tokens))


def is_mixture(row: SaturatedRow) -> bool:
    """Whether the source ran the row with the options of mixture-of-experts models."""
    return "enable_attention_dp" in row.note


def first_token_case(row: FirstTokenRow, models: Models) -> Case | None:
    """Case of one prompt alone."""
    found = models.get(row)
    if found is None:
        return None
    model, config = found
    deployment = _deployment(row, precision_of(row.precision, config), kv_precision=row.kv_precision)
    return Case(model, deployment, Workload(input_tokens=row.input_tokens, output_tokens=1, concurrency=1))

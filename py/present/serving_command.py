"""The command that starts the chosen engine with what the estimate assumed.

Flags were read in the engines' own sources and documents (2026-11-24):
vllm-project/vllm vllm/engine/arg_utils.py and vllm/config/cache.py (`--no-enable-prefix-caching`; values of
`--kv-cache-dtype`; `--max-num-seqs` and `--max-num-batched-tokens` hold for each data-parallel rank);
sgl-project/sglang docs/advanced_features/server_arguments.md @004813e and python/sglang/srt/server_args.py
(`--tp-size` counts the data-parallel ranks in; with `--enable-dp-attention`, `--chunked-prefill-size` and
`--max-running-requests` are divided by `--dp-size`);
NVIDIA/TensorRT-LLM tensorrt_llm/commands/serve.py @00209af and the YAML examples of its docs (`enable_attention_dp`,
`kv_cache_config.dtype`, `kv_cache_config.enable_block_reuse`).
None of the engines speculates or reuses prefixes unless these commands let it.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import ceil

from roofline import ENGINES, Deployment, Estimate, Model, Workload
from roofline.memory import Limits, weight_class
from roofline.placement import nodes_for

PLACEHOLDER = '"$MODEL"'
"""Stands for a model that has no id."""

_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(@[\w./-]+)?", re.ASCII)
_PLAIN = re.compile(r"[\w./:=,@%+-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class File:
    """A file that the command reads."""

    name: str
    content: str


@dataclass(frozen=True, slots=True)
class ServingCommand:
    """A command for a shell, the file that it reads, and what the reader should know."""

    engine: str
    version: str
    text: str
    file: File | None
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Case:
    """What a command is made of."""

    model: Model
    deployment: Deployment
    workload: Workload
    limits: Limits

    @property
    def ranks(self) -> int:
        """Attention-data-parallel ranks."""
        return self.deployment.attention_data_parallel

    @property
    def group(self) -> int:
        """GPUs of one pipeline stage."""
        return self.deployment.expert_group

    @property
    def running_per_rank(self) -> int:
        return max(ceil(self.limits.max_running / self.ranks), 1)

    @property
    def length_tokens(self) -> int:
        return ceil(self.workload.total_tokens)

    @property
    def nodes(self) -> int:
        """Nodes of one replica."""
        return nodes_for(self.deployment, 1)

    @property
    def cache_is_chosen(self) -> bool:
        return self.deployment.kv_precision != "auto"


Flags = Iterator[tuple[str, str]]


def serving_command(model: Model, deployment: Deployment, workload: Workload, result: Estimate) -> ServingCommand:
    """One replica of the estimate as a command."""
    assert result.limits is not None
    case = _Case(model, deployment, workload, result.limits)
    start, flags, file = _ENGINES[deployment.engine]
    identifier, revision = _model_id(model)
    lines = [start.format(model=identifier), *(_flag(*pair) for pair in flags(case))]
    if revision:
        lines.append(_flag("--revision", revision))
    found = file(case)
    if found is not None:
        lines.append(_flag("--config", found.name))
    return ServingCommand(
        deployment.engine,
        ENGINES[deployment.engine].version,
        " \\\n  ".join(lines),
        found,
        tuple(_notes(case, result)),
    )


def quoted(word: str) -> str:
    """A word that any POSIX shell takes as it stands."""
    return word if _PLAIN.fullmatch(word) else "'" + word.replace("'", "'\"'\"'") + "'"


def _model_id(model: Model) -> tuple[str, str]:
    """Id and revision; the placeholder for a model that was pasted or entered by hand."""
    if not _ID.fullmatch(model.name):
        return PLACEHOLDER, ""
    identifier, _, revision = model.name.partition("@")
    return quoted(identifier), revision


def _flag(name: str, value: str) -> str:
    return f"{name} {quoted(value)}" if value else name


def _vllm(case: _Case) -> Flags:
    deployment, limits = case.deployment, case.limits
    yield "--tensor-parallel-size", str(deployment.tensor_parallel)
    if deployment.pipeline_parallel > 1:
        yield "--pipeline-parallel-size", str(deployment.pipeline_parallel)
    if case.ranks > 1:
        yield "--data-parallel-size", str(case.ranks)
    if deployment.expert_parallel > 1:
        yield "--enable-expert-parallel", ""
    if _quantises(case):
        yield "--quantization", "fp8"
    if limits.kv_precision == "fp8":
        yield "--kv-cache-dtype", "fp8"
    elif case.cache_is_chosen:
        yield "--kv-cache-dtype", "bfloat16"
    yield "--gpu-memory-utilization", f"{limits.memory_fraction:g}"
    yield "--max-num-seqs", str(case.running_per_rank)
    yield "--max-num-batched-tokens", str(limits.max_batched_tokens)
    yield "--max-model-len", str(case.length_tokens)
    yield "--no-enable-prefix-caching", ""


def _sglang(case: _Case) -> Flags:
    deployment, limits = case.deployment, case.limits
    yield "--tp-size", str(case.group)
    if deployment.pipeline_parallel > 1:
        yield "--pp-size", str(deployment.pipeline_parallel)
    if case.ranks > 1:
        yield "--dp-size", str(case.ranks)
        yield "--enable-dp-attention", ""
    if deployment.expert_parallel > 1:
        yield "--ep-size", str(deployment.expert_parallel)
    if _quantises(case):
        yield "--quantization", "fp8"
    if limits.kv_precision == "fp8":
        yield "--kv-cache-dtype", "fp8_e4m3"
    elif case.cache_is_chosen:
        yield "--kv-cache-dtype", "bf16"
    yield "--mem-fraction-static", f"{limits.memory_fraction:g}"
    yield "--max-running-requests", str(case.running_per_rank * case.ranks)
    yield "--chunked-prefill-size", str(limits.max_batched_tokens * case.ranks)
    yield "--context-length", str(case.length_tokens)
    yield "--disable-radix-cache", ""
    if case.nodes > 1:
        yield "--nnodes", str(case.nodes)


def _tensorrt(case: _Case) -> Flags:
    deployment, limits = case.deployment, case.limits
    yield "--tp_size", str(case.group)
    if deployment.pipeline_parallel > 1:
        yield "--pp_size", str(deployment.pipeline_parallel)
    if deployment.expert_parallel > 1:
        yield "--ep_size", str(deployment.expert_parallel)
    yield "--kv_cache_free_gpu_memory_fraction", f"{limits.memory_fraction:g}"
    yield "--max_batch_size", str(case.running_per_rank)
    yield "--max_num_tokens", str(limits.max_batched_tokens)
    yield "--max_seq_len", str(case.length_tokens)


def _no_file(case: _Case) -> None:
    return None


def _tensorrt_file(case: _Case) -> File:
    chosen = case.limits.kv_precision == "fp8" or case.cache_is_chosen
    dtype = ("fp8" if case.limits.kv_precision == "fp8" else "bfloat16") if chosen else "auto"
    lines = [
        f"enable_attention_dp: {str(case.ranks > 1).lower()}",
        "enable_chunked_prefill: true",
        "kv_cache_config:",
        f"  dtype: {dtype}",
        "  enable_block_reuse: false",
    ]
    return File("serve.yaml", "\n".join(lines) + "\n")


_ENGINES: Mapping[str, tuple[str, Callable[[_Case], Flags], Callable[[_Case], File | None]]] = {
    "vLLM": ("vllm serve {model}", _vllm, _no_file),
    "SGLang": ("python -m sglang.launch_server --model-path {model}", _sglang, _no_file),
    "TensorRT-LLM": ("trtllm-serve {model}", _tensorrt, _tensorrt_file),
}


def _quantises(case: _Case) -> bool:
    """The engine makes FP8 weights of 16-bit ones while it loads them."""
    return (
        case.deployment.precision == "fp8"
        and not case.model.checkpoint.quantized
        and weight_class(case.model, "fp8") == "fp8"
    )


def _notes(case: _Case, result: Estimate) -> Iterable[str]:
    if _model_id(case.model)[0] == PLACEHOLDER:
        yield "Set MODEL to the model’s id or folder."
    yield from _precision_notes(case)
    yield from _layout_notes(case)
    if case.nodes > 1:
        yield f"One replica spans {case.nodes} nodes: start the engine on each of them as its documentation says."
    if result.replicas > 1:
        yield f"This starts one of {result.replicas} replicas; each takes {result.gpus_per_replica} GPUs."


def _precision_notes(case: _Case) -> Iterable[str]:
    """What the checkpoint must be, where no flag makes it so."""
    wanted = case.deployment.precision
    held = weight_class(case.model, "auto")
    if wanted == "auto" or weight_class(case.model, wanted) == held or held == wanted:
        return
    if wanted in ("fp16", "bf16"):
        yield "Serve the 16-bit checkpoint of this model: the named one is quantised."
    elif not (_quantises(case) and case.deployment.engine != "TensorRT-LLM"):
        form = "NVFP4" if wanted == "fp4" else "FP8"
        yield f"Serve an {form} checkpoint of this model: the engine does not make one while it loads."


def _layout_notes(case: _Case) -> Iterable[str]:
    """Layouts that were estimated and that the engine has no flag for."""
    deployment, engine = case.deployment, case.deployment.engine
    if engine == "vLLM" and 1 < deployment.expert_parallel < case.group:
        yield f"vLLM spreads experts over all {case.group} GPUs of the group or slices them; not over fewer."
    if engine == "TensorRT-LLM" and deployment.tensor_parallel > 1 and case.ranks > 1:
        yield "TensorRT-LLM runs attention data-parallel on all GPUs of the group, not beside tensor parallelism."

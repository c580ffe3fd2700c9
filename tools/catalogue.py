"""Make py/roofline/data/catalogue.json from published config.json files.

    python tools/catalogue.py [../shared/data/configs]

Values are taken over unchanged; keys that say nothing about shapes, caches or number formats (token ids, generation
defaults, dropout, initialisation, position encoding) are left out. Where each file was published stands in index.csv.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CONFIGS = ROOT.parent / "shared" / "data" / "configs"
CATALOGUE = ROOT / "py" / "roofline" / "data" / "catalogue.json"
#: When the configs were collected; the revision of each is in its source.
COLLECTED = "2026-11-24"

#: Order of the picker: popular and recent first, kin together.
MODELS = {
    "meta-llama/Llama-3.1-8B": "gqa-dense",
    "meta-llama/Llama-3.1-70B": "gqa-dense",
    "meta-llama/Meta-Llama-3.1-405B": "gqa-dense",
    "deepseek-ai/DeepSeek-V3.1": "mla-moe",
    "deepseek-ai/DeepSeek-R1": "mla-moe",
    "deepseek-ai/DeepSeek-V3.2": "sparse-mla-moe",
    "deepseek-ai/DeepSeek-V4-Flash": "compressed-moe",
    "deepseek-ai/DeepSeek-V4-Pro": "compressed-moe",
    "openai/gpt-oss-120b": "sliding-moe",
    "openai/gpt-oss-20b": "sliding-moe",
    "Qwen/Qwen3-8B": "gqa-dense",
    "Qwen/Qwen3-30B-A3B": "gqa-moe",
    "Qwen/Qwen3-235B-A22B": "gqa-moe",
    "Qwen/Qwen3-Coder-480B-A35B-Instruct": "gqa-moe",
    "Qwen/Qwen3-Next-80B-A3B-Instruct": "hybrid-gdn-moe",
    "Qwen/Qwen3.5-27B": "hybrid-gdn",
    "Qwen/Qwen3.5-35B-A3B": "hybrid-gdn-moe",
    "Qwen/Qwen3.5-122B-A10B": "hybrid-gdn-moe",
    "Qwen/Qwen3.6-35B-A3B-FP8": "hybrid-gdn-moe",
    "moonshotai/Kimi-K2-Instruct": "mla-moe",
    "moonshotai/Kimi-K3": "hybrid-kda-moe",
    "nvidia/Kimi-K2.6-NVFP4": "mla-moe",
    "zai-org/GLM-4.5": "gqa-moe",
    "zai-org/GLM-5": "sparse-mla-moe",
    "MiniMaxAI/MiniMax-M2.5": "gqa-moe",
    "mistralai/Mixtral-8x7B-v0.1": "gqa-moe",
    "mistralai/Mixtral-8x22B-v0.1": "gqa-moe",
    "mistralai/Mistral-7B-v0.1": "sliding",
    "mistralai/Devstral-Small-2-24B-Instruct-2512": "gqa-dense",
    "meta-llama/Llama-4-Scout-17B-16E-Instruct": "chunked-moe",
    "meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8": "chunked-moe",
    "meta-llama/Llama-3.2-1B-Instruct": "gqa-dense",
    "google/gemma-4-26B-A4B-it": "sliding-moe",
    "google/gemma-3-27b-it": "sliding",
    "google/gemma-3-4b-it": "sliding",
    "google/gemma-2-27b-it": "sliding",
    "google/gemma-2-2b": "sliding",
    "microsoft/phi-4": "gqa-dense",
    "microsoft/Phi-3.5-MoE-instruct": "gqa-moe",
    "microsoft/Phi-3-mini-128k-instruct": "mha-dense",
    "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16": "hybrid-mamba-moe",
    "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-NVFP4": "hybrid-mamba-moe",
    "nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-FP8": "hybrid-mamba-moe",
    "nvidia/Llama-3_3-Nemotron-Super-49B-v1": "per-layer-dense",
    "nvidia/Nemotron-H-56B-Base-8K": "hybrid-mamba",
    "nvidia/DeepSeek-V3.1-NVFP4": "mla-moe",
    "nvidia/Qwen3-235B-A22B-NVFP4": "gqa-moe",
    "Qwen/Qwen3-32B-FP8-Static-PerTensor": "gqa-dense",
    "Qwen/Qwen2.5-7B-Instruct": "gqa-dense",
    "Qwen/Qwen2.5-14B-Instruct": "gqa-dense",
    "Qwen/Qwen2.5-32B-Instruct": "gqa-dense",
    "Qwen/Qwen2.5-0.5B-Instruct": "gqa-dense",
    "Qwen/Qwen2.5-VL-7B-Instruct": "gqa-dense",
    "Qwen/Qwen3-VL-30B-A3B-Instruct": "gqa-moe",
    "XiaomiMiMo/MiMo-V2-Flash": "sliding-moe",
    "tencent/Hunyuan-A13B-Instruct": "gqa-moe",
    "stepfun-ai/Step-3.7-Flash": "sliding-moe",
    "LGAI-EXAONE/EXAONE-4.0-32B": "sliding",
    "allenai/Olmo-3.1-32B-Instruct": "sliding",
    "allenai/OLMo-2-0325-32B": "gqa-dense",
    "allenai/OLMo-2-1124-7B": "mha-dense",
    "ibm-granite/granite-3.3-8b-instruct": "gqa-dense",
    "01-ai/Yi-34B": "gqa-dense",
    "deepseek-ai/DeepSeek-V2-Lite": "mla-moe",
    "openbmb/MiniCPM3-4B": "mla-dense",
    "ai21labs/AI21-Jamba-1.5-Mini": "hybrid-mamba-moe",
    "tiiuae/falcon-mamba-7b": "mamba",
    "HuggingFaceTB/SmolLM2-135M-Instruct": "gqa-dense",
}

_DROPPED_WORDS = """
    add_classification_head add_cross_attention auto_map bad_words_ids cache_implementation chunk_size_feed_forward
    class_num cross_attention_hidden_size diversity_penalty do_sample early_stopping encoder_no_repeat_ngram_size
    ep_size exponential_decay_length_penalty finetuning_task fused_dense hc_sinkhorn_iters id2label ignore_index
    image_grid_pinpoints image_seq_length init_method is_decoder label2id length_penalty mamba_hidden_act mask_value
    max_length min_length n_group no_repeat_ngram_size norm_topk_prob num_beam_groups num_beams num_logits_to_keep
    num_return_sequences num_sink_tokens org_vocab_size original_rope output_attentions output_hidden_states output_past
    output_router_logits output_scores partial_rotary_factor pool_type prefix pretraining_tp problem_type pruned_heads
    query_pre_attn_scalar remove_invalid_values repetition_penalty rescale_prenorm_residual residual_in_fp32
    routed_scaling_factor scoring_func seq_aux sparsify supported_aspect_ratios task_specific_params temperature
    tf_legacy_loss tie_encoder_decoder tokenizer_class top_k top_p topk_group topk_method torchscript
    transformers_version typical_p unshifted_sink use_bfloat16 use_cache use_mamba_kernels
    use_prefill_window_in_sink_attention
"""
#: Keys that no shape, cache or number format depends on.
_DROPPED = frozenset(_DROPPED_WORDS.split())
#: The same by pattern of the whole key: tokens, training, elementwise functions, positions, image handling.
_DROPPED_PATTERN = re.compile(
    r"_.*|.*_token_(id|index|ids)|(bos|eos|eod|pad|sep|mask_init|im_start|im_end|im_newline|text_start|text_end)_id"
    r"|(begin_)?suppress_tokens|forced_.*|return_dict.*|transformers\.js_config|.*attn_implementation"
    r"|.*(dropout|dropped|pdrop|loss|jitter|initializer).*"
    r"|.*(_eps|epsilon|_multiplier)|.*(softcap|gelu_|interpolation|placeholder).*|swiglu.*|scale_.*|logits?_scal.*|time_step_.*"
    r"|.*theta|rope_.*|position_embedding_(?!size).*|(rotary|mrope).*|use_bidirectional_.*|(use_)?flash_.*"
    r"|skip_.*|(anyres|vit|video)_.*|vision_(start|end|feature)_.*"
)
_QUANTISATION = {"quantization_config", "quantization", "compression_config"}
#: Of a rope object, only the context it stretches.
_ROPE_KEYS = {"original_max_position_embeddings", "factor", "type", "rope_type"}


def trim(config: dict[str, Any]) -> dict[str, Any]:
    """The keys that shapes, caches and number formats depend on, values unchanged."""
    kept: dict[str, Any] = {}
    for key, value in config.items():
        if key in _QUANTISATION:
            kept[key] = value
        elif key == "rope_scaling" and isinstance(value, dict):
            kept[key] = {name: value[name] for name in value if name in _ROPE_KEYS}
        elif key not in _DROPPED and not _DROPPED_PATTERN.fullmatch(key):
            kept[key] = _trim_inside(value)
    return kept


def _trim_inside(value: Any) -> Any:
    if isinstance(value, dict):
        return trim(value)
    if isinstance(value, list):
        return [_trim_inside(item) for item in value]
    return value


def _sources(folder: Path) -> dict[str, str]:
    with (folder / "index.csv").open(encoding="utf-8", newline="") as lines:
        return {row["model_id"]: public_source(row["source"]) for row in csv.DictReader(lines)}


def public_source(text: str) -> str:
    """The source without words about how it was looked up."""
    text = re.sub(r" \(via \w+\)$", "", text)
    text = text.replace("same helper", "sdpython experimental-experiment/onnx-diagnostic LLM test helper")
    return re.sub(r"^github file id \d+ \((.*)\)$", r"public GitHub file: \1", text)


def entry(folder: Path, name: str, family: str, source: str) -> dict[str, Any]:
    """One entry: what was published, trimmed, with its source."""
    stem = name.replace("/", "--")
    made: dict[str, Any] = {"family": family, "source": source, "date": COLLECTED}
    made["config"] = trim(json.loads((folder / f"{stem}.json").read_text(encoding="utf-8")))
    sidecar = folder / f"{stem}_hf_quant_config.json"
    if sidecar.exists() and not _QUANTISATION & made["config"].keys():
        made["sidecar"] = json.loads(sidecar.read_text(encoding="utf-8"))
    return made


def catalogue(folder: Path) -> dict[str, dict[str, Any]]:
    """All entries in the order of the picker."""
    sources = _sources(folder)
    return {name: entry(folder, name, family, sources[name]) for name, family in MODELS.items()}


def render(made: dict[str, dict[str, Any]]) -> str:
    """One line per entry, so that a change of one model is a change of one line."""
    lines = (f"{json.dumps(name)}: {json.dumps(value, separators=(',', ':'))}" for name, value in made.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def main(arguments: list[str]) -> None:
    """Write the file and print how large it is."""
    made = catalogue(Path(arguments[0]) if arguments else CONFIGS)
    CATALOGUE.write_text(render(made), encoding="utf-8")
    print(f"{len(made)} models, {CATALOGUE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])

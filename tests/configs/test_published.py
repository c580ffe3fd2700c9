"""Every published config: read or refused with a reason, counted to the last parameter, cached to the last byte."""

import csv
import json
import math
from pathlib import Path
from typing import Any

import pytest

from roofline import Model, RooflineError
from roofline.weights import Linear

from .conftest import model_of, published, rows
from .known import (
    BESIDE_THE_MODEL,
    CLOSE_TOTALS,
    NO_TOTAL,
    REFUSED,
    REPOSITORY_TOTALS,
    REPOSITORY_TOWERS,
    TOTALS,
    UNIFORM_WINDOWS,
)

LENGTHS = (1, 1_000, 8_192, 131_072)


def number(row: dict[str, str], column: str) -> int:
    return int(row[column] or 0)


def truth(row: dict[str, str]) -> int | None:
    """Parameters of the language model: truths.csv less towers, or the repository's own total."""
    if row["model"] in REPOSITORY_TOTALS:
        return REPOSITORY_TOTALS[row["model"]]
    total = number(row, "meta_total_params")
    return total - number(row, "vision_audio") if total else None


def skip_refused(row: dict[str, str]) -> None:
    if row["model"] in REFUSED:
        pytest.skip(f"{row['model']} is refused: {REFUSED[row['model']]}")


def test_every_config_is_read_or_refused_with_its_reason(row: dict[str, str]) -> None:
    config, sidecar = published(row)
    if row["model"] not in REFUSED:
        Model.from_config(config, sidecar=sidecar)
        return
    with pytest.raises(RooflineError, match=REFUSED[row["model"]]):
        Model.from_config(config, sidecar=sidecar)


def test_total_params(row: dict[str, str]) -> None:
    skip_refused(row)
    name, total = row["model"], model_of(row["model"]).total_params
    if name in CLOSE_TOTALS:
        whole, share = CLOSE_TOTALS[name]
        towers = model_of(name).tower_params or 0
        assert total + towers == pytest.approx(whole, rel=share)
    elif name in TOTALS:
        assert total == TOTALS[name].value
        assert total == pytest.approx(truth(row), rel=0.005)
    elif name in NO_TOTAL:
        assert truth(row) is None
    else:
        assert total == truth(row)


def test_at_least_95_percent_are_exact() -> None:
    known = [row for row in rows() if truth(row) is not None and row["model"] not in REFUSED]
    if not known:
        pytest.skip("no facts folder beside this checkout")
    exact = [row for row in known if model_of(row["model"]).total_params == truth(row)]
    assert len(exact) >= 0.95 * len(known), sorted(row["model"] for row in known if row not in exact)


def test_active_params(row: dict[str, str]) -> None:
    skip_refused(row)
    active = number(row, "active_params_computed_text_incl_embed")
    model = model_of(row["model"])
    if active:
        assert model.active_params == pytest.approx(active, rel=0.005)
    elif not any(getattr(layer.ffn, "experts", 0) for layer, _ in model.layer_groups):
        assert model.active_params == model.total_params


def test_tower_params(row: dict[str, str]) -> None:
    skip_refused(row)
    config, _ = published(row)
    towers = model_of(row["model"]).tower_params
    if row["model"] in CLOSE_TOTALS:
        assert towers is not None
        assert towers > 0
    elif row["model"] == "stepfun-ai/Step-3.7-Flash":
        assert "vision_config" not in config
        assert towers is None
    else:
        assert towers == (REPOSITORY_TOWERS.get(row["model"]) or number(row, "vision_audio"))


def state_bytes(row: dict[str, str], config: dict[str, Any]) -> float:
    """State of one sequence from the shapes in truths.csv: recurrent in the config's format, the rest in 16 bit."""
    if not row["state_kind"]:
        return 0.0
    _, kind, shape = json.loads(row["state_kind"])
    text = config.get("text_config", config)
    wide = 4 if "float32" in (text.get("mamba_ssm_dtype"), text.get("mamba_ssm_cache_dtype")) else 2
    kernel = shape["conv_kernel_size"]
    if "DeltaNet" in kind:
        elements = shape["num_v_heads"] * shape["head_k_dim"] * shape["head_v_dim"]
        channels = shape["conv_dim"]
    elif "Mamba2" in kind:
        elements = shape["num_heads"] * shape["head_dim"] * shape["ssm_state_size"]
        channels = shape["intermediate_size"] + 2 * shape["n_groups"] * shape["ssm_state_size"]
    else:
        elements = shape["intermediate_size"] * shape["ssm_state_size"]
        channels = shape["intermediate_size"]
    return number(row, "state_layers") * (elements * wide + channels * kernel * 2)


def probed(row: dict[str, str], tokens: int) -> float:
    """Bytes from the columns of truths.csv, 2 bytes per element, index keys of 132 bytes (FP8 and a scale)."""
    full, window = number(row, "kv_elems_full_layers"), number(row, "kv_elems_window_layers")
    kept = min(tokens, int(row["window"].split()[0])) if row["window"] else tokens
    if row["model"] in UNIFORM_WINDOWS:
        full, window, kept = 0, full, min(tokens, UNIFORM_WINDOWS[row["model"]])
    index = 132 * number(row, "dsa_indexer_layers")
    return 2 * full * tokens + 2 * window * kept + index * tokens


def compressed(config: dict[str, Any], tokens: int) -> float:
    """DeepSeek-V4: window of 128, one entry per ratio, FP4 index keys at ratio 4, FP32 state of the compressor."""
    total = 0.0
    for ratio in config["compress_ratios"][: config["num_hidden_layers"]]:
        total += 2 * 512 * min(tokens, 128)
        if ratio:
            streams = 2 if ratio == 4 else 1
            total += tokens // ratio * 2 * 512 + 2 * ratio * streams * 512 * 4
        if ratio == 4:
            total += tokens // 4 * 128 * 0.5
    return total


def by_hand(row: dict[str, str], config: dict[str, Any], tokens: int) -> float:
    """Cache of the families that truths.csv does not probe, from the rules of each."""
    text = config.get("text_config") or config.get("llm_config") or config
    kind = row["model_type"]
    if kind in ("deepseek_v4", "deepseek_ref"):
        return compressed(config, tokens)
    if kind == "minimax_m3_vl":
        return 60 * 2 * 4 * 128 * 2 * tokens + 57 * 128 * 2 * tokens
    if kind == "kimi_k3":
        state = 96 * 128 * 128 * 2 + 3 * 96 * 128 * 4 * 2
        return 24 * 576 * 2 * tokens + 69 * state
    if kind == "lfm2_vl":
        return 6 * 2 * 8 * 64 * 2 * tokens + 10 * 2048 * 3 * 2
    if kind == "nemotron-nas":
        groups = [block["attention"]["n_heads_in_group"] for block in config["block_configs"]]
        return sum(2 * 64 // group * 128 * 2 * tokens for group in groups if group)
    heads = text.get("num_key_value_heads") or text["num_attention_heads"]
    width = text.get("attention_head_dim") or text["hidden_size"] // text["num_attention_heads"]
    return text["num_hidden_layers"] * 2 * heads * width * 2 * tokens


@pytest.mark.parametrize("tokens", LENGTHS)
def test_kv_bytes(row: dict[str, str], tokens: int) -> None:
    skip_refused(row)
    config, _ = published(row)
    rules = not row["kv_elems_full_layers"] or row["model_type"] in ("minimax_m3_vl", "lfm2_vl")
    if row["model_type"] == "falcon_mamba":
        rules = False
    expected = by_hand(row, config, tokens) if rules else probed(row, tokens) + state_bytes(row, config)
    assert model_of(row["model"]).kv_bytes(tokens, "fp16") == expected


def test_published_kv_bytes(facts: Path) -> None:
    with (facts / "configs" / "published_kv.csv").open(encoding="utf-8", newline="") as text:
        stated = {row["model"]: int(row["kv_bytes_per_token_bf16"]) for row in csv.DictReader(text)}
    same = {
        "deepseek-ai/DeepSeek-V3": "deepseek-ai/DeepSeek-V3.1",
        "meta-llama/Llama-3.1-405B": "meta-llama/Meta-Llama-3.1-405B",
    }
    for name, model in same.items():
        assert model_of(model).kv_bytes(1, "fp16") == stated[name]
    qwen, _ = published(next(row for row in rows() if row["model"] == "Qwen/Qwen2.5-32B-Instruct"))
    grown = Model.from_config({**qwen, "num_hidden_layers": 80, "hidden_size": 8192, "num_attention_heads": 64})
    assert grown.kv_bytes(1, "fp16") == stated["Qwen/Qwen2.5-72B-Instruct"]


def test_sparse_latents_cost_what_engines_log() -> None:
    """Start-up logs of vLLM give 78,324 (16 bit) and 43,188 (FP8) bytes per token for DeepSeek-V3.2 with index keys.

    FlashMLA's own FP8 layout of 656 bytes per latent (published_kv.csv) is not what those logs show: 576 + 132.
    """
    if not rows():
        pytest.skip("no facts folder beside this checkout")
    model = model_of("deepseek-ai/DeepSeek-V3.2")
    assert model.kv_bytes(1, "fp16") == 78_324
    assert model.kv_bytes(1, "fp8") == 43_188


def stored_elements(model: Model, *, scales: bool) -> float:
    """Elements as a repository stores them: two 4-bit weights in a byte, block scales beside them."""
    layers = [(linear, count) for layer, count in model.layer_groups for linear in layer.weights]
    total = float(model.total_params)
    for linear, count in [*layers, *((linear, 1) for linear in model.outside)]:
        total += count * _packing(linear, scales=scales)
    return total


def _packing(linear: Linear, *, scales: bool) -> float:
    block = {"nvfp4": 16, "mxfp4": 32, "mxfp8": 32}.get(linear.stored.name)
    if linear.stored.name == "fp8_block":
        tiles = math.ceil(linear.inputs / 128) * math.ceil(linear.outputs / 128)
        return linear.copies * tiles if scales else 0
    if block is None:
        return 0
    half = -0.5 if "fp4" in linear.stored.name else 0.0
    return linear.elements * (half + (1 / block if scales else 0.0))


#: Repositories whose total counts the scales, and those that list it without them (the Hub's correction of 2026).
WITH_SCALES = (
    "Qwen/Qwen3-235B-A22B-FP8",
    "nvidia/Qwen3-235B-A22B-NVFP4",
    "nvidia/DeepSeek-V3.1-NVFP4",
    "nvidia/GLM-5-NVFP4",
    "nvidia/NVIDIA-Nemotron-3-Super-120B-A12B-FP8",
    "MiniMaxAI/MiniMax-M2.5",
)
WITHOUT_SCALES = (
    "nvidia/MiniMax-M2.5-NVFP4",
    "nvidia/MiniMax-M3-NVFP4",
    "nvidia/Qwen3.5-122B-A10B-NVFP4",
    "nvidia/Qwen3.6-27B-NVFP4",
    "nvidia/Qwen3.6-35B-A3B-NVFP4",
    "nvidia/Gemma-4-26B-A4B-NVFP4",
)


@pytest.mark.parametrize("name", [*WITH_SCALES, *WITHOUT_SCALES])
def test_stored_elements_equal_the_repository(name: str) -> None:
    """Which module is quantised, and to what, is right to the last element."""
    row = next((row for row in rows() if row["model"] == name), None)
    if row is None:
        pytest.skip("no facts folder beside this checkout")
    beside = BESIDE_THE_MODEL.get(name, (0, ""))[0]
    known = number(row, "hub_total") - number(row, "vision_audio") - beside
    difference = known - stored_elements(model_of(name), scales=name in WITH_SCALES)
    # routers' correction buffers are stored but are no parameters; repositories count some and not others
    assert difference in (0, number(row, "router_bias_buffers"))


def test_gpt_oss_is_stored_in_the_published_bytes() -> None:
    """2,167,371,072 elements of 2 bytes, 114,661,785,600 of half a byte, one scale of a byte per 32."""
    if not rows():
        pytest.skip("no facts folder beside this checkout")
    expected = 2 * 2_167_371_072 + 114_661_785_600 / 2 + 114_661_785_600 / 32
    assert model_of("openai/gpt-oss-120b").weight_bytes() == pytest.approx(expected, rel=1e-9)


def test_16_bit_checkpoints_take_two_bytes_per_parameter(row: dict[str, str]) -> None:
    skip_refused(row)
    model = model_of(row["model"])
    if model.checkpoint.quantized:
        assert model.weight_bytes() < 2 * (model.total_params + (model.tower_params or 0))
    else:
        assert model.weight_bytes() == 2 * (model.total_params + (model.tower_params or 0))

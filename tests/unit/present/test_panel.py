"""What is said of a model that was read."""

import dataclasses

import pytest

from present import formattext, layertext, models, panel
from present.figures import Figure
from present.models import Loaded
from present.state import Scenario
from roofline import CATALOGUE, Model

FAMILIES = {entry.family: name for name, entry in reversed(CATALOGUE.items())}


def rows(name_or_loaded, **fields):
    """The words of each row, by its key."""
    loaded = name_or_loaded if isinstance(name_or_loaded, Loaded) else models.bundled(name_or_loaded)
    shown = panel.panel(loaded, Scenario(**fields))
    return {row.key: ["".join(map(str, line)) for line in row.lines] for row in shown.rows}


def read(config, sidecar=None):
    return Loaded(Model.from_config(config, name="org/model", sidecar=sidecar), "")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("meta-llama/Llama-3.1-8B", "32 layers: 32 GQA; 32 dense"),
        ("deepseek-ai/DeepSeek-V3.1", "61 layers: 61 MLA; 3 dense, 58 with 8 of 256 experts + shared"),
        ("deepseek-ai/DeepSeek-V3.2", "61 layers: 61 MLA (sparse 2,048); 3 dense, 58 with 8 of 256 experts + shared"),
        ("openai/gpt-oss-120b", "36 layers: 18 GQA (window of 128), 18 GQA; 36 with 4 of 128 experts"),
        (
            "moonshotai/Kimi-K3",
            "93 layers: 69 Kimi delta attention, 24 MLA; 1 dense, 92 with 16 of 896 experts + shared",
        ),
        ("nvidia/Nemotron-H-56B-Base-8K", "118 layers: 54 Mamba-2, 10 GQA; 54 dense"),
        ("nvidia/Llama-3_3-Nemotron-Super-49B-v1", "80 layers: 49 GQA, 31 without attention; 80 dense"),
        ("tiiuae/falcon-mamba-7b", "64 layers: 64 Mamba"),
        ("google/gemma-4-26B-A4B-it", "30 layers: 25 GQA (window of 1,024), 5 GQA; 30 with 8 of 128 experts + dense"),
    ],
)
def test_layers_by_kind(name, words):
    assert layertext.summary(models.bundled(name).model) == words


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_model_of_the_catalogue_is_described(name):
    """Kinds add up to the layers, and nothing of Python shows through."""
    model = models.bundled(name).model
    assert sum(count for _, count in layertext.mixers(model)) <= len(model.layers)
    if layertext.has_whole_layers(model):
        for kinds in (layertext.mixers(model), layertext.feedforwards(model)):
            assert sum(count for _, count in kinds) == len(model.layers)
    found = rows(name)
    assert {"architecture", "attention", "parameters", "cache", "checkpoint", "context"} <= set(found)
    words = " ".join(line for lines in found.values() for line in lines)
    assert not any(odd in words for odd in ("None ", "()", "object at", "nan", "inf "))


def test_a_dense_model():
    found = rows("meta-llama/Llama-3.1-8B", model="meta-llama/Llama-3.1-8B")
    assert found == {
        "architecture": ["llama, hidden size 4,096, vocabulary 128,256"],
        "attention": ["32 heads, 8 KV heads, head width 128"],
        "parameters": ["8,030,261,248 in all"],
        "cache": ["131\u00a0kB per token, FP16", "403\u00a0MB for a request of 3,072 tokens"],
        "checkpoint": ["BF16/FP16: no quantisation in config.json or hf_quant_config.json"],
        "context": ["131,072 tokens"],
    }


def test_a_mixture_of_experts_with_a_latent_cache():
    found = rows("deepseek-ai/DeepSeek-V3.1")
    assert found["attention"] == ["128 heads of 192, one KV latent of 512 + 64"]
    assert found["experts"] == ["256 experts of width 2,048, 8 per token; shared expert of width 2,048"]
    assert found["parameters"] == ["671,026,404,352 in all", "37,552,282,624 used per token"]
    assert found["checkpoint"] == [
        "FP8, 128 × 128 blocks: attention, dense feed-forward, experts and shared experts",
        "16 bit: router, embeddings and head",
        "Found in quantization_config",
    ]
    assert "num_nextn_predict_layers" in found["remarks"][0]


def test_windows_and_states():
    assert "36.9\u00a0kB per token beyond the window of 128" in rows("openai/gpt-oss-120b")["cache"]
    assert "no growth beyond the window of 4,096" in rows("mistralai/Mistral-7B-v0.1")["cache"]
    beyond_context = rows("microsoft/Phi-3-mini-128k-instruct")["cache"]
    assert not any("window" in line for line in beyond_context)
    hybrid = rows("Qwen/Qwen3.5-27B")
    assert hybrid["state"] == ["155\u00a0MB per request, whatever its length"]
    assert hybrid["attention"][0].startswith("gated DeltaNet: 16 key heads of 128, 48 value heads")
    assert hybrid["parameters"][1] == "461M more in vision or audio towers"
    assert "state" not in rows("meta-llama/Llama-3.1-8B")
    assert rows("tiiuae/falcon-mamba-7b")["cache"] == ["None: no layer keeps keys or values"]


def test_figures_are_the_engines():
    model = models.bundled("Qwen/Qwen3.5-27B").model
    scenario = Scenario(input_tokens=1000, output_tokens=24)
    shown = panel.panel(models.bundled("Qwen/Qwen3.5-27B"), scenario)
    figures = {
        piece.field: piece.value
        for row in shown.rows
        for line in row.lines
        for piece in line
        if isinstance(piece, Figure)
    }
    assert figures == {
        "tower_params": model.tower_params,
        "kv_bytes_per_token": model.kv_bytes_per_token(),
        "kv_bytes": model.kv_bytes(1024),
    }


def test_the_cache_follows_the_deployment_in_its_format():
    name = "nvidia/DeepSeek-V3.1-NVFP4"
    assert "FP8" in rows(name)["cache"][0]
    assert "FP16" in rows(name, kv_precision="fp16")["cache"][0]
    declared = panel.cache_precision(models.bundled(name).model, Scenario(tensor_parallel=3))
    assert declared == "fp8"


def test_where_a_quantisation_was_found():
    assert rows("nvidia/DeepSeek-V3.1-NVFP4")["checkpoint"][-2:] == [
        "Found in hf_quant_config.json",
        "KV cache declared as FP8",
    ]
    assert rows("moonshotai/Kimi-K3")["checkpoint"][-1] == "Found in quantization_config of the language section"
    assert rows("openai/gpt-oss-20b")["checkpoint"][0] == "MXFP4: experts"


def test_a_part_in_two_formats_says_so():
    ignoring = {"quant_method": "fp8", "modules_to_not_convert": ["model.layers.0.self_attn.q_proj"]}
    config = {**CATALOGUE["Qwen/Qwen3-8B"].config, "quantization_config": ignoring}
    lines = formattext.checkpoint(read(config).model)
    assert "part of attention" in lines[0] and "part of attention" in lines[1]


def test_a_tower_of_unknown_size_is_said():
    loaded = models.bundled("stepfun-ai/Step-3.7-Flash")
    assert loaded.model.tower_params is None
    assert "does not tell" in " ".join(rows(loaded)["parameters"])


def test_a_request_beyond_the_context():
    def context(**fields):
        shown = panel.panel(models.bundled("google/gemma-2-2b"), Scenario(**fields))
        return next(row for row in shown.rows if row.key == "context")

    assert not context(input_tokens=8_000, output_tokens=192).warns
    beyond = context(input_tokens=8_000, output_tokens=193)
    assert beyond.warns
    assert beyond.lines == (("8,192 tokens, less than the 8,193 of input and output",),)


def test_a_model_by_hand():
    scenario = Scenario(manual=True, experts=8, active_experts=2)
    found = rows(models.manual(scenario), manual=True)
    assert found["checkpoint"] == ["BF16/FP16: assumed"]
    assert found["context"] == ["The config states no limit"]
    assert found["experts"][0].startswith("8 experts of width")


def test_gib_on_request():
    assert "GiB" in rows("deepseek-ai/DeepSeek-V3.1", units="gib", input_tokens=100_000)["cache"][-1]


def test_hostile_words_stay_words():
    """A config's own words are carried as text; what becomes of them is for markup to escape."""
    model = dataclasses.replace(models.bundled("Qwen/Qwen3-8B").model, architecture="<b>x</b>")
    assert rows(Loaded(model, ""))["architecture"][0].startswith("<b>x</b>, hidden")

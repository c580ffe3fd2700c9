"""Every reader counts what the model class of transformers 5.23.0 instantiates (class_totals.json), and the traps."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from roofline import CATALOGUE, ConfigError, Model, UnsupportedArchitecture
from roofline.feedforward import DenseFeedForward, MixtureOfExperts
from roofline.mixers import GroupedQueryAttention, LatentAttention, SparseLatentAttention
from roofline.mixers.block_sparse import BlockSparseAttention
from roofline.mixers.compressed import CompressedAttention
from roofline.mixers.mamba import Mamba1, Mamba2, ShortConvolution
from roofline.mixers.others import CrossAttention, LinearReplacement, SideBySide
from roofline.mixers.recurrent import GatedDeltaNet, KimiDeltaAttention, LightningAttention
from roofline.reading.families import find_reader, tables

#: Default configs of the classes with the parameters of the instantiated module (meta device), towers taken off.
CLASSES: dict[str, dict[str, Any]] = json.loads(
    Path(__file__).with_name("class_totals.json").read_text(encoding="utf-8")
)


def class_model(name: str, **changes: Any) -> Model:
    """Model of a class's default config with some keys changed; None deletes."""
    config = {**CLASSES[name]["config"], **changes}
    return Model.from_config({key: value for key, value in config.items() if value is not None})


def mixers(model: Model) -> list[type]:
    """Kinds of the mixers, in order."""
    return [type(layer.mixer) for layer in model.layers]


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_total_equals_the_instantiated_class(name: str) -> None:
    assert Model.from_config(CLASSES[name]["config"]).total_params == CLASSES[name]["total_params"]


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_equal_layers_are_one_object(name: str) -> None:
    model = Model.from_config(CLASSES[name]["config"])
    assert len({id(layer) for layer in model.layers}) == len(set(model.layers))


def test_every_mixer_has_a_class_that_is_counted() -> None:
    seen = {kind for name in CLASSES for kind in mixers(Model.from_config(CLASSES[name]["config"]))}
    assert seen >= {
        CompressedAttention,
        CrossAttention,
        GatedDeltaNet,
        GroupedQueryAttention,
        KimiDeltaAttention,
        LatentAttention,
        LightningAttention,
        Mamba1,
        Mamba2,
        SideBySide,
        SparseLatentAttention,
    }


def test_lfm2_convolves_and_narrows_its_block() -> None:
    model = class_model("lfm2", layer_types=["conv", "full_attention"] * 16)
    assert mixers(model)[:2] == [ShortConvolution, GroupedQueryAttention]
    # 12,288 configured: two thirds, rounded up to a multiple of 256
    assert all(isinstance(layer.ffn, DenseFeedForward) and layer.ffn.width == 8192 for layer in model.layers)
    assert model.kv_bytes(1) == 16 * 2 * 8 * 80 * 2 + 16 * 2560 * 3 * 2


def test_every_type_has_one_reader() -> None:
    names = [name for table in tables() for name in table]
    assert len(names) == len(set(names))
    assert find_reader("no such type") is None


def test_every_reader_names_what_is_missing() -> None:
    for name in (name for table in tables() for name in table):
        with pytest.raises(ConfigError) as caught:
            Model.from_config({"model_type": name})
        assert caught.value.hint


def test_qwen_of_the_first_generation_halves_its_width() -> None:
    config = {
        "model_type": "qwen",
        "hidden_size": 64,
        "num_hidden_layers": 1,
        "num_attention_heads": 4,
        "intermediate_size": 256,
        "vocab_size": 100,
    }
    ffn = Model.from_config(config).layers[0].ffn
    assert isinstance(ffn, DenseFeedForward)
    assert ffn.width == 128


def test_llama4_swaps_its_widths() -> None:
    model = class_model(
        "llama4_text", interleave_moe_layer_step=2, moe_layers=None, intermediate_size=64, intermediate_size_mlp=96
    )
    first, second = model.layers[0].ffn, model.layers[1].ffn
    assert isinstance(first, DenseFeedForward)
    assert isinstance(second, MixtureOfExperts)
    assert (first.width, second.expert_width, second.shared_width) == (96, 64, 64)


def test_falcon_mamba_ignores_expand() -> None:
    mixer = class_model("falcon_mamba", expand=16, intermediate_size=1536).layers[0].mixer
    assert isinstance(mixer, Mamba1)
    assert mixer.inner == 1536


def test_hunyuan_shares_caches_between_layers() -> None:
    config = {
        "model_type": "hunyuan",
        "hidden_size": 64,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "intermediate_size": 128,
        "vocab_size": 100,
        "use_cla": True,
        "cla_share_factor": 2,
        "num_experts": 1,
    }
    shared, whole = Model.from_config(config), Model.from_config({**config, "use_cla": False})
    assert shared.kv_bytes(10) == whole.kv_bytes(10) / 2
    # two layers without key and value projections of 64 x 64
    assert whole.total_params - shared.total_params == 2 * 2 * 64 * 64


def test_gemma4_shares_caches_and_widens_those_layers() -> None:
    plain = class_model("gemma4_text", num_kv_shared_layers=0)
    shared = class_model("gemma4_text", num_kv_shared_layers=6)
    wide = class_model("gemma4_text", num_kv_shared_layers=6, use_double_wide_mlp=True)
    assert shared.kv_bytes(100) < plain.kv_bytes(100)
    assert wide.total_params - shared.total_params == 6 * 3 * 2304 * 9216


def test_gemma4_keys_serve_as_values_but_both_are_cached() -> None:
    plain = class_model("gemma4_text", attention_k_eq_v=False)
    equal = class_model("gemma4_text", attention_k_eq_v=True)
    assert equal.kv_bytes(10_000) == plain.kv_bytes(10_000)
    assert plain.total_params - equal.total_params == 5 * 2304 * 4 * 512


def test_nemotron_nas_drops_and_replaces_blocks() -> None:
    attention = {"n_heads_in_group": 4, "no_op": False, "replace_with_linear": False}
    config = {
        "model_type": "nemotron-nas",
        "hidden_size": 64,
        "num_attention_heads": 8,
        "num_hidden_layers": 3,
        "vocab_size": 100,
        "block_configs": [
            {"attention": attention, "ffn": {"ffn_mult": 1.0}},
            {"attention": {"no_op": True}, "ffn": {"ffn_mult": 1.0}},
            {"attention": {"replace_with_linear": True}, "ffn": {"no_op": True}},
        ],
    }
    model = Model.from_config(config)
    assert mixers(model) == [GroupedQueryAttention, type(None), LinearReplacement]
    assert model.kv_bytes(10) == 2 * 2 * 8 * 2 * 10
    ffn = 3 * 64 * 256  # int(2 x 1.0 x 64 / 3) rounded up to 256
    projections = 2 * 64 * 64 + 2 * 64 * 16
    assert model.total_params == 2 * 100 * 64 + 64 + (projections + ffn + 128) + (ffn + 64) + (64 * 64 + 64)


def test_nemotron_latent_experts_work_in_their_own_width() -> None:
    plain = class_model("nemotron_h")
    latent = class_model("nemotron_h", moe_latent_size=1024)
    experts = 8 * 2 * 7688 * (4096 - 1024)
    assert plain.total_params - latent.total_params == experts - 2 * 4096 * 1024


def test_minimax_m3_reads_blocks_and_one_index_key() -> None:
    layer_types = ["full_attention", "minimax_m3_sparse"] * 30
    model = class_model("minimax_m3_vl_text", layer_types=layer_types, index_block_size=128, index_topk_blocks=16)
    kinds = mixers(model)
    assert kinds.count(BlockSparseAttention) == 30
    assert model.kv_bytes(7) == (60 * 2 * 4 * 128 + 30 * 128) * 2 * 7


def test_glm_shares_the_indexer_between_layers() -> None:
    owning = class_model("glm_moe_dsa", indexer_types=None)
    half = class_model("glm_moe_dsa", indexer_types=["full", "shared"] * 39)
    assert owning.kv_bytes(1) - half.kv_bytes(1) == 39 * 132
    assert half.total_params < owning.total_params


def test_qwen_windows_only_where_they_are_switched_on() -> None:
    keys = {"sliding_window": 64, "max_window_layers": 20, "layer_types": None}
    off = class_model("qwen2", use_sliding_window=False, **keys)
    on = class_model("qwen2", use_sliding_window=True, **keys)
    windows = [layer.mixer.window_tokens for layer in on.layers if isinstance(layer.mixer, GroupedQueryAttention)]
    assert windows == [None] * 20 + [64] * 12
    assert off.kv_bytes(1_000) == class_model("qwen2", layer_types=None).kv_bytes(1_000)


def test_mllama_caches_nothing_for_images_and_says_so() -> None:
    model = class_model("mllama")
    assert mixers(model).count(CrossAttention) == 8
    assert model.kv_bytes(1) == 32 * 2 * 8 * 128 * 2
    assert any("image" in remark for remark in model.remarks)


def test_an_embedder_has_no_head() -> None:
    config = {**CLASSES["mistral"]["config"], "architectures": ["MistralModel"]}
    whole = class_model("mistral")
    bare = Model.from_config(config)
    assert whole.total_params - bare.total_params == whole.vocab_size * whole.hidden_size


def test_a_nested_config_may_leave_out_sizes_and_says_so() -> None:
    text = {"model_type": "gemma3_text", "hidden_size": 2560, "intermediate_size": 10240, "num_hidden_layers": 34}
    model = Model.from_config({"model_type": "gemma3", "text_config": {**text, "sliding_window": 1024}})
    assert model.total_params == 3_880_263_168
    assert any("num_attention_heads" in remark and "vocab_size" in remark for remark in model.remarks)
    with pytest.raises(ConfigError, match="num_attention_heads"):
        Model.from_config(text)


@pytest.mark.parametrize("place", ["text_config", "llm_config", "language_config"])
def test_the_language_config_may_be_nested(place: str) -> None:
    inner = CLASSES["llama"]["config"]
    model = Model.from_config({"model_type": "any_vl", place: inner, "hidden_size": 1})
    assert model.total_params == CLASSES["llama"]["total_params"]


def test_the_thinker_of_an_omni_model_is_the_language_model() -> None:
    thinker = {"text_config": CLASSES["qwen3_moe"]["config"], "audio_config": {}}
    model = Model.from_config({"model_type": "qwen3_omni_moe", "thinker_config": thinker})
    assert model.total_params == CLASSES["qwen3_moe"]["total_params"]


def test_an_unknown_type_is_read_if_nothing_in_it_is_unknown() -> None:
    config = {**CLASSES["llama"]["config"], "model_type": "new_llama", "rope_theta": 1e4, "bos_token_id": 1}
    model = Model.from_config(config)
    assert model.total_params == CLASSES["llama"]["total_params"]
    assert "new_llama" in model.remarks[0]


def test_an_unknown_latent_type_is_read_too() -> None:
    config = {**CLASSES["deepseek_v3"]["config"], "model_type": "new_mla", "topk_method": "noaux_tc"}
    assert Model.from_config(config).total_params == CLASSES["deepseek_v3"]["total_params"]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"lambda_rank": 4}, "lambda_rank"),
        ({"sliding_window": 128}, "layer_types"),
        ({"hidden_act": "relu2"}, "relu2"),
        ({"hidden_size": None}, "hidden_size"),
        ({"intermediate_size": 4096.5}, "intermediate_size"),
    ],
)
def test_an_unknown_type_with_unknown_keys_is_refused_by_name(changes: dict[str, Any], named: str) -> None:
    config = {**CLASSES["llama"]["config"], "model_type": "new_llama", **changes}
    with pytest.raises(UnsupportedArchitecture, match=named) as caught:
        Model.from_config({key: value for key, value in config.items() if value is not None})
    assert "new_llama" in str(caught.value)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"model_type": "bert", "hidden_size": 768}, "encoder"),
        ({"model_type": "xlm-roberta", "architectures": ["XLMRobertaForSequenceClassification"]}, "classifier"),
        ({"model_type": "t5", "is_encoder_decoder": True}, "encoder-decoder"),
        ({"_class_name": "FluxTransformer2DModel", "_diffusers_version": "0.30", "model_type": "flux"}, "diffusion"),
        ({"model_type": "zamba2", "hidden_size": 64}, "zamba2"),
        ({"hidden_size": 64}, "model_type"),
        ([], "object"),
        ("config", "object"),
        (None, "object"),
    ],
)
def test_what_is_no_decoder_is_refused_with_words(config: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        Model.from_config(config)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("num_hidden_layers", 1001),
        ("num_hidden_layers", 0),
        ("hidden_size", 1_000_001),
        ("hidden_size", True),
        ("hidden_size", "4096"),
        ("hidden_size", 4096.0),
        ("vocab_size", 10_000_001),
        ("num_attention_heads", -32),
        ("num_key_value_heads", 7),
        ("intermediate_size", float("nan")),
        ("tie_word_embeddings", "yes"),
        ("sliding_window", [4096]),
    ],
)
def test_numbers_are_bounded_and_typed(key: str, value: Any) -> None:
    with pytest.raises(ConfigError, match=key) as caught:
        class_model("mistral", head_dim=None, **{key: value})
    assert "config.json" in caught.value.hint or "both" in caught.value.hint


def test_layers_for_further_tokens_are_named_not_counted() -> None:
    plain = class_model("deepseek_v3", num_nextn_predict_layers=0)
    more = class_model("deepseek_v3", num_nextn_predict_layers=1)
    assert more.total_params == plain.total_params
    assert any("num_nextn_predict_layers" in remark for remark in more.remarks)
    assert not plain.remarks


def test_a_context_that_is_not_stated_is_unknown() -> None:
    assert class_model("llama", max_position_embeddings=None).context_tokens is None
    assert class_model("llama", max_position_embeddings=None, model_max_length=7).context_tokens == 7


def test_reading_deepseek_takes_less_than_5_ms() -> None:
    entry = CATALOGUE["deepseek-ai/DeepSeek-V3.1"]
    taken = []
    for _ in range(50):
        start = time.perf_counter()
        Model.from_config(entry.config, sidecar=entry.sidecar)
        taken.append(time.perf_counter() - start)
    assert min(taken) < 0.005

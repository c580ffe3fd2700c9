"""Configs of a model_type without a reader: read if nothing in them is unknown, refused with words otherwise."""

from __future__ import annotations

from dataclasses import replace

from ..errors import ConfigError, UnsupportedArchitecture
from .attention import CONTEXT, HEAD_DIM, KV_HEADS
from .blueprint import Blueprint
from .families.deepseek import read_latent
from .keys import Keys
from .recipe import Recipe, read
from .windows import Windows, from_words, window_size

SHOWN = 8
#: Activations that come with a gate; others tell nothing about the shape of the block.
GATED_ACTIVATIONS = frozenset({"silu", "swish", "swiglu"})
BY_HAND = "Enter the model's parameters by hand, or report the model_type."

#: Families whose keys look like a plain decoder's but whose layers are not.
NOT_PLAIN = frozenset(
    {
        "beam",
        "bitnet",
        "diffllama",
        "doge",
        "flint",
        "jetmoe",
        "kolibri1",
        "recurrent_gemma",
        "rwkv",
        "xlstm",
        "zamba",
        "zamba2",
        "zaya",
    }
)
#: Keys that change neither shapes nor caches.
HARMLESS = frozenset(
    """
    _attn_implementation _attn_implementation_autoset _commit_hash _name_or_path architectures
    attn_implementation auto_map bf16 chunk_size_feed_forward do_sample dtype ep_size finetuning_task fp16 fp32
    id2label ignore_index initializer_factor initializer_range is_decoder
    label2id language_model_only length_penalty max_length max_window_layers model_type moe_aux_loss_coef n_group
    norm_eps norm_topk_prob output_router_logits partial_rotary_factor pretraining_tp problem_type quantization_config
    return_dict rotary_dim rotary_emb_base rotary_pct routed_scaling_factor scale_attn_weights scoring_func seq_aux
    temperature tokenizer_class top_k top_p topk_group topk_method torch_dtype transformers_version use_cache
    use_flash_attn vision_config audio_config
    num_nextn_predict_layers num_mtp_modules mtp_num_hidden_layers num_beam_groups num_beams num_return_sequences
    no_repeat_ngram_size repetition_penalty typical_p diversity_penalty exponential_decay_length_penalty
    original_max_position_embeddings qk_head_dim head_dtype param_dtype embedding_multiplier logits_scaling
    residual_multiplier attention_multiplier scale_emb scale_depth dim_model_base logit_scale rope_interleave
    """.split()
)
HARMLESS_ENDS = (
    "_token_id",
    "_token_ids",
    "_token_index",
    "_eps",
    "_epsilon",
    "_dropout",
    "_pdrop",
    "_dropout_prob",
    "_loss_coef",
    "_loss_alpha",
    "_jitter_noise",
    "_init_std",
    "_softcapping",
    "_limit",
    "_theta",
)
HARMLESS_STARTS = (
    "rope_",
    "router_",
    "initializer",
    "summary_",
    "output_",
    "image_",
    "video_",
    "vision_",
    "aux_loss",
    "_",
)


def _windows(keys: Keys, layers: int) -> Windows:
    """A window counts only where the config says which layers have it."""
    if keys.items("layer_types") is not None:
        return from_words(keys, layers, window_size(keys))
    if keys.flag("use_sliding_window", default=window_size(keys) is not None):
        raise keys.missing("layer_types")
    return (None,) * layers


RECIPE = Recipe(
    qkv_bias=("attention_bias", "qkv_bias", "use_qkv_bias"),
    output_bias="attention_bias",
    head_norm=("use_qk_norm", "qk_norm"),
    windows=_windows,
)


def _read_latent(keys: Keys) -> Blueprint:
    """MLA, where the keys of the usual heads mean nothing."""
    keys.value(*KV_HEADS, *HEAD_DIM)
    return read_latent(keys)


def read_unknown(keys: Keys) -> Blueprint:
    """Read as a plain decoder (GQA, or MLA where kv_lora_rank is given) if every other key is understood.

    Raises:
        UnsupportedArchitecture: a key is missing, makes no sense, or is not understood.
    """
    name = keys.model_type
    if name in NOT_PLAIN:
        raise UnsupportedArchitecture(f"model_type {name!r} is not modelled", hint=BY_HAND)
    keys.value(*CONTEXT)
    activation = keys.value("hidden_act", "hidden_activation", "activation_function")
    if activation is not None and str(activation)[:40] not in GATED_ACTIVATIONS:
        raise UnsupportedArchitecture(
            f"model_type {name[:60]!r} is not modelled; not understood: hidden_act {str(activation)[:40]!r}",
            hint=BY_HAND,
        )
    try:
        blueprint = _read_latent(keys) if keys.value("kv_lora_rank") is not None else read(keys, RECIPE)
    except UnsupportedArchitecture:
        raise
    except ConfigError as error:
        raise UnsupportedArchitecture(f"model_type {name[:60]!r} is not modelled: {error}", hint=BY_HAND) from None
    foreign = [key for key in keys.unread() if not harmless(key)]
    if foreign:
        listed = ", ".join(key[:40] for key in foreign[:SHOWN])
        more = f" and {len(foreign) - SHOWN} more" if len(foreign) > SHOWN else ""
        raise UnsupportedArchitecture(
            f"model_type {name[:60]!r} is not modelled; not understood: {listed}{more}", hint=BY_HAND
        )
    remarks = [f"model_type {name[:60]!r} is not known here; it was read as a plain decoder because all its keys are."]
    if keys.value("tie_word_embeddings", root=True) is None:
        remarks.append("tie_word_embeddings is not given; a separate head is assumed.")
    return replace(blueprint, remarks=(*blueprint.remarks, *remarks))


def harmless(key: str) -> bool:
    """Whether a key changes neither shapes nor caches."""
    return key in HARMLESS or key.endswith(HARMLESS_ENDS) or key.startswith(HARMLESS_STARTS)

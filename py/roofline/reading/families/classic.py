"""Decoders before Llama: learned positions, LayerNorm with biases, ungated feed-forward blocks, parallel residuals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from ...errors import UnsupportedArchitecture
from ...weights import Linear
from ..attention import HEADS, KV_HEADS, LAYERS, Heads, head_width, hidden_size, read_heads
from ..blueprint import Blueprint, table
from ..keys import MAX_TOKENS, Keys
from ..recipe import Recipe, dense_of, read
from ..windows import Windows

OPT_PADDING_ROWS = 2


def positions(*names: str, padding: int = 0) -> Callable[[Keys, int], tuple[Linear, ...]]:
    """Learned table with one row per position."""

    def tables(keys: Keys, hidden: int) -> tuple[Linear, ...]:
        return (table(keys.integer(*names, high=MAX_TOKENS) + padding, hidden, "embed_positions"),)

    return tables


def local_windows(keys: Keys, layers: int) -> Windows:
    """GPT-Neo: attention_layers holds "local" or "global"; attention_types in the older spelling."""
    size = keys.integer("window_size", high=MAX_TOKENS)
    words = keys.words("attention_layers", layers=layers) or _expanded(keys, layers)
    return tuple(size if word == "local" else None for word in words)


def _expanded(keys: Keys, layers: int) -> tuple[str, ...]:
    words: list[str] = []
    for entry in keys.items("attention_types") or ():
        kinds, count = entry if isinstance(entry, list) and len(entry) == 2 else ((), 0)
        if isinstance(kinds, list) and isinstance(count, int) and 0 < count <= layers:
            words += [str(kind) for kind in kinds] * count
    keys.long_enough("attention_types", words, layers)
    return tuple(words[:layers])


_GPT = Recipe(
    qkv_bias=True, output_bias=True, mlp_bias=True, norm_parts=2, gated=False, wide=4, tables=positions("n_positions")
)
_PHI = Recipe(
    qkv_bias=True, output_bias=True, mlp_bias=True, head_bias=True, norms=1, norm_parts=2, gated=False, wide=4
)
_GPTJ = replace(_PHI, qkv_bias=False, output_bias=False)

RECIPES: Mapping[str, Recipe] = {
    "gpt2": _GPT,
    "gpt_neo": replace(_GPT, qkv_bias=False, tables=positions("max_position_embeddings"), windows=local_windows),
    "gpt_neox": replace(_GPT, qkv_bias="attention_bias", output_bias="attention_bias", tables=Recipe().tables),
    "gptj": _GPTJ,
    "codegen": _GPTJ,
}


def read_bigcode(keys: Keys) -> Blueprint:
    """GPT-BigCode (StarCoder): multi_query leaves one key-value head."""
    hidden = hidden_size(keys)
    shape = read_heads(keys, hidden)
    if keys.flag("multi_query", default=True):
        shape = Heads(shape.heads, 1, shape.dim)
    return read(keys, _GPT, shape=shape)


def read_opt(keys: Keys) -> Blueprint:
    """OPT: two padding rows in the position table; no final norm where norms come after."""
    hidden = hidden_size(keys)
    if keys.integer("word_embed_proj_dim", default=hidden) != hidden:
        raise UnsupportedArchitecture(
            "OPT with projected embeddings (word_embed_proj_dim) is not modelled",
            hint="Enter the model's parameters by hand.",
        )
    bias = keys.flag("enable_bias", default=True)
    recipe = replace(
        _GPT,
        qkv_bias=bias,
        output_bias=bias,
        mlp_bias=bias,
        tables=positions("max_position_embeddings", padding=OPT_PADDING_ROWS),
    )
    block = dense_of(hidden, keys.integer("ffn_dim"), recipe, keys)
    blueprint = read(keys, recipe, ffns=(block,) * keys.integer(*LAYERS))
    final = keys.flag("do_layer_norm_before", default=True) and not keys.flag("_remove_final_layer_norm")
    return blueprint if final else replace(blueprint, extra_params=0)


def read_bloom(keys: Keys) -> Blueprint:
    """BLOOM: a norm on the embeddings, no position table."""
    blueprint = read(keys, replace(_GPT, tables=Recipe().tables))
    return replace(blueprint, extra_params=2 * blueprint.extra_params)


def read_mpt(keys: Keys) -> Blueprint:
    """MPT: no biases unless no_bias is false; ALiBi needs no position table."""
    hidden = hidden_size(keys)
    attention = keys.section("attn_config")
    alibi = attention is not None and attention.flag("alibi", default=True)
    kv_heads = None if attention is None else attention.optional("kv_n_heads", low=1)
    heads = keys.integer(*HEADS)
    shape = Heads(heads, kv_heads or heads, head_width(keys, hidden, heads))
    bias = not keys.flag("no_bias", default=True)
    learned = keys.flag("learned_pos_emb", default=True) and not alibi
    recipe = Recipe(
        qkv_bias=bias,
        output_bias=bias,
        mlp_bias=bias,
        norm_parts=2 if bias else 1,
        gated=False,
        tables=positions("max_seq_len") if learned else Recipe().tables,
    )
    width = int(keys.number("expansion_ratio", default=4.0, low=0.25, high=64.0) * hidden)
    return read(keys, recipe, ffns=(dense_of(hidden, width, recipe, keys),) * keys.integer(*LAYERS), shape=shape)


def read_falcon(keys: Keys) -> Blueprint:
    """Falcon: one kv head under multi_query unless the decoder is the new one; norms by parallel_attn."""
    hidden, heads = hidden_size(keys), keys.integer(*HEADS)
    new = keys.flag("new_decoder_architecture")
    kv_heads = keys.optional(*KV_HEADS, low=1) or heads
    if not new:
        kv_heads = 1 if keys.flag("multi_query", default=True) else heads
    norms = 2
    if keys.flag("parallel_attn", default=True):
        norms = keys.optional("num_ln_in_parallel_attn", low=1, high=2) or (2 if new else 1)
    recipe = Recipe(
        qkv_bias="bias", output_bias="bias", mlp_bias="bias", norms=norms, norm_parts=2, gated=False, wide=4
    )
    return read(keys, recipe, shape=Heads(heads, kv_heads, head_width(keys, hidden, heads)))


def read_stablelm(keys: Keys) -> Blueprint:
    """StableLM: LayerNorm, one of them where the residual is parallel."""
    recipe = Recipe(
        qkv_bias="use_qkv_bias",
        output_bias=False,
        mlp_bias=False,
        width_norm="qk_layernorm",
        norms=1 if keys.flag("use_parallel_residual") else 2,
        norm_parts=2,
    )
    return read(keys, recipe)


def read_phi(keys: Keys) -> Blueprint:
    """Phi: one norm for both blocks, biases everywhere, the head's too."""
    shape = read_heads(keys, hidden_size(keys))
    return read(keys, replace(_PHI, vectors=4 * shape.dim if keys.flag("qk_layernorm") else 0))


def read_persimmon(keys: Keys) -> Blueprint:
    """Persimmon: norms with biases on queries and keys."""
    shape = read_heads(keys, hidden_size(keys))
    vectors = 4 * shape.dim if keys.flag("qk_layernorm", default=True) else 0
    return read(keys, replace(_GPT, tables=Recipe().tables, vectors=vectors))


def read_qwen(keys: Keys) -> Blueprint:
    """Qwen of the first generation: intermediate_size is twice the width of the block."""
    hidden = hidden_size(keys)
    recipe = Recipe(qkv_bias=True, output_bias=not keys.flag("no_bias", default=True), mlp_bias=False)
    block = dense_of(hidden, keys.integer("intermediate_size", low=2) // 2, recipe, keys)
    return read(keys, recipe, ffns=(block,) * keys.integer(*LAYERS))


def read_chatglm(keys: Keys) -> Blueprint:
    """ChatGLM 2 and 3: kv groups only where multi_query_attention."""
    hidden, heads = hidden_size(keys), keys.integer(*HEADS)
    groups = keys.integer("multi_query_group_num", default=heads)
    shape = Heads(heads, groups if keys.flag("multi_query_attention") else heads, head_width(keys, hidden, heads))
    recipe = Recipe(
        qkv_bias=keys.flag("add_qkv_bias") or keys.flag("add_bias_linear"),
        output_bias="add_bias_linear",
        mlp_bias="add_bias_linear",
        norm_parts=1 if keys.flag("rmsnorm", default=True) else 2,
    )
    return read(keys, recipe, shape=shape)


def read_molmo(keys: Keys) -> Blueprint:
    """Molmo: intermediate_size is twice the width; 128 rows for image tokens beside the embedding."""
    hidden = hidden_size(keys)
    recipe = Recipe(
        qkv_bias="qkv_bias",
        output_bias=False,
        mlp_bias=False,
        width_norm="attention_layer_norm",
        tables=lambda keys, hidden: (table(MOLMO_IMAGE_ROWS, hidden, "new_embedding"),),
    )
    block = dense_of(hidden, keys.integer("intermediate_size", low=2) // 2, recipe, keys)
    return read(keys, recipe, ffns=(block,) * keys.integer(*LAYERS))


MOLMO_IMAGE_ROWS = 128

FAMILIES: Mapping[str, Callable[[Keys], Blueprint]] = {
    **{name: partial(read, recipe=recipe) for name, recipe in RECIPES.items()},
    "gpt_bigcode": read_bigcode,
    "opt": read_opt,
    "bloom": read_bloom,
    "mpt": read_mpt,
    "falcon": read_falcon,
    "phi": read_phi,
    "phi-msft": read_phi,
    "stablelm": read_stablelm,
    "persimmon": read_persimmon,
    "qwen": read_qwen,
    "chatglm": read_chatglm,
    "molmo": read_molmo,
}

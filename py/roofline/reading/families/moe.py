"""Grouped-query decoders with experts whose keys are their own: ERNIE, AFMoE, DBRX, MiniCPM, Hunyuan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from ...errors import UnsupportedArchitecture
from ...feedforward import DenseFeedForward, FeedForward, MixtureOfExperts
from ...mixers import GroupedQueryAttention
from ..attention import HEADS, Heads, head_width, hidden_size, layer_count, read_heads
from ..blueprint import Block, Blueprint, share
from ..experts import active_count, dense, expert_count, feed_forwards
from ..keys import MAX_EXPERTS, MAX_LAYERS, Keys
from ..recipe import Names, Recipe, attention, finish, read
from ..windows import patterned

ERNIE = Recipe(qkv_bias="use_bias", output_bias="use_bias", mlp_bias="use_bias", head_bias="use_bias")
AFMOE = Recipe(mlp_bias=False, head_norm=True)
PLAIN = Recipe(qkv_bias=False, output_bias=False, mlp_bias=False)
HUNYUAN = Recipe(mlp_bias="mlp_bias")
AFMOE_NAMES: Names = (("mlp.gate", "mlp.router.gate"),)
DBRX_NAMES: Names = (
    ("mlp.gate", "ffn.router.layer"),
    ("mlp.experts.*.gate_proj", "ffn.experts.mlp.w1"),
    ("mlp.experts.*.up_proj", "ffn.experts.mlp.v1"),
    ("mlp.experts.*.down_proj", "ffn.experts.mlp.w2"),
)
HUNYUAN_NAMES: Names = (("mlp.gate", "mlp.gate.wg"), ("mlp.shared_experts", "mlp.shared_mlp"))


def read_ernie(keys: Keys) -> Blueprint:
    """ERNIE 4.5: experts from moe_layer_start_index to moe_layer_end_index, every moe_layer_interval."""
    hidden, layers = hidden_size(keys), layer_count(keys)
    start = keys.integer("moe_layer_start_index", low=0, high=MAX_LAYERS)
    end = keys.optional("moe_layer_end_index", low=-1, high=MAX_LAYERS)
    last = layers - 1 if end is None or end < 0 else end
    step = keys.integer("moe_layer_interval", default=1, high=MAX_LAYERS)
    marks = tuple((index + 1) % step == 0 and start <= index <= last for index in range(layers))
    ffns = feed_forwards(
        keys,
        hidden,
        layers,
        bias=keys.flag("use_bias"),
        router_bias=keys.flag("moe_use_aux_free", default=True),
        marks=marks,
    )
    return read(keys, ERNIE, ffns=ffns)


def read_afmoe(keys: Keys) -> Blueprint:
    """Arcee AFMoE (Trinity): a gate as wide as the heads, four norms, first layers dense."""
    hidden, layers = hidden_size(keys), layer_count(keys)
    first = keys.integer("num_dense_layers", low=0, high=MAX_LAYERS)
    ffns = feed_forwards(keys, hidden, layers, router_bias=True, marks=tuple(index >= first for index in range(layers)))
    shape = read_heads(keys, hidden)
    windows = patterned(keys.integer("global_attn_every_n_layers", high=MAX_LAYERS))(keys, layers)

    def make(kind: tuple[int | None, FeedForward]) -> Block:
        mixer = replace(attention(keys, AFMOE, hidden, shape, kind[0]), gate_width=shape.heads * shape.dim)
        return Block(mixer, kind[1], 4 * hidden)

    return finish(keys, share(tuple(zip(windows, ffns, strict=True)), make), names=AFMOE_NAMES)


def read_dbrx(keys: Keys) -> Blueprint:
    """DBRX: keys in attn_config and ffn_config."""
    hidden, heads = hidden_size(keys), keys.integer(*HEADS)
    attn, ffn = keys.section("attn_config"), keys.section("ffn_config")
    if attn is None or ffn is None:
        raise keys.missing("attn_config" if attn is None else "ffn_config")
    shape = Heads(heads, attn.integer("kv_n_heads", default=heads), head_width(keys, hidden, heads))
    experts = expert_count(ffn)
    if not experts:
        raise ffn.missing("moe_num_experts")
    moe = MixtureOfExperts(
        hidden_size=hidden,
        experts=experts,
        active_experts=active_count(ffn, experts),
        expert_width=ffn.integer("ffn_hidden_size"),
    )
    return read(keys, replace(PLAIN, names=DBRX_NAMES), ffns=(moe,) * layer_count(keys), shape=shape)


def read_minicpm(keys: Keys) -> Blueprint:
    """MiniCPM: Llama's block, or experts of the same width."""
    hidden, experts = hidden_size(keys), expert_count(keys)
    if not experts:
        return read(keys, PLAIN)
    moe = MixtureOfExperts(
        hidden_size=hidden,
        experts=experts,
        active_experts=active_count(keys, experts),
        expert_width=keys.integer("intermediate_size"),
    )
    return read(keys, PLAIN, ffns=(moe,) * layer_count(keys))


def hunyuan_ffns(keys: Keys, hidden: int, layers: int) -> tuple[FeedForward, ...]:
    """Experts, widths and shared experts may be lists with an item per layer."""
    experts = keys.per_layer("num_experts", layers=layers, high=MAX_EXPERTS)
    if experts is None or max(experts) < 2:
        return (dense(keys, hidden, bias=keys.flag("mlp_bias")),) * layers
    widths = keys.per_layer("moe_intermediate_size", "intermediate_size", layers=layers, low=1)
    active = keys.per_layer("moe_topk", layers=layers, low=1, high=MAX_EXPERTS)
    shared = keys.per_layer("num_shared_expert", layers=layers, high=MAX_EXPERTS) or (1,) * layers
    if widths is None or active is None:
        raise keys.missing("moe_topk" if active is None else "moe_intermediate_size")
    skipped = keys.integer("moe_layer_num_skipped", default=0, low=0, high=MAX_LAYERS)
    mixed = keys.flag("use_mixed_mlp_moe", default=True)
    base = keys.integer("intermediate_size")

    def ffn(index: int) -> FeedForward:
        if index < skipped or experts[index] < 2:
            return DenseFeedForward(hidden_size=hidden, width=base, bias=keys.flag("mlp_bias"))
        return MixtureOfExperts(
            hidden_size=hidden,
            experts=experts[index],
            active_experts=min(active[index], experts[index]),
            expert_width=widths[index],
            shared_width=base * shared[index] if mixed else 0,
        )

    made = [ffn(index) for index in range(layers)]
    first = {block: block for block in made}
    return tuple(first[block] for block in made)


def read_hunyuan(keys: Keys) -> Blueprint:
    """Hunyuan-A13B and its kin; with use_cla every cla_share_factor-th layer stores a cache, the others read it."""
    hidden, layers = hidden_size(keys), layer_count(keys)
    if keys.flag("use_mla"):
        raise UnsupportedArchitecture("Hunyuan with use_mla is not modelled", hint="Enter the parameters by hand.")
    shape = read_heads(keys, hidden)
    norm = keys.flag("use_qk_norm", default=keys.model_type != "hunyuan")
    storing = attention(keys, replace(HUNYUAN, head_norm=norm), hidden, shape, None)
    factor = keys.integer("cla_share_factor", default=1, high=MAX_LAYERS) if keys.flag("use_cla") else 1
    reading: GroupedQueryAttention = replace(
        storing,
        key_projection=False,
        value_projection=False,
        stores=False,
        norm_params=shape.dim if norm else 0,
    )

    def make(kind: tuple[bool, FeedForward]) -> Block:
        return Block(storing if kind[0] else reading, kind[1], 2 * hidden)

    marks = tuple(index % factor == 0 for index in range(layers))
    kinds = tuple(zip(marks, hunyuan_ffns(keys, hidden, layers), strict=True))
    return finish(keys, share(kinds, make), names=HUNYUAN_NAMES)


FAMILIES: Mapping[str, Callable[[Keys], Blueprint]] = {
    "ernie4_5_moe": read_ernie,
    "afmoe": read_afmoe,
    "dbrx": read_dbrx,
    "minicpm": read_minicpm,
    "hunyuan": read_hunyuan,
    "hunyuan_v1_moe": read_hunyuan,
}

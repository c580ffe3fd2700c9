"""State space models and their hybrids: Mamba, Mamba-2, Jamba, Bamba, Granite 4, Falcon-H1."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from ...errors import UnsupportedArchitecture
from ...feedforward import DenseFeedForward, FeedForward, MixtureOfExperts
from ...mixers import Mixer
from ...mixers.mamba import Mamba1, Mamba2
from ...mixers.others import SideBySide
from ..attention import hidden_size, layer_count, read_heads
from ..blueprint import Block, Blueprint, share
from ..experts import active_count, dense, expert_count
from ..keys import MAX_LAYERS, Keys
from ..recipe import Names, Recipe, attention, finish
from ..states import state_element_bytes
from ..windows import patterned

RECIPE = Recipe()
JAMBA_NAMES: Names = (("mlp.gate", "feed_forward.router"), ("mlp", "feed_forward"))
FEED_FORWARD_NAMES: Names = (("mlp", "feed_forward"),)
BACKBONE_NAMES: Names = (("mamba", "mixer"),)
GRANITE_NAMES: Names = (
    ("mlp.gate", "block_sparse_moe.router"),
    ("mlp.experts.*.gate_proj", "block_sparse_moe.input_linear"),
    ("mlp.experts.*.up_proj", "block_sparse_moe.input_linear"),
    ("mlp.experts.*.down_proj", "block_sparse_moe.output_linear"),
    ("mlp.shared_experts.gate_proj", "shared_mlp.input_linear"),
    ("mlp.shared_experts.up_proj", "shared_mlp.input_linear"),
    ("mlp.shared_experts.down_proj", "shared_mlp.output_linear"),
    ("mlp.gate_proj", "shared_mlp.input_linear"),
    ("mlp.up_proj", "shared_mlp.input_linear"),
    ("mlp.down_proj", "shared_mlp.output_linear"),
)


def scan(keys: Keys, hidden: int, *, inner_norms: bool = False) -> Mamba1:
    """Mamba from the keys of Jamba (mamba_*) or of Mamba itself."""
    expand = keys.integer("mamba_expand", "expand", default=2, high=64)
    return Mamba1(
        hidden_size=hidden,
        inner=expand * hidden if inner_norms else keys.integer("intermediate_size", default=expand * hidden),
        state_size=keys.integer("mamba_d_state", "state_size", default=16),
        step_rank=step_rank(keys, hidden),
        kernel=keys.integer("mamba_d_conv", "conv_kernel", default=4, high=64),
        conv_bias=keys.flag("mamba_conv_bias", "use_conv_bias", default=True),
        projection_bias=keys.flag("mamba_proj_bias", "use_bias"),
        inner_norms=inner_norms,
        state_element_bytes=state_element_bytes(keys),
    )


def step_rank(keys: Keys, hidden: int) -> int:
    """Rank of the step size; "auto" or absent is hidden / 16 rounded up."""
    if isinstance(keys.value("mamba_dt_rank", "time_step_rank"), str):
        return -(-hidden // 16)
    return keys.integer("mamba_dt_rank", "time_step_rank", default=-(-hidden // 16))


def read_mamba(keys: Keys) -> Blueprint:
    """Mamba and Falcon-Mamba: one mixer and one norm per layer."""
    hidden = hidden_size(keys)
    block = Block(scan(keys, hidden), None, hidden)
    return finish(keys, (block,) * layer_count(keys), names=BACKBONE_NAMES)


def duality(keys: Keys, hidden: int) -> Mamba2:
    """Mamba-2 from the mamba_* keys of Bamba, Granite and Falcon-H1; the inner width is expand x hidden."""
    heads = keys.integer("mamba_n_heads")
    inner = keys.optional("mamba_d_ssm", low=1) or keys.integer("mamba_expand", default=2, high=64) * hidden
    given = keys.value("mamba_d_head")
    head_dim = inner // heads or 1 if given is None or given == "auto" else keys.integer("mamba_d_head")
    return Mamba2(
        hidden_size=hidden,
        heads=heads,
        head_dim=head_dim,
        state_size=keys.integer("mamba_d_state"),
        groups=keys.integer("mamba_n_groups", default=1),
        kernel=keys.integer("mamba_d_conv", default=4, high=64),
        conv_bias=keys.flag("mamba_conv_bias", default=True),
        input_bias=keys.flag("mamba_proj_bias"),
        output_bias=keys.flag("mamba_proj_bias"),
        state_element_bytes=state_element_bytes(keys),
    )


def read_mamba2(keys: Keys) -> Blueprint:
    """Mamba-2 itself."""
    hidden = hidden_size(keys)
    mixer = Mamba2(
        hidden_size=hidden,
        heads=keys.integer("num_heads"),
        head_dim=keys.integer("head_dim"),
        state_size=keys.integer("state_size"),
        groups=keys.integer("n_groups"),
        kernel=keys.integer("conv_kernel", default=4, high=64),
        conv_bias=keys.flag("use_conv_bias", default=True),
        input_bias=keys.flag("use_bias"),
        output_bias=keys.flag("use_bias"),
        state_element_bytes=state_element_bytes(keys),
    )
    return finish(keys, (Block(mixer, None, hidden),) * layer_count(keys), names=BACKBONE_NAMES)


def read_jamba(keys: Keys) -> Blueprint:
    """Jamba: one attention layer per attn_layer_period, experts per expert_layer_period."""
    hidden, layers = hidden_size(keys), layer_count(keys)
    recipe = Recipe(qkv_bias=False, output_bias=False, mlp_bias=False)
    mixers: Mapping[bool, Mixer] = {
        True: attention(keys, recipe, hidden, read_heads(keys, hidden), None),
        False: scan(keys, hidden, inner_norms=True),
    }
    experts = expert_count(keys)
    plain = dense(keys, hidden)
    moe: FeedForward = plain
    if experts:
        moe = MixtureOfExperts(
            hidden_size=hidden, experts=experts, active_experts=active_count(keys, experts), expert_width=plain.width
        )
    attended = periodic(keys, "attn", layers)
    routed = periodic(keys, "expert", layers)
    kinds = tuple(zip(attended, (moe if mark else plain for mark in routed), strict=True))
    blocks = share(kinds, lambda kind: Block(mixers[kind[0]], kind[1], 2 * hidden))
    return finish(keys, blocks, names=JAMBA_NAMES)


def periodic(keys: Keys, what: str, layers: int) -> tuple[bool, ...]:
    """Layers where (i - offset) is a multiple of the period."""
    period = keys.integer(f"{what}_layer_period", high=MAX_LAYERS)
    offset = keys.integer(f"{what}_layer_offset", low=0, high=MAX_LAYERS)
    return tuple((index - offset) % period == 0 for index in range(layers))


def read_bamba(keys: Keys) -> Blueprint:
    """Bamba: attention in attn_layer_indices, Mamba-2 elsewhere."""
    hidden, layers = hidden_size(keys), layer_count(keys)
    listed = set(keys.integers("attn_layer_indices", high=MAX_LAYERS) or ())
    mixers: Mapping[bool, Mixer] = {
        True: attention(keys, RECIPE, hidden, read_heads(keys, hidden), None),
        False: duality(keys, hidden),
    }
    ffn = dense(keys, hidden, bias=keys.flag("mlp_bias"))
    kinds = tuple(index in listed for index in range(layers))
    blocks = share(kinds, lambda kind: Block(mixers[kind], ffn, 2 * hidden))
    return finish(keys, blocks, names=FEED_FORWARD_NAMES)


def granite_ffn(keys: Keys, hidden: int) -> FeedForward:
    """Experts beside a shared block of shared_intermediate_size, or that block alone."""
    shared = keys.optional("shared_intermediate_size") or 0
    experts = expert_count(keys)
    if not experts:
        return DenseFeedForward(hidden_size=hidden, width=shared or keys.integer("intermediate_size"))
    return MixtureOfExperts(
        hidden_size=hidden,
        experts=experts,
        active_experts=active_count(keys, experts),
        expert_width=keys.integer("intermediate_size"),
        shared_width=shared,
    )


def read_granite_hybrid(keys: Keys) -> Blueprint:
    """Granite 4: layer_types holds attention and mamba."""
    hidden, layers = hidden_size(keys), layer_count(keys)
    words = keys.words("layer_types", "layers_block_type", layers=layers)
    if words is None:
        raise keys.missing("layer_types", "layers_block_type")
    mixers: dict[bool, Mixer] = {}

    def make(mamba: bool) -> Block:
        if mamba not in mixers:
            mixers[mamba] = (
                duality(keys, hidden) if mamba else attention(keys, RECIPE, hidden, read_heads(keys, hidden), None)
            )
        return Block(mixers[mamba], ffn, 2 * hidden)

    ffn = granite_ffn(keys, hidden)
    blocks = share(tuple(is_mamba(word) for word in words), make)
    return finish(keys, blocks, names=GRANITE_NAMES)


def is_mamba(word: str) -> bool:
    """Whether a layer type is Mamba.

    Raises:
        UnsupportedArchitecture: neither Mamba nor attention.
    """
    if word in ("mamba", "mamba2", "linear_attention"):
        return True
    if word in ("attention", "full_attention"):
        return False
    raise UnsupportedArchitecture(f"layer type {word[:40]!r} is not modelled", hint="Check layer_types.")


def read_granite_moe(keys: Keys) -> Blueprint:
    """Granite with experts: attention everywhere, in one family with windows and sinks."""
    hidden, layers = hidden_size(keys), layer_count(keys)
    recipe = replace(RECIPE, sinks=keys.model_type == "granitemoe_swa")
    shape, ffn = read_heads(keys, hidden), granite_ffn(keys, hidden)
    windows = patterned(None)(keys, layers) if recipe.sinks else (None,) * layers
    blocks = share(windows, lambda window: Block(attention(keys, recipe, hidden, shape, window), ffn, 2 * hidden))
    return finish(keys, blocks, names=GRANITE_NAMES)


def read_falcon_h1(keys: Keys) -> Blueprint:
    """Falcon-H1: attention and Mamba-2 side by side in every layer."""
    hidden = hidden_size(keys)
    ssm = replace(
        duality(keys, hidden),
        gated_norm=keys.flag("mamba_rms_norm"),
        output_bias=keys.flag("projectors_bias"),
    )
    mixer = SideBySide(attention(keys, RECIPE, hidden, read_heads(keys, hidden), None), ssm)
    block = Block(mixer, dense(keys, hidden, bias=keys.flag("mlp_bias")), 2 * hidden)
    return finish(keys, (block,) * layer_count(keys), names=FEED_FORWARD_NAMES)


FAMILIES: Mapping[str, Callable[[Keys], Blueprint]] = {
    "mamba": read_mamba,
    "falcon_mamba": read_mamba,
    "mamba2": read_mamba2,
    "jamba": read_jamba,
    "bamba": read_bamba,
    "granitemoehybrid": read_granite_hybrid,
    "granitemoe": read_granite_moe,
    "granitemoeshared": read_granite_moe,
    "granitemoe_swa": read_granite_moe,
    "falcon_h1": read_falcon_h1,
}

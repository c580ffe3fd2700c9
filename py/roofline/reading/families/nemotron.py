"""NVIDIA: Nemotron-H (one mixer or block per layer) and Nemotron-NAS (blocks that differ from layer to layer)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...errors import ConfigError, UnsupportedArchitecture
from ...feedforward import DenseFeedForward, FeedForward, MixtureOfExperts
from ...mixers import GroupedQueryAttention, Mixer
from ...mixers.mamba import Mamba2
from ...mixers.others import LinearReplacement
from ..attention import HEADS, Heads, head_width, hidden_size, layer_count, read_heads
from ..blueprint import Block, Blueprint, share
from ..experts import active_count, expert_count
from ..keys import MAX_LAYERS, MAX_TOKENS, Keys
from ..recipe import Names, Recipe, attention, finish
from ..states import state_element_bytes

LETTERS = {"M": "mamba", "*": "attention", "-": "mlp", "E": "moe"}
SPELLINGS = {"linear_attention": "mamba", "full_attention": "attention"}
HYBRID_NAMES: Names = (
    ("self_attn", "mixer"),
    ("mlp.shared_experts", "mixer.shared_experts"),
    ("mlp", "mixer"),
    ("mamba", "mixer"),
)
HYBRID_RECIPE = Recipe(qkv_bias=False, output_bias=False, mlp_bias="mlp_bias")
NAS_RECIPE = Recipe()
FFN_ROUNDING = 256


def layer_kinds(keys: Keys) -> tuple[str, ...]:
    """hybrid_override_pattern (a letter per layer) or layers_block_type (a word per layer).

    Raises:
        ConfigError: neither, or a letter or word of another kind.
    """
    pattern = keys.value("hybrid_override_pattern")
    found = pattern if isinstance(pattern, str) and pattern else keys.items("layers_block_type", "layer_types")
    if not found or len(found) > MAX_LAYERS:
        raise keys.missing("hybrid_override_pattern", "layers_block_type")
    kinds = []
    for item in found:
        word = LETTERS.get(item) or SPELLINGS.get(item, item) if isinstance(item, str) else ""
        if word not in LETTERS.values():
            raise ConfigError(
                f"the layer pattern holds {str(item)[:20]!r}", hint="Check hybrid_override_pattern in config.json."
            )
        kinds.append(str(word))
    return tuple(kinds)


def mamba2(keys: Keys, hidden: int) -> Mamba2:
    """Mamba-2 from the keys of Nemotron-H."""
    return Mamba2(
        hidden_size=hidden,
        heads=keys.integer("mamba_num_heads"),
        head_dim=keys.integer("mamba_head_dim"),
        state_size=keys.integer("ssm_state_size"),
        groups=keys.integer("n_groups"),
        kernel=keys.integer("conv_kernel", high=64),
        conv_bias=keys.flag("use_conv_bias", default=True),
        input_bias=keys.flag("use_bias"),
        output_bias=keys.flag("use_bias"),
        state_element_bytes=state_element_bytes(keys),
    )


def hybrid_moe(keys: Keys, hidden: int) -> MixtureOfExperts:
    """Ungated experts, in a latent width where moe_latent_size is given."""
    experts = expert_count(keys)
    if not experts:
        raise keys.missing("n_routed_experts")
    return MixtureOfExperts(
        hidden_size=hidden,
        experts=experts,
        active_experts=active_count(keys, experts),
        expert_width=keys.integer("moe_intermediate_size"),
        shared_width=keys.optional("moe_shared_expert_intermediate_size") or 0,
        gated=False,
        shared_gated=False,
        expert_input_size=keys.optional("moe_latent_size") or 0,
        bias=keys.flag("mlp_bias"),
    )


def hybrid_block(keys: Keys, hidden: int, kind: str) -> Block:
    """One layer: a mixer or a feed-forward block, with one norm."""
    if kind == "mamba":
        return Block(mamba2(keys, hidden), None, hidden)
    if kind == "attention":
        return Block(attention(keys, HYBRID_RECIPE, hidden, read_heads(keys, hidden), None), None, hidden)
    if kind == "moe":
        return Block(None, hybrid_moe(keys, hidden), hidden)
    width = keys.integer("intermediate_size")
    bias = keys.flag("mlp_bias")
    return Block(None, DenseFeedForward(hidden_size=hidden, width=width, gated=False, bias=bias), hidden)


def read_hybrid(keys: Keys) -> Blueprint:
    """Nemotron-H: the pattern decides."""
    hidden = hidden_size(keys)
    kinds = layer_kinds(keys)
    count = keys.optional("num_hidden_layers", low=1, high=MAX_LAYERS)
    if count is not None and count != len(kinds):
        raise ConfigError(
            f"num_hidden_layers is {count} but the pattern has {len(kinds)} layers", hint="Check config.json."
        )
    blocks = share(kinds, lambda kind: hybrid_block(keys, hidden, kind))
    return finish(keys, blocks, names=HYBRID_NAMES)


def nas_attention(section: Keys | None, keys: Keys, hidden: int) -> Mixer | None:
    """Attention of one block: grouped as its n_heads_in_group says, a matrix, or nothing."""
    if section is None or section.flag("no_op"):
        return None
    if section.flag("replace_with_linear"):
        return LinearReplacement(hidden_size=hidden)
    for name in ("sparsify", "num_sink_tokens"):
        if section.value(name) is not None:
            raise UnsupportedArchitecture(f"block_configs with {name} are not modelled", hint="")
    heads = keys.integer(*HEADS)
    group = section.integer("n_heads_in_group")
    if heads % group:
        raise ConfigError(f"n_heads_in_group {group} does not divide {heads} heads", hint="Check block_configs.")
    shape = Heads(heads, heads // group, head_width(keys, hidden, heads))
    window = section.optional("window_length", low=1, high=MAX_TOKENS)
    mixer: GroupedQueryAttention = attention(keys, NAS_RECIPE, hidden, shape, window)
    return mixer


def nas_ffn(section: Keys | None, keys: Keys, hidden: int) -> FeedForward | LinearReplacement | None:
    """Feed-forward block of one block: width int(2 ffn_mult h / 3) rounded up to 256, a matrix, or nothing."""
    if section is None or section.flag("no_op"):
        return None
    if section.flag("replace_with_linear"):
        return LinearReplacement(hidden_size=hidden)
    given = section.optional("intermediate_size", low=1)
    if given is None:
        factor = section.number("ffn_mult", default=0.0, low=0.0, high=100.0)
        if not factor:
            raise section.missing("ffn_mult", "intermediate_size")
        given = -(-int(2 * factor * hidden / 3) // FFN_ROUNDING) * FFN_ROUNDING
    return DenseFeedForward(hidden_size=hidden, width=given, bias=keys.flag("mlp_bias"))


def nas_block(entry: object, keys: Keys, hidden: int) -> Block:
    """One entry of block_configs; an absent part has no norm either."""
    if not isinstance(entry, Mapping):
        raise ConfigError("block_configs holds something that is not an object", hint="Check block_configs.")
    section = Keys(entry)
    mixer = nas_attention(section.section("attention"), keys, hidden)
    ffn = nas_ffn(section.section("ffn"), keys, hidden)
    norms = ((mixer is not None) + (ffn is not None)) * hidden
    if isinstance(ffn, LinearReplacement):
        return Block(mixer, None, norms, ffn.linears())
    return Block(mixer, ffn, norms)


def read_nas(keys: Keys) -> Blueprint:
    """Nemotron-NAS: one object per layer in block_configs."""
    hidden, layers = hidden_size(keys), layer_count(keys)
    entries = keys.items("block_configs")
    if entries is None:
        raise keys.missing("block_configs")
    keys.long_enough("block_configs", entries, layers)
    blocks = [nas_block(entry, keys, hidden) for entry in entries[:layers]]
    first = {block: block for block in blocks}
    return finish(keys, tuple(first[block] for block in blocks))


FAMILIES: Mapping[str, Callable[[Keys], Blueprint]] = {
    "nemotron_h": read_hybrid,
    "nemotron-nas": read_nas,
    "nemotron_nas": read_nas,
}

"""LongCat-Flash: every layer is two MLA blocks with dense feed-forward, and experts beside the first of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...feedforward import DenseFeedForward, MixtureOfExperts
from ..attention import hidden_size, layer_count
from ..blueprint import Block, Blueprint
from ..experts import ACTIVE
from ..keys import MAX_EXPERTS, Keys
from ..recipe import finish
from .deepseek import latent_attention


def read_longcat(keys: Keys) -> Blueprint:
    """Of the chosen experts a share are "zero experts" without weights; the mean number of real ones counts."""
    hidden, layers = hidden_size(keys), layer_count(keys)
    experts = keys.integer("n_routed_experts", high=MAX_EXPERTS)
    empty = keys.integer("zero_expert_num", default=0, low=0, high=MAX_EXPERTS)
    chosen = keys.integer(*ACTIVE, high=experts + empty)
    real = max(1, round(chosen * experts / (experts + empty)))
    width = keys.integer("ffn_hidden_size", "intermediate_size")
    mixer = latent_attention(keys, hidden)
    moe = MixtureOfExperts(
        hidden_size=hidden,
        experts=experts,
        active_experts=real,
        expert_width=keys.integer("expert_ffn_hidden_size", "moe_intermediate_size"),
        dense_width=width,
        empty_experts=empty,
    )
    first = Block(mixer, moe, 2 * hidden)
    second = Block(mixer, DenseFeedForward(hidden_size=hidden, width=width), 2 * hidden)
    remark = f"Of {chosen} chosen experts {real} have weights on average; {empty} zero experts have none."
    return finish(keys, (first, second) * layers, remarks=(remark,))


FAMILIES: Mapping[str, Callable[[Keys], Blueprint]] = {"longcat_flash": read_longcat}

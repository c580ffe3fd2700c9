"""gpt-oss: attention sinks, biases everywhere, experts of width intermediate_size, a window in every other layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...feedforward import MixtureOfExperts
from ..attention import hidden_size, layer_count
from ..blueprint import Blueprint
from ..experts import active_count, expert_count
from ..keys import Keys
from ..recipe import Names, Recipe, read
from ..windows import alternating

NAMES: Names = (
    ("mlp.gate", "mlp.router"),
    ("mlp.experts.*.gate_proj", "mlp.experts.gate_up_proj"),
    ("mlp.experts.*.up_proj", "mlp.experts.gate_up_proj"),
    ("mlp.experts.*.down_proj", "mlp.experts.down_proj"),
)
RECIPE = Recipe(sinks=True, windows=alternating, names=NAMES)


def read_gpt_oss(keys: Keys) -> Blueprint:
    """Experts, router and projections all have biases; one sink per head."""
    hidden, layers, experts = hidden_size(keys), layer_count(keys), expert_count(keys)
    if not experts:
        raise keys.missing("num_local_experts")
    moe = MixtureOfExperts(
        hidden_size=hidden,
        experts=experts,
        active_experts=active_count(keys, experts),
        expert_width=keys.integer("intermediate_size"),
        bias=True,
        router_bias=True,
    )
    return read(keys, RECIPE, ffns=(moe,) * layers)


FAMILIES: Mapping[str, Callable[[Keys], Blueprint]] = {"gpt_oss": read_gpt_oss}

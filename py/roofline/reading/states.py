"""Keys that recurrent layers share."""

from __future__ import annotations

from .keys import Keys

STATE_TYPES = ("mamba_ssm_dtype", "mamba_ssm_cache_dtype")


def state_element_bytes(keys: Keys) -> float:
    """Bytes of one element of a recurrent state: 4 where the config asks for float32, else 2 as engines do."""
    return 4.0 if "float32" in keys.text(*STATE_TYPES) else 2.0


def kinds_of_layers(keys: Keys, layers: int, period: int | None, last: str, others: str) -> tuple[str, ...]:
    """layer_types, else every ``period``-th layer is ``last`` and the rest ``others``."""
    words = keys.words("layer_types", layers=layers)
    if words is not None:
        return words
    step = keys.integer("full_attention_interval", default=period)
    return tuple(last if (index + 1) % step == 0 else others for index in range(layers))

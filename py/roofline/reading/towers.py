"""Towers that an engine loads beside the language model, by model_type of the whole config.

A tower that is not known here, or whose config lacks a key, is None: its size is not guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..errors import ConfigError
from .keys import Keys
from .locate import whole_type
from .vision import (
    gemma4_vision,
    intern_vit,
    llama4_vision,
    llava,
    minimax_vision,
    mllama_vision,
    molmo_vision,
    moon_vit,
    phi3_vision,
    pixtral,
    qwen2_vision,
    qwen3_vision,
    qwen25_vision,
    siglip,
    siglip2,
    whisper_encoder,
)


def _vision(root: Keys) -> Keys:
    section = root.section("vision_config")
    if section is None:
        raise root.missing("vision_config")
    return section


def _lfm_vision(root: Keys, hidden: int) -> int:
    return siglip2(
        _vision(root),
        hidden,
        root.integer("projector_hidden_size"),
        root.integer("downsample_factor", high=16),
        norm=root.flag("projector_use_layernorm", default=True),
    )


def _audio(root: Keys, hidden: int) -> int:
    section = root.section("audio_config")
    if section is None:
        raise root.missing("audio_config")
    return whisper_encoder(section, hidden)


def _gemma4(root: Keys, hidden: int) -> int | None:
    return None if "audio_config" in root else gemma4_vision(_vision(root), hidden)


def _plain(count: Callable[[Keys, int], int]) -> Callable[[Keys, int], int]:
    return lambda root, hidden: count(_vision(root), hidden)


TOWERS: Mapping[str, Callable[[Keys, int], int | None]] = {
    "gemma3": _plain(siglip),
    "gemma4": _gemma4,
    "mistral3": lambda root, hidden: pixtral(_vision(root), hidden, root.integer("spatial_merge_size", high=16)),
    "llama4": _plain(llama4_vision),
    "mllama": _plain(mllama_vision),
    "qwen2_vl": _plain(qwen2_vision),
    "qwen2_5_vl": _plain(qwen25_vision),
    "qwen3_vl": _plain(qwen3_vision),
    "qwen3_vl_moe": _plain(qwen3_vision),
    "qwen3_5": _plain(qwen3_vision),
    "qwen3_5_moe": _plain(qwen3_vision),
    "kimi_k25": _plain(moon_vit),
    "kimi_k3": _plain(moon_vit),
    "minimax_m3_vl": lambda root, hidden: minimax_vision(
        _vision(root), hidden, root.integer("projector_hidden_size", default=hidden)
    ),
    "internvl_chat": lambda root, hidden: intern_vit(
        _vision(root), hidden, root.number("downsample_ratio", default=0.5, low=0.1, high=1.0)
    ),
    "lfm2_vl": _lfm_vision,
    "qwen2_audio": _audio,
    "llava": llava,
    "phi3_v": phi3_vision,
    "molmo": molmo_vision,
}


def tower_params(config: Mapping[str, object], model_type: str, hidden: int) -> int | None:
    """Parameters of the towers of a whole config that has some; None where it does not tell."""
    kind = whole_type(config, model_type)
    count = TOWERS.get(kind)
    if count is None:
        return None
    try:
        return count(Keys(config, model_type=kind), hidden)
    except ConfigError:
        return None

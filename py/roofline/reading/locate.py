"""Where the language config lives inside a config.json."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import ConfigError, UnsupportedArchitecture

MAX_NAME = 100
MAX_KEYS = 5_000
NESTED = ("text_config", "llm_config", "language_config")
TOWER_KEYS = ("vision_config", "audio_config", "mm_vision_tower", "img_processor", "visual", "speech_config")
#: Families that have a tower even where a shortened config does not show it.
ALWAYS = frozenset({"step3p7", "molmo", "mllama", "gemma3n", "phi4mm", "phi4_multimodal"})
#: Language model of a nested section that does not name its own.
TEXT_TYPES = {
    "llava": "llama",
    "llava_next": "llama",
    "mistral3": "mistral",
    "qwen2_audio": "qwen2",
    "gemma3": "gemma3_text",
    "gemma4": "gemma4_text",
    "qwen3_vl": "qwen3_vl_text",
    "qwen3_vl_moe": "qwen3_vl_moe_text",
}


def language_section(config: Mapping[str, object]) -> tuple[Mapping[str, object], bool]:
    """Section with the language model's keys, and whether it is nested.

    Raises:
        ConfigError: ``config`` is not an object, or a nested section is not one.
    """
    if not isinstance(config, Mapping):
        raise ConfigError(
            "config.json does not hold an object", hint='Paste the whole file, from "{" to "}".', code="invalid-config"
        )
    found = _nested(config)
    section = config if found is None else found
    if len(section) > MAX_KEYS:
        raise ConfigError(f"config.json has {len(section):,} keys", hint="Paste the config.json of a model.")
    return section, found is not None


def _nested(config: Mapping[str, object]) -> Mapping[str, object] | None:
    thinker = config.get("thinker_config")
    if isinstance(thinker, Mapping):
        text = thinker.get("text_config")
        return text if isinstance(text, Mapping) else thinker
    for name in NESTED:
        section = config.get(name)
        if isinstance(section, Mapping) and section:
            return section
    return None


def model_type_of(section: Mapping[str, object], config: Mapping[str, object]) -> str:
    """model_type of the section, else of the whole.

    Raises:
        ConfigError: it is not a name.
        UnsupportedArchitecture: there is none.
    """
    found = section.get("model_type")
    if not found:
        root = config.get("model_type")
        found = TEXT_TYPES.get(root, root) if isinstance(root, str) else root
    if not found:
        raise UnsupportedArchitecture(
            "config.json has no model_type",
            hint="Paste the config.json of a transformers model, or enter the parameters by hand.",
        )
    if not isinstance(found, str) or len(found) > MAX_NAME:
        raise ConfigError("model_type is not a name", hint="Check model_type in config.json.")
    return found


def whole_type(config: Mapping[str, object], model_type: str) -> str:
    """model_type of the whole config, else of its language model."""
    found = config.get("model_type")
    return found if isinstance(found, str) else model_type


def has_towers(config: Mapping[str, object], model_type: str) -> bool:
    """Whether the model has a vision or audio tower."""
    return any(config.get(name) for name in TOWER_KEYS) or whole_type(config, model_type) in ALWAYS

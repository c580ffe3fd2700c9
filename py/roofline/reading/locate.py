"""Where the language config lives inside a config.json."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import ConfigError, UnsupportedArchitecture

NESTED = ("text_config", "llm_config", "language_config")


def language_section(config: Mapping[str, object]) -> tuple[Mapping[str, object], bool]:
    """Section with the language model's keys, and whether it is nested.

    Raises:
        ConfigError: ``config`` is not an object, or a nested section is not one.
    """
    if not isinstance(config, Mapping):
        raise ConfigError(
            "config.json does not hold an object", hint='Paste the whole file, from "{" to "}".', code="invalid-config"
        )
    thinker = config.get("thinker_config")
    if isinstance(thinker, Mapping):
        return language_section(thinker)[0], True
    for name in NESTED:
        section = config.get(name)
        if isinstance(section, Mapping) and section:
            return section, True
    return config, False


def model_type_of(section: Mapping[str, object], config: Mapping[str, object]) -> str:
    """model_type of the section, else of the whole.

    Raises:
        ConfigError: it is not a text.
        UnsupportedArchitecture: there is none.
    """
    found = section.get("model_type") or config.get("model_type")
    if found is None or found == "":
        raise UnsupportedArchitecture(
            "config.json has no model_type",
            hint="Paste the config.json of a transformers model, or enter the parameters by hand.",
        )
    if not isinstance(found, str):
        raise ConfigError("model_type is not a text", hint="Check model_type in config.json.")
    return found

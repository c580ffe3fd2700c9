"""Which layers attend inside a window, in every spelling that configs use."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import ConfigError
from .keys import MAX_TOKENS, Keys

Windows = tuple[int | None, ...]

FULL_WORDS = frozenset({"full_attention", "attention", "full", "global"})
WINDOW_WORDS = frozenset({"sliding_attention", "chunked_attention", "sliding_window", "local", "sliding"})


def full(keys: Keys, layers: int) -> Windows:
    """No window anywhere."""
    del keys
    return (None,) * layers


def window_size(keys: Keys) -> int | None:
    """Length of the window, None where there is none."""
    return keys.optional("sliding_window", "sliding_window_size", low=0, high=MAX_TOKENS) or None


def uniform(keys: Keys, layers: int) -> Windows:
    """Every layer inside sliding_window (Mistral, Phi-3)."""
    return (window_size(keys),) * layers


def switched(keys: Keys, layers: int) -> Windows:
    """Qwen2, Qwen3: no window unless use_sliding_window, then from layer max_window_layers on; layer_types first."""
    if not keys.flag("use_sliding_window"):
        keys.value("sliding_window", "max_window_layers", "layer_types")
        return (None,) * layers
    size = window_size(keys)
    if keys.items("layer_types") is not None:
        return from_words(keys, layers, size)
    first = keys.integer("max_window_layers", default=layers, low=0)
    return tuple(size if index >= first else None for index in range(layers))


def from_words(keys: Keys, layers: int, size: int | None) -> Windows:
    """layer_types: one word per layer.

    Raises:
        ConfigError: a word of another kind, or a window without a length.
    """
    words = keys.words("layer_types", layers=layers)
    if words is None:
        raise keys.missing("layer_types")
    return tuple(_window_of(word, size, keys) for word in words)


def _window_of(word: str, size: int | None, keys: Keys) -> int | None:
    if word in FULL_WORDS:
        return None
    if word not in WINDOW_WORDS:
        raise ConfigError(
            f"layer_types holds {word!r}, which is not an attention of {keys.model_type}",
            hint="This model mixes in layers that its family does not have here.",
            code="unsupported-architecture",
        )
    if size is None:
        raise keys.missing("sliding_window")
    return size


def patterned(default: int | None) -> Callable[[Keys, int], Windows]:
    """Every p-th layer is global, the others have a window; p from the config, else ``default``."""

    def rule(keys: Keys, layers: int) -> Windows:
        size = window_size(keys)
        if keys.items("layer_types") is not None:
            return from_words(keys, layers, size)
        pattern = keys.value("sliding_window_pattern", "_sliding_window_pattern", "swa_layer_interval")
        if isinstance(pattern, str):
            return _lettered(pattern, layers, size, keys)
        period = keys.optional("sliding_window_pattern", "_sliding_window_pattern", "swa_layer_interval", low=1)
        period = period or default
        if period is None or size is None:
            return (size if period else None,) * layers
        return tuple(None if (index + 1) % period == 0 else size for index in range(layers))

    return rule


def _lettered(pattern: str, layers: int, size: int | None, keys: Keys) -> Windows:
    """Spelling of EXAONE 4: "LLLG", L = window, G = global, repeated; the last layer is global."""
    if not pattern or set(pattern) - set("LG"):
        raise ConfigError(
            f"sliding_window_pattern is {pattern[:40]!r}, not a text of L and G",
            hint="Check sliding_window_pattern in config.json.",
        )
    if size is None and "L" in pattern:
        raise keys.missing("sliding_window")
    return tuple(
        None if pattern[index % len(pattern)] == "G" or index == layers - 1 else size for index in range(layers)
    )


def alternating(keys: Keys, layers: int) -> Windows:
    """Even layers have the window (Gemma 2, gpt-oss); layer_types first."""
    return patterned(2)(keys, layers)

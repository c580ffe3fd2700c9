"""Typed access to the keys of one config: several spellings, class defaults, bounds, and a record of what was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from ..errors import ConfigError, shown

MAX_LAYERS: Final = 1_000
MAX_WIDTH: Final = 1_000_000
MAX_VOCABULARY: Final = 10_000_000
MAX_EXPERTS: Final = 100_000
MAX_TOKENS: Final = 1_000_000_000
MAX_ITEMS: Final = 20_000
MAX_WORD: Final = 100

_ABSENT: Final = object()


def whole(name: str, value: object, low: int, high: int) -> int:
    """Return ``value`` if it is an int (no bool) between ``low`` and ``high``.

    Raises:
        ConfigError: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise ConfigError(
            f"{name} is {shown(value)}, not a whole number",
            hint=f"Check {name} in config.json.",
        )
    if not low <= value <= high:
        raise ConfigError(
            f"{name} is {shown(value)}, outside {low:,} to {high:,}",
            hint=f"Check {name} in config.json.",
        )
    return value


class Keys:
    """One config section with its fallbacks.

    A key that stands in the section as null counts as given: it hides the class default.

    Attributes:
        model_type: of the section.
        read: every spelling that was asked for.
        defaulted: spellings whose value came from the class defaults.
    """

    __slots__ = ("_defaults", "_root", "_section", "defaulted", "model_type", "read")

    def __init__(
        self,
        section: Mapping[str, object],
        *,
        model_type: str = "",
        root: Mapping[str, object] | None = None,
        defaults: Mapping[str, object] | None = None,
    ) -> None:
        """Look in ``section`` first, then in ``root`` (where asked to), then in the class ``defaults``."""
        self._section = section
        self._root = root or {}
        self._defaults = defaults or {}
        self.model_type = model_type
        self.read: set[str] = set()
        self.defaulted: set[str] = set()

    def __contains__(self, name: str) -> bool:
        """Whether the section itself gives the key, null apart."""
        self.read.add(name)
        return self._section.get(name) is not None

    def value(self, *names: str, root: bool = False) -> object:
        """Raw value of the first spelling found, None where there is none or null."""
        self.read.update(names)
        sources = (self._section, self._root) if root else (self._section,)
        for source in sources:
            null = False
            for name in names:
                found = source.get(name, _ABSENT)
                if found is not None and found is not _ABSENT:
                    return found
                null = null or found is None
            if null:
                return None
        for name in names:
            if self._defaults.get(name) is not None:
                self.defaulted.add(name)
                return self._defaults[name]
        return None

    def missing(self, *names: str) -> ConfigError:
        """Error that names the spellings that were tried."""
        tried = names[0] if len(names) == 1 else f"{names[0]} (also tried {', '.join(names[1:])})"
        return ConfigError(
            f"config.json has no {tried}",
            hint="Paste the complete config.json of the model.",
            code="missing-key",
        )

    def integer(
        self, *names: str, default: int | None = None, low: int = 1, high: int = MAX_WIDTH, root: bool = False
    ) -> int:
        """Whole number; ``default`` where no spelling has a value.

        Raises:
            ConfigError: missing without default, not a whole number, or out of range.
        """
        found = self.value(*names, root=root)
        if found is None:
            if default is None:
                raise self.missing(*names)
            return default
        return whole(names[0], found, low, high)

    def optional(self, *names: str, low: int = 0, high: int = MAX_WIDTH, root: bool = False) -> int | None:
        """Whole number or None."""
        found = self.value(*names, root=root)
        return None if found is None else whole(names[0], found, low, high)

    def flag(self, *names: str, default: bool = False, root: bool = False) -> bool:
        """Boolean.

        Raises:
            ConfigError: another type.
        """
        found = self.value(*names, root=root)
        if found is None:
            return default
        if not isinstance(found, bool):
            raise ConfigError(
                f"{names[0]} is {shown(found)}, not true or false", hint=f"Check {names[0]} in config.json."
            )
        return found

    def number(self, *names: str, default: float, low: float, high: float) -> float:
        """Finite number between ``low`` and ``high``.

        Raises:
            ConfigError: another type or out of range.
        """
        found = self.value(*names)
        if found is None:
            return default
        if isinstance(found, bool) or not isinstance(found, (int, float)) or not low <= found <= high:
            raise ConfigError(
                f"{names[0]} is {shown(found)}, not a number from {low:g} to {high:g}",
                hint=f"Check {names[0]} in config.json.",
            )
        return float(found)

    def text(self, *names: str, default: str = "", root: bool = False) -> str:
        """String.

        Raises:
            ConfigError: another type.
        """
        found = self.value(*names, root=root)
        if found is None:
            return default
        if not isinstance(found, str):
            raise ConfigError(f"{names[0]} is {shown(found)}, not a text", hint=f"Check {names[0]} in config.json.")
        return found

    def items(self, *names: str) -> Sequence[object] | None:
        """List, or None where there is none.

        Raises:
            ConfigError: another type.
        """
        found = self.value(*names)
        if found is None:
            return None
        if not isinstance(found, (list, tuple)):
            raise ConfigError(f"{names[0]} is {shown(found)}, not a list", hint=f"Check {names[0]} in config.json.")
        return found

    def integers(self, *names: str, low: int = 0, high: int = MAX_WIDTH) -> tuple[int, ...] | None:
        """List of whole numbers, or None where there is none."""
        found = self.items(*names)
        if found is None:
            return None
        if len(found) > MAX_ITEMS:
            raise ConfigError(f"{names[0]} has {len(found):,} items", hint=f"Check {names[0]} in config.json.")
        return tuple(whole(names[0], item, low, high) for item in found)

    def per_layer(self, *names: str, layers: int, low: int = 0, high: int = MAX_WIDTH) -> tuple[int, ...] | None:
        """A whole number per layer from a list or from one number; None where there is none.

        Raises:
            ConfigError: wrong types, or fewer items than layers.
        """
        found = self.value(*names)
        if found is None:
            return None
        if not isinstance(found, (list, tuple)):
            return (whole(names[0], found, low, high),) * layers
        self.long_enough(names[0], found, layers)
        return tuple(whole(names[0], item, low, high) for item in found[:layers])

    def words(self, *names: str, layers: int) -> tuple[str, ...] | None:
        """A word per layer, or None where there is none.

        Raises:
            ConfigError: wrong types, or fewer items than layers.
        """
        found = self.items(*names)
        if found is None:
            return None
        self.long_enough(names[0], found, layers)
        for item in found[:layers]:
            if not isinstance(item, str) or len(item) > MAX_WORD:
                raise ConfigError(
                    f"{names[0]} holds {shown(item)}, not a word", hint=f"Check {names[0]} in config.json."
                )
        return tuple(str(item) for item in found[:layers])

    @staticmethod
    def long_enough(name: str, found: Sequence[object], layers: int) -> None:
        """Check that a list has an item for each layer.

        Raises:
            ConfigError: it is shorter.
        """
        if len(found) < layers:
            raise ConfigError(
                f"{name} has {len(found)} items for {layers} layers", hint=f"Check {name} in config.json."
            )

    def section(self, name: str) -> Keys | None:
        """Nested object, or None where there is none.

        Raises:
            ConfigError: another type.
        """
        found = self.value(name)
        if found is None:
            return None
        if not isinstance(found, Mapping):
            raise ConfigError(f"{name} is {shown(found)}, not an object", hint=f"Check {name} in config.json.")
        return Keys(found)

    def unread(self) -> tuple[str, ...]:
        """Keys of the section that nobody asked for; those that say no (null, false, 0, empty) apart."""
        return tuple(
            name for name, value in self._section.items() if isinstance(name, str) and value and name not in self.read
        )

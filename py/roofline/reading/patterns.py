"""Matching of module names against the lists of quantised checkpoints.

Tools write the same list in different tongues: full names, parts of names ("gate" is a whole component, never the start
of "gate_proj"), globs ("model.layers.3.self_attn*"), and regular expressions ("re:.*self_attn.*"). The part before
"layers." differs between checkpoints of one model and is left out of the comparison; entries of other towers
(vision, audio, MTP) are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import translate
from functools import lru_cache

from ..errors import ConfigError

LANGUAGE_PARTS = frozenset(
    {"", "*", "model", "language_model", "text_model", "backbone", "transformer", "decoder", "thinker", "llm"}
)
PREFIXES = ("model.", "model.language_model.", "language_model.model.", "backbone.", "")
OUTER_PREFIXES = ("language_model.",)
MAX_PATTERN = 500
MAX_REPEATS = 5
MAX_ENTRIES = 5_000
MAX_EXPRESSIONS = 200

_LAYER = re.compile(r"([\w.*]*?)\b(?:layers|blocks|h)\.(\d{1,4})(?:\.|(?=\*)|$)(.*)", re.DOTALL)
_EXPERT = re.compile(r"\bexperts\.\d+")
_GLOB = re.compile(r"[*?\[]")
_UNBOUNDED = re.compile(r"(?<!\\)[*+]|\{\d*,\}")


def of_language_model(prefix: str) -> bool:
    """Whether the beginning of a module name belongs to the language model."""
    return set(prefix.strip(".").split(".")) <= LANGUAGE_PARTS


def any_expert(name: str) -> str:
    """Name with the number of an expert replaced by "*"."""
    return _EXPERT.sub("experts.*", name)


@lru_cache(maxsize=512)
def _glob(pattern: str) -> re.Pattern[str]:
    return re.compile(translate(pattern))


def _expression(pattern: str) -> re.Pattern[str]:
    """Compile a regular expression of a config, refusing those that could run for long.

    Raises:
        ConfigError: invalid, too long, or with nested or many repetitions.
    """
    nested = re.search(r"\)\s*[*+{]", pattern)
    if len(pattern) > MAX_PATTERN or nested or len(_UNBOUNDED.findall(pattern)) > MAX_REPEATS:
        raise _refused(pattern)
    try:
        return re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        raise _refused(pattern) from None


def _refused(pattern: str) -> ConfigError:
    return ConfigError(
        f"quantization_config holds a pattern that is not understood: {pattern[:60]!r}",
        hint="Use the unquantised model and choose a precision by name.",
        code="unsupported-precision",
    )


def matches_name(pattern: str, name: str) -> bool:
    """Whether a name or glob covers a module: the module itself, a parent, or a run of whole components."""
    if not _GLOB.search(pattern):
        return f".{pattern}." in f".{name}."
    if pattern.endswith("*") and not _GLOB.search(pattern[:-1]):
        return name.startswith(pattern[:-1])
    return bool(_glob(pattern).match(name) or _glob(f"{pattern}.*").match(name))


class Patterns:
    """A list of modules, indexed by layer so that long lists stay quick."""

    __slots__ = ("_by_layer", "_expressions", "_fixed", "_general", "_known", "_layered")

    def __init__(self, patterns: Sequence[object]) -> None:
        """Sort the entries.

        Raises:
            ConfigError: an entry is not a text, an expression is refused, or there are too many.
        """
        self._by_layer: dict[int, list[str]] = {}
        self._layered: list[str] = []
        self._general: list[str] = []
        self._expressions: list[re.Pattern[str]] = []
        self._fixed: list[re.Pattern[str]] = []
        self._known: dict[str, bool] = {}
        if len(patterns) > MAX_ENTRIES:
            raise ConfigError("quantization_config lists too many modules", hint="Check its ignore list.")
        for pattern in patterns:
            if not isinstance(pattern, str) or len(pattern) > MAX_PATTERN:
                raise ConfigError(
                    "quantization_config lists a module that is not a name", hint="Check its ignore list."
                )
            self._add(pattern)

    def _add(self, pattern: str) -> None:
        if pattern.startswith("re:"):
            if len(self._expressions) + len(self._fixed) >= MAX_EXPRESSIONS:
                raise _refused(pattern)
            numbered = re.search(r"\d|\[|layers", pattern) is not None
            (self._expressions if numbered else self._fixed).append(_expression(pattern[3:]))
            return
        found = _LAYER.fullmatch(pattern)
        if found is not None:
            if of_language_model(found[1]):
                self._by_layer.setdefault(int(found[2]), []).append(any_expert(found[3]) or "*")
            return
        cut = pattern.find("layers.")
        if cut > 0 and of_language_model(pattern[:cut]):
            pattern = pattern[cut:]
        fixed = cut < 0 or pattern.startswith("layers.*")
        (self._general if fixed else self._layered).append(any_expert(pattern))

    def __bool__(self) -> bool:
        """Whether any entry can match."""
        return bool(self._by_layer or self._layered or self._general or self._expressions or self._fixed)

    def match(self, index: int, name: str) -> bool:
        """Whether module ``name`` of layer ``index`` is listed."""
        if any(matches_name(pattern, name) for pattern in self._by_layer.get(index, ())):
            return True
        if name not in self._known:
            self._known[name] = self._match_any_layer(f"layers.0.{name}")
        if self._known[name]:
            return True
        full = f"layers.{index}.{name}"
        if any(matches_name(pattern, full) for pattern in self._layered):
            return True
        return any(self._expressed(expression, full) for expression in self._expressions)

    def _match_any_layer(self, full: str) -> bool:
        return any(matches_name(pattern, full) for pattern in self._general) or any(
            self._expressed(expression, full) for expression in self._fixed
        )

    def match_outside(self, name: str) -> bool:
        """Whether a module outside the layers is listed."""
        names = [prefix + name for prefix in PREFIXES + OUTER_PREFIXES]
        return any(matches_name(pattern, full) for pattern in self._general for full in names) or any(
            expression.match(full) for expression in (*self._expressions, *self._fixed) for full in names
        )

    @staticmethod
    def _expressed(expression: re.Pattern[str], full: str) -> bool:
        prefixes = PREFIXES[:1] if expression.pattern.startswith(".*") else PREFIXES
        return any(expression.match(prefix + full) for prefix in prefixes)

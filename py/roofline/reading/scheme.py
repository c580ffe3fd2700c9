"""Which matrix of a checkpoint is stored in which format: general rules, lists and tables of modules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..errors import ConfigError
from ..formats import (
    BF16,
    FP8,
    FP8_BLOCK,
    INT8,
    MXFP4,
    MXFP8,
    NVFP4,
    Format,
    grouped_int4,
    weight_only,
)
from ..weights import Linear, Role
from .keys import Keys
from .patterns import LANGUAGE_PARTS, Patterns

MAX_TABLE = 100_000
NEVER = frozenset({Role.ROUTER, Role.EMBEDDING, Role.HEAD})

#: modelopt's quant_algo.
ALGORITHMS: Mapping[str, Format] = {
    "FP8": FP8,
    "FP8_PB_WO": FP8_BLOCK,
    "FP8_PER_CHANNEL_PER_TOKEN": FP8,
    "FP8_BLOCK_SCALES": FP8_BLOCK,
    "NVFP4": NVFP4,
    "NVFP4_AWQ": NVFP4,
    "W4A16_NVFP4": weight_only(NVFP4),
    "MXFP4": MXFP4,
    "W4A8_MXFP4_FP8": MXFP4,
    "W4A16_MXFP4": weight_only(MXFP4),
    "MXFP8": MXFP8,
    "INT8": INT8,
    "W8A16": INT8,
    "W8A8_SQ_PER_CHANNEL": INT8,
    "W4A16": grouped_int4(128, zero_points=False),
    "W4A16_AWQ": grouped_int4(128, zero_points=False),
    "INT4_AWQ": grouped_int4(128, zero_points=False),
    "W4A8_AWQ": grouped_int4(128, zero_points=False),
}


def unknown(what: str) -> ConfigError:
    """Error for a quantisation that has no reader."""
    return ConfigError(
        f"quantisation {what[:60]!r} is not understood",
        hint="Use the unquantised model and choose a precision by name.",
        code="unsupported-precision",
    )


def table_entry(entry: object) -> Format:
    """Format of a table's entry: a format, or an object with quant_algo."""
    if isinstance(entry, Format):
        return entry
    if not isinstance(entry, Mapping):
        raise ConfigError("quantized_layers holds something that is not an object", hint="Check quantization_config.")
    algorithm = entry.get("quant_algo")
    known = ALGORITHMS.get(algorithm) if isinstance(algorithm, str) else None
    if known is None:
        return algorithm_format(str(algorithm)[:60], Keys(entry))
    return known


def algorithm_format(algorithm: str, keys: Keys) -> Format:
    """Format of modelopt's quant_algo.

    Raises:
        ConfigError: it is not known.
    """
    if algorithm.startswith(("W4A16", "INT4", "W4A8_AWQ")) and algorithm not in ("W4A16_NVFP4", "W4A16_MXFP4"):
        return grouped_int4(keys.integer("group_size", default=128), zero_points=False)
    try:
        return ALGORITHMS[algorithm]
    except KeyError:
        raise unknown(algorithm) from None


class ModuleTable:
    """Formats of modules listed one by one, under whatever beginning the checkpoint uses."""

    __slots__ = ("_entries", "_prefix")

    def __init__(self, entries: Mapping[str, object]) -> None:
        """Keep the entries and find the beginning of their layers.

        Raises:
            ConfigError: too many entries, or one is not a name.
        """
        if len(entries) > MAX_TABLE or not all(isinstance(name, str) for name in entries):
            raise ConfigError("quantization_config holds no table of modules", hint="Check quantization_config.")
        self._entries = entries
        self._prefix = next((prefix for prefix in map(_layer_prefix, entries) if prefix is not None), "model.")

    def find(self, index: int, name: str) -> Format | None:
        """Format of a module or of its nearest listed parent."""
        full = f"{self._prefix}layers.{index}.{name.replace('.*.', '.0.')}"
        while full:
            if full in self._entries:
                return table_entry(self._entries[full])
            full = full.rpartition(".")[0]
        return None

    def find_outside(self, name: str) -> Format | None:
        """Format of a module outside the layers."""
        candidates = (name, f"model.{name}", f"language_model.{name}", f"model.language_model.{name}")
        return next((table_entry(self._entries[item]) for item in candidates if item in self._entries), None)


def _layer_prefix(name: str) -> str | None:
    head, found, _ = name.partition("layers.")
    return head if found and set(head.strip(".").split(".")) <= LANGUAGE_PARTS else None


@dataclass(frozen=True, slots=True)
class Scheme:
    """Which matrix is stored in which format.

    Attributes:
        base: format of linear layers that nothing else decides.
        experts: format of routed experts where it differs.
        table: modules listed one by one, first choice.
        groups: further lists with their formats.
        ignored: modules left in 16 bit.
        kv_precision: declared cache format.
        origin: key or file that describes it, for people; "" where nothing does.
    """

    base: Format = BF16
    experts: Format | None = None
    table: ModuleTable | None = None
    groups: tuple[tuple[Patterns, Format], ...] = ()
    ignored: Patterns = field(default_factory=lambda: Patterns(()))
    kv_precision: str | None = None
    origin: str = ""

    @property
    def plain(self) -> bool:
        """Whether everything is stored in 16 bit."""
        return self.base is BF16 and self.experts is None and self.table is None and not self.groups

    def layer_formats(self, index: int, linears: Sequence[Linear]) -> tuple[Format, ...]:
        """Formats of the matrices of a layer, whose names are the published ones."""
        if self.plain:
            return tuple(linear.stored for linear in linears)
        return tuple(self._format(index, linear) for linear in linears)

    def _format(self, index: int, linear: Linear) -> Format:
        listed = self.table.find(index, linear.name) if self.table is not None else None
        if listed is not None:
            return listed
        if linear.role in NEVER or not linear.quantizable:
            return linear.stored
        for patterns, stored in self.groups:
            if patterns.match(index, linear.name):
                return linear.stored if self.ignored.match(index, linear.name) else stored
        wanted = self.base if self.experts is None or linear.role is not Role.EXPERT else self.experts
        if wanted is BF16 or self.ignored.match(index, linear.name):
            return linear.stored
        return wanted

    def outside_format(self, linear: Linear) -> Format:
        """Format of the head or an embedding: 16 bit unless listed by name."""
        listed = self.table.find_outside(linear.name) if self.table is not None else None
        if listed is not None:
            return listed
        for patterns, stored in self.groups:
            if patterns.match_outside(linear.name) and not self.ignored.match_outside(linear.name):
                return stored
        return linear.stored

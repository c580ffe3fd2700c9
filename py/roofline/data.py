# ruff: noqa: PTH100, PTH118, PTH120
# pathlib would have to be shipped to the browser for two joins.
"""The packaged figures, read at import or when first asked for; no other module of the engine opens a file.

Every figure in ``data/*.json`` is an object with value, unit, source and date; a value of null means that the
figure is known not to exist (no hardware support, no link) or was not found, which its note says.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

#: Reads from a folder and from an archive alike.
_LOADER: Any = sys.modules[__name__].__spec__.loader  # type: ignore[union-attr]
_FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")

#: SI units per published unit.
SI_PER_UNIT: Mapping[str, float] = MappingProxyType(
    {
        "GB": 1e9,
        "GiB": 2.0**30,
        "MiB": 2.0**20,
        "B": 1.0,
        "TB/s": 1e12,
        "GB/s": 1e9,
        "Gb/s": 1e9 / 8,
        "TFLOPS": 1e12,
        "TOPS": 1e12,
        "GPUs": 1.0,
        "W": 1.0,
        "USD/GPU/h": 1.0,
        "tokens": 1.0,
        "sequences": 1.0,
        "ratio": 1.0,
    }
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One published figure with where and when it was found.

    Attributes:
        value: in ``unit``; None where there is none, see ``note``.
        unit: a key of SI_PER_UNIT.
        source: repository at commit and path, document or page.
        date: of the source, YYYY, YYYY-MM or YYYY-MM-DD as far as known.
        note: qualification for people, may be empty.
        confidence: "A" two independent sources or a measurement, "B" one good source, "C" derived or conflicting;
            may be empty.
    """

    value: float | None
    unit: str
    source: str
    date: str
    note: str = ""
    confidence: str = ""

    @property
    def si(self) -> float | None:
        """The value in bytes, bytes/s, FLOP/s, W, USD per GPU-hour or a plain count."""
        return None if self.value is None else self.value * SI_PER_UNIT[self.unit]

    @property
    def si_known(self) -> float:
        """The value in SI.

        Raises:
            ValueError: the figure has no value.
        """
        if self.value is None:
            raise ValueError(f"no value: {self.note}")
        return self.value * SI_PER_UNIT[self.unit]


def figure(raw: Mapping[str, Any]) -> Figure:
    """Make a Figure of one object of a data file; keys that belong to the owner of the figure are passed over."""
    return Figure(raw["value"], raw["unit"], raw["source"], raw["date"], raw.get("note", ""), raw.get("confidence", ""))


def _read(name: str) -> Any:
    return json.loads(_LOADER.get_data(os.path.join(_FOLDER, f"{name}.json")))


def read_later(name: str, module: str) -> Any:
    """A file that is read when its figures are first asked for, from the folder or archive of the module that asks."""
    spec: Any = sys.modules[module].__spec__
    folder = os.path.join(os.path.dirname(os.path.abspath(spec.origin)), "data")
    return json.loads(spec.loader.get_data(os.path.join(folder, f"{name}.json")))


GPU_FIGURES: dict[str, Any] = _read("gpus")
PRICE_FIGURES: dict[str, Any] = _read("prices")
ENGINE_FIGURES: dict[str, Any] = _read("engines")
EFFICIENCY: dict[str, Any] = _read("efficiency")
EFFICIENCY_ROWS: list[dict[str, Any]] = EFFICIENCY["rows"]
RANGES: dict[str, Any] = _read("ranges")
CATALOGUE_ENTRIES: dict[str, Any] = _read("catalogue")
CLASS_DEFAULTS: dict[str, dict[str, Any]] = _read("class_defaults")["classes"]

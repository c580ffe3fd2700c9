"""Published configs of popular models, bundled so that they work offline and include gated ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from .data import CATALOGUE_ENTRIES


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueEntry:
    """One model: what was published, less keys that no shape, cache or number format depends on.

    Attributes:
        name: id on the Hugging Face Hub.
        family: how it attends and feeds forward, e.g. "gqa-moe", "mla-moe", "hybrid-gdn".
        config: keys and values of config.json.
        sidecar: keys and values of hf_quant_config.json; None where the config says it all.
        source: where the config was published, with its revision.
        date: when it was collected.
    """

    name: str
    family: str
    config: dict[str, Any]
    sidecar: dict[str, Any] | None
    source: str
    date: str


def _entry(name: str, raw: Mapping[str, Any]) -> CatalogueEntry:
    return CatalogueEntry(
        name=name,
        family=raw["family"],
        config=raw["config"],
        sidecar=raw.get("sidecar"),
        source=raw["source"],
        date=raw["date"],
    )


#: The models by Hub id, in the order in which a picker shows them.
CATALOGUE: Mapping[str, CatalogueEntry] = MappingProxyType(
    {name: _entry(name, raw) for name, raw in CATALOGUE_ENTRIES.items()}
)

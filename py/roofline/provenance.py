"""Where a calibrated constant comes from."""

from __future__ import annotations

from typing import NamedTuple

from . import data


class Provenance(NamedTuple):
    """Of one curve of an engine on a GPU family.

    Attributes:
        source: what it was fitted on.
        date: of the fit.
        note: what a curve without rows of its own was taken from.
        rows: measured rows behind it; 0 where it was taken from another.
    """

    source: str
    date: str
    note: str
    rows: int


def provenance(engine: str, family: str, curve: str, number_format: str = "") -> Provenance | None:
    """Provenance of a curve of ``data/efficiency.json``; None where the file has none.

    A row names its sources by their keys in the file's list of sources, or states one of its own.
    """
    inherits = getattr(data, "EFFICIENCY", {}).get("inherits", {})
    wanted = (engine, inherits.get(family, family), curve, number_format)
    for row in data.EFFICIENCY_ROWS:
        if (row["engine"], row["family"], row["curve"], row["format"]) == wanted:
            listed = getattr(data, "EFFICIENCY", {}).get("sources", {})
            named = [listed[key] for key in row.get("sources", ())]
            sources = [each["text"] for each in named] or [row["source"]]
            dates = [each["date"] for each in named] or [row["date"]]
            return Provenance("; ".join(sources), max(dates), row.get("note", ""), row.get("rows", 0))
    return None

"""Models of earlier visits, as the browser stores them: the files that the Hub gave without a token, and when.

What is read back is treated like anything from outside: bounded, and dropped where it is not as written here.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from present import hubtext, models
from present.hubtext import ModelRef
from present.models import Loaded

MOST = 12
MOST_CHARACTERS = 1_000_000
"""Of all files together; browsers let a site store some five million."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One model's files."""

    name: str
    date: str
    config: str
    sidecar: str | None
    complete: bool


def with_model(kept: Sequence[Kept], new: Kept) -> tuple[Kept, ...]:
    """The store with a model at its head; the oldest go where it would be too many, or too much."""
    found: list[Kept] = []
    room = MOST_CHARACTERS
    for each in (new, *without(kept, new.name)):
        size = len(each.config) + len(each.sidecar or "")
        if size <= room and len(found) < MOST:
            found.append(each)
            room -= size
    return tuple(found)


def without(kept: Sequence[Kept], name: str) -> tuple[Kept, ...]:
    """The store without a model."""
    return tuple(each for each in kept if each.name != name)


def written(kept: Sequence[Kept]) -> str:
    """The store as text."""
    return json.dumps([asdict(each) for each in kept], separators=(",", ":"))


def read(text: str | None) -> tuple[Kept, ...]:
    """The store from its text; what is not as it was written is left out."""
    try:
        items = json.loads(text or "[]")
    except ValueError:
        return ()
    return tuple(_kept(item) for item in items[:MOST] if _is_kept(item)) if isinstance(items, list) else ()


def _is_kept(item: Any) -> bool:
    texts = ("name", "date", "config")
    whole = isinstance(item, dict) and all(isinstance(item.get(key), str) for key in texts)
    return whole and isinstance(item.get("sidecar"), str | None) and isinstance(item.get("complete"), bool)


def _kept(item: dict[str, Any]) -> Kept:
    return Kept(item["name"], item["date"][:10], item["config"], item["sidecar"], item["complete"])


def find(kept: Sequence[Kept], ref: ModelRef) -> Kept | None:
    """A model of the store."""
    return next((each for each in kept if each.name == str(ref)), None)


def loaded(kept: Kept, ref: ModelRef) -> Loaded:
    """The model as it was. Raises NotAConfig, RooflineError."""
    read_then = models.from_hub(ref, kept.config, kept.sidecar, complete=kept.complete)
    source = f"{ref}: config.json from {hubtext.HOST.removeprefix('https://')}, kept in this browser since {kept.date}."
    # without a place on the Hub, so that nothing is asked there about it
    return replace(read_then, source=source, ref=None)

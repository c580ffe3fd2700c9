"""Where a model's description comes from: the bundled catalogue, the Hub, a paste, or by hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from present import hubtext
from present.hubtext import ModelRef
from present.inputs import manual_model
from present.state import PASTED, Scenario
from roofline import CATALOGUE, Model

_BY_LOWER: Mapping[str, str] = MappingProxyType({name.lower(): name for name in CATALOGUE})
_LEAST_ALIKE = 6
"""Characters that two names must share at their start before one is offered for the other."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model ready to be computed, and where its description comes from, in words."""

    model: Model
    source: str
    ref: ModelRef | None = None
    """Where on the Hub it was read; None for what was not."""
    with_token: bool = False
    """Read with the reader's access token: it, and what is computed of it, is not stored or exported."""


def bundled_name(text: str) -> str | None:
    """The catalogue's name for what was typed: an id or a whole address, any case."""
    try:
        ref = hubtext.model_ref(text)
    except hubtext.NotAModel:
        return None
    if ref.revision != hubtext.DEFAULT_REVISION:
        return None
    return _BY_LOWER.get(ref.id.lower())


def bundled(name: str) -> Loaded:
    """A model of the catalogue. Raises RooflineError."""
    entry = CATALOGUE[name]
    model = Model.from_config(entry.config, name=name, sidecar=entry.sidecar)
    return Loaded(model, f"{name}: bundled config, {entry.date}.")


def from_hub(
    ref: ModelRef, config: str, sidecar: str | None, *, complete: bool = True, with_token: bool = False
) -> Loaded:
    """A model from the text of its files. Raises NotAConfig, RooflineError."""
    parsed = hubtext.json_object(config)
    side = _sidecar(sidecar) if sidecar is not None else None
    model = Model.from_config(parsed, name=str(ref), sidecar=side)
    doubt = (
        ""
        if complete
        else (f" {hubtext.SIDECAR} could not be asked for: where the model has one, its formats are not known here.")
    )
    return Loaded(model, f"{ref}: config.json from huggingface.co.{doubt}", ref, with_token)


def _sidecar(text: str) -> dict[str, Any]:
    try:
        return hubtext.json_object(text)
    except hubtext.NotAConfig as reason:
        raise hubtext.NotAConfig(f"In {hubtext.SIDECAR}: {reason}") from None


def pasted(text: str) -> Loaded:
    """A model from pasted text. Raises NotAConfig, RooflineError."""
    model = Model.from_config(hubtext.json_object(text), name=PASTED)
    return Loaded(model, "The pasted config.json is not part of this page’s link.")


def manual(scenario: Scenario) -> Loaded:
    """A model from the manual boxes. Raises RooflineError."""
    return Loaded(manual_model(scenario), "Model parameters entered by hand.")


def closest_bundled(model_id: str) -> str | None:
    """The catalogue's model whose name starts most like this one's; None where none is alike."""
    wanted = _name(model_id)
    best = max(CATALOGUE, key=lambda name: _alike(_name(name), wanted))
    alike = _alike(_name(best), wanted)
    return best if alike >= max(_LEAST_ALIKE, len(_name(best)) * 0.6) else None


def _name(model_id: str) -> str:
    return model_id.rpartition("/")[2].lower().removeprefix("meta-")


def _alike(one: str, other: str) -> int:
    """Characters that both have at their start."""
    for index, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return index
    return min(len(one), len(other))

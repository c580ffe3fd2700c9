"""Our parameter count against the Hub's, and the likely reason where they differ.

The Hub counts the tensors of the safetensors files by storage type. It so counts packed 4-bit weights by
their containers (unless it unpacks them, which changed during 2026), scales, MTP layers, and a tied head that
was saved twice. Each such reading of our own count is tried; the plainest that agrees is the reason.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from present import hubtext, text
from present.hubtext import ModelRef
from roofline import Model
from roofline.formats import BF16, Format
from roofline.weights import Linear, Role

SCALE_TYPES = frozenset({"F8_E8M0"})
"""Storage types that hold scales, never parameters."""

AGREES_WITHIN = 0.001
EXACT_WITHIN = 1e-5
WARNS_ABOVE = 0.03
_CONTAINER_BITS = {8: "byte", 32: "32-bit word"}
_BITS_OF_A_SCALE = {"nvfp4": 8, "mxfp4": 8, "mxfp8": 8, "fp8_block": 32}
_BITS = {"nvfp4": 4, "mxfp4": 4, "nf4": 4, "mxfp8": 8, "fp8_block": 8, "fp8": 8}


class Verdict(StrEnum):
    """How the two counts compare."""

    AGREES = "agrees"
    EXPLAINED = "explained"
    DIFFERS = "differs"
    UNCHECKED = "unchecked"


@dataclass(frozen=True, slots=True)
class Entry:
    """What the Hub's API says of a model."""

    id: str
    params: int | None
    """Elements in its safetensors files, scales in a type of their own left out; None where it does not say."""


@dataclass(frozen=True, slots=True)
class Check:
    """The comparison in words."""

    verdict: Verdict
    words: str
    warns: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """One way in which the Hub may count our parameters."""

    params: float
    reasons: tuple[str, ...] = ()


def entry(body: str) -> Entry:
    """Read the API's answer. Raises NotAConfig."""
    answer = hubtext.json_object(body)
    name = answer.get("id")
    tensors = answer.get("safetensors")
    known = isinstance(name, str) and hubtext.is_id(name)
    return Entry(str(name) if known else "", _params(tensors) if isinstance(tensors, Mapping) else None)


def _params(tensors: Mapping[str, object]) -> int | None:
    by_type = tensors.get("parameters")
    counts = by_type if isinstance(by_type, Mapping) else {}
    found = {name: count for name, count in counts.items() if _is_count(count)}
    total = tensors.get("total")
    if found:
        return sum(count for name, count in found.items() if name not in SCALE_TYPES) or None
    return total if isinstance(total, int) and _is_count(total) else None


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**18


def unchecked(reason: str) -> Check:
    """No comparison, and why."""
    return Check(Verdict.UNCHECKED, f"Not checked: {reason}.")


def renamed(check: Check, ref: ModelRef, found: Entry) -> Check:
    """With a word on the model's new name, where the Hub has moved it."""
    if found.id.lower() in ("", ref.id.lower()):
        return check
    return replace(check, words=f"{check.words} The Hub now calls it {found.id}.")


def compare(model: Model, found: Entry) -> Check:
    """Ours against the Hub's."""
    if found.params is None:
        return unchecked("the Hub gives no total for this model")
    counted = found.params
    ours = model.total_params + (model.tower_params or 0)
    readings = tuple(_readings(model, ours))
    for reading in readings:
        if abs(counted - reading.params) <= AGREES_WITHIN * ours:
            return _agreement(counted, reading, ours)
    for reading in readings:
        if 0 < counted - reading.params <= _most_mtp(model):
            return _difference(counted, reading, ours, _mtp(model))
    packings = (Reading(ours + packed.params, packed.reasons) for packed in _packings(model))
    nearest = min(packings, key=lambda reading: abs(counted - reading.params))
    return _difference(counted, nearest, ours, _suspicion(model, counted - nearest.params))


def _readings(model: Model, ours: int) -> Iterator[Reading]:
    """The plain count first, then ever more that the Hub may count otherwise."""
    for packed in _packings(model):
        for scales in _scales(model):
            params = ours + packed.params + scales.params
            reasons = (*packed.reasons, *scales.reasons)
            yield Reading(params, reasons)
            for ends in _ends(model):
                yield Reading(params + ends.params, (*reasons, *ends.reasons))


def _packings(model: Model) -> Iterator[Reading]:
    """Elements that the Hub lacks where it counts the containers of packed weights."""
    yield Reading(0)
    for container_bits, noun in _CONTAINER_BITS.items():
        missing = 0.0
        for linear, count in _stored(model):
            bits = _bits(linear.stored)
            if bits < 8 or (bits < BF16.bits and container_bits > 8 and linear.stored.name.startswith("int")):
                missing += count * linear.elements * (1 - bits / container_bits)
        if missing:
            yield Reading(-missing, (f"counts packed weights by the {noun}",))


def _scales(model: Model) -> Iterator[Reading]:
    """Elements that the Hub has more where it counts scales as parameters."""
    yield Reading(0)
    scales = sum(count * linear.elements * _scales_per_element(linear.stored) for linear, count in _stored(model))
    if scales:
        yield Reading(scales, ("counts the quantisation’s scales",))


def _ends(model: Model) -> Iterator[Reading]:
    """A head saved beside the embedding it is tied to, or none saved at all."""
    embedding = sum(linear.params for linear in model.outside if linear.role is Role.EMBEDDING and _is_tokens(linear))
    head = sum(linear.params for linear in model.outside if linear.role is Role.HEAD)
    if model.tied and embedding:
        yield Reading(embedding, ("counts the tied head a second time",))
    if head:
        yield Reading(-head, ("has no head in its files",))


def _is_tokens(linear: Linear) -> bool:
    return linear.name == "embed_tokens"


def _stored(model: Model) -> Iterator[tuple[Linear, int]]:
    """Matrices below 16 bit, each with the number of layers that have it."""
    for layer, count in model.layer_groups:
        yield from ((linear, count) for linear in layer.weights if linear.stored.bits < BF16.bits)
    yield from ((linear, 1) for linear in model.outside if linear.stored.bits < BF16.bits)


def _bits(stored: Format) -> int:
    """Bits of one element, scales apart."""
    return _BITS.get(stored.name) or int(stored.name.removeprefix("int"))


def _scales_per_element(stored: Format) -> float:
    return (stored.bits - _bits(stored)) / _BITS_OF_A_SCALE.get(stored.name, 16)


def _most_mtp(model: Model) -> float:
    """Parameters that the declared MTP layers can have: a layer, a projection, their own embedding and head."""
    largest = max(
        sum(linear.params for linear in layer.weights) + layer.extra_params for layer, _ in model.layer_groups
    )
    ends = 2 * model.vocab_size * model.hidden_size + 2 * model.hidden_size**2
    return model.mtp_layers * 1.05 * (largest + ends)


def _mtp(model: Model) -> str:
    return f"its files hold {text.plural(model.mtp_layers, 'MTP layer')} too, not counted here"


def _agreement(counted: int, reading: Reading, ours: int) -> Check:
    exact = abs(counted - reading.params) <= EXACT_WITHIN * ours
    how = "" if exact else " within 0.1 %"
    total = text.parameters(counted)
    if not reading.reasons:
        precise = f" to the last of {text.exact(counted)}" if counted == ours else f", {total}{how}"
        return Check(Verdict.AGREES, f"Agrees with the Hub’s total{precise}.")
    loss = any("no head" in reason for reason in reading.reasons) and abs(counted - ours) > WARNS_ABOVE * ours
    words = f"Agrees with the Hub’s {total}{how}, which {' and '.join(reading.reasons)}."
    return Check(Verdict.EXPLAINED, words, warns=loss)


def _difference(counted: int, reading: Reading, ours: int, reason: str) -> Check:
    rest = (counted - reading.params) / ours
    size = f"{text.percent(abs(rest))} {'more' if rest > 0 else 'fewer'}"
    known = f", which {' and '.join(reading.reasons)}, otherwise has" if reading.reasons else " has"
    warns = abs(rest) > WARNS_ABOVE
    words = f"The Hub’s total of {text.parameters(counted)}{known} {size} than ours: {reason}."
    return Check(Verdict.DIFFERS if warns else Verdict.EXPLAINED, words, warns)


def _suspicion(model: Model, rest: float) -> str:
    """What may lie behind a difference that no reading explains."""
    if rest < 0:
        return "its files may be incomplete, or the total an estimate"
    if model.tower_params is None:
        return "probably a vision or audio tower, whose size the config does not tell"
    if model.mtp_layers:
        return f"more than {text.plural(model.mtp_layers, 'MTP layer')} can hold; perhaps scales or further layers"
    return "perhaps MTP layers or buffers that the config does not declare"

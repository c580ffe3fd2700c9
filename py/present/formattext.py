"""The number formats of a checkpoint in words: what is stored how, and where the config says so."""

from collections.abc import Iterator

from present.text import listing
from roofline import Model
from roofline.formats import BF16, Format
from roofline.weights import Linear, Role

NAMES = {
    Role.ATTENTION: "attention",
    Role.STATE: "recurrent layers",
    Role.MLP: "dense feed-forward",
    Role.EXPERT: "experts",
    Role.SHARED_EXPERT: "shared experts",
    Role.ROUTER: "router",
    Role.EMBEDDING: "embeddings",
    Role.HEAD: "head",
}
"""Parts of a model, in the order in which they are named."""


def checkpoint(model: Model) -> tuple[str, ...]:
    """What was found: one line per format, then where it was found."""
    if not model.checkpoint.quantized:
        return (f"{model.checkpoint.label}: {_nothing(model)}",)
    parts = _by_format(model)
    lines = [f"{written(label)}: {listing(names, 'and')}" for label, names in parts.items() if label != BF16.label]
    if BF16.label in parts:
        lines.append(f"16 bit: {listing(parts[BF16.label], 'and')}")
    return (*lines, f"Found in {model.checkpoint.origin}", *_cache(model))


def _nothing(model: Model) -> str:
    return "assumed" if model.architecture == "manual" else "no quantisation in config.json or hf_quant_config.json"


def _cache(model: Model) -> tuple[str, ...]:
    declared = model.checkpoint.kv_precision
    return (f"KV cache declared as {declared.upper()}",) if declared else ()


def written(label: str) -> str:
    """An engine's label with a multiplication sign."""
    return label.replace(" x ", " × ")


def _by_format(model: Model) -> dict[str, list[str]]:
    """Parts by format, the lowest bits first; a part in several formats says so."""
    found: dict[Role, dict[str, Format]] = {}
    for linear in linears(model):
        stored = BF16 if linear.stored.bits >= BF16.bits else linear.stored
        found.setdefault(linear.role, {})[stored.label] = stored
    formats = {label: stored for formats in found.values() for label, stored in formats.items()}
    ordered = sorted(formats, key=lambda label: formats[label].bits)
    return {label: [_part(role, found[role]) for role in NAMES if label in found.get(role, {})] for label in ordered}


def _part(role: Role, formats: dict[str, Format]) -> str:
    return NAMES[role] if len(formats) == 1 else f"part of {NAMES[role]}"


def linears(model: Model) -> Iterator[Linear]:
    """Every distinct matrix."""
    for layer, _ in model.layer_groups:
        yield from layer.weights
    yield from model.outside

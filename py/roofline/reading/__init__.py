"""From a published config.json to a model.

``locate`` finds the language config, ``families`` reads its layers, ``checkpoint`` its number formats, ``towers``
what an engine loads beside it, and ``assemble`` puts them together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from ..data import CLASS_DEFAULTS
from ..formats import BF16, Format
from ..model import Checkpoint, Layer, Model
from ..weights import Linear, Role
from .assemble import make_layers, make_outside
from .attention import CONTEXT, HEADS, HIDDEN, LAYERS, VOCABULARY
from .checkpoint import read_scheme
from .experts import COUNT, DENSE_WIDTH, WIDTH
from .families import Reader, find_reader
from .keys import MAX_TOKENS, Keys
from .locate import has_towers, language_section, model_type_of
from .refusals import refuse_other_models
from .scheme import Scheme

__all__ = ["read_model"]

#: Their class of the language model is called "...Model".
WITH_HEAD = frozenset({"chatglm"})
#: Keys that a whole config must give.
SIZES = frozenset({*LAYERS, *HIDDEN, *HEADS, *VOCABULARY, *DENSE_WIDTH, *COUNT, *WIDTH, *CONTEXT})
MTP_LAYERS = ("num_nextn_predict_layers", "num_mtp_modules", "mtp_num_hidden_layers")


def read_model(config: Mapping[str, Any], *, name: str = "model", sidecar: Mapping[str, Any] | None = None) -> Model:
    """Read a config.json, with hf_quant_config.json as ``sidecar``.

    Raises:
        ConfigError: a key is missing or makes no sense.
        UnsupportedArchitecture: the family is not modelled.
    """
    section, nested = language_section(config)
    model_type = model_type_of(section, config)
    refuse_other_models(section, config, model_type)
    keys = Keys(
        section,
        model_type=model_type,
        root=config if nested else None,
        defaults=defaults_of(model_type, nested=nested),
    )
    blueprint = reader_of(model_type)(keys)
    scheme = read_scheme(section, config, sidecar)
    layers = make_layers(blueprint, scheme)
    headless = is_headless(section, model_type)
    outside = make_outside(
        [linear for linear in blueprint.outside if not (headless and linear.role is Role.HEAD)], scheme
    )
    return Model(
        name=name,
        architecture=model_type,
        hidden_size=blueprint.hidden_size,
        vocab_size=blueprint.vocab_size,
        layers=layers,
        outside=outside,
        tied=blueprint.tied,
        extra_params=blueprint.extra_params,
        tower_params=towers_of(config, model_type, blueprint.hidden_size),
        context_tokens=keys.optional(*CONTEXT, high=MAX_TOKENS),
        checkpoint=describe(layers, outside, scheme),
        mtp_layers=mtp_of(section)[1],
        remarks=(*blueprint.remarks, *default_remark(keys), *mtp_remark(section)),
    )


def reader_of(model_type: str) -> Reader:
    """Reader of the family, or the one for types that are not known."""
    found = find_reader(model_type)
    if found is None:
        from .unknown import read_unknown

        return read_unknown
    return found


def towers_of(config: Mapping[str, Any], model_type: str, hidden_size: int) -> int | None:
    """Parameters of vision and audio towers; None where the config does not tell."""
    if not has_towers(config, model_type):
        return 0
    from .towers import tower_params

    return tower_params(config, model_type, hidden_size)


def defaults_of(model_type: str, *, nested: bool) -> dict[str, Any]:
    """Class defaults; those of sizes only for nested configs, which leave them out where they are the default."""
    defaults = CLASS_DEFAULTS.get(model_type, {})
    return defaults if nested else {name: value for name, value in defaults.items() if name not in SIZES}


def default_remark(keys: Keys) -> tuple[str, ...]:
    """Say which sizes came from the class defaults."""
    taken = sorted(keys.defaulted & SIZES)
    if not taken:
        return ()
    return (f"Not in config.json, so the defaults of transformers are used: {', '.join(taken)}.",)


def mtp_of(section: Mapping[str, Any]) -> tuple[str, int]:
    """Key and number of the layers for multi-token prediction; ("", 0) for none."""
    for name in MTP_LAYERS:
        count = section.get(name)
        if isinstance(count, int) and count > 0 and not isinstance(count, bool):
            return name, count
    return "", 0


def mtp_remark(section: Mapping[str, Any]) -> tuple[str, ...]:
    """Say that layers for multi-token prediction are left out."""
    name, count = mtp_of(section)
    if not count:
        return ()
    return (f"{name} {count:,}: layers that predict further tokens are in the checkpoint but not counted.",)


def is_headless(section: Mapping[str, Any], model_type: str) -> bool:
    """Whether the checkpoint is a bare base model (an embedder), such as MistralModel."""
    architectures = section.get("architectures")
    first = architectures[0] if isinstance(architectures, list) and architectures else None
    if not isinstance(first, str) or not first.endswith("Model") or model_type in WITH_HEAD:
        return False
    return first[: -len("Model")].lower() == model_type.replace("_", "")


def describe(layers: tuple[Layer, ...], outside: tuple[Linear, ...], scheme: Scheme) -> Checkpoint:
    """Words for the checkpoint: its formats below 16 bit, the one with most elements first."""
    elements: Counter[Format] = Counter()
    for layer, count in Counter(map(id, layers)).items():
        weights = next(item for item in layers if id(item) == layer).weights
        for linear in weights:
            elements[linear.stored] += count * linear.elements
    for linear in outside:
        elements[linear.stored] += linear.elements
    below = [stored for stored, _ in elements.most_common() if stored.bits < BF16.bits]
    return Checkpoint(
        label=" + ".join(dict.fromkeys(stored.label for stored in below)) or BF16.label,
        quantized=bool(below),
        kv_precision=scheme.kv_precision,
        origin=scheme.origin,
        main_rate=below[0].rate if below else None,
    )

"""Number formats of a published checkpoint: quantization_config in every form, and hf_quant_config.json.

Embeddings, head, norms and routers stay in 16 bit unless the checkpoint lists them by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..errors import ConfigError
from ..formats import (
    BF16,
    FP8,
    FP8_BLOCK,
    INT8,
    MXFP4,
    MXFP8,
    NF4,
    NF4_DOUBLE,
    NVFP4,
    Format,
    grouped_int4,
    weight_only,
)
from .keys import Keys
from .patterns import Patterns
from .scheme import MAX_TABLE, ModuleTable, Scheme, algorithm_format, unknown

IGNORE_KEYS = (
    "ignore",
    "modules_to_not_convert",
    "exclude_modules",
    "ignored_layers",
    "llm_int8_skip_modules",
    "modules_in_block_to_not_quantize",
)
MAX_GROUPS = 1_000
SIDE_FILE = "hf_quant_config.json"

PLAIN = Scheme()


def read_scheme(section: Mapping[str, object], root: Mapping[str, object], sidecar: object) -> Scheme:
    """Scheme of the checkpoint; the side file decides only where the config says nothing.

    Raises:
        ConfigError: a quantisation that is not understood.
    """
    side = _side(sidecar)
    for source in (section, root):
        for name in ("quantization_config", "compression_config"):
            found = source.get(name)
            if found is not None:
                keys = _object(found, name)
                kv_precision = _declared_cache(keys) or _declared_cache(side)
                return _finish(keys, root, kv_precision, name if source is root else f"{name} of the language section")
    return _finish(side, root, _declared_cache(side), SIDE_FILE) if side is not None else PLAIN


def _side(sidecar: object) -> Keys | None:
    if sidecar is None:
        return None
    keys = _object(sidecar, SIDE_FILE)
    return keys.section("quantization") or keys


def _object(found: object, name: str) -> Keys:
    if not isinstance(found, Mapping):
        raise ConfigError(f"{name} is not an object", hint=f"Check {name}.")
    return Keys(found)


def _finish(keys: Keys, root: Mapping[str, object], kv_precision: str | None, origin: str) -> Scheme:
    return replace(_by_form(keys, root), kv_precision=kv_precision, origin=origin)


def _declared_cache(keys: Keys | None) -> str | None:
    """Cache format from kv_cache_quant_algo or kv_cache_scheme."""
    if keys is None:
        return None
    named = keys.value("kv_cache_quant_algo", "kv_cache_scheme", "kv_cache_dtype")
    if isinstance(named, str):
        return "fp8" if "FP8" in named.upper() or "INT8" in named.upper() else None
    if isinstance(named, Mapping):
        return "fp8" if named.get("num_bits") == 8 else None
    return None


def _by_form(keys: Keys, root: Mapping[str, object]) -> Scheme:
    method = keys.text("quant_method").lower().replace("_", "-")
    if keys.value("quant_algo") is not None:
        return _modelopt(keys, method, root)
    if method == "compressed-tensors" or (not method and keys.value("config_groups") is not None):
        return _compressed_tensors(keys)
    if method in ("fp8", "fbgemm-fp8", "deepseek-v4-fp8"):
        return Scheme(_fp8(keys), _expert_format(root), ignored=_ignored(keys))
    if method == "mxfp4":
        return Scheme(experts=MXFP4, ignored=_ignored(keys))
    if method in ("awq", "gptq", "auto-round", "autoround", "gptq-marlin", "awq-marlin", "intel/auto-round"):
        return _grouped(keys, method)
    if method == "bitsandbytes" or keys.value("load_in_4bit", "load_in_8bit") is not None:
        return Scheme(_bitsandbytes(keys), ignored=_ignored(keys))
    raise unknown(method or "of an unknown form")


def _ignored(keys: Keys) -> Patterns:
    entries: list[object] = []
    for name in IGNORE_KEYS:
        entries += keys.items(name) or ()
    return Patterns(entries)


def _fp8(keys: Keys) -> Format:
    return FP8 if keys.items("weight_block_size") is None else FP8_BLOCK


def _expert_format(root: Mapping[str, object]) -> Format | None:
    """expert_dtype beside FP8 (DeepSeek-V4): MXFP4 in blocks of 32."""
    return MXFP4 if root.get("expert_dtype") == "fp4" else None


def _grouped(keys: Keys, method: str) -> Scheme:
    """AWQ, GPTQ and AutoRound: integers in groups with packed zero points."""
    bits = keys.integer("bits", "w_bit", default=4, high=8)
    group = keys.optional("group_size", "q_group_size", low=-1) or -1
    negative = [f"re:{name[2:]}" for name in _names(keys.value("dynamic")) if name.startswith("-:")]
    patterns = Patterns([*(keys.items("modules_to_not_convert") or ()), *negative])
    zero_points = keys.flag("zero_point", default=True) if method.startswith("awq") else True
    return Scheme(grouped_int4(group, zero_points=zero_points, bits=bits), ignored=patterns)


def _names(found: object) -> list[str]:
    return [name for name in found if isinstance(name, str)] if isinstance(found, Mapping) else []


def _bitsandbytes(keys: Keys) -> Format:
    if not keys.flag("load_in_4bit", "_load_in_4bit"):
        return INT8
    return NF4_DOUBLE if keys.flag("bnb_4bit_use_double_quant") else NF4


def _modelopt(keys: Keys, method: str, root: Mapping[str, object]) -> Scheme:
    """One algorithm for everything, or a table (MIXED_PRECISION), alone or on top of an FP8 checkpoint."""
    algorithm = keys.text("quant_algo").upper()
    if algorithm != "MIXED_PRECISION":
        base = algorithm_format(algorithm, keys)
        return Scheme(base, ignored=_ignored(keys))
    layers = keys.value("quantized_layers")
    if not isinstance(layers, Mapping):
        raise ConfigError("MIXED_PRECISION without quantized_layers", hint="Add hf_quant_config.json of the model.")
    table = ModuleTable(layers)
    if method == "fp8":
        return Scheme(_fp8(keys), _expert_format(root), table=table)
    return Scheme(table=table)


def _compressed_tensors(keys: Keys) -> Scheme:
    """Groups of targets: a class ("Linear"), names, or expressions."""
    groups = keys.value("config_groups")
    if not isinstance(groups, Mapping) or len(groups) > MAX_GROUPS:
        raise ConfigError("quantization_config has no config_groups", hint="Check quantization_config.")
    base = BF16
    listed: list[tuple[Patterns, Format]] = []
    names: dict[str, Format] = {}
    for group in groups.values():
        section = _object(group, "config_groups")
        stored = _weights_format(section)
        classes, exact, patterns = _targets(section)
        if classes:
            base = stored
        names.update(dict.fromkeys(exact, stored))
        if patterns:
            listed.append((Patterns(patterns), stored))
    table = ModuleTable(names) if names else None
    return Scheme(base, table=table, groups=tuple(listed), ignored=_ignored(keys))


def _targets(section: Keys) -> tuple[list[str], list[str], list[str]]:
    """Classes, full module names and patterns of a group's targets; none means every linear layer."""
    classes: list[str] = []
    exact: list[str] = []
    patterns: list[str] = []
    targets = section.items("targets") or ("Linear",)
    if len(targets) > MAX_TABLE:
        raise ConfigError("targets holds too many names", hint="Check quantization_config.")
    for target in targets:
        if not isinstance(target, str):
            raise ConfigError("targets holds something that is not a text", hint="Check quantization_config.")
        if target.startswith("re:") or "*" in target:
            patterns.append(target)
        elif "." in target or target == "lm_head":
            exact.append(target)
        else:
            classes.append(target)
    return classes, exact, patterns


def _weights_format(section: Keys) -> Format:
    weights = section.section("weights")
    if weights is None:
        return BF16
    bits = weights.integer("num_bits", high=16)
    kind = weights.text("type", default="int")
    stored = _numbers(weights, bits, kind)
    alone = section.value("input_activations") is None
    return weight_only(stored) if alone and bits < 16 else stored


def _numbers(weights: Keys, bits: int, kind: str) -> Format:
    group = weights.optional("group_size", low=-1) or -1
    strategy = weights.text("strategy")
    if kind == "float" and bits == 8:
        if strategy == "group":
            return MXFP8
        return FP8_BLOCK if strategy == "block" or weights.value("block_structure") is not None else FP8
    if kind == "float" and bits == 4:
        return NVFP4 if group == 16 else MXFP4
    if kind == "int" and bits == 8 and group < 1:
        return INT8
    if kind == "int" and bits <= 8:
        return grouped_int4(group, zero_points=not weights.flag("symmetric", default=True), bits=bits)
    raise unknown(f"{bits} bit {kind}")

"""Readers by model_type. A new family is one module here with ``FAMILIES`` and one line in ``_MODULES``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ..blueprint import Blueprint
from ..keys import Keys
from . import (
    classic,
    decoder,
    deepseek,
    deepseek_v4,
    delta,
    gemma,
    gpt_oss,
    kimi,
    lfm,
    llama4,
    longcat,
    mamba,
    minimax,
    mixed_heads,
    mllama,
    moe,
    nemotron,
)

Reader = Callable[[Keys], Blueprint]

_MODULES = (
    decoder,
    classic,
    moe,
    gpt_oss,
    llama4,
    gemma,
    mixed_heads,
    deepseek,
    deepseek_v4,
    longcat,
    delta,
    kimi,
    minimax,
    nemotron,
    mamba,
    lfm,
    mllama,
)

READERS: Mapping[str, Reader] = MappingProxyType(
    {name: reader for module in _MODULES for name, reader in module.FAMILIES.items()}
)

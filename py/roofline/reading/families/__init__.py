"""Readers by model_type. A new family is one module here with ``FAMILIES`` and one line in ``_MODULES``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ..blueprint import Blueprint
from ..keys import Keys
from . import classic, decoder, deepseek, gpt_oss, llama4

Reader = Callable[[Keys], Blueprint]

_MODULES = (decoder, classic, deepseek, gpt_oss, llama4)

READERS: Mapping[str, Reader] = MappingProxyType(
    {name: reader for module in _MODULES for name, reader in module.FAMILIES.items()}
)

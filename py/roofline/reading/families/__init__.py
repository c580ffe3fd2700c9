"""Readers by model_type. A new family is one module here with ``FAMILIES`` and its name in ``MODULES``.

The modules are imported one after the other until one knows the type, so that a plain model starts quickly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ..blueprint import Blueprint
from ..keys import Keys

Reader = Callable[[Keys], Blueprint]

#: The commonest first.
MODULES = (
    "decoder",
    "deepseek",
    "gpt_oss",
    "llama4",
    "delta",
    "moe",
    "gemma",
    "nemotron",
    "mixed_heads",
    "deepseek_v4",
    "minimax",
    "kimi",
    "mamba",
    "lfm",
    "mllama",
    "longcat",
    "classic",
)


def tables() -> Iterator[Mapping[str, Reader]]:
    """Readers of each module, imported when it is their turn."""
    for name in MODULES:
        families: Mapping[str, Reader] = __import__(f"{__name__}.{name}", fromlist=("FAMILIES",)).FAMILIES
        yield families


def find_reader(model_type: str) -> Reader | None:
    """Reader of a model_type, None where there is none."""
    return next((table[model_type] for table in tables() if model_type in table), None)

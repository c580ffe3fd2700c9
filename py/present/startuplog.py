"""The engine's start-up log: our figures in its words, and the figures of lines that a user pasted.

The wordings are those of vLLM (``kv_cache_utils``, ``gpu_worker``), SGLang (``memory_pool``) and TensorRT-LLM
(``kvCacheManager``) as public logs show them (read 2026-11-24).
"""

import re
from dataclasses import dataclass

from roofline.startup import Startup

#: A pasted log is read up to here.
MAX_CHARACTERS = 200_000
GIB = 2.0**30
_NUMBER = r"([0-9][0-9,]{0,20}(?:\.[0-9]{1,6})?)"
_PATTERNS = {
    "weights_gib": (
        rf"Model loading took {_NUMBER} GiB",
        rf"Load weight end\..{{0,200}}mem usage={_NUMBER} GB",
    ),
    "cache_gib": (
        rf"Available KV cache memory: {_NUMBER} GiB",
        rf"Allocated {_NUMBER} GiB for max tokens in paged KV cache",
        rf"KV Cache is allocated\..{{0,80}}KV size: {_NUMBER} GB",
    ),
    "cache_tokens": (
        rf"GPU KV cache size: {_NUMBER} tokens",
        rf"for max tokens in paged KV cache \({_NUMBER}\)",
        rf"KV Cache is allocated\. .{{0,40}}#tokens: {_NUMBER}",
        rf"max_total_num_tokens={_NUMBER}",
    ),
    "request_tokens": (rf"Maximum concurrency for {_NUMBER} tokens per request",),
    "max_concurrency": (rf"tokens per request: {_NUMBER}x",),
}
_HALVES = re.compile(rf"K size: {_NUMBER} GB, V size: {_NUMBER} GB")


@dataclass(frozen=True, slots=True)
class Logged:
    """Figures of a pasted log; None where it does not say. SGLang's "GB" are GiB."""

    weights_gib: float | None = None
    cache_gib: float | None = None
    cache_tokens: float | None = None
    request_tokens: float | None = None
    max_concurrency: float | None = None


def log_lines(found: Startup) -> tuple[str, ...]:
    """Our figures as the engine would print them."""
    weights = f"{found.weight_bytes / GIB:.2f}"
    if found.engine == "SGLang":
        return (
            f"Load weight end. mem usage={weights} GB.",
            f"KV Cache is allocated. #tokens: {found.cache_tokens}, KV size: {found.cache_bytes / GIB:.2f} GB",
        )
    if found.engine == "TensorRT-LLM":
        size = f"{found.cache_bytes / GIB:.2f} GiB"
        return (f"[MemUsageChange] Allocated {size} for max tokens in paged KV cache ({found.cache_tokens}).",)
    return (
        f"Model loading took {weights} GiB memory",
        f"Available KV cache memory: {found.cache_bytes / GIB:.2f} GiB",
        f"GPU KV cache size: {found.cache_tokens:,} tokens",
        f"Maximum concurrency for {found.request_tokens:,} tokens per request: {found.max_concurrency:.2f}x",
    )


def read_log(text: str) -> Logged:
    """Figures of pasted log lines; the last of several counts."""
    text = text[:MAX_CHARACTERS]
    found = {name: _last(patterns, text) for name, patterns in _PATTERNS.items()}
    halves = _HALVES.findall(text)
    if found["cache_gib"] is None and halves:
        found["cache_gib"] = sum(_value(half) for half in halves[-1])
    return Logged(**found)


def difference(ours: float, logged: float | None) -> float | None:
    """Ours over the log's, less 1; None where the log does not say."""
    return ours / logged - 1 if logged else None


def _last(patterns: tuple[str, ...], text: str) -> float | None:
    for pattern in patterns:
        matches = re.findall(pattern, text)
        if matches:
            return _value(matches[-1])
    return None


def _value(digits: str) -> float:
    return float(digits.replace(",", ""))

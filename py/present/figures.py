"""Which formatter writes which figure: the single table from the API's names to words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from present import text
from present.text import UNKNOWN, Quantity

BOUNDS: Mapping[str, str] = {
    "compute": "compute-bound",
    "memory": "memory-bound",
    "communication": "communication-bound",
    "overhead": "overhead-bound",
}
"""What limits a phase, in words."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure as it is shown: the API's name, the SI value, and its text."""

    field: str
    value: float | str | None
    quantity: Quantity

    def __str__(self) -> str:
        """Number and unit."""
        return str(self.quantity)


def _bound(value: str) -> Quantity:
    return Quantity(BOUNDS.get(value, value))


def _sequences(value: float) -> Quantity:
    return Quantity(text.count(value).number, "request" if value == 1 else "requests")


def _tokens(value: float) -> Quantity:
    found = text.scaled(value, text.LARGE) if value >= 1e6 else text.count(value)
    return Quantity(found.number + found.unit, "tokens")


def _plain(value: float) -> Quantity:
    return Quantity(text.exact(value))


FORMATTERS: Mapping[str, Callable[..., Quantity]] = {
    "max_concurrency": _sequences,
    "concurrency": _sequences,
    "running": _sequences,
    "kv_capacity_tokens": _tokens,
    "replicas": text.count,
    "gpus_per_replica": _plain,
    "idle_gpus": _plain,
    "tensor_parallel": _plain,
    "total_params": text.parameters,
    "active_params": text.parameters,
    "tower_params": text.parameters,
    "prefill_s": text.duration,
    "ttft_s": text.duration,
    "decode_step_s": text.duration,
    "tpot_s": text.duration,
    "request_latency_s": text.duration,
    "request_tokens_per_s": text.rate,
    "replica_decode_tokens_per_s": text.rate,
    "replica_tokens_per_s": text.rate,
    "system_tokens_per_s": text.rate,
    "prefill_bound": _bound,
    "decode_bound": _bound,
    "usd_per_million_input_tokens": text.money,
    "usd_per_million_output_tokens": text.money,
    "usd_per_million_tokens": text.money,
    "usd_per_month": text.money,
    "usd_per_gpu_hour": text.money,
}
SIZES = frozenset(
    {
        "weight_bytes",
        "weight_bytes_per_gpu",
        "kv_cache_bytes",
        "kv_bytes_per_token_per_gpu",
        "shortfall_bytes_per_gpu",
        "kv_bytes",
        "kv_bytes_per_token",
    }
)
"""Figures in bytes: their text depends on the choice of GB or GiB."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes figures in the reader's units."""

    binary: bool = False

    def figure(self, field: str, value: float | str | None) -> Figure:
        """The figure of that API name; None is shown as unknown."""
        if value is None:
            return Figure(field, None, Quantity(UNKNOWN))
        if field in SIZES:
            assert not isinstance(value, str)
            return Figure(field, value, text.size(value, binary=self.binary))
        return Figure(field, value, FORMATTERS[field](value))

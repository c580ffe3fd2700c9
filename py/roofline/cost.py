"""Money: dollars per request, split into input and output by the time that each takes (DESIGN section 4)."""

from __future__ import annotations

from typing import NamedTuple

SECONDS_PER_HOUR = 3600.0
HOURS_PER_MONTH = 730.0
MILLION = 1e6


class Cost(NamedTuple):
    """Prices of one deployment."""

    usd_per_million_input_tokens: float
    usd_per_million_output_tokens: float
    usd_per_million_tokens: float
    usd_per_month: float


def cost(
    *,
    usd_per_gpu_hour: float,
    utilization: float,
    gpus_per_replica: int,
    billed_gpus: int,
    input_tokens: float,
    output_tokens: float,
    prefill_s: float,
    decode_s: float,
    replica_tokens_per_s: float,
) -> Cost:
    """Price tokens so that input x input price + output x output price is the price R of a request.

    R = GPUs x price per second x output / sustained output rate / utilization; the input's share is P/(P + D) with P
    the
    prefill of the request and D its share of the decode steps. The month bills whole nodes, idle GPUs included.
    """
    request_usd = (
        gpus_per_replica * usd_per_gpu_hour / SECONDS_PER_HOUR * output_tokens / replica_tokens_per_s / utilization
    )
    share = prefill_s / (prefill_s + decode_s)
    return Cost(
        MILLION * request_usd * share / input_tokens,
        MILLION * request_usd * (1.0 - share) / output_tokens,
        MILLION * request_usd / (input_tokens + output_tokens),
        billed_gpus * usd_per_gpu_hour * HOURS_PER_MONTH,
    )

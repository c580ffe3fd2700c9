"""Formulas of the cache: what one request takes, what is left for it, how many fit."""

import dataclasses
from math import floor

from present.formula import Operation, Origin, Quantity, apply, less, over, times, total
from present.how_weights import gpus_per_replica, weight_bytes_per_gpu
from present.working import Working, from_figure
from roofline.engines import MemoryConvention
from roofline.mixers import Cache
from roofline.model import kv_element_bytes


def sequence_bytes(work: Working, tokens: Quantity, name: str) -> Quantity:
    """Cache and state of one sequence on the fullest GPU."""
    element = kv_element_bytes(work.result.kv_precision)
    ranks = work.deployment.tensor_parallel
    stages = []
    for caches in work.plan.stage_caches:
        parts = [_cache(cache, count, tokens, element, ranks) for cache, count in caches]
        stages.append(total(*parts) if parts else total(0.0))
    fullest = max(stages, key=lambda stage: stage.value())
    return Quantity(name, fullest.value(), "bytes", formula=fullest)


def _cache(cache: Cache, layers: int, tokens: Quantity, element: float, ranks: int) -> Quantity:
    """Bytes of all layers that keep this cache."""
    per_layer = cache.bytes(tokens.value, element, ranks)
    count = Quantity("layers", layers, origin=Origin.CONFIG)
    name = f"cache of {layers} layers"
    if not cache.elements_per_entry or cache.fixed_bytes_per_entry or cache.state_bytes:
        each = Quantity("bytes of one layer", per_layer, "bytes", Origin.CONFIG, note="state and index keys included")
        formula = times(count, each)
    else:
        held = cache.entries(tokens.value)
        entries = tokens if held == tokens.value else Quantity("entries that are kept", held, origin=Origin.CONFIG)
        per_entry = Quantity(
            "cache elements per token and layer on one GPU",
            cache.elements_per_entry * cache.share(ranks),
            origin=Origin.CONFIG,
            note="keys and values of the heads that one GPU holds, or one latent",
        )
        formula = times(
            count, entries, per_entry, Quantity("bytes of a cache element", element, "bytes", Origin.ENGINE)
        )
    return Quantity(name, formula.value(), "bytes", formula=formula)


def total_tokens(work: Working) -> Quantity:
    """Tokens of a finished request."""
    formula = total(work.input_tokens, work.output_tokens)
    return Quantity("tokens of a request", work.workload.total_tokens, "tokens", formula=formula)


def full_sequence(work: Working) -> Quantity:
    """A finished request in the cache of the fullest GPU."""
    found = sequence_bytes(work, total_tokens(work), "cache of one request on one GPU")
    return dataclasses.replace(found, value=work.memory.sequence_bytes_per_gpu)


def kv_bytes_per_token_per_gpu(work: Working) -> Quantity:
    """Cache of a request over its tokens."""
    formula = over(full_sequence(work), total_tokens(work))
    return Quantity("cache per token and GPU", work.result.kv_bytes_per_token_per_gpu, "bytes", formula=formula)


def room(work: Working) -> Quantity:
    """What the engine's own convention leaves for the cache of one GPU; negative where weights do not fit."""
    engine, gpu = work.deployment.engine_data, work.deployment.gpu_data
    seen = work.datasheet("memory of the GPU", "engine_memory", gpu.memory_bytes, "bytes")
    share = work.setting(
        "memory fraction", work.limits.memory_fraction, chosen=work.deployment.memory_fraction is not None
    )
    weights = weight_bytes_per_gpu(work)
    match engine.memory_convention:
        case MemoryConvention.TOTAL:
            formula = less(times(share, seen), weights, reserve(work))
        case MemoryConvention.STATIC:
            formula = less(times(share, less(seen, _context(work))), weights)
        case MemoryConvention.FREE:
            formula = times(share, less(seen, weights, reserve(work)))
    return Quantity("room for the cache on one GPU", formula.value(), "bytes", note=engine.memory_note, formula=formula)


def _context(work: Working) -> Quantity:
    figure = work.deployment.engine_data.reserve.figures["context"]
    value = work.memory.reserve.context_bytes
    return from_figure("context and collective buffers", value, "bytes", Origin.CALIBRATED, figure)


def reserve(work: Working) -> Quantity:
    """Memory that is neither weights nor cache."""
    held, figures = work.memory.reserve, work.deployment.engine_data.reserve.figures
    peak = Quantity(
        "the larger of forward pass and sampling",
        held.peak_bytes,
        "bytes",
        formula=apply(
            "max",
            Quantity("activations of the largest step", held.activation_bytes, "bytes", note="from the shapes"),
            from_figure(
                "logits of the largest batch", held.logit_bytes, "bytes", Origin.CALIBRATED, figures["bytes_per_logit"]
            ),
        ),
    )
    workspace = from_figure("workspace", held.workspace_bytes, "bytes", Origin.CALIBRATED, figures["workspace"])
    graphs = from_figure("CUDA graphs", held.graph_bytes, "bytes", Origin.CALIBRATED, figures["graph_per_layer"])
    formula = total(_context(work), workspace, peak, graphs)
    return Quantity("reserve", held.total_bytes, "bytes", formula=formula)


def kv_cache_bytes(work: Working) -> Quantity:
    """Room for the cache over the GPUs of a replica."""
    formula = times(apply("max", room(work), 0.0), gpus_per_replica(work))
    return Quantity("cache of a replica", work.result.kv_cache_bytes, "bytes", formula=formula)


def _max_running(work: Working) -> Quantity:
    return work.setting("max sequences", work.limits.max_running, chosen=work.deployment.max_running is not None)


def _sequences(work: Working, each: Quantity, name: str) -> Quantity:
    """Sequences of this size that fit, over the attention-data-parallel ranks."""
    copies = work.yours("attention data parallelism", work.deployment.attention_data_parallel)
    if not each.value:
        held = 10**9 if room(work).value > 0 else 0
        formula = times(copies, Quantity("sequences without a cache", held, origin=Origin.ASSUMED))
    else:
        formula = times(copies, apply("floor", over(apply("max", room(work), 0.0), each)))
    return Quantity(name, formula.value(), formula=formula)


def max_concurrency(work: Working) -> Quantity:
    """Full-length requests that fit, capped by the engine."""
    formula = apply("min", _max_running(work), _sequences(work, full_sequence(work), "requests that fit"))
    return Quantity("most requests of a replica", work.result.max_concurrency, formula=formula)


def concurrency(work: Working) -> Quantity:
    """The user's, or the most that fit."""
    if work.workload.concurrency is not None:
        return work.yours("concurrent requests", work.result.concurrency)
    return dataclasses.replace(max_concurrency(work), name="concurrent requests", value=work.result.concurrency)


def running(work: Working) -> Quantity:
    """Of these, the ones that decode together."""
    if not work.result.fits:
        return Quantity("running requests", 0.0, note="nothing runs: the model does not fit")
    grows = not work.deployment.engine_data.reserves_full_length
    full = _sequences(work, full_sequence(work), "requests that fit")
    fitting: Quantity = full
    if grows:
        mean = Quantity("mean tokens of a request", work.workload.mean_tokens, "tokens", formula=_mean(work))
        occupied = _sequences(
            work,
            sequence_bytes(work, mean, "cache of a request at its mean length"),
            "requests that fit at mean length",
        )
        formula = apply("max", occupied, full)
        fitting = Quantity("requests that run together", formula.value(), formula=formula)
    return Quantity(
        "running requests",
        work.result.running,
        formula=apply("min", concurrency(work), _max_running(work), fitting),
    )


def _mean(work: Working) -> Operation:
    return total(work.input_tokens, over(work.output_tokens, 2.0))


def kv_capacity_tokens(work: Working) -> Quantity:
    """Distinct tokens that the cache of a replica holds."""
    found = Quantity("tokens in the cache of a replica", work.result.kv_capacity_tokens, "tokens")
    each, copies = full_sequence(work), work.deployment.attention_data_parallel
    if not each.value or floor(max(room(work).value, 0.0) / each.value) == 0:
        return dataclasses.replace(found, note="no request has room, or none needs any")
    sequences = over(apply("max", room(work), 0.0), each)
    ranks = work.yours("attention data parallelism", copies)
    return dataclasses.replace(found, formula=apply("floor", times(ranks, sequences, total_tokens(work))))


def shortfall_bytes_per_gpu(work: Working) -> Quantity:
    """What one full-length request lacks on one GPU."""
    found = Quantity("missing memory on one GPU", work.result.shortfall_bytes_per_gpu, "bytes")
    if work.result.fits:
        return dataclasses.replace(found, note="nothing is missing: it fits")
    missing = apply("max", less(full_sequence(work), room(work)), 0.0)
    if work.deployment.engine_data.memory_convention is MemoryConvention.FREE:
        share = work.setting("memory fraction", work.limits.memory_fraction, chosen=False)
        return dataclasses.replace(found, formula=over(missing, share))
    return dataclasses.replace(found, formula=missing)

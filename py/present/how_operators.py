"""Formulas of the time of one kernel call, one for each family of kernels (docs/model.md, section 4)."""

from math import isclose, isinf

from present.formula import Operation, Origin, Quantity, Term, apply, over, smooth, times, total
from present.working import Working
from roofline.curves import CONTEXT_SCALE_TOKENS, DecodeCurve, ExpertCurve, MatrixCurve, PrefillCurve
from roofline.formats import Rate
from roofline.kernels import Collective, Kind, Operator
from roofline.machine import curve_key
from roofline.operators import Batch
from roofline.rows import ExpertRow, MatrixRow, MixerRow

LINKS = {
    "nvlink_one_way": "NVLink of a GPU, one direction",
    "pcie_one_way": "PCIe of a GPU, one direction",
    "nic": "network of a GPU, one direction",
}
"""Figures of a GPU that a collective may run at."""


def call_time(
    work: Working, operator: Operator, batch: Batch, row: MatrixRow | ExpertRow | MixerRow | Collective | None
) -> Quantity:
    """The time of one call with its formula; ``row`` is what the plan says of it, None for the small kernels."""
    formula = _formula(_Call(work, operator, batch), row)
    return Quantity(f"{operator.name}, one call", operator.time.total_s, "s", formula=formula)


def _formula(call: "_Call", row: MatrixRow | ExpertRow | MixerRow | Collective | None) -> Operation:
    if isinstance(row, MatrixRow):
        return call.matrix(row)
    if isinstance(row, ExpertRow):
        return call.experts(row)
    if isinstance(row, MixerRow):
        return call.decode(row) if call.operator.kind is Kind.DECODE_CORE else call.prefill(row)
    return call.stream() if row is None else call.collective(row)


class _Call:
    """One call of an operator in a batch."""

    def __init__(self, work: Working, operator: Operator, batch: Batch) -> None:
        self.work = work
        self.operator = operator
        self.batch = batch
        self.flop = Quantity(f"FLOP of {operator.name}", operator.flop, "FLOP", note="from the shapes and the batch")
        self.moved = Quantity(
            f"bytes of {operator.name}", operator.bytes, "bytes", note="from the shapes and the batch"
        )

    def constant(self, name: str, value: float, curve: str, key: str = "", unit: str = "") -> Quantity:
        return self.work.calibrated(f"{name} ({curve})", value, curve, key, unit)

    def roof(self, work_done: Term, peak: float, rate: Rate, efficiency: Quantity) -> Operation:
        return over(work_done, times(self.work.peak(rate, peak), efficiency))

    def traffic(self, moved: Term, efficiency: Quantity) -> Operation:
        return over(moved, times(self.work.bandwidth, efficiency))

    def matrix(self, row: MatrixRow) -> Operation:
        curve: MatrixCurve
        curve, peak = self.work.machine.matrix(row.format)
        key = curve_key(row.format)
        tokens = Quantity("rows", self.operator.flop / row.flop_per_token, "tokens")
        inner = Quantity("contraction width", row.depth, origin=Origin.CONFIG)
        passes = self.constant("quantisation passes", curve.quantize_passes, "matrix", key)
        fixed = (
            self.constant("launch", curve.launch_s, "matrix", key, "s"),
            times(self.constant("time per unit of depth", curve.depth_s, "matrix", key, "s"), inner),
            over(times(passes, 3.0, tokens, inner), self.work.bandwidth),
        )
        compute = self.roof(
            self.flop,
            peak,
            curve.rate or row.format.rate,
            self.constant("compute efficiency", curve.compute_efficiency, "matrix", key),
        )
        memory = self.traffic(self.moved, self.constant("memory efficiency", curve.memory_efficiency, "matrix", key))
        sharpness = self.constant("sharpness", curve.sharpness, "matrix", key)
        return total(*_kept(fixed), smooth(compute, memory, sharpness))

    def experts(self, row: ExpertRow) -> Operation:
        curve: ExpertCurve
        curve, peak = self.work.machine.experts(row.format)
        key = curve_key(row.format)
        hottest = Quantity("assignments of the hottest GPU", self.operator.flop / row.flop_per_assignment)
        moved = self._activations(curve, row, hottest.value)
        weights = Quantity("weights of the experts touched", self.operator.bytes - moved.value, "bytes")
        touched = Quantity(
            "experts touched", weights.value / row.bytes_per_expert, note="k + (E − k)(1 − (1 + x/θ)^−θ), on one GPU"
        )
        tile = self.constant("tile", curve.tile_tokens, "experts", key)
        rows = apply("max", tile, total(over(hottest, touched), over(tile, 2.0)))
        each = Quantity("FLOP of one assignment", row.flop_per_assignment, "FLOP", Origin.CONFIG)
        padded = times(apply("max", times(touched, rows), hottest), each)
        efficiency = self.constant("compute efficiency", curve.compute_efficiency, "experts", key)
        compute = self.roof(padded, peak, curve.rate or row.format.rate, efficiency)
        memory = self.traffic(weights, self.constant("memory efficiency", curve.memory_efficiency, "experts", key))
        passes = self.constant("activation passes", curve.activation_passes, "experts", key)
        fixed = (
            self.constant("launch", curve.launch_s, "experts", key, "s"),
            times(self.constant("time per expert", curve.expert_s, "experts", key, "s"), touched),
        )
        core = smooth(compute, memory, self.constant("sharpness", curve.sharpness, "experts", key))
        return total(*_kept(fixed), core, over(times(passes, moved), self.work.bandwidth))

    def _activations(self, curve: ExpertCurve, row: ExpertRow, hottest: float) -> Quantity:
        pooled = self.batch.tokens * (self.batch.busy_ranks or self.work.machine.data_ranks)
        pairs = hottest + curve.remote_share * (pooled * row.active - hottest)
        return Quantity("activations of the experts", row.io_bytes_per_assignment * pairs, "bytes")

    def decode(self, row: MixerRow) -> Operation:
        curve: DecodeCurve
        curve, peak = self.work.machine.decode_core(row.core)
        key = f"{row.core}/{self.work.machine.kv_format}"
        seen = Quantity("tokens seen", self._seen(self.batch.context_tokens, row), "tokens")
        elements = Quantity("cache elements read", self.operator.bytes / self.work.machine.kv_bytes)
        tile = self.constant("FLOP per element of a tile", curve.tile_flop_per_element, "decode", key, "FLOP")
        compute = self.roof(
            apply("max", self.flop, times(tile, elements)) if tile.value else self.flop,
            peak,
            curve.rate,
            self.constant("compute efficiency", curve.compute_efficiency, "decode", key),
        )
        memory = self.traffic(self.moved, self.constant("memory efficiency", curve.memory_efficiency, "decode", key))
        core = smooth(memory, compute, self.constant("inner sharpness", curve.inner_sharpness, "decode", key))
        pieces = Quantity("sequences × heads", self.batch.sequences * row.local_heads)
        serial = times(self.constant("time per sequence and head", curve.sequence_s, "decode", key, "s"), pieces)
        context = self.constant("context time", curve.context_s, "decode", key, "s")
        fixed = (
            self.constant("launch", curve.launch_s, "decode", key, "s"),
            times(context, over(seen, total(seen, CONTEXT_SCALE_TOKENS))),
        )
        whole = smooth(core, serial, self.constant("sharpness", curve.sharpness, "decode", key))
        return total(*_kept(fixed), whole)

    def prefill(self, row: MixerRow) -> Operation:
        curve: PrefillCurve
        curve, peak = self.work.machine.prefill_core(row.core)
        key = f"{row.core}/{self.work.machine.kv_format}"
        seen = Quantity("tokens seen", self._seen(self.batch.past_tokens + self.batch.prompt_tokens, row), "tokens")
        efficiency = self.constant("compute efficiency", curve.compute_efficiency, "prefill", key)
        compute: Operation = self.roof(self.flop, peak, curve.rate, efficiency)
        if curve.diagonal_tokens:
            diagonal = self.constant("diagonal", curve.diagonal_tokens, "prefill", key, "tokens")
            compute = times(compute, total(1.0, over(diagonal, seen)))
        serial = times(self.constant("time per token", curve.token_s, "prefill", key, "s"), seen)
        core = smooth(serial, compute, self.constant("sharpness", curve.sharpness, "prefill", key))
        passes = self.constant("passes", max(curve.io_passes, 1.0), "prefill", key)
        launch = self.constant("launch", curve.launch_s, "prefill", key, "s")
        return total(*_kept((launch,)), core, over(times(passes, self.moved), self.work.bandwidth))

    def stream(self) -> Operation:
        curve = self.work.machine.stream
        launch = self.constant("launch", curve.launch_s, "stream", "", "s")
        efficiency = self.constant("memory efficiency", curve.memory_efficiency, "stream")
        return total(*_kept((launch,)), self.traffic(self.moved, efficiency))

    def collective(self, row: Collective) -> Operation:
        curve = self.work.machine.collective
        launch = self.constant("launch", curve.launch_s, "collective", "", "s")
        hop = self.constant("time per hop", curve.hop_s, "collective", "", "s")
        efficiency = self.constant("link efficiency", curve.link_efficiency, "collective")
        group = Quantity("GPUs of the group", row.group, origin=Origin.YOURS)
        transfer = over(self.moved, times(self._link(row.link_bytes_per_s), efficiency))
        start = total(launch, times(hop, apply("log2", group)))
        return smooth(start, transfer, self.constant("sharpness", curve.sharpness, "collective"))

    def _link(self, bytes_per_s: float) -> Quantity:
        """The link that runs at this rate, from the datasheet."""
        figures = self.work.deployment.gpu_data.figures
        for key, name in LINKS.items():
            if isclose(figures[key].si or 0.0, bytes_per_s, rel_tol=1e-6):
                return self.work.datasheet(name, key, bytes_per_s, "bytes/s")
        return Quantity("link, one direction", bytes_per_s, "bytes/s", note="the slowest on the way")

    def _seen(self, tokens: float, row: MixerRow) -> float:
        return tokens if row.window_tokens is None else min(tokens, row.window_tokens)


def _kept(parts: tuple[Term, ...]) -> tuple[Term, ...]:
    """Parts that are not zero."""
    values = [part.value() if isinstance(part, Operation) else 1.0 for part in parts]
    bare = [part.value if isinstance(part, Quantity) else value for part, value in zip(parts, values, strict=True)]
    return tuple(part for part, value in zip(parts, bare, strict=True) if value and not isinf(value))

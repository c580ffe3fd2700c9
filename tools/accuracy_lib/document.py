"""docs/accuracy.md: the report for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from .predict import Outcome
from .report import figure_points, figures
from .stats import Point, Summary, by_regime, mean_of_models, summarise

PAGE = Path(__file__).resolve().parents[2] / "docs" / "accuracy.md"
INTRODUCTION = """# Accuracy

Written by `make accuracy ARGS=--document`; do not edit. Every figure below compares what the engine predicts
with a published measurement; rows, sources and licences are in [tests/measured](../tests/measured/README.md).

How to read it: *error* is |predicted / measured - 1|; *median* and *90th percentile* over the rows; *within 20
%* the share of rows with an error of at most 20 %; *bias* the median of predicted / measured less 1 (positive:
predicted too slow for times, too fast for throughput). The errors are **in sample**: the engine's overheads
were fitted on the serving rows (kernel curves were fitted on operator tables alone). `make calibrate ARGS="--
left-out --dry-run"` fits again without each model in turn.

The same configuration, measured twice (engine version, submitter), differs by 6-7 % in the median and 15-30 %
at the 90th percentile: no model can be better than that on these rows.
"""
TITLES: Mapping[str, str] = {
    "tpot_s": "Time per output token (TPOT), closed loop",
    "ttft_s": "Time to first token (TTFT), closed loop, queueing included",
    "replica_tokens_per_s": "Output tokens per second of a replica, closed loop (from the two above)",
    "saturated dense": "Output tokens per second with every slot busy, dense models",
    "saturated mixture": "Output tokens per second with every slot busy, mixtures of experts (attention data parallel)",
    "first token": "One prompt alone",
    "cache memory": "Memory that the engine leaves to the KV cache",
}
SHOWN = ("model", "engine", "engine and generation", "format", "concurrency", "lengths", "parallelism", "settings")
FLAWS = """## Known weak regimes and doubtful rows

- Qwen3-235B-A22B-FP8 on H200 with vLLM (25 rows, NVIDIA runs): 7 rows state one GPU, whose 141 GB cannot hold
  236 GB of weights, so the GPU counts of this curve are doubtful. The other rows are predicted about a third
  too fast.
- TensorRT-LLM rows at nominal 1024/1024 below TP8 were run with `batch_wait_timeout_iters` 20, SGLang rows on
  B200 with `--scheduler-recv-interval` 10-30: prompts were held back on purpose (regime *settings*). Their TTFT
  is counted above, and is predicted too low.
- NVIDIA's own runs (Llama-3.1-8B on H100, Qwen3-235B on H100): TTFT grows with the output length as if one
  client more than slots were waiting, and with token rate as if the client were saturated.
- TTFT of SGLang in late 2025 varies by tens of times for the same work.
- Mixtures of experts in the TensorRT-LLM overview do not state expert parallelism.
"""
HEAD = "| {} | rows | median | 90th percentile | within 20 % | bias |\n|-|-:|-:|-:|-:|-:|"


def row(name: str, summary: Summary) -> str:
    """One row of a table."""
    return (
        f"| {name} | {summary.n} | {summary.median:.1%} | {summary.p90:.1%}"
        f" | {summary.within_20:.0%} | {summary.bias:+.1%} |"
    )


def section(figure: str, points: Sequence[Point]) -> str:
    """Tables of one figure."""
    parts = [f"## {TITLES[figure]}", ""]
    parts += [HEAD.format(""), row("all rows", summarise(points)), ""]
    parts += [f"Mean over models of the median error: {mean_of_models(points):.1%}.", ""]
    for regime in SHOWN:
        if regime in points[0].regimes and len(by_regime(points, regime)) > 1:
            parts.append(HEAD.format(regime))
            parts += [row(name, summary) for name, summary in by_regime(points, regime).items()]
            parts.append("")
    return "\n".join(parts)


def document(outcomes: Mapping[str, Outcome]) -> str:
    """The whole page."""
    sections = [
        section(figure, figure_points(outcome, figure)) for outcome in outcomes.values() for figure in figures(outcome)
    ]
    return "\n".join([INTRODUCTION, *sections, FLAWS])

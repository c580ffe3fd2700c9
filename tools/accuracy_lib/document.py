"""docs/accuracy.md: the report for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from . import ablation
from .coverage import coverage, outside
from .left_out import KINDS, left_out_points
from .predict import Outcome
from .report import figure_points, figures, sure, worst_lines
from .stats import Point, Summary, by_regime, mean_of_models, summarise

#: When the measured rows were collected.
COLLECTED = "2026-11-24"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "accuracy.md"
INTRODUCTION = """# Accuracy

Written by `make accuracy ARGS=--document`; do not edit. Every figure below compares what the engine predicts with a
published measurement; rows, sources and licences are in [tests/measured](../tests/measured/README.md).

How to read it: *error* is |predicted / measured - 1|; *median* and *90th percentile* over the rows; *within 20 %* the
share of rows with an error of at most 20 %; *bias* the median of predicted / measured less 1 (positive: predicted too
slow for times, too fast for throughput). **In sample**: the shipped constants, which were fitted on the serving rows
(kernel curves on operator tables alone). **Left out**: each model (or GPU, or engine) predicted by constants that were
fitted without any of its rows (`make calibrate`, kept in tests/measured/left_out.csv): what to expect of a model that
nobody has measured. Rows of saturated.csv, first_token.csv and memory.csv were never fitted.

The same configuration, measured twice (engine version, submitter), differs by 6-7 % in the median and 15-30 % at the
90th percentile: no model can be better than that on these rows.

![Predicted against measured, each model left out](accuracy.svg)
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
  236 GB of weights, so the GPU counts of this sweep are in doubt: none of its rows was fitted. The other rows are
  predicted about a third too fast.
- TensorRT-LLM rows at nominal 1024/1024 below TP8 were run with `batch_wait_timeout_iters` 20, SGLang rows on
  B200 with `--scheduler-recv-interval` 10-30: prompts were held back on purpose (regime *settings*). Their TTFT
  is counted above, and is predicted too low.
- NVIDIA's own runs (Llama-3.1-8B on H100, Qwen3-235B on H100): TTFT grows with the output length as if one
  client more than slots were waiting, and with token rate as if the client were saturated.
- TTFT of SGLang in late 2025 varies by tens of times for the same work.
- Llama-3.1-8B with SGLang at hundreds of clients and short answers: TPOT is predicted several times too slow. Prompts
  come first in the model of SGLang and hold decodes up; the runs do not show that.
- Mixtures of experts in the TensorRT-LLM overview do not state expert parallelism.
"""
BOTH = (
    "| {} | rows | in sample: median | 90th percentile | within 20 % | bias"
    " | model left out: median | 90th percentile | within 20 % | bias |\n|-|-:|-:|-:|-:|-:|-:|-:|-:|-:|"
)
HEAD = "| {} | rows | median | 90th percentile | within 20 % | bias |\n|-|-:|-:|-:|-:|-:|"


def flaws() -> list[str]:
    """The known weak regimes, one plain sentence or more each."""
    lines = FLAWS.replace("\n  ", " ").splitlines()
    return [line.removeprefix("- ").replace("`", "").replace("*", "") for line in lines if line.startswith("- ")]


def row(name: str, summary: Summary) -> str:
    """One row of a table."""
    return (
        f"| {name} | {summary.n} | {summary.median:.1%} | {summary.p90:.1%}"
        f" | {summary.within_20:.0%} | {summary.bias:+.1%} |"
    )


def section(figure: str, points: Sequence[Point], *, left_out: bool) -> str:
    """Tables of one figure."""
    parts = [f"## {TITLES[figure]}", "", HEAD.format(""), row("all rows", summarise(points))]
    held = left_out_points(points, "model") if left_out else []
    if held:
        parts += _left_out_rows(points)
    parts += ["", f"Mean over models of the median error: {mean_of_models(points):.1%}" + _held_mean(held) + ".", ""]
    for regime in SHOWN:
        if regime in points[0].regimes and len(by_regime(points, regime)) > 1:
            parts += [*_regime(regime, points, held), ""]
    return "\n".join(parts)


def _held_mean(held: Sequence[Point]) -> str:
    return f", each model left out {mean_of_models(sure(held)):.1%}" if held else ""


def _left_out_rows(points: Sequence[Point]) -> list[str]:
    found = []
    for kind in KINDS:
        held = left_out_points(points, kind)
        found.append(row(f"**each {kind} left out**, rows in doubt apart", summarise(sure(held))))
        found.append(row(f"each {kind} left out, all rows", summarise(held)))
    return found


def _regime(regime: str, points: Sequence[Point], held: Sequence[Point]) -> list[str]:
    table = by_regime(points, regime)
    if not held:
        return [HEAD.format(regime), *(row(name, summary) for name, summary in table.items())]
    others = by_regime(held, regime)
    return [BOTH.format(regime), *(_both(name, summary, others[name]) for name, summary in table.items())]


def _both(name: str, sample: Summary, held: Summary) -> str:
    cells = [f"{s.median:.1%} | {s.p90:.1%} | {s.within_20:.0%} | {s.bias:+.1%}" for s in (sample, held)]
    return f"| {name} | {sample.n} | {' | '.join(cells)} |"


def _coverage() -> str:
    found = coverage()
    names = list(next(iter(found.values())))
    lines = [
        "## 80 % ranges",
        "",
        "Share of left-out runs inside ranges made from the residuals of other models alone.",
        "",
    ]
    lines += [f"| regime | runs | {' | '.join(found)} |", "|-|-:|" + "-:|" * len(found)]
    for name in names:
        cells = " | ".join(f"{groups[name][1]:.0%}" for groups in found.values())
        lines.append(f"| {name} | {next(iter(found.values()))[name][0]} | {cells} |")
    listed = outside(found)
    lines += ["", "Regimes of at least 40 runs outside 65-95 %: " + ("; ".join(listed) or "none") + ".", ""]
    return "\n".join(lines)


def _worst(outcome: Outcome) -> str:
    parts = ["## Worst rows", "", "With the largest operators of the modelled decode step, in milliseconds.", ""]
    for figure in ("tpot_s", "ttft_s"):
        parts += [f"{figure}: predicted, measured, ratio, row", "", "```text", *worst_lines(outcome, figure), "```", ""]
    return "\n".join(parts)


#: Changes that count, as shares: about one and a half standard errors of such a difference when whole curves of runs
#: are drawn anew.
NOTABLE: Mapping[str, float] = {"median": 0.005, "p90": 0.012, "within_20": 0.01, "mean": 0.0025}
MEASURE_NAMES: Mapping[str, str] = {
    "median": "median",
    "p90": "90th percentile",
    "within_20": "within 20 %",
    "mean": "mean",
}


def _ablation() -> str:
    """Errors with each fitted term held where it does nothing."""
    every, *others = ablation.rows()
    heads = [f"{figure.upper()} {name}" for figure in ablation.FIGURES for name in MEASURE_NAMES.values()]
    lines = [
        "## What each fitted term is worth",
        "",
        f"{every.rows} runs, each predicted without its model, and with one term held where it does nothing (a time",
        "at 0, a factor at 1, experts equally popular and equally loaded, small kernels at 0.8 of the bandwidth) while",
        "the others take over what they can (`make calibrate ARGS=--ablation`). *mean* is that of |ln(predicted /",
        "measured)|: every run moves it. In brackets: the change against the first row, in percentage points. A term",
        "earns its place by the figures in the last column: without it a mean grows by 0.25 points, a median by 0.5,",
        "a 90th percentile by 1.2, or 1 point fewer runs are within 20 %; smaller changes are noise of these runs.",
        "",
        f"| without | {' | '.join(heads)} | worse by |",
        "|-|" + "-:|" * len(heads) + "-|",
        _without(every, None),
        *(_without(one, every) for one in others),
        "",
    ]
    return "\n".join(lines)


def worse_without(one: ablation.Without, every: ablation.Without) -> list[str]:
    """Names of the figures that are notably worse without a term."""
    found = []
    names = [(figure, measure) for figure in ablation.FIGURES for measure in ablation.MEASURES]
    for (figure, measure), now, then in zip(names, one.cells(), every.cells(), strict=True):
        growth = then - now if measure == "within_20" else now - then
        if growth >= NOTABLE[measure]:
            found.append(f"{figure.upper()} {MEASURE_NAMES[measure]}")
    return found


def _without(one: ablation.Without, every: ablation.Without | None) -> str:
    base = every.cells() if every else one.cells()
    cells = [
        f"{now:.1%}" + (f" ({100 * (now - then):+.1f})" if every else "")
        for now, then in zip(one.cells(), base, strict=True)
    ]
    return f"| {one.term} | {' | '.join(cells)} | {', '.join(worse_without(one, every)) if every else ''} |"


def document(outcomes: Mapping[str, Outcome]) -> str:
    """The whole page."""
    sections = [
        section(figure, figure_points(outcome, figure), left_out=title == "serving")
        for title, outcome in outcomes.items()
        for figure in figures(outcome)
    ]
    return "\n".join([INTRODUCTION, *sections, _coverage(), _ablation(), _worst(outcomes["serving"]), FLAWS])

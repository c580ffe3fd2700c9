"""Compare the reserve model with published start-up logs (tests/measured/memory.csv).

    PYTHONPATH=py python tools/memory_accuracy.py

A row says how much memory a GPU had, how much the weights took and how much the engine gave to the cache; the
difference between prediction and log is therefore the error of the reserve alone. CUDA graphs are counted in rows of
engines that take them from the budget.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from roofline.engines import ENGINES, Engine
from roofline.reserve import Reserve, Shapes, reserve

TABLE = Path(__file__).resolve().parent.parent / "tests" / "measured" / "memory.csv"
GIB = 2.0**30


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """One start-up log with its prediction, per GPU.

    Attributes:
        name: row, engine, version and model for people.
        engine, version: key of ENGINES, and its version in the log.
        model, gpu, gpus: what was run.
        settings: "stated" in the log or "defaults of that version".
        source, date: of the log.
        memory_bytes: total that the engine sees.
        predicted_bytes: cache by the reserve model.
        logged_bytes: cache by the log.
    """

    name: str
    engine: str
    version: str
    model: str
    gpu: str
    gpus: int
    settings: str
    source: str
    date: str
    memory_bytes: float
    predicted_bytes: float
    logged_bytes: float

    @property
    def share_of_cache(self) -> float:
        """Prediction over log, less one."""
        return self.predicted_bytes / self.logged_bytes - 1

    @property
    def share_of_memory(self) -> float:
        """Error over the GPU's memory: defined where the log reports no room at all."""
        return (self.predicted_bytes - self.logged_bytes) / self.memory_bytes


def _shapes(row: dict[str, str]) -> Shapes:
    ranks = int(row["tensor_parallel"])
    return Shapes(
        batched_tokens=int(row["max_batched_tokens"]),
        running=int(row["max_running"] or 0),
        hidden_size=int(row["hidden_size"]),
        vocab_size=int(row["vocab_size"]),
        layers=int(row["layers"]),
        gpus=ranks,
        dense_width=int(row["dense_width"]) / ranks,
        experts_per_token=int(row["experts_per_token"]),
        expert_width=int(row["expert_width"]) / ranks,
        latent_up_width=int(row["latent_up_width"]) / ranks,
    )


def _reserve(engine: Engine, row: dict[str, str]) -> Reserve:
    made = reserve(engine.reserve, _shapes(row))
    return made if row["graphs_inside"] == "yes" else replace(made, graph_bytes=0.0)


def _logged_bytes(row: dict[str, str]) -> float:
    if row["kv_cache_gib_per_gpu"]:
        return float(row["kv_cache_gib_per_gpu"]) * GIB
    return float(row["kv_cache_tokens"]) * float(row["kv_bytes_per_token_per_gpu"])


def log_rows(table: Path = TABLE) -> Iterator[LogRow]:
    """The rows of the table that say enough, predicted."""
    with table.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["reserve_check"] != "yes":
                continue
            engine = ENGINES[row["engine"]]
            memory_bytes = float(row["memory_gib"]) * GIB
            yield LogRow(
                name=f"{row['id']} {row['engine']} {row['version']} {row['model']}",
                engine=row["engine"],
                version=row["version"],
                model=row["model"],
                gpu=row["gpu"],
                gpus=int(row["tensor_parallel"]),
                settings=row["settings"],
                source=row["source"],
                date=row["date"],
                memory_bytes=memory_bytes,
                predicted_bytes=engine.kv_cache_bytes(
                    memory_bytes=memory_bytes,
                    memory_fraction=float(row["memory_fraction"]),
                    weight_bytes=float(row["weights_gib_per_gpu"]) * GIB,
                    reserve=_reserve(engine, row),
                ),
                logged_bytes=_logged_bytes(row),
            )


def median_error(rows: list[LogRow]) -> float:
    """Median absolute error of the cache, over logs with at least 4 GiB of it."""
    return median(abs(row.share_of_cache) for row in rows if row.logged_bytes >= 4 * GIB)


def main() -> None:
    """Print the table and the medians."""
    rows = list(log_rows())
    print(f"{'log':72} {'cache GiB':>9} {'predicted':>9} {'error':>7} {'of memory':>9}")
    for row in rows:
        share = f"{row.share_of_cache:+.1%}" if row.logged_bytes >= 4 * GIB else "-"
        cache = f"{row.logged_bytes / GIB:9.2f} {row.predicted_bytes / GIB:9.2f}"
        print(f"{row.name[:72]:72} {cache} {share:>7} {row.share_of_memory:+9.1%}")
    for name in ENGINES:
        some = [row for row in rows if row.engine == name]
        print(f"{name}: {len(some)} logs, median {median_error(some):.1%} of the cache")
    stated = [row for row in rows if row.settings == "stated"]
    print(f"all: {len(rows)} logs, median {median_error(rows):.1%}; settings stated: {median_error(stated):.1%}")


if __name__ == "__main__":
    main()

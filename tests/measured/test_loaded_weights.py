"""Weights that engines say they loaded, against weight_bytes_per_gpu; rows that are left out say why in memory.csv."""

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from roofline import CATALOGUE, ENGINES, GPUS, Deployment, Model, Workload, estimate

TABLE = Path(__file__).with_name("memory.csv")
GIB = 2.0**30
TOLERANCE = 0.03
#: GPU that stands for those of the logs that the engine does not know: the weights are the same.
STAND_IN = "H100 SXM"
#: quantization_config by the name in ``weights_checkpoint``; FP8 of Llama 3.1 405B: arXiv 2407.21783, section 6.2.
ADDED: Mapping[str, Mapping[str, Any]] = {
    "": {},
    "bitsandbytes nf4 in flight (statistics compressed)": {
        "quantization_config": {
            "quant_method": "bitsandbytes",
            "load_in_4bit": True,
            "bnb_4bit_use_double_quant": True,
        }
    },
    "fbgemm: no attention, no first and last layer": {
        "quantization_config": {
            "quant_method": "fbgemm_fp8",
            "modules_to_not_convert": ["self_attn", "model.layers.0.mlp", "model.layers.125.mlp"],
        }
    },
}


@cache
def rows() -> tuple[dict[str, str], ...]:
    """Rows of memory.csv."""
    with TABLE.open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))


def loaded_gib(row: Mapping[str, str]) -> float:
    """Our weights of the fullest GPU."""
    entry = CATALOGUE[row["weights_config"]]
    config = {**entry.config, **ADDED[row["weights_checkpoint"]]}
    model = Model.from_config(config, name=row["weights_config"], sidecar=entry.sidecar)
    deployment = Deployment(
        gpu=row["gpu"] if row["gpu"] in GPUS else STAND_IN,
        nodes=2,
        engine=row["engine"],
        tensor_parallel=int(row["tensor_parallel"]),
        precision=row["weights_precision"],
    )
    return estimate(model, deployment, Workload(concurrency=1)).weight_bytes_per_gpu / GIB


@pytest.mark.parametrize("row", [row for row in rows() if row["weights_check"] == "yes"], ids=lambda row: row["id"])
def test_weights_of_a_gpu_are_what_the_log_says(row: dict[str, str]) -> None:
    assert loaded_gib(row) == pytest.approx(float(row["weights_gib_per_gpu"]), rel=TOLERANCE)


def test_every_row_is_compared_or_says_why_not() -> None:
    compared = [row for row in rows() if row["weights_check"] == "yes"]
    assert all(row["weights_check"] == "yes" or row["weights_check"].startswith("no: ") for row in rows())
    assert all(row["engine"] in ENGINES for row in compared)
    assert len(compared) >= 19


EXCEPTIONS = ("M0224", "M0230", "M0250")


@pytest.mark.parametrize("row", [row for row in rows() if row["id"] in EXCEPTIONS], ids=lambda row: row["id"])
def test_exceptions_are_still_needed(row: dict[str, str]) -> None:
    """A row that comes within the tolerance is to be compared."""
    assert abs(loaded_gib(row) / float(row["weights_gib_per_gpu"]) - 1) > TOLERANCE

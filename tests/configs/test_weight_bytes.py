"""Bytes of quantised checkpoints against two derivations from the data: columns of truths.csv, repositories' totals."""

import pytest

from .checkpoints import CHECKPOINTS, EXCEPTIONS, NOT_DERIVABLE, Stored
from .conftest import model_of, rows
from .known import BESIDE_THE_MODEL, REFUSED

COLUMNS = (
    "embeddings",
    "lm_head",
    "attention",
    "ssm_linear_or_nemotron_mlp",
    "dense_mlp",
    "routed_experts",
    "shared_experts",
    "router",
    "norms",
    "vision_audio",
    "other",
)
TOLERANCE = 0.01


def quantised() -> list[str]:
    """Models of the folder whose checkpoint is quantised."""
    names = [row["model"] for row in rows() if row["model"] not in REFUSED]
    return [name for name in names if model_of(name).checkpoint.quantized]


def params(name: str) -> dict[str, int]:
    """Parameters by column of truths.csv."""
    row = next(row for row in rows() if row["model"] == name)
    return {column: int(row[column] or 0) for column in COLUMNS}


def derived_bytes(name: str, stored: Stored) -> float:
    """Bytes of the checkpoint without MTP layers: each column in its format."""
    columns = params(stored.columns_of or name)
    bits = sum(count * stored.bits.get(column, 16.0) for column, count in columns.items())
    return (bits + sum(elements * (part - 16.0) for elements, part in stored.parts)) / 8


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test with ``checkpoint`` once per quantised config."""
    if "checkpoint" in metafunc.fixturenames:
        reason = pytest.mark.skip(reason="no facts folder beside this checkout: checkpoints were not compared")
        metafunc.parametrize("checkpoint", quantised() or [pytest.param("", marks=reason)])


def test_bytes_equal_the_columns(checkpoint: str) -> None:
    if checkpoint in NOT_DERIVABLE:
        pytest.skip(NOT_DERIVABLE[checkpoint])
    share = model_of(checkpoint).weight_bytes() / derived_bytes(checkpoint, CHECKPOINTS[checkpoint]) - 1
    if checkpoint in EXCEPTIONS:
        assert share == pytest.approx(EXCEPTIONS[checkpoint][0], abs=0.002)
    else:
        assert abs(share) <= TOLERANCE


def test_lists_name_only_what_is_there() -> None:
    if not rows():
        pytest.skip("no facts folder beside this checkout")
    assert set(quantised()) == set(CHECKPOINTS) | set(NOT_DERIVABLE)
    assert set(EXCEPTIONS) <= set(CHECKPOINTS)


#: Share of a quantised element that the repository's total counts: half for two in a byte, and its scale.
COUNTED_NVFP4, COUNTED_NVFP4_ALONE = 1 / 2 + 1 / 16, 1 / 2
#: (bytes per quantised element, share that the total counts) of checkpoints with one format beside 16 bit.
TOTALS = {
    "nvidia/Qwen3-235B-A22B-NVFP4": (0.5625, COUNTED_NVFP4),
    "nvidia/DeepSeek-V3.1-NVFP4": (0.5625, COUNTED_NVFP4),
    "nvidia/GLM-5-NVFP4": (0.5625, COUNTED_NVFP4),
    "nvidia/MiniMax-M2.5-NVFP4": (0.5625, COUNTED_NVFP4_ALONE),
    "nvidia/Qwen3.5-122B-A10B-NVFP4": (0.5625, COUNTED_NVFP4_ALONE),
    "nvidia/Gemma-4-26B-A4B-NVFP4": (0.5625, COUNTED_NVFP4_ALONE),
    "MiniMaxAI/MiniMax-M2.5": (1 + 4 / 128**2, 1 + 1 / 128**2),
    "Qwen/Qwen3-235B-A22B-FP8": (1 + 4 / 128**2, 1 + 1 / 128**2),
}


@pytest.mark.parametrize("name", TOTALS)
def test_bytes_follow_from_the_repository_total(name: str) -> None:
    """Logical and stored totals give the quantised elements, those the bytes; no name of a module is used."""
    row = next((row for row in rows() if row["model"] == name), None)
    if row is None:
        pytest.skip("no facts folder beside this checkout")
    each, counted = TOTALS[name]
    beside = BESIDE_THE_MODEL.get(name, (0, ""))[0]
    logical = int(row["meta_total_params"])
    elements = (int(row["hub_total"]) - beside - logical) / (counted - 1)
    expected = 2 * (logical - elements) + each * elements
    assert model_of(name).weight_bytes() == pytest.approx(expected, rel=TOLERANCE)

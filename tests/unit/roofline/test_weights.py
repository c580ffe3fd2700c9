"""Matrices and their shares under tensor parallelism."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roofline.weights import Linear, Role, Split


def matrix(split: Split, units: int = 0, **more: int) -> Linear:
    return Linear("x", 64, 48, Role.MLP, split, "x", units=units, **more)


def test_elements_and_parameters_count_copies_and_biases() -> None:
    linear = matrix(Split.COLUMN, copies=3, bias=48)
    assert linear.elements == 3 * 64 * 48
    assert linear.params == 3 * (64 * 48 + 48)


@pytest.mark.parametrize(
    ("split", "units", "ranks", "shape"),
    [
        (Split.COLUMN, 0, 4, (64, 12)),
        (Split.COLUMN, 0, 5, (64, 10)),
        (Split.ROW, 0, 4, (16, 48)),
        (Split.NONE, 0, 8, (64, 48)),
        (Split.COLUMN, 4, 8, (64, 12)),
        (Split.COLUMN, 6, 4, (64, 16)),
        (Split.ROW, 8, 2, (32, 48)),
        (Split.COLUMN, 4, 1, (64, 48)),
    ],
)
def test_local_shape(split: Split, units: int, ranks: int, shape: tuple[int, int]) -> None:
    assert matrix(split, units).local_shape(ranks) == shape


@given(st.sampled_from(list(Split)), st.sampled_from([0, 1, 2, 4, 8]), st.integers(1, 16))
def test_shares_cover_the_whole(split: Split, units: int, ranks: int) -> None:
    inputs, outputs = matrix(split, units).local_shape(ranks)
    assert 0 < inputs <= 64
    assert 0 < outputs <= 48
    assert ranks * inputs * outputs >= 64 * 48

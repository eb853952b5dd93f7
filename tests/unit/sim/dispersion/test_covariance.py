"""The factor gives the covariance back, of any rank; what is no covariance is refused."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.dispersion.covariance import factor_of
from sim.errors import RequestError

sizes = st.sampled_from([4, 6])
numbers = st.floats(-1.0, 1.0, width=32)
scales = st.floats(-30.0, 30.0).map(lambda exponent: 10.0**exponent)


Loads: TypeAlias = np.ndarray[Any, Any]
"""What each component (row) takes of independent numbers (columns): the covariance is L L^T."""


def covariance_of(loads: Loads, scales: list[float]) -> Loads:
    scaled = loads * np.array(scales).reshape(-1, 1)
    product = scaled @ scaled.T
    symmetric: Loads = (product + product.T) / 2.0
    return symmetric


@st.composite
def covariances(draw: st.DrawFn) -> Loads:
    """A covariance of components of very different sizes, of any rank."""
    size = draw(sizes)
    rank = draw(st.integers(0, size))
    loads = np.array([[draw(numbers) for _ in range(rank)] for _ in range(size)])
    return covariance_of(loads.reshape(size, rank), [draw(scales) for _ in range(size)])


@st.composite
def covariances_of_a_rank(draw: st.DrawFn) -> tuple[Loads, int]:
    """A covariance and its rank: each component is far from what others give, or just that.

    The former have 1 in a column of their own and at most 1/8 elsewhere, so no eigenvalue of their
    correlations is below 2**-6: (1 - 6/8)**2 over the square of the longest, 1.08.
    """
    size = draw(sizes)
    own = draw(st.lists(st.booleans(), min_size=size, max_size=size))
    loads = np.zeros((size, size))
    for i, is_own in enumerate(own):
        before = [k for k in range(i) if own[k]]
        if is_own:
            loads[i] = [draw(numbers) / 8.0 for _ in range(size)]
            loads[i, i] = 1.0
        elif before:
            loads[i] = np.array([draw(numbers) for _ in before]) @ loads[before]
    loads = loads[:, own]
    return covariance_of(loads, [draw(scales) for _ in range(size)]), sum(own)


def given_back(factor: Any, covariance: Any) -> bool:  # noqa: ANN401 - matrices of either kind
    lower, deviations = np.array(factor), np.sqrt(np.diag(covariance))
    assert np.array_equal(lower, np.tril(lower))
    off = np.abs(lower @ lower.T - covariance)
    return bool(np.all(off <= 2.0**-20 * np.outer(deviations, deviations)))


@given(covariances())
def test_the_factor_gives_a_covariance_of_any_rank_back_or_it_is_refused(covariance: Loads) -> None:
    try:
        factor = factor_of(covariance.tolist(), "covariance")
    except RequestError as error:  # components that nearly depend on others: see factor_of
        assert "positive semi-definite" in str(error)  # noqa: PT017 - or there is a factor
    else:
        assert given_back(factor, covariance)


@given(covariances_of_a_rank())
def test_components_that_are_apart_or_depend_on_others_have_a_factor_of_their_rank(
    case: tuple[Loads, int],
) -> None:
    covariance, rank = case
    factor = factor_of(covariance.tolist(), "covariance")
    assert given_back(factor, covariance)
    assert sum(row[i] > 0.0 for i, row in enumerate(factor)) == rank


def test_rounding_gives_a_component_that_nearly_depends_on_others_a_column_of_its_own() -> None:
    near = 2.0**-19  # apart from the first: a pivot of 2**-38 of its variance is not zero
    loads = np.array([[1.0, 0.0], [1.0, near], [0.3, 0.7], [0.9, 0.1]])
    covariance = covariance_of(loads, [1.0] * 4)
    factor = factor_of(covariance.tolist(), "covariance")
    assert given_back(factor, covariance)
    assert sum(row[i] > 0.0 for i, row in enumerate(factor)) > np.linalg.matrix_rank(loads)


@given(covariances(), st.integers(0, 5), st.floats(1e-4, 1.0))
def test_a_matrix_with_a_variance_below_0_in_some_direction_is_refused(
    covariance: Loads, at: int, share: float
) -> None:
    size = len(covariance)
    i, j = at % size, (at + 1) % size
    covariance[i, i] = covariance[j, j] = 1.0
    covariance[i, j] = covariance[j, i] = 1.0 + share  # a correlation above 1
    with pytest.raises(RequestError, match="must be positive semi-definite") as refused:
        factor_of(covariance.tolist(), "dispersion[3].covariance")
    assert refused.value.where == "dispersion[3].covariance"


@given(st.lists(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=4, max_size=4),
                min_size=4, max_size=4))  # fmt: skip
def test_any_symmetric_matrix_has_a_finite_factor_or_is_refused(rows: list[list[float]]) -> None:
    covariance = [[rows[max(i, j)][min(i, j)] for j in range(4)] for i in range(4)]
    try:
        factor = factor_of(covariance, "covariance")
    except RequestError as error:
        assert error.where.startswith("covariance")  # noqa: PT017 - or there is a factor
    else:
        assert all(math.isfinite(number) for row in factor for number in row)


def test_the_factor_is_made_column_by_column_in_the_order_that_is_written_down() -> None:
    covariance = [[0.3, 0.1, 0.05], [0.1, 0.7, 0.2], [0.05, 0.2, 0.9]]
    a = math.sqrt(0.3)
    b, c = 0.1 / a, 0.05 / a
    d = math.sqrt(0.7 - b * b)
    e = (0.2 - c * b) / d
    f = math.sqrt((0.9 - c * c) - e * e)
    assert factor_of(covariance, "") == ((a, 0.0, 0.0), (b, d, 0.0), (c, e, f))


@pytest.mark.parametrize(
    ("pivot", "is_zero"), [(2.0**-41, True), (2.0**-39, False), (-(2.0**-21), True)]
)
def test_a_pivot_near_0_makes_its_column_zero(pivot: float, is_zero: bool) -> None:  # noqa: FBT001
    factor = factor_of([[1.0, 1.0, 0.0], [1.0, 1.0 + pivot, 0.0], [0.0, 0.0, 1.0]], "")
    assert (factor[1][1] == 0.0) is is_zero


@pytest.mark.parametrize(
    "covariance",
    [
        [[1.0, 1.0], [1.0, 1.0 - 2.0**-19]],  # a pivot below zero
        [[0.0, 1e-300], [1e-300, 1.0]],  # a column of zero variance that is not zero
        [[1.0, 1e-150], [1e-150, 0.0]],
        [[1.0, 1.0, 0.0], [1.0, 1.0, 0.5], [0.0, 0.5, 1.0]],  # a remainder in a zero column
        [[1e-300, 1e308], [1e308, 1e-300]],
    ],
)
def test_what_is_beyond_rounding_is_refused(covariance: list[list[float]]) -> None:
    covariance = [row + [0.0] * (3 - len(row)) for row in covariance]
    covariance += [[0.0, 0.0, 1.0]] * (3 - len(covariance))
    with pytest.raises(RequestError, match="positive semi-definite"):
        factor_of(covariance, "covariance")


def test_a_remainder_of_rounding_in_a_zero_column_is_left_out() -> None:
    almost = 2.0**-21
    assert factor_of([[1.0, 1.0, 0.0], [1.0, 1.0, almost], [0.0, almost, 1.0]], "") == (
        (1.0, 0.0, 0.0),
        (1.0, 0.0, 0.0),
        (0.0, 0.0, 1.0),
    )


def test_a_matrix_that_is_not_symmetric_is_refused_with_where() -> None:
    with pytest.raises(RequestError) as refused:
        factor_of([[1.0, 0.5], [0.25, 1.0]], "dispersion[0].covariance")
    assert str(refused.value) == (
        "dispersion[0].covariance must be symmetric, exactly: [1][0] is 0.25 and [0][1] is 0.5. "
        "Half their sum in both places makes it so."
    )


def test_a_negative_variance_is_refused_with_where() -> None:
    with pytest.raises(RequestError, match=r"^covariance\[1\]\[1\] is a variance"):
        factor_of([[1.0, 0.0], [0.0, -1e-300]], "covariance")

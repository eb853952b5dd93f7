from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from porta.errors import ArgumentError, ArgumentTypeError
from porta.numbers import count, real, reals, whole

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("value", [5, np.int64(5), np.uint8(5)])
def test_whole_numbers_of_python_and_numpy_are_whole(value: object) -> None:
    assert whole("steps", value) == 5


@pytest.mark.parametrize("value", [True, 5.0, "5", None, np.array([5, 6]), 5.5, math.inf, math.nan])
def test_anything_else_is_no_whole_number(value: object) -> None:
    with pytest.raises(ArgumentTypeError, match="steps must be a whole number"):
        whole("steps", value)


@pytest.mark.parametrize("value", [5, 5.0, np.int64(5), np.float32(5.0)])
def test_floats_that_are_whole_are_counts(value: object) -> None:
    assert count("steps", value) == 5
    assert type(count("steps", value)) is int


@pytest.mark.parametrize("value", [2**53, 2.0**53, 10**15])
def test_a_count_is_exact(value: float) -> None:
    assert count("steps", value) == value


@pytest.mark.parametrize("value", [2.0**53 + 2, 5.5, 1e300, math.inf, True, "5", None])
def test_anything_else_is_no_count(value: object) -> None:
    with pytest.raises(ArgumentTypeError, match="steps must be a whole number"):
        count("steps", value)
    with pytest.raises(ArgumentError, match="not nan"):
        count("steps", math.nan)


@pytest.mark.parametrize("read", [whole, count])
def test_a_number_below_the_least_is_refused(read: Callable[[str, object, int], int]) -> None:
    with pytest.raises(ArgumentError, match="from 1 on, not 0"):
        read("steps", 0, 1)
    with pytest.raises(ArgumentError, match="from 1 on, not -1"):
        count("steps", -1.0)


@pytest.mark.parametrize("value", [2, 2.0, np.float32(2.0), np.int64(2)])
def test_real_numbers_become_floats(value: object) -> None:
    assert type(real("t0", value)) is float


def test_a_number_that_no_float_holds_is_not_finite() -> None:
    assert real("t0", 10**400, finite=False) == math.inf
    with pytest.raises(ArgumentError, match="finite"):
        real("t0", 10**400)


@pytest.mark.parametrize("values", [1, [1, 2.5], (1,), range(2), np.array([1, 2], np.int32)])
def test_numbers_in_a_row_become_an_array(values: object) -> None:
    assert reals("times", values).dtype == np.float64


@pytest.mark.parametrize("values", ["1", [[1.0]], [True], [None], ["a"], [[1], [2, 3]], {1: 2}])
def test_what_is_no_row_of_numbers_is_refused(values: object) -> None:
    with pytest.raises(ArgumentTypeError, match="numbers in a row"):
        reals("times", values)


@pytest.mark.parametrize("values", [[], [math.nan], [math.inf]])
def test_a_row_must_be_finite_and_not_empty(values: list[float]) -> None:
    with pytest.raises(ArgumentError, match=r"finite numbers|numbers in a row"):
        reals("times", values)

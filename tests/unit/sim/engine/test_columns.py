"""Claims about columns: numbers and null, which every JSON parser reads."""

from __future__ import annotations

import math

import numpy as np
import orjson

from sim.engine.columns import band_of, column_of


def test_what_is_not_finite_is_null() -> None:
    column = column_of(np.array([1.5, math.nan, -math.inf, math.inf, -0.0]))
    assert column == [1.5, None, None, None, 0.0]
    assert orjson.loads(orjson.dumps(column)) == column


def test_a_band_is_two_columns() -> None:
    ranges = np.array([[1.0, 2.0], [math.nan, math.nan]])
    assert band_of(ranges) == {"min": [1.0, None], "max": [2.0, None]}

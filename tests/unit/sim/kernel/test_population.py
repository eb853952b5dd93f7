from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.diagnostics import orbit_of
from sim.jit import compiled
from sim.kernel.population import CELLS, SIDE, _count, _eccentricity, _measure_lanes, _place

if TYPE_CHECKING:
    from sim.kernel.layout import Floats

numbers = st.floats(-1e160, 1e160)


@compiled
def eccentricity(mu: float, e: float, h: float) -> float:
    return _eccentricity(mu, e, h)


@compiled
def place(relative: Floats, w: float, ended: np.ndarray, places: np.ndarray) -> None:
    _place(relative, w, ended, places)


@compiled
def count(places: np.ndarray, rows: int, cells: np.ndarray) -> None:
    _count(places, rows, cells)


@compiled
def measure(relative: Floats, mu: float, dimensions: int, values: Floats) -> None:
    _measure_lanes(relative, mu, dimensions, values, 0, relative.shape[1])


@given(st.one_of(numbers, st.floats(0.1, 10.0)), st.floats(), numbers)
def test_an_eccentricity_is_that_of_the_diagnostics(mu: float, e: float, h: float) -> None:
    expected = orbit_of(mu, e, h)[1]
    np.testing.assert_equal(eccentricity(mu, e, h), math.nan if expected is None else expected)


@given(st.lists(st.floats(-1e3, 1e3), min_size=4, max_size=4))
def test_in_the_plane_nothing_is_lost_by_thinking_of_space(numbers: list[float]) -> None:
    x, y, vx, vy = numbers
    relative = np.array([[x], [y], [0.0], [vx], [vy], [0.0]])
    plane, space = np.empty((3, 1)), np.empty((3, 1))
    measure(relative, 1.0, 2, plane)
    measure(relative, 1.0, 3, space)
    np.testing.assert_array_equal(plane[:2], space[:2])
    h = x * vy - y * vx
    if math.isfinite(plane[1, 0]) and (h == 0.0 or abs(h) > 1e-150):
        np.testing.assert_array_equal(plane[2], space[2])


@pytest.mark.parametrize(
    ("x", "y", "cell"),
    [
        (0.0, 0.0, 256 * SIDE + 256),
        (-2.0, -2.0, 0),
        (-2.0, 1.9999, 511 * SIDE),
        (1.9999, -2.0, 511),
        (2.0, 0.0, CELLS),
        (0.0, 2.0, CELLS),
        (-2.0001, 0.0, CELLS),
        (0.0, -1e300, CELLS),
        (math.nan, 0.0, CELLS),
        (0.0, math.inf, CELLS),
        (-1.0 / 128 - 1e-9, 0.0, 256 * SIDE + 254),
        (-1.0 / 128, 0.0, 256 * SIDE + 255),
    ],
)
def test_positions_are_placed_by_floors_and_what_is_in_no_cell_is_outside(
    x: float, y: float, cell: int
) -> None:
    relative, places = np.zeros((6, 3)), np.empty(3, np.int32)
    relative[0], relative[1] = x, y
    place(relative, 2.0, np.array([-1, 0, -1]), places)
    assert places.tolist() == [cell, CELLS + 1, cell]  # the second lane has ended


@pytest.mark.parametrize("rows", [0, 1, 15, 16])
@pytest.mark.parametrize("cells_in_use", [1, 2, 9])
def test_each_place_is_counted_in_its_cell(rows: int, cells_in_use: int) -> None:
    places = np.random.default_rng(rows).integers(0, cells_in_use, (16, 3), np.int32)
    cells = np.ones(9, np.uint32)
    count(places, rows, cells)
    assert (cells - 1).tolist() == np.bincount(places[:rows].ravel(), minlength=9).tolist()

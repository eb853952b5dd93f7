from __future__ import annotations

from itertools import pairwise

import pytest

from sim.ensemble.grid import (
    MAX_GRID,
    MAX_SPANS,
    grid_iterations,
    grid_level,
    span_level,
    spans,
)

STEPS = (1, 2, 3, 8, 9, 255, 256, 257, 1_000, 4_096, 100_000, 123_457, 10**8, 2**53 - 1)


@pytest.mark.parametrize("steps", STEPS)
def test_the_grid_is_0_multiples_of_a_power_of_two_and_the_end(steps: int) -> None:
    grid, stride = grid_iterations(steps).tolist(), 1 << grid_level(steps)
    assert grid == sorted({*range(0, steps + 1, stride), steps})
    assert len(grid) <= MAX_GRID


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("longer", STEPS)
def test_a_longer_grid_has_no_time_that_a_shorter_one_has_not(steps: int, longer: int) -> None:
    if longer > steps:
        within = [k for k in grid_iterations(longer).tolist() if k <= steps]
        assert set(within) <= set(grid_iterations(steps).tolist())


@pytest.mark.parametrize("steps", STEPS)
def test_spans_divide_all_iterations_from_1_on(steps: int) -> None:
    divided = spans(steps)
    assert len(divided) <= MAX_SPANS
    assert divided[0][0] == 1
    assert divided[-1][1] == steps
    assert all(a[1] + 1 == b[0] for a, b in pairwise(divided))
    for span, (first, last) in enumerate(divided):
        assert (first - 1) >> span_level(steps) == (last - 1) >> span_level(steps) == span

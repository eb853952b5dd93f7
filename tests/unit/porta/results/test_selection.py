from __future__ import annotations

import math

import pytest

from porta.errors import ArgumentError
from porta.results.selection import read_selection, read_window


def test_without_a_choice_it_is_everything() -> None:
    found = read_selection(None, None, None, None)
    assert (found.t0, found.t1, found.every, found.times) == (-math.inf, math.inf, None, None)


def test_a_window_may_be_open_or_a_moment() -> None:
    assert read_window(None, 3) == (None, 3.0)
    assert read_window(3, 3) == (3.0, 3.0)
    assert read_window(-math.inf, math.inf) == (-math.inf, math.inf)


@pytest.mark.parametrize("window", [(2, 1), (math.nan, 1), (0, math.nan)])
def test_a_window_that_is_none_is_refused(window: tuple[float, float]) -> None:
    with pytest.raises(ArgumentError, match=r"t0|t1"):
        read_window(*window)


@pytest.mark.parametrize("bound", [math.inf, -math.inf])
def test_a_window_at_infinity_is_refused(bound: float) -> None:
    with pytest.raises(ArgumentError, match=r"must be a finite time, or -?inf for no bound"):
        read_window(bound, bound)


def test_every_kth_may_be_a_float_that_is_whole() -> None:
    found = read_selection(None, None, 1e3, None).every
    assert (found, type(found)) == (1_000, int)


def test_times_go_alone() -> None:
    assert read_selection(None, None, None, range(3)).times is not None
    for t0, t1, every in ((0.0, None, None), (None, 1.0, None), (None, None, 2)):
        with pytest.raises(ArgumentError, match="leave out"):
            read_selection(t0, t1, every, [1.0])


def test_times_are_not_everything() -> None:
    assert read_selection(None, None, None, None).is_all
    assert read_selection(-math.inf, math.inf, None, None).is_all
    for times in ([1.0], [1.0, 2.0]):
        assert not read_selection(None, None, None, times).is_all
    assert not read_selection(None, None, 2, None).is_all

"""Claims about lines: where they are, what is cut off, and that their ink is theirs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from frontend.pictures.lines import polyline, thinned

INK, PAPER = (0, 0, 0), (255, 255, 255)


def drawn(points: list[tuple[float, float]], width: float = 2.0) -> np.ndarray:
    """How much ink there is in each pixel of a canvas of 40 by 30, from 0 to 1."""
    image = Image.new("RGB", (40, 30), PAPER)
    polyline(image, np.array(points, float).reshape(-1, 2), INK, width)
    return 1 - np.asarray(image)[..., 0] / 255


def test_a_line_is_where_its_points_are() -> None:
    ink = drawn([(5.0, 10.0), (35.0, 10.0)])
    assert ink[9:11, 8:32].mean() > 0.8
    assert ink[:8].sum() == ink[13:].sum() == 0
    assert ink.sum() == pytest.approx(60, rel=0.15)


def test_a_line_is_smooth() -> None:
    ink = drawn([(2.0, 3.0), (38.0, 26.0)])
    assert len(np.unique(ink)) > 5
    assert ink.sum() == pytest.approx(2 * math.hypot(36, 23), rel=0.15)


@pytest.mark.parametrize("gap", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_a_gap(gap: float) -> None:
    ink = drawn([(0.0, 10.0), (10.0, 10.0), (gap, 10.0), (30.0, 10.0), (40.0, 10.0)])
    assert ink[:, 14:26].sum() == 0
    assert ink[:, :8].sum() == pytest.approx(ink[:, -8:].sum(), rel=0.2)
    assert ink[:, :8].sum() > 10


@pytest.mark.parametrize("far", [1e3, 1e9, 1e150, 1e300])
def test_what_leaves_the_canvas_keeps_its_direction(far: float) -> None:
    ink = drawn([(20.0, 15.0), (20.0 + far, 15.0 + far / 2)])
    assert ink[:14].sum() == ink[:, :18].sum() == 0
    assert ink[23:26, 35:40].sum() > 5


def test_what_is_outside_is_not_drawn() -> None:
    assert drawn([(-50.0, -50.0), (90.0, -60.0), (1e308, 15.0), (90.0, 1e308)]).sum() == 0


@pytest.mark.parametrize("points", [[], [(5.0, 5.0)], [(math.nan, math.nan)] * 3])
def test_less_than_two_points_are_no_line(points: list[tuple[float, float]]) -> None:
    assert drawn(points).sum() == 0


@given(
    st.lists(
        st.tuples(*[st.floats(width=64)] * 2)
        | st.tuples(*[st.floats(min_value=-20, max_value=60)] * 2),
        max_size=6,
    )
)
def test_any_points_can_be_drawn(points: list[tuple[float, float]]) -> None:
    assert (drawn(points) == drawn(points)).all()


@pytest.mark.parametrize(("points", "most"), [(10, 20), (10, 10), (10, 3), (100_000, 7)])
def test_thinning_is_even_and_keeps_the_last_point(points: int, most: int) -> None:
    kept = thinned(np.arange(2.0 * points).reshape(-1, 2), most)
    assert len(kept) == min(points, most)
    assert kept[-1, 1] == 2 * points - 1
    gaps = np.diff(kept[:, 0])
    assert gaps.max() - gaps.min() <= 2

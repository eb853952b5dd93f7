"""Claims about pictures of runs: all is seen, at one scale, within bounds."""

from __future__ import annotations

import hashlib
import io
import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from frontend.pictures.paths import LARGEST, path_picture
from frontend.pictures.themes import THEMES

LIGHT = THEMES["light"]


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))


def inked(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    row, column = np.nonzero((picture != LIGHT.ground).any(axis=2))
    return row, column


def ellipse(a: float, b: float, points: int = 400) -> np.ndarray:
    angles = np.linspace(0, 2 * np.pi, points)
    return np.stack([a * np.cos(angles), b * np.sin(angles)], axis=1)


@pytest.mark.parametrize("size", [(1_200, 630), (32, 32), (320, 100)])
def test_a_picture_has_the_size_that_is_asked_for(size: tuple[int, int]) -> None:
    assert pixels(path_picture([ellipse(1, 1)], *size, LIGHT)).shape == (size[1], size[0], 3)


@pytest.mark.parametrize("size", [(1_201, 480), (640, 631), (31, 480), (0, 0), (-5, 100)])
def test_another_size_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="pixels a side"):
        path_picture([], *size, LIGHT)


@pytest.mark.parametrize("scale", [1e-300, 1.0, 1e300])
def test_a_path_fills_the_picture_at_one_scale(scale: float) -> None:
    row, column = inked(pixels(path_picture([scale * ellipse(2, 1)], 400, 300, LIGHT)))
    assert column.max() - column.min() == pytest.approx(400 - 24, abs=6)
    assert row.max() - row.min() == pytest.approx((400 - 24) / 2, abs=4)
    assert row.max() + row.min() == pytest.approx(299, abs=3)


def test_up_is_up_and_the_end_is_marked() -> None:
    rising = np.array([[0.0, 0.0], [1.0, 1.0]])
    picture = pixels(path_picture([rising], 100, 100, LIGHT))
    assert tuple(picture[12, 88]) == LIGHT.agents[0]
    assert (picture[:20, :20] == LIGHT.ground).all()
    marked = (picture[5:20, 80:95] == LIGHT.agents[0]).all(axis=2).sum()
    assert marked > 20


def test_a_path_fades_towards_its_beginning() -> None:
    along = np.stack([np.arange(100.0), np.zeros(100)], axis=1)
    row = pixels(path_picture([along], 400, 100, LIGHT))[50].astype(int)
    distance = np.abs(row - np.array(LIGHT.ground)).sum(axis=1)
    assert 0 < distance[30] < distance[200] < distance[360]


def test_a_heavy_body_has_a_larger_disc() -> None:
    dots = [np.array([[x, 0.0]]) for x in range(2)]
    picture = pixels(path_picture(dots, 200, 100, LIGHT, (3.0, 1.0)))
    heavy, light = ((picture == colour).all(axis=2).sum() for colour in LIGHT.agents[:2])
    assert heavy > 5 * light > 0


def test_each_agent_has_its_colour() -> None:
    paths = [np.array([[x, 0.0]]) for x in range(3)]
    picture = pixels(path_picture(paths, 100, 50, LIGHT))
    seen = {tuple(colour) for colour in picture.reshape(-1, 3).tolist()}
    assert {*LIGHT.agents[:3], LIGHT.ground} <= seen
    assert LIGHT.agents[3] not in seen


def test_a_path_of_many_orbits_is_drawn_through_fewer_points() -> None:
    few, many = (np.concatenate([ellipse(1, 1, 20)] * turns) for turns in (400, 800))
    inside = [
        (pixels(path_picture([path], 640, 480, LIGHT))[235:245, 315:325] != LIGHT.ground).any()
        for path in (few, many)
    ]
    assert inside == [False, False]


@pytest.mark.parametrize(
    "paths",
    [
        [],
        [np.empty((0, 2))],
        [np.full((3, 2), math.nan)],
        [np.array([[1.0, 1.0]]), np.array([[math.inf, 0.0]])],
    ],
)
def test_where_there_is_nothing_to_see_there_is_still_a_picture(paths: list[np.ndarray]) -> None:
    assert pixels(path_picture(paths, 64, 64, LIGHT)).shape == (64, 64, 3)


@given(
    st.lists(
        st.lists(st.tuples(st.floats(), st.floats()), max_size=4).map(
            lambda points: np.array(points, float).reshape(-1, 2)
        ),
        max_size=3,
    )
)
def test_any_paths_can_be_drawn(paths: list[np.ndarray]) -> None:
    first, again = (path_picture(paths, 40, 40, LIGHT) for _ in range(2))
    assert (pixels(first) == pixels(again)).all()


def test_the_largest_picture_of_ever_so_many_points_takes_little_time() -> None:
    rng = np.random.default_rng(1)
    paths = [rng.normal(size=(200_000, 2)) for _ in range(40)]
    began = time.thread_time()
    path_picture(paths, *LARGEST, LIGHT)
    assert time.thread_time() - began < 4.0  # 0.4 alone


def test_the_pixels_are_the_same_everywhere() -> None:
    picture = pixels(path_picture([ellipse(2, 1), ellipse(0.3, 0.3)], 320, 240, LIGHT))
    assert hashlib.sha256(picture.tobytes()).hexdigest()[:16] == "d81b4dc8069f9a65"

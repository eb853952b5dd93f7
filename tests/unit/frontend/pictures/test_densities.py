"""Claims about pictures of densities: a pixel is a cell, and colours follow logarithms."""

from __future__ import annotations

import hashlib
import io
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from frontend.pictures.densities import SIZES, density_card, density_picture, levels
from frontend.pictures.themes import THEMES

DARK = THEMES["dark"]


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def counts(size: int = 128) -> np.ndarray:
    """A round cloud off the centre, of up to a million."""
    row, column = np.mgrid[:size, :size] / size
    away = (row - 0.7) ** 2 + (column - 0.4) ** 2
    cloud: np.ndarray = np.floor(1e6 * np.exp(-40 * away)).astype(np.uint64)
    return cloud


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("theme", THEMES)
def test_each_cell_is_a_pixel_and_the_first_row_is_at_the_bottom(size: int, theme: str) -> None:
    cloud = counts(size)
    picture = pixels(density_picture(cloud, THEMES[theme]))
    palette = np.frombuffer(THEMES[theme].palette, np.uint8).reshape(256, 3)
    assert (picture == palette[levels(cloud)[::-1]]).all()
    top, left = np.unravel_index(np.argmax(cloud[::-1]), cloud.shape)
    assert (picture[top, left] == palette[255]).all()
    assert top < size / 2


@pytest.mark.parametrize("shape", [(100, 100), (128, 256), (512,), (0, 0), (1024, 1024)])
def test_counts_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="must be a square of"):
        density_picture(np.zeros(shape, np.uint64), DARK)


@given(st.lists(st.integers(0, 2**53) | st.integers(0, 20), min_size=1, max_size=9))
def test_levels_are_those_of_the_logarithm(values: list[int]) -> None:
    found = levels(np.array([values], np.uint64))[0].tolist()
    most = math.log1p(max(values))
    for value, level in zip(values, found, strict=True):
        if value == 0:
            assert level == 0
        else:
            assert level == pytest.approx(255 * math.log1p(value) / most, abs=1.0 + 1e-9)
            assert 1 <= level <= 255
    assert max(values) == 0 or max(found) == 255


@given(st.lists(st.integers(0, 2**62), min_size=2, max_size=9))
def test_a_greater_count_has_no_lower_level(values: list[int]) -> None:
    assert (np.diff(levels(np.array(sorted(values), np.uint64)).astype(int)) >= 0).all()


def test_nothing_counted_is_the_page() -> None:
    picture = pixels(density_picture(np.zeros((128, 128), np.uint64), DARK))
    assert (picture == DARK.ground).all()


def test_one_count_can_be_seen() -> None:
    single = np.zeros((128, 128), np.uint64)
    single[5, 7] = 1
    picture = pixels(density_picture(single, DARK))
    assert tuple(picture[127 - 5, 7]) == DARK.anchors[-1]
    assert (picture != DARK.ground).any(axis=2).sum() == 1


def circle(radius: float) -> np.ndarray:
    angles = np.linspace(0, 2 * np.pi, 500)
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def test_an_orbit_is_drawn_over_it_where_it_is() -> None:
    empty = np.zeros((256, 256), np.uint64)
    upper = circle(3.0)
    upper[upper[:, 1] < 0] = math.nan
    picture = pixels(density_picture(empty, DARK, half_width=4.0, orbit=upper))
    ink = (picture != DARK.ground).any(axis=2)
    row, column = np.nonzero(ink)
    assert np.hypot(row - 127.5, column - 127.5) == pytest.approx(96, abs=2.5)
    assert row.max() < 131
    assert ink.sum() > 96 * math.pi
    inks = picture[ink].astype(float)
    along = (inks - DARK.ground) @ (np.array(DARK.line) - DARK.ground)
    assert along.max() > 0.9 * np.linalg.norm(np.array(DARK.line) - DARK.ground) ** 2


def test_what_is_not_under_the_orbit_keeps_its_colour() -> None:
    plain = pixels(density_picture(counts(), DARK))
    crossed = pixels(density_picture(counts(), DARK, half_width=1.0, orbit=circle(0.5)))
    changed = (plain != crossed).any(axis=2)
    assert 0 < changed.sum() < 1_000


def test_the_pixels_are_the_same_everywhere() -> None:
    picture = pixels(density_picture(counts(256), DARK, half_width=1.0, orbit=circle(0.6)))
    assert hashlib.sha256(picture.tobytes()).hexdigest()[:16] == "d3a72b7350fb754a"


def test_a_card_has_the_picture_in_its_middle() -> None:
    square = pixels(density_picture(counts(256), DARK))
    card = pixels(density_card(counts(256), DARK, (512, 320)))
    assert card.shape == (320, 512, 3)
    assert (card[32:288, 128:384] == square).all()
    assert (card[:32] == DARK.ground).all()

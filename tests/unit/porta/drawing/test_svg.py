from __future__ import annotations

import math
import re
from xml.etree import ElementTree as ET

import numpy as np

from porta.drawing.frames import Path
from porta.drawing.svg import Band, chart, orbits

TURN = np.linspace(0.0, 2 * math.pi, 101)
CIRCLE = np.stack([np.cos(TURN), np.sin(TURN)], axis=1)


def path(positions: np.ndarray, *, is_line: bool = True) -> Path:
    return Path("Moon", "Planet", np.arange(float(len(positions))), positions, is_line)


def coordinates(drawing: str) -> list[float]:
    tree = ET.fromstring(drawing)  # noqa: S314 - drawn here
    marks = [element.get("d", "") for element in tree.iter() if element.get("d")]
    return [float(number) for mark in marks for number in re.findall(r"-?\d+\.\d", mark)]


def test_an_orbit_is_inside_its_drawing_and_as_round_as_it_is() -> None:
    numbers = coordinates(orbits([path(CIRCLE)], "Orbits"))
    x, y = numbers[-202::2], numbers[-201::2]
    assert 0 <= min(x) < max(x) <= 220
    assert max(x) - min(x) == max(y) - min(y) == 200.0


def test_what_is_not_finite_is_left_out() -> None:
    broken = np.array([[1.0, 0.0], [math.nan, 0.0], [math.inf, 1.0], [0.0, 1.0]])
    drawing = orbits([path(broken), path(np.empty((0, 2)))], "Orbits")
    assert "nan" not in drawing
    assert "inf" not in drawing


def test_points_are_no_line() -> None:
    assert orbits([path(CIRCLE, is_line=False)], "Orbits").count("h0") == 101


def test_a_title_is_escaped_and_the_colours_are_those_of_the_page() -> None:
    drawing = orbits([path(CIRCLE)], '<script>"&')
    assert "<script>" not in drawing
    assert ET.fromstring(drawing).get("aria-label") == '<script>"&'  # noqa: S314 - drawn here
    assert "currentColor" in drawing


def test_a_band_is_filled_and_a_line_is_not_also_with_gaps() -> None:
    x = np.arange(4.0)
    gap = np.array([1.0, math.nan, 2.0, 3.0])
    drawing = chart([Band(x, gap, gap + 1.0, 0.2), Band(x, gap, gap)], "Fan", "below & beyond")
    assert drawing.count('fill-opacity="0.2"') == 1
    assert "below &amp; beyond" in drawing
    ET.fromstring(drawing)  # noqa: S314 - drawn here


def test_nothing_to_draw_is_an_empty_chart() -> None:
    nothing = np.array([math.nan])
    ET.fromstring(chart([Band(nothing, nothing, nothing)], "Fan", ""))  # noqa: S314 - drawn here

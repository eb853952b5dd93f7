"""Claims about the colours of pictures: they are those of the pages, and what maps promise."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from frontend.pictures.themes import THEMES, Theme

STYLE = Path(__file__).parents[4] / "services/frontend/web/pages/static/styles/porta.css"
EACH = pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)


def oklab(colours: np.ndarray) -> np.ndarray:
    """B. Ottosson's definition, with the transfer function of IEC 61966-2-1."""
    srgb = colours / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    lms = linear @ np.array(
        [
            [0.4122214708, 0.2119034982, 0.0883024619],
            [0.5363325363, 0.6806995451, 0.2817188376],
            [0.0514459929, 0.1073969566, 0.6299787005],
        ]
    )
    lab: np.ndarray = np.cbrt(lms) @ np.array(
        [
            [0.2104542553, 1.9779984951, 0.0259040371],
            [0.7936177850, -2.4285922050, 0.7827717662],
            [-0.0040720468, 0.4505937099, -0.8086757660],
        ]
    )
    return lab


def ramp(theme: Theme) -> np.ndarray:
    return np.frombuffer(theme.palette, np.uint8).reshape(256, 3)[1:].astype(float)


def hexadecimal(colour: tuple[int, ...]) -> str:
    return "#" + bytes(colour).hex()


@pytest.mark.parametrize(("theme", "part"), [("light", 0), ("dark", 1)])
def test_pages_and_agents_have_the_colours_of_the_style_sheet(theme: str, part: int) -> None:
    pair = r"light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);"
    style = STYLE.read_text()
    surface = re.search(r"--surface: " + pair, style)
    agents = re.findall(r"--agent-\d: " + pair, style)
    assert surface is not None
    assert hexadecimal(THEMES[theme].ground) == surface[part + 1]
    assert [hexadecimal(colour) for colour in THEMES[theme].agents] == [one[part] for one in agents]


@EACH
def test_a_palette_has_the_page_then_the_anchors_from_first_to_last(theme: Theme) -> None:
    assert len(theme.palette) == 256 * 3
    assert tuple(theme.palette[:3]) == theme.ground
    assert tuple(theme.palette[3:6]) == theme.anchors[0]
    assert tuple(theme.palette[-3:]) == theme.anchors[-1]


@EACH
def test_equal_steps_of_a_colour_map_look_equally_large(theme: Theme) -> None:
    steps = np.linalg.norm(np.diff(oklab(ramp(theme))[::6], axis=0), axis=1)
    assert steps.max() < 1.35 * steps.min()


@EACH
def test_what_is_denser_is_further_from_the_page_in_lightness(theme: Theme) -> None:
    page = oklab(np.array([theme.ground], float))[0, 0]
    away = np.abs(oklab(ramp(theme))[:, 0] - page)
    assert (np.diff(away[::6]) > 0).all()
    assert away[0] > 0.05
    assert away[-1] > 0.7


@EACH
def test_the_line_can_be_seen_on_every_level(theme: Theme) -> None:
    colours = oklab(np.concatenate([[theme.ground], ramp(theme)]).astype(float))
    line = oklab(np.array([theme.line], float))
    assert np.linalg.norm(colours - line, axis=1).min() > 0.15

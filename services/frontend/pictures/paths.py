"""Pictures of runs: the paths of agents, as large as they fit, at one scale in x and y.

A path fades towards its beginning, so that a still picture says which way it goes.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image, ImageDraw

from frontend.pictures.lines import FINER, MOST_POINTS, thinned, visible_pieces
from frontend.pictures.png import png_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from frontend.pictures.lines import Floats
    from frontend.pictures.themes import Colour, Theme

__all__ = ["LARGEST", "path_picture"]

LARGEST: Final = (1_200, 630)
"""The largest width and height, in pixels: those of a card that a link is shown with."""

SMALLEST: Final = 32  # pixels, in width and in height
MOST_PATHS: Final = 32  # of more, the first ones are drawn
MOST_INK: Final = 500_000  # pixels along all lines, some four hundred orbits: 0.3 s at the most
BORDER: Final = 12  # pixels on each side
PLAIN: Final = (340, 212)  # up to here, lines are as wide as said; then in proportion
LINE_WIDTH: Final = 1.5
RADIUS: Final = 3.5  # of the disc at the end of a path
SHADES: Final = 12  # of a path, from its beginning to its end
FAINTEST: Final = 0.22  # of the first shade: how much of the agent's colour it has


def path_picture(
    paths: Sequence[Floats], width: int, height: int, theme: Theme, radii: Sequence[float] = ()
) -> bytes:
    """Return a PNG of paths, each of points float64[N, 2], x and y; nan makes a gap.

    A disc is where a path ends, larger by the factor in `radii` where one is given. The first 32
    paths are drawn, and of all their points at most 16,384, or fewer, evenly, where the lines
    through them would be longer than 500,000 pixels. Raises ValueError for a picture that is too
    large or too small.
    """
    for side, most in zip((width, height), LARGEST, strict=True):
        if not SMALLEST <= side <= most:
            raise ValueError(f"a picture has {SMALLEST} to {most} pixels a side, not {side}.")
    factors = [*radii[:MOST_PATHS], *(1.0 for _ in paths[len(radii) : MOST_PATHS])]
    kept = [i for i, path in enumerate(paths[:MOST_PATHS]) if len(path)]
    drawn = [thinned(paths[i], max(2, MOST_POINTS // len(kept))) for i in kept]
    on_canvas = _shortened(_fitted(drawn, width, height))
    canvas = Image.new("RGB", (width * FINER, height * FINER), theme.ground)
    pen = ImageDraw.Draw(canvas)
    size = FINER * max(1.0, min(width / PLAIN[0], height / PLAIN[1]))
    for line, colour in _lines(on_canvas, (width, height), theme):
        pen.line((line * FINER).ravel().tolist(), colour, round(LINE_WIDTH * size))
    for path, i in zip(on_canvas, kept, strict=True):
        x, y = (path[-1] * FINER).tolist()
        if 0 <= x <= canvas.width and 0 <= y <= canvas.height:
            r = RADIUS * size * factors[i]
            pen.ellipse([x - r, y - r, x + r, y + r], fill=_colour(theme, i))
    return png_of(canvas.reduce(FINER))


def _lines(
    paths: Sequence[Floats], size: tuple[int, int], theme: Theme
) -> Iterator[tuple[Floats, Colour]]:
    """Yield what is visible of all paths with its colour: the oldest parts first."""
    for shade in range(SHADES):
        strength = FAINTEST + (1.0 - FAINTEST) * (shade / (SHADES - 1)) ** 1.5
        for i, path in enumerate(paths):
            last = len(path) - 1
            first, end = (last * k // SHADES for k in (shade, shade + 1))
            colour = _mixed(theme.ground, _colour(theme, i), strength)
            for piece in visible_pieces(path[first : end + 1], size):
                yield piece, colour


def _mixed(ground: Colour, colour: Colour, strength: float) -> Colour:
    red, green, blue = (round(a + (b - a) * strength) for a, b in zip(ground, colour, strict=True))
    return red, green, blue


def _colour(theme: Theme, i: int) -> Colour:
    return theme.agents[i % len(theme.agents)]


def _shortened(paths: list[Floats]) -> list[Floats]:
    """Return paths in pixels with fewer points, if it would take long to draw all."""
    with np.errstate(all="ignore"):
        ink = sum(float(np.nansum(np.hypot(*np.diff(path, axis=0).T))) for path in paths)
    if ink <= MOST_INK:
        return paths
    return [thinned(path, max(2, int(len(path) * MOST_INK / ink))) for path in paths]


def _fitted(paths: Sequence[Floats], width: int, height: int) -> list[Floats]:
    """Return paths in pixels, with y down: all of them within the border, in the middle."""
    if not paths:
        return []
    halves = [path * 0.5 for path in paths]  # the width of what is finite may not be
    everything = np.concatenate(halves)
    finite = everything[np.isfinite(everything).all(axis=1)]
    if not len(finite):
        return [np.full_like(path, math.nan) for path in paths]
    low, high = finite.min(axis=0), finite.max(axis=0)
    centre = low * 0.5 + high * 0.5
    room = np.array([width, height]) - 2.0 * BORDER
    pixel = float(np.max((high - centre) * 2.0 / room))
    middle = np.array([width, height]) * 0.5
    with np.errstate(all="ignore"):  # of what is not finite
        return [
            middle + ((half - centre) / pixel if pixel > 0.0 else half * 0.0) * (1.0, -1.0)
            for half in halves
        ]

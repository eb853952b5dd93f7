"""Lines on a canvas of pixels: cut to it, drawn several times as large, and made smooth.

Points are in pixels, x to the right and y down. What is not finite is a gap; what is far outside is
cut off, so that no coordinate is larger than Pillow takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from frontend.pictures.themes import Colour

__all__ = ["MOST_POINTS", "Floats", "polyline", "thinned", "visible_pieces"]

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

MOST_POINTS: Final = 16_384  # of all lines of a picture: a second, if each crosses all of it
FINER: Final = 3  # a line is drawn so many times as large, then averaged
MARGIN: Final = 8.0  # pixels around the canvas that lines are cut at: more than they are wide


def thinned(points: Floats, most: int) -> Floats:
    """Return at most so many of the points float64[N, 2], evenly, the last one among them."""
    if len(points) <= most:
        return points
    chosen = (np.arange(most) + 1) * len(points) // most - 1
    return points[chosen]


def polyline(image: Image.Image, points: Floats, colour: Colour, width: float) -> None:
    """Draw the line through points float64[N, 2], so many pixels wide, on an RGB image."""
    mask = Image.new("L", (image.width * FINER, image.height * FINER))
    pen = ImageDraw.Draw(mask)
    for piece in visible_pieces(points, image.size):
        pen.line((piece * FINER).ravel().tolist(), 255, round(width * FINER))
    image.paste(colour, mask=mask.reduce(FINER))


def visible_pieces(points: Floats, size: tuple[int, int]) -> Iterator[Floats]:
    """Yield what is visible of a line, piece by piece: float64[K, 2], K at least 2."""
    with np.errstate(all="ignore"):  # of points that are infinite, or far away
        enters, leaves = _visible_part(points, size)
        start, along = points[:-1], points[1:] - points[:-1]
        first, last = start + enters[:, None] * along, start + leaves[:, None] * along
    seen = (enters <= leaves) & np.isfinite(first).all(axis=1) & np.isfinite(last).all(axis=1)
    # A piece goes on over a point that neither of its segments is cut at.
    joined = seen[:-1] & seen[1:] & (leaves[:-1] == 1.0) & (enters[1:] == 0.0)
    begins = np.flatnonzero(seen & ~np.concatenate([[False], joined]))
    ends = np.flatnonzero(seen & ~np.concatenate([joined, [False]]))
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        yield np.concatenate([first[begin : begin + 1], last[begin : end + 1]])


def _visible_part(points: Floats, size: tuple[int, int]) -> tuple[Floats, Floats]:
    """Return where each segment enters the canvas and leaves it, from 0 to 1.

    None of one that enters after it leaves is visible.

    Y.-D. Liang, B. A. Barsky, "A new concept and method for line clipping", ACM Transactions on
    Graphics 3 (1984), 1-22.
    """
    enters = np.zeros(max(0, len(points) - 1))
    leaves = np.ones_like(enters)
    for axis, length in enumerate(size):
        start, end = points[:-1, axis], points[1:, axis]
        low, high = -MARGIN, length + MARGIN
        along = end - start
        to_low, to_high = (low - start) / along, (high - start) / along
        near, far = np.minimum(to_low, to_high), np.maximum(to_low, to_high)
        still = along == 0.0
        inside = (low <= start) & (start <= high)
        near = np.where(still, np.where(inside, 0.0, 2.0), near)
        far = np.where(still, np.where(inside, 1.0, -1.0), far)
        enters, leaves = np.maximum(enters, near), np.minimum(leaves, far)
    gaps = ~(np.isfinite(points[:-1]).all(axis=1) & np.isfinite(points[1:]).all(axis=1))
    enters[gaps | np.isnan(enters) | np.isnan(leaves)] = 2.0
    return enters, leaves

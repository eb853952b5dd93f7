"""Pictures of densities: counts in square cells as colours, on a logarithmic scale.

The logarithm is our own, of + - * / alone, so that no library decides a pixel.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
from PIL import Image

from frontend.pictures.lines import MOST_POINTS, polyline, thinned
from frontend.pictures.png import png_of
from frontend.pictures.themes import LEVELS

if TYPE_CHECKING:
    from frontend.pictures.lines import Floats
    from frontend.pictures.themes import Theme

__all__ = ["SIZES", "density_card", "density_picture", "levels"]

Counts: TypeAlias = np.ndarray[Any, np.dtype[np.uint64]]
Levels: TypeAlias = np.ndarray[Any, np.dtype[np.uint8]]

SIZES: Final = (512, 256, 128)
"""The widths of a picture, in pixels: one for each cell."""

LINE_WIDTH: Final = 1.5
_TERMS: Final = tuple(range(23, 0, -2))  # of the series of the inverse hyperbolic tangent
_LN_2: Final = 0.6931471805599453
_ROOT_HALF: Final = 0.7071067811865476


def density_picture(
    counts: Counts, theme: Theme, *, half_width: float = 1.0, orbit: Floats | None = None
) -> bytes:
    """Return a PNG of counts uint64[size, size], whose first row is at the bottom.

    `size` is one of `SIZES`. The square reaches from -half_width to half_width in x and y; `orbit`
    is a line of points float64[N, 2] in it, drawn over the counts: nan makes a gap. Raises
    ValueError for counts of another shape.
    """
    size = counts.shape[0]
    if size not in SIZES or counts.shape != (size, size):
        raise ValueError(f"counts must be a square of {SIZES} cells a side, not {counts.shape}.")
    upright = np.ascontiguousarray(levels(counts)[::-1])
    image = Image.frombytes("P", (size, size), upright.tobytes())
    image.putpalette(theme.palette)
    if orbit is not None:
        image = image.convert("RGB")
        pixels = (thinned(orbit, MOST_POINTS) / half_width * (1.0, -1.0) + 1.0) * (size / 2)
        polyline(image, pixels, theme.line, LINE_WIDTH)
    return png_of(image)


def density_card(
    counts: Counts,
    theme: Theme,
    size: tuple[int, int],
    *,
    half_width: float = 1.0,
    orbit: Floats | None = None,
) -> bytes:
    """Return the PNG of a density in the middle of a card of this width and height, in pixels."""
    square = density_picture(counts, theme, half_width=half_width, orbit=orbit)
    card, (width, height), side = Image.new("RGB", size, theme.ground), size, counts.shape[0]
    card.paste(Image.open(io.BytesIO(square)), ((width - side) // 2, (height - side) // 2))
    return png_of(card)


def levels(counts: Counts) -> Levels:
    """Return the level of each count: 0 of none, else 1 to 255 by log(1 + count).

    255 is that of the greatest count.
    """
    distinct, places = np.unique(counts, return_inverse=True)
    logarithms = _log(distinct.astype(np.float64) + 1.0)
    if logarithms[-1] == 0.0:
        return np.zeros(counts.shape, np.uint8)
    scaled = np.ceil(logarithms * (LEVELS / logarithms[-1]))
    of_distinct: Levels = np.minimum(scaled, LEVELS).astype(np.uint8)
    return of_distinct[places].reshape(counts.shape)


def _log(x: Floats) -> Floats:
    """Return the natural logarithm of numbers from 1 on; that of 1 is 0."""
    fraction, exponent = np.frexp(x)
    low = fraction < _ROOT_HALF
    fraction, exponent = np.where(low, 2.0 * fraction, fraction), exponent - low
    s = (fraction - 1.0) / (fraction + 1.0)
    q = s * s
    p = np.full_like(x, 1.0 / 25.0)
    for k in _TERMS:
        p = p * q + 1.0 / k
    result: Floats = exponent * _LN_2 + 2.0 * s * p
    return result

"""Paths and curves as small inline SVG: without scripts, in the colours of the page around it.

Text and axes are drawn in `currentColor`, lines in colours that are seen on white and on black, so
a drawing suits a light page and a dark one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from porta.drawing.frames import Path

    Floats = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["COLOURS", "Band", "chart", "orbits"]

COLOURS: Final = ("#3b82f6", "#f59e0b", "#10b981", "#ef4444", "#a855f7", "#14b8a6")
"""Each has a contrast of at least 2 with white and of 4 with black."""

_SIZE: Final = 220
_MARGIN: Final = 10
_WIDTH, _HEIGHT = 260, 150
_FOOT: Final = 22  # for the text under a chart


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """A range over x, float64[n] each; a line where `low` is `high`. nan is a gap."""

    x: Floats
    low: Floats
    high: Floats
    opacity: float = 1.0


def orbits(paths: Sequence[Path], title: str) -> str:
    """Draw paths in the x-y plane, to one scale, with the origin as a cross; nan is left out."""
    half = _half_width(paths)
    scale = (_SIZE / 2 - _MARGIN) / half
    centre = _SIZE / 2
    drawn = [f'<path d="M{centre - 4} {centre}h8M{centre} {centre - 4}v8" stroke="currentColor"/>']
    for place, path in enumerate(paths):
        colour = COLOURS[place % len(COLOURS)]
        points = [
            f"{centre + scale * x:.1f} {centre - scale * y:.1f}"
            for x, y in path.positions[:, :2].tolist()
            if math.isfinite(x) and math.isfinite(y)
        ]
        if not points:
            continue
        if path.is_line:
            drawn.append(f'<path d="M{"L".join(points)}" stroke="{colour}"/>')
        else:
            dots = "".join(f"M{point}h0" for point in points)
            drawn.append(f'<path d="{dots}" stroke="{colour}" stroke-linecap="round"/>')
        x, y = points[-1].split(" ")
        drawn.append(f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}" stroke="none"/>')
    return _svg(_SIZE, _SIZE, drawn, title)


def _half_width(paths: Sequence[Path]) -> float:
    import numpy as np

    sizes = [np.abs(path.positions[:, :2]) for path in paths if len(path.positions)]
    finite = [size[np.isfinite(size)] for size in sizes]
    largest = max((float(size.max()) for size in finite if size.size), default=0.0)
    return largest or 1.0


def chart(
    bands: Sequence[Band], title: str, below: str, heights: tuple[float, float] | None = None
) -> str:
    """Draw ranges over x, one over another, with what is `below` the chart in words.

    `heights` are the lowest and the highest value that are drawn; by default those that there are.
    """
    low, high = heights or _limits([side for band in bands for side in (band.low, band.high)])
    left, right = _limits([band.x for band in bands])
    across = (_WIDTH - 2 * _MARGIN) / ((right - left) or 1.0)
    up = (_HEIGHT - _FOOT - 2 * _MARGIN) / ((high - low) or 1.0)
    foot = _HEIGHT - _FOOT - _MARGIN

    def place(x: float, y: float) -> str:
        return f"{_MARGIN + across * (x - left):.1f} {foot - up * (y - low):.1f}"

    drawn = [f'<path d="M{_MARGIN} {_MARGIN}V{foot}H{_WIDTH - _MARGIN}" stroke="currentColor"/>']
    for band in bands:
        drawn += _drawn_band(band, place)
    drawn.append(
        f'<text x="{_MARGIN}" y="{_HEIGHT - 8}" font-size="11" fill="currentColor" stroke="none">'
        f"{escape(below)}</text>"
    )
    return _svg(_WIDTH, _HEIGHT, drawn, title)


def _drawn_band(band: Band, place: Any) -> list[str]:  # noqa: ANN401 - from numbers to a point
    known = [
        (x, low, high)
        for x, low, high in zip(band.x.tolist(), band.low.tolist(), band.high.tolist(), strict=True)
        if math.isfinite(low) and math.isfinite(high)
    ]
    if not known:
        return []
    upper = [place(x, high) for x, _, high in known]
    if all(low == high for _, low, high in known):
        return [f'<path d="M{"L".join(upper)}" stroke="{COLOURS[0]}"/>']
    lower = [place(x, low) for x, low, _ in reversed(known)]
    filled = f'fill="{COLOURS[0]}" fill-opacity="{band.opacity}" stroke="none"'
    return [f'<path d="M{"L".join(upper + lower)}Z" {filled}/>']


def _limits(columns: Sequence[Floats]) -> tuple[float, float]:
    import numpy as np

    finite = [column[np.isfinite(column)] for column in columns]
    filled = [column for column in finite if column.size]
    if not filled:
        return 0.0, 1.0
    return min(float(c.min()) for c in filled), max(float(c.max()) for c in filled)


def _svg(width: int, height: int, drawn: Sequence[str], title: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}" '
        'fill="none" stroke-width="1.2">'
        f"<title>{escape(title)}</title>{''.join(drawn)}</svg>"
    )

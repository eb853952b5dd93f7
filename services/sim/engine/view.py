"""What a page draws: bins and a path turned into columns of numbers by agent.

Guarantees: nothing but numbers and null (a bin without a step, or a number that is not finite),
so that every JSON parser takes it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from sim.engine.kernel import Floats
    from sim.engine.overview import Bins, Path
    from sim.model import Scenario

__all__ = ["Frame", "Overview", "draw"]

Frame: TypeAlias = Literal["inertial", "primary"]

_TIME, _X, _Y, _VX, _VY = 0, 2, 3, 4, 5  # columns of the path's states
_INERTIAL: Final = ("x", "y")
_ELEMENTS: Final = ("r", "e", "h")  # distance, specific energy, angular momentum
_SAMPLES_PER_ORBIT: Final = 16  # fewer, and a line through them is no orbit any more


@dataclass(frozen=True, slots=True)
class Overview:
    """A window of a propagation as it is drawn, at one level."""

    window: tuple[float, float]
    frame: Frame
    level: int
    agents: tuple[dict[str, object], ...]

    @property
    def exact(self) -> bool:
        """Whether each bin is one iteration, so that minimum and maximum are the value."""
        return self.level == 0

    def to_json(self) -> dict[str, object]:
        """Return it as the API answers it."""
        return {
            "window": {"t0": self.window[0], "t1": self.window[1]},
            "frame": self.frame,
            "level": self.level,
            "exact": self.exact,
            "agents": list(self.agents),
        }


def draw(
    scenario: Scenario,
    window: tuple[float, float],
    frame: Frame,
    bins: Bins,
    path: Path,
    limit: int | None = None,
) -> Overview:
    """Return what is drawn of consecutive bins and samples, of the first `limit` agents."""
    named = zip(scenario.names, scenario.primaries, strict=True)
    agents: tuple[dict[str, object], ...] = tuple(
        {
            "name": name,
            "primary": None if primary is None else scenario.names[primary],
            "path": _path(path.states, a, primary, frame),
            "series": _series(bins, a, has_primary=primary is not None),
        }
        for a, (name, primary) in islice(enumerate(named), limit)
    )
    return Overview(window, frame, bins.level, agents)


def _series(bins: Bins, a: int, *, has_primary: bool) -> dict[str, object]:
    drawn = (*_INERTIAL, *_ELEMENTS) if has_primary else _INERTIAL
    series: dict[str, object] = {"t": _column(bins.clocks[:, a])}
    for quantity, name in enumerate(drawn):
        low, high = bins.series[:, a, quantity].T
        series[name] = {"min": _column(low), "max": _column(high)}
    return series


def _path(states: Floats, a: int, primary: int | None, frame: Frame) -> dict[str, object]:
    """Return an agent's path; in the primary's frame relative to it, who has none at the origin."""
    own = states[:, a]
    mode = "lines"
    x, y = own[:, _X], own[:, _Y]
    if primary is not None:
        relative = _relative(own, states[:, primary])
        if _turn(relative) > 2 * math.pi / _SAMPLES_PER_ORBIT:
            mode = "markers"
        if frame == "primary":
            x, y = relative[:, _X], relative[:, _Y]
    elif frame == "primary":
        x, y = np.zeros_like(x), np.zeros_like(y)
    return {"mode": mode, "t": _column(own[:, _TIME]), "x": _column(x), "y": _column(y)}


def _relative(own: Floats, primary: Floats) -> Floats:
    """Return states relative to the primary's, moved along its velocity to the agent's time.

    The two clocks differ by up to a step; without it the difference would show as a jitter.
    """
    relative = own - primary
    behind = own[:, _TIME] - primary[:, _TIME]
    relative[:, _X] -= primary[:, _VX] * behind
    relative[:, _Y] -= primary[:, _VY] * behind
    relative[:, _TIME] = own[:, _TIME]
    return relative


def _turn(relative: Floats) -> float:
    """Return the angle that the agent turns about its primary between two samples, the median.

    From the angular velocity h/r**2, since angles themselves repeat with each orbit.
    """
    if len(relative) < 2:  # noqa: PLR2004 - two samples have one angle between them
        return 0.0
    x, y, vx, vy = (relative[:, column] for column in (_X, _Y, _VX, _VY))
    with np.errstate(all="ignore"):
        velocity = np.abs(x * vy - y * vx) / (x * x + y * y)
        turns = velocity[:-1] * np.diff(relative[:, _TIME])
    turns = turns[np.isfinite(turns)]
    return float(np.median(turns)) if len(turns) else 0.0


def _column(values: np.ndarray[Any, np.dtype[np.float64]]) -> list[float | None]:
    if np.isfinite(values).all():
        numbers: list[float | None] = values.tolist()
        return numbers
    return [value if math.isfinite(value) else None for value in values.tolist()]

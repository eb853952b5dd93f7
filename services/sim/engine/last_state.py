"""The states of agents after the last step, in the quantities that charts and read-outs show.

Records and bins hold a state where a step starts, so no bin holds these. A primary is where it is
newest, as in the elements at the end: agents of `nano` have clocks of their own.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NotRequired

import numpy as np
from typing_extensions import TypedDict  # typing's own can't be read by pydantic before Python 3.12

from sim.engine.columns import closed
from sim.engine.osculation import barycentre_without
from sim.engine.system_diagnostics import masses_of
from sim.orbit import elements_of

if TYPE_CHECKING:
    from sim.kernel import Floats
    from sim.scenario import Scenario

__all__ = ["LastState", "last_state"]

_CLOCKS: Final = 2  # the columns time and timeStep of a state, before x
_PLANE: Final = 2


@closed
class LastState(TypedDict):
    """An agent after the last step; the quantities of an orbit only of one with a primary."""

    t: float
    """The agent's time."""
    x: float | None
    """Position."""
    y: float | None
    """Position."""
    z: NotRequired[float | None]
    """Position, in space."""
    r: NotRequired[float | None]
    """Distance from the primary."""
    e: NotRequired[float | None]
    """Specific energy relative to the primary."""
    h: NotRequired[float | None]
    """Specific angular momentum relative to the primary."""
    a: NotRequired[float | None]
    """Semi-major axis, below 0 where the orbit is open."""
    ecc: NotRequired[float | None]
    """Eccentricity."""


def last_state(scenario: Scenario, a: int, ends: Floats) -> LastState:
    """Return agent `a` of float64[M, W], in the columns time, timeStep, x, y, (z,) vx, vy, (vz)."""
    moving = ends[:, _CLOCKS:]
    position = zip("xyz", moving[a, : scenario.model.dimensions].tolist(), strict=False)
    known: dict[str, float | None] = {name: _number(value) for name, value in position}
    with np.errstate(all="ignore"):  # what is not finite is null
        orbit = _orbit(scenario, a, moving)
    return {"t": float(ends[a, 0]), **known, **orbit}  # type: ignore[typeddict-item]  # by name


def _orbit(scenario: Scenario, a: int, moving: Floats) -> dict[str, float | None]:
    """Return the quantities of an agent's orbit; none without a primary."""
    primary, mu = scenario.primaries[a], scenario.gravity[a]
    if a in scenario.barycentric:
        about = barycentre_without(a, moving, masses_of(scenario))
    elif primary is not None:
        about = moving[primary]
    else:
        return {}
    r, v = np.split(moving[a] - about, 2)
    distance = math.hypot(*r.tolist())
    energy = float(v @ v / 2.0 - mu / np.float64(distance))
    momentum = _momentum(r, v)
    elements = elements_of(r.tolist(), v.tolist(), mu)
    return {
        "r": _number(distance),
        "e": _number(energy),
        "h": _number(momentum),
        "a": elements.semi_major_axis,
        "ecc": elements.eccentricity,
    }


def _momentum(r: Floats, v: Floats) -> float:
    """Return r x v in the plane, its length in space."""
    if len(r) == _PLANE:
        return float(r[0] * v[1] - r[1] * v[0])
    return math.hypot(*np.cross(r, v).tolist())


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None

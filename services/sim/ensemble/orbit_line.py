"""The orbit on which an agent's nominal trajectory starts, as a line in the x-y plane."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from sim.engine.osculation import barycentre_without
from sim.errors import ScenarioError
from sim.orbit import Elements, elements_of, state_of

if TYPE_CHECKING:
    from sim.kernel import Floats
    from sim.orbit import OsculatingElements
    from sim.scenario import Scenario

__all__ = ["orbit_line"]

POINTS: Final = 361  # a degree of true anomaly apart
_CLOCKS: Final = 2  # time and timeStep, before a state's coordinates


def orbit_line(scenario: Scenario, a: int) -> Floats:
    """Return points of agent a's osculating orbit at the start, relative to its primary.

    float64[361, 2]: x and y, nan where the orbit has no point (beyond a hyperbola's asymptotes, or
    everywhere if there is no orbit: on a parabola, or without gravity). No library decides a bit.
    """
    position, velocity = _relative(scenario, a)
    elements = elements_of(position, velocity, scenario.gravity[a])
    points = [_point(elements, degrees - 180.0, scenario.gravity[a]) for degrees in range(POINTS)]
    return np.array(points, np.float64)


def _relative(scenario: Scenario, a: int) -> tuple[list[float], list[float]]:
    """Return position and velocity relative to the primary, in three dimensions."""
    rows = [list(state.to_json().values())[_CLOCKS:] for state in scenario.initial_states]
    states = np.array(rows, np.float64)
    primary = scenario.primaries[a]
    if a in scenario.barycentric:
        about = barycentre_without(a, states, [agent.mu for agent in scenario.agents])
    else:
        about = np.zeros_like(states[a]) if primary is None else states[primary]
    halves = np.split(states[a] - about, 2)
    position, velocity = ((*half.tolist(), 0.0)[:3] for half in halves)
    return list(position), list(velocity)


def _point(elements: OsculatingElements, anomaly: float, mu: float) -> tuple[float, float]:
    if elements.semi_major_axis is None or elements.eccentricity is None:
        return math.nan, math.nan
    orbit = Elements(
        a=elements.semi_major_axis,
        e=elements.eccentricity,
        i=elements.inclination or 0.0,
        node=elements.node or 0.0,
        argp=elements.argument_of_periapsis or 0.0,
        anomaly=anomaly,
    )
    try:
        x, y, *_ = state_of(orbit, mu)
    except ScenarioError:
        return math.nan, math.nan
    return x, y

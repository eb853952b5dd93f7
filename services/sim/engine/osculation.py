"""The osculating orbits of a scenario's agents, each about its primary, at one time.

Guarantees: they depend on the states alone, in the order of operations that is written here and in
`sim.orbit`. A primary is another agent, or the barycentre of all other agents: their positions and
velocities weighted by mu, added in the scenario's order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from sim.orbit import elements_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sim.orbit import OsculatingElements

__all__ = ["barycentre_without", "osculating_orbits"]

_Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

_CLOCKS: Final = 2  # the columns time and timeStep of a state, before x


def osculating_orbits(
    states: _Floats,
    primaries: Sequence[int | None],
    gravity: Sequence[float],
    mu: Sequence[float],
    barycentric: Collection[int] = (),
) -> dict[int, OsculatingElements]:
    """Return the elements of each agent that has a primary, by the agent's index.

    `states` float64[M, W] has the columns time, timeStep, x, y, vx, vy (W = 6), or with z and vz
    (W = 8). `primaries` are the indices of agents, `gravity` the mu of each agent's orbit, `mu`
    the agents' own, and `barycentric` the agents that orbit the barycentre of all others.
    """
    moving = states[:, _CLOCKS:]
    found = {}
    with np.errstate(all="ignore"):  # there are no elements of what is not finite
        for a, primary in enumerate(primaries):
            if a in barycentric:
                about = barycentre_without(a, moving, mu)
            elif primary is not None:
                about = moving[primary]
            else:
                continue
            position, velocity = np.split(moving[a] - about, 2)
            found[a] = elements_of(position.tolist(), velocity.tolist(), gravity[a])
    return found


def barycentre_without(a: int, states: _Floats, mu: Sequence[float]) -> _Floats:
    """Return the barycentre of all agents but one, float64[..., W] of states float64[..., M, W].

    That is the mean of their states, weighted by mu.
    """
    weighted, mass = np.zeros_like(states[..., a, :]), 0.0
    for b, of_b in enumerate(mu):
        if b != a and of_b != 0.0:
            weighted, mass = weighted + of_b * states[..., b, :], mass + of_b
    return weighted / mass

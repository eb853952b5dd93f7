"""The frames of dispersions: a scenario's own axes, and those of an agent about its primary.

In the second, `rtn`, R points away from the primary, N along the angular momentum, and T completes
them: in the direction of motion, at right angles to R. They are of the scenario's initial states,
so all members have the same. D. A. Vallado, "Fundamentals of Astrodynamics and Applications", 4th
edition, 2013, section 3.3.3, calls the system RSW.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from sim.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.models.model import Scenario

__all__ = ["INERTIAL", "RTN", "Start", "Vector"]

Vector: TypeAlias = tuple[float, ...]

INERTIAL: Final = "inertial"
RTN: Final = "rtn"

_ROUNDING: Final = 2.0**-40  # far more than a vector's length is off by if its squares are exact


@dataclass(frozen=True, slots=True)
class Start:
    """What dispersions read of a scenario, gathered once: there may be a thousand agents.

    `states` are position and velocity of each agent at time 0, under the names `coordinates`: x, y,
    vx, vy, or with z and vz.
    """

    names: tuple[str, ...]
    coordinates: tuple[str, ...]
    states: tuple[Vector, ...]
    primaries: tuple[int | None, ...]
    orbited: tuple[str | None, ...]
    barycentric: frozenset[int]
    massive: tuple[tuple[int, float], ...]  # agents, and their mu

    @classmethod
    def of(cls, scenario: Scenario) -> Start:
        """Gather it."""
        coordinates = scenario.model.state_columns[1:]
        states = [state.to_json() for state in scenario.initial_states]
        return cls(
            names=scenario.names,
            coordinates=coordinates,
            states=tuple(tuple(state[name] for name in coordinates) for state in states),
            primaries=scenario.primaries,
            orbited=scenario.orbited,
            barycentric=frozenset(scenario.barycentric),
            massive=tuple((i, a.mu) for i, a in enumerate(scenario.agents) if a.mu != 0.0),
        )

    @property
    def dimensions(self) -> int:
        """2 in the plane, 3 in space."""
        return len(self.coordinates) // 2

    def components(self, frame: str) -> tuple[str, ...]:
        """Return the names of a state's components in a frame: positions, then velocities."""
        if frame == INERTIAL:
            return self.coordinates
        axes = RTN[: self.dimensions]
        return (*axes, *(f"v{axis}" for axis in axes))

    def axes(self, agent: int, where: str) -> tuple[Vector, ...]:
        """Return R, T and N of an agent, in the plane R and T.

        Raises RequestError with the path `where` if it has no primary, or moves straight to or
        from it.
        """
        about = self._primary(agent)
        if about is None:
            raise RequestError(
                where,
                f"can't be rtn: {self.names[agent]} has no primary that these axes would be about. "
                "Name one in the scenario, or choose inertial.",
            )
        relative = [own - other for own, other in zip(self.states[agent], about, strict=True)]
        r, v = relative[: self.dimensions], relative[self.dimensions :]
        axes = _in_space(r, v) if "z" in self.coordinates else _in_the_plane(r, v)
        if axes is None:
            raise RequestError(
                where,
                f"can't be rtn: {self.names[agent]} does not move around its primary, "
                f"{self.orbited[agent]}, but straight to or from it, or not at all, as far as "
                "64-bit floats can tell. Choose inertial.",
            )
        return axes

    def _primary(self, agent: int) -> Sequence[float] | None:
        """Return the state of what an agent orbits: another, or the barycentre of all others."""
        primary = self.primaries[agent]
        if primary is not None:
            return self.states[primary]
        if agent not in self.barycentric:
            return None
        # In the order of `sim.engine.osculation.barycentre_without`.
        weighted, mass = [0.0] * len(self.coordinates), 0.0
        for other, mu in self.massive:
            if other != agent:
                state = self.states[other]
                weighted = [each + mu * own for each, own in zip(weighted, state, strict=True)]
                mass += mu
        return [each / mass for each in weighted]


def _in_the_plane(r: Sequence[float], v: Sequence[float]) -> tuple[Vector, ...] | None:
    (x, y), (vx, vy) = r, v
    turning = x * vy - y * vx
    radial = _unit(r)
    if radial is None or not abs(turning) > 0.0:
        return None
    rx, ry = radial
    return radial, ((-ry, rx) if turning > 0.0 else (ry, -rx))


def _in_space(r: Sequence[float], v: Sequence[float]) -> tuple[Vector, ...] | None:
    radial, normal = _unit(r), _unit(_cross(r, v))
    if radial is None or normal is None:
        return None
    return radial, tuple(_cross(normal, radial)), normal


def _unit(u: Sequence[float]) -> Vector | None:
    """Return a vector of length 1; None for one without length, and for one whose squares are lost.

    Below 1e-154 the squares of components lose digits, above 1e154 they are infinite.
    """
    length = math.sqrt(_square(u))
    if not 0.0 < length < math.inf:
        return None
    unit = tuple(component / length for component in u)
    return unit if abs(_square(unit) - 1.0) <= _ROUNDING else None


def _square(u: Sequence[float]) -> float:
    square = 0.0
    for component in u:  # (ux*ux + uy*uy) + uz*uz
        square += component * component
    return square


def _cross(u: Sequence[float], w: Sequence[float]) -> list[float]:
    (ux, uy, uz), (wx, wy, wz) = u, w
    return [uy * wz - uz * wy, uz * wx - ux * wz, ux * wy - uy * wx]

"""The spreads of all agents, and the initial states of the members that they make.

Guarantees:

- A dispersion is valid for its scenario, or `from_json` raises RequestError with a path such as
  `dispersion[0].covariance`.
- It is in canonical form: agents in the scenario's order, floats, nothing that disperses nothing.
  Two are equal if, and only if, they have the same JSON.
- `coordinates` has, for many members at once, the bits of `of_member`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sim.dispersion.frame import Start
from sim.dispersion.reading import read_spreads
from sim.errors import RequestError
from sim.normals import normals
from sim.strictjson import canonical_json

if TYPE_CHECKING:
    import numpy as np

    from sim.dispersion.spread import Spread
    from sim.models.model import Scenario

    _Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

__all__ = ["NO_DISPERSION", "Dispersion"]


@dataclass(frozen=True, slots=True)
class Dispersion:
    """The spread of the initial states, agent by agent; empty: all members start alike."""

    agents: tuple[Spread, ...] = ()
    canonical: str = field(init=False, repr=False, compare=False)  # its canonical JSON: a list

    def __post_init__(self) -> None:
        object.__setattr__(self, "canonical", canonical_json(self.to_json()))

    def __bool__(self) -> bool:
        return bool(self.agents)

    @property
    def dispersed(self) -> tuple[int, ...]:
        """The indices of the agents that start elsewhere."""
        return tuple(spread.agent for spread in self.agents)

    def to_json(self) -> list[dict[str, object]]:
        """Return what `from_json` reads, without what disperses nothing."""
        return [spread.to_json() for spread in self.agents]

    @classmethod
    def from_json(cls, value: object, scenario: Scenario) -> Dispersion:
        """Read a dispersion of this scenario from parsed JSON; raises RequestError.

        >>> from sim.scenario import NANO
        >>> read = Dispersion.from_json([{"agent": "Satellite", "sigma": {"vy": 1, "x": 0}}], NANO)
        >>> read.canonical
        '[{"agent":"Satellite","sigma":{"vy":1.0}}]'
        """
        return cls(read_spreads(value, scenario))

    def check(self, scenario: Scenario) -> None:
        """Check that it was read for a scenario of these agents; raises RequestError."""
        start = Start.of(scenario)
        for i, spread in enumerate(self.agents):
            if not spread.is_of(start):
                raise RequestError(
                    f"dispersion[{i}]",
                    f"is of another scenario, in which {spread.name} is an agent: read it again.",
                )

    def of_member(self, scenario: Scenario, seed: int, member: int) -> Scenario:
        """Return the scenario with the initial states of one member."""
        start = Start.of(scenario)
        states = [list(state) for state in start.states]
        for spread in self.agents:
            drawn = normals(seed, spread.agent, member, len(spread.components))
            states[spread.agent] = spread.moved(states[spread.agent], drawn, spread.axes(start))
        return scenario.with_coordinates(states)

    def coordinates(self, scenario: Scenario, seed: int, first: int, count: int) -> _Floats:
        """Return the initial positions and velocities of members first, first + 1, ...

        float64[M, C, count] of M agents: x, y, vx, vy (C = 4), or x, y, z, vx, vy, vz (C = 6).
        """
        import numpy as np

        from sim.kernel.normals import normals_of_members

        start = Start.of(scenario)
        coordinates = np.empty((len(start.states), len(start.coordinates), count))
        coordinates[:] = np.array(start.states)[:, :, np.newaxis]
        for spread in self.agents:
            a = spread.agent
            drawn = normals_of_members(seed, a, first, len(spread.components), count)
            moved = spread.moved(start.states[a], list(drawn), spread.axes(start))
            for c, numbers in enumerate(moved):
                coordinates[a, c] = numbers
        return coordinates


NO_DISPERSION: Final = Dispersion()

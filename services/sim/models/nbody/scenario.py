"""The scenarios of `nbody`: points, an integrator and its time step, and their JSON form.

Guarantees:

- Every `NBodyScenario` is valid (`sim.models.nbody.rules`): finite floats, known names.
- Two values are equal if, and only if, they have the same bits.
- `from_json` raises ScenarioError for anything that is no scenario. It also takes an `orbit` in
  place of a state, and leaves out `z` and `vz`: `to_json` returns the states that these lead to.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from sim.errors import ScenarioError
from sim.models.agent_rules import list_of_agents, primaries_of
from sim.models.labels import LABELS, NO_LABELS, Labels
from sim.models.model import BARYCENTRE, MAX_STEPS, Method, Model, Scenario, whole_steps
from sim.models.nbody import rules
from sim.models.nbody.agent import NBodyAgent, SpaceState, State3, Unplaced, read_agent
from sim.models.nbody.cost import (
    carry_size,
    interval_of,
    lane_step_seconds,
    step_seconds,
    work_per_step,
)
from sim.models.nbody.orbits import placed
from sim.models.nbody.schema import SCHEMA
from sim.models.units import Units
from sim.strictjson import canonical_json, fields_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["METHODS", "NAME", "NBODY_MODEL", "NBodyScenario"]

NAME: Final = "nbody"
_REQUIRED: Final = frozenset({"integrator", "dt", "agents"})
_OPTIONAL: Final = frozenset({"model", "tolerance", "units", *LABELS})
_CENTRE_S: Final = 3e-9  # of one massive agent in one barycentre, each step
_ROUNDING: Final = 1e-12  # relative: far more than a compensated sum or a quotient is off by


@dataclass(frozen=True, slots=True, eq=False)
class NBodyScenario(Scenario):
    """Points in order, the integrator and its step; raises ScenarioError if not valid.

    All agents advance by `dt` together; t after k steps is k*dt. With `gauss-radau-15` dt is the
    first step that is tried, unless the `tolerance` is 0; other integrators have no tolerance.
    """

    agents: tuple[NBodyAgent, ...]
    integrator: str
    dt: float
    tolerance: float = rules.DEFAULT_TOLERANCE
    units: Units = field(default_factory=Units)
    labels: Labels = NO_LABELS
    canonical: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        assign = object.__setattr__  # how a frozen dataclass normalises its fields
        assign(self, "integrator", rules.checked_integrator(self.integrator))
        assign(self, "dt", rules.checked_dt(self.dt))
        assign(self, "tolerance", rules.checked_tolerance(self.tolerance, self.integrator))
        units = Units(
            rules.checked_unit(self.units.length, "units.length", rules.LENGTHS),
            rules.checked_unit(self.units.time, "units.time", rules.TIMES),
        )
        assign(self, "units", units)
        assign(self, "agents", rules.checked_agents(self.agents))
        assign(self, "canonical", canonical_json(self.to_json()))

    @property
    def model(self) -> Model:
        """The model `nbody`."""
        return NBODY_MODEL

    @property
    def method(self) -> Method:
        """What its integrator is."""
        return METHODS[self.integrator]

    @property
    def parameters(self) -> dict[str, str | float]:
        """The integrator, its step and, of `gauss-radau-15`, the tolerance."""
        parameters: dict[str, str | float] = {"integrator": self.integrator, "dt": self.dt}
        if self.integrator == rules.GAUSS_RADAU:
            parameters["tolerance"] = self.tolerance
        return parameters

    @property
    def initial_states(self) -> tuple[SpaceState, ...]:
        """Each agent's state at time 0, before its first step."""
        return tuple(SpaceState(0.0, self.dt, *agent.state.numbers) for agent in self.agents)

    def with_coordinates(self, coordinates: Sequence[Sequence[float]]) -> NBodyScenario:
        """Return it with other positions and velocities: x, y, z, vx, vy, vz of each, in order.

        They must be finite floats. Agents may meet: that ends a trajectory, as it does later on.
        """
        agents = tuple(
            replace(agent, state=State3(*numbers))
            for agent, numbers in zip(self.agents, coordinates, strict=True)
        )
        moved = copy(self)
        object.__setattr__(moved, "agents", agents)
        object.__setattr__(moved, "canonical", canonical_json(moved.to_json()))
        return moved

    @property
    def primaries(self) -> tuple[int | None, ...]:
        """The index of each agent's primary: the one it names, or the heaviest if it is heavier.

        None for those in `barycentric`.
        """
        return primaries_of(self.agents)

    @property
    def barycentric(self) -> tuple[int, ...]:
        """The indices of the agents whose primary is the barycentre of all other agents."""
        return tuple(i for i, agent in enumerate(self.agents) if agent.primary == BARYCENTRE)

    @property
    def gravity(self) -> tuple[float, ...]:
        """The mu of each agent's orbit about its primary, which includes its own; 0 without one.

        About the barycentre of all others it is the sum of all, in their order.
        """
        mus = [agent.mu for agent in self.agents]
        everything = rules.total(mus)
        return tuple(
            everything
            if self.agents[i].primary == BARYCENTRE
            else (0.0 if primary is None else mus[primary] + mus[i])
            for i, primary in enumerate(self.primaries)
        )

    @property
    def has_fixed_steps(self) -> bool:
        """Not with `gauss-radau-15`, also with a tolerance of 0: its clock is a sum."""
        return self.integrator != rules.GAUSS_RADAU

    @property
    def interval(self) -> int:
        """The number of steps of an interval, that is between two checkpoints."""
        return interval_of(len(self.agents), len(self.massive), self.integrator)

    @property
    def carry_size(self) -> int:
        """The sums' carries and, of `gauss-radau-15`, what the next step is predicted from."""
        return carry_size(self.integrator, len(self.agents))

    @property
    def work_per_iteration(self) -> float:
        """The work of a step, in iterations of two agents of `nano`."""
        return work_per_step(len(self.agents), len(self.massive), self.integrator)

    @property
    def records_per_iteration(self) -> float:
        """All agents step together."""
        return float(len(self.agents))

    def pass_seconds(self, iterations: int) -> float:
        """Return the seconds that a pass takes: it is sequential, so on one core."""
        massive = len(self.massive)
        centres_s = len(self.barycentric) * massive * _CENTRE_S
        return iterations * (step_seconds(len(self.agents), massive, self.integrator) + centres_s)

    def lane_seconds(self, iterations: int) -> float:
        """Return the seconds that a member of an ensemble takes, on one core."""
        return iterations * lane_step_seconds(len(self.agents), len(self.massive), self.integrator)

    def steps_until(self, time: float) -> int | None:
        """Return the least k with k*dt >= `time`, as computed; None with `gauss-radau-15`.

        Its steps are chosen or, with a tolerance of 0, added up one by one: t after k steps is the
        compensated sum, which can differ from k*dt in the last bit.
        """
        if self.integrator == rules.GAUSS_RADAU:
            return None
        steps = whole_steps(time / self.dt)
        while steps < MAX_STEPS and steps * self.dt < time:
            steps += 1
        while steps > 1 and (steps - 1) * self.dt >= time:
            steps -= 1
        return steps

    def fewest_steps_until(self, time: float) -> int:
        """Return how many steps it takes at least; 1 where dt is not kept."""
        if self._adapts:
            return 1
        return self.steps_until(time) or whole_steps(time / self.dt * (1 - _ROUNDING))

    def most_steps_until(self, time: float) -> int:
        """Return how many steps it takes at most; MAX_STEPS where dt is not kept."""
        if self._adapts:
            return MAX_STEPS
        return self.steps_until(time) or 1 + whole_steps(time / self.dt * (1 + _ROUNDING))

    @property
    def _adapts(self) -> bool:
        """Whether its integrator chooses its steps."""
        return self.integrator == rules.GAUSS_RADAU and self.tolerance > 0.0

    def to_json(self) -> dict[str, object]:
        """Return what `from_json` reads: every number a float, every agent with its state."""
        document: dict[str, object] = {
            "model": NAME,
            "integrator": self.integrator,
            "dt": self.dt,
            "agents": [agent.to_json() for agent in self.agents],
        }
        if self.tolerance != rules.DEFAULT_TOLERANCE:
            document["tolerance"] = self.tolerance
        if self.units != Units():
            document["units"] = self.units.to_json()
        return document | self.labels.to_json()

    @classmethod
    def from_json(cls, value: object) -> NBodyScenario:
        """Read a scenario from parsed JSON; an unknown or missing field is a ScenarioError."""
        fields = fields_of(value, "scenario", _REQUIRED, optional=_OPTIONAL)
        if fields.get("model", NAME) != NAME:
            raise ScenarioError("model", f"must be {NAME}.")
        read = [
            read_agent(agent, f"agents[{i}]")
            for i, agent in enumerate(list_of_agents(fields["agents"]))
        ]
        integrator = rules.checked_integrator(fields["integrator"])
        tolerance, units = fields.get("tolerance"), fields.get("units")
        if tolerance is not None and integrator != rules.GAUSS_RADAU:
            raise ScenarioError("tolerance", rules.without_tolerance(integrator))
        return cls(
            _with_states(read),
            integrator,
            fields["dt"],
            rules.DEFAULT_TOLERANCE if tolerance is None else tolerance,
            Units() if units is None else Units.from_json(units),
            Labels.of(fields),
        )


def _with_states(read: Sequence[NBodyAgent | Unplaced]) -> tuple[NBodyAgent, ...]:
    """Return the agents with their states, from orbits where these were given."""
    given = [agent for agent in read if isinstance(agent, NBodyAgent)]
    return tuple(given) if len(given) == len(read) else placed(read)


METHODS: Final = {
    "leapfrog": Method(
        "The leapfrog (Störmer-Verlet) method with a fixed step: symplectic, of second order",
        'E. Hairer, C. Lubich, G. Wanner, "Geometric Numerical Integration", 2nd edition, Springer'
        " 2006, section I.1.4",
        order=2,
        conserves=("momentum", "angular momentum"),
    ),
    "kahan-li-8": Method(
        "A symmetric composition of 17 leapfrogs with a fixed step: symplectic, of eighth order",
        "W. Kahan, R.-C. Li, Mathematics of Computation 66 (1997), 1089-1099",
        order=8,
        conserves=("momentum", "angular momentum"),
    ),
    rules.GAUSS_RADAU: Method(
        "Everhart's method with Gauss-Radau nodes, of fifteenth order, with the step control and"
        " the compensated sums of IAS15",
        "H. Rein, D. S. Spiegel, MNRAS 446 (2015), 1424-1437",
        order=15,
    ),
}
"""What each integrator is."""


def _example() -> NBodyScenario:
    sun = NBodyAgent("Sun", 1.0, State3(0.0, 0.0, 0.0, 0.0, 0.0, 0.0))
    planet = NBodyAgent("Planet", 0.0, State3(1.0, 0.0, 0.0, 0.0, 1.0, 0.0))
    return NBodyScenario((sun, planet), rules.INTEGRATORS[0], 0.01)


NBODY_MODEL: Final = Model(
    name=NAME,
    version="1",
    dimensions=3,
    depth=1,
    own_clocks=False,
    is_random=False,
    state=SpaceState,
    read=NBodyScenario.from_json,
    schema=SCHEMA,
    example=_example,
    methods=tuple(METHODS.values()),
)
"""The model: gravity among points, in space."""

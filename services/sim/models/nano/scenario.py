"""The scenarios of `nano`: agents in a plane, each with a clock of its own.

Guarantees:

- Every scenario is valid (`sim.models.nano.rules`): finite floats, known names, possible steps.
- Two values are equal if, and only if, they have the same bits: `-0.0` is not `0.0`, since it is a
  different request with different results.

Units are dimensionless: the gravitational parameter of the default scenario's planet is 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from sim.models.agent_rules import list_of_agents, primaries_of
from sim.models.labels import LABELS, NO_LABELS, Labels
from sim.models.model import Method, Model, Scenario, whole_steps
from sim.models.nano.agent import Agent, State
from sim.models.nano.cost import (
    interval_iterations,
    iteration_seconds,
    lane_iteration_seconds,
    stepping,
)
from sim.models.nano.rules import check_clocks, checked_agents
from sim.models.nano.schema import SCHEMA
from sim.strictjson import canonical_json, fields_of, number_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["METHOD", "NANO", "NANO_MODEL", "NanoScenario"]

METHOD: Final = Method(
    "The semi-implicit (symplectic) Euler method, velocity first, with random steps and"
    " asynchronous reads of the other agents",
    'E. Hairer, C. Lubich, G. Wanner, "Geometric Numerical Integration", 2nd edition, Springer'
    " 2006, section I.1.2",
    order=1,
    caution="With random steps the energy drifts, upwards on average: over many orbits that drift,"
    " and not gravity, decides what happens, and an agent that becomes unbound does so because"
    " of it.",
)

_ROUNDING: Final = 1e-6  # the relative error of a clock's sum stays below it for 4e9 steps
_FIELDS: Final = frozenset({"agents", "dt_min", "dt_span", "epsilon"})


@dataclass(frozen=True, slots=True, eq=False)
class NanoScenario(Scenario):
    """Agents in order, and the parameters of their clocks; raises ScenarioError if not valid.

    The next time step is `dt_min + u*dt_span` with u drawn from [0, 1). An agent at time t reads
    the other agents at time t - `epsilon`.

    >>> NANO.names, NANO.massive, NANO.primaries
    (('Planet', 'Satellite'), (0,), (None, 0))
    """

    agents: tuple[Agent, ...]
    dt_min: float
    dt_span: float
    epsilon: float
    labels: Labels = NO_LABELS
    canonical: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        assign = object.__setattr__  # how a frozen dataclass normalises its fields
        for name in ("dt_min", "dt_span", "epsilon"):
            assign(self, name, number_of(getattr(self, name), name))
        assign(self, "agents", checked_agents(self.agents))
        check_clocks(self.agents, dt_min=self.dt_min, dt_span=self.dt_span, epsilon=self.epsilon)
        assign(self, "canonical", canonical_json(self.to_json()))

    @property
    def model(self) -> Model:
        """The model `nano`."""
        return NANO_MODEL

    @property
    def method(self) -> Method:
        """Semi-implicit Euler, with reads and steps of its own."""
        return METHOD

    @property
    def parameters(self) -> dict[str, str | float]:
        """The shortest step, what is added to it at random, and how far back others are read."""
        return {"dt_min": self.dt_min, "dt_span": self.dt_span, "epsilon": self.epsilon}

    @property
    def initial_states(self) -> tuple[State, ...]:
        """Each agent's state at time 0."""
        return tuple(agent.state for agent in self.agents)

    def with_coordinates(self, coordinates: Sequence[Sequence[float]]) -> NanoScenario:
        """Return it with other positions and velocities: x, y, vx, vy of each agent, in order."""
        agents = tuple(
            replace(agent, state=State(agent.state.time, agent.state.time_step, *numbers))
            for agent, numbers in zip(self.agents, coordinates, strict=True)
        )
        return replace(self, agents=agents)

    @property
    def primaries(self) -> tuple[int | None, ...]:
        """The index of each agent's primary: the one it names, or the heaviest if it is heavier."""
        return primaries_of(self.agents)

    @property
    def gravity(self) -> tuple[float, ...]:
        """The mu of each agent's primary: the agent's own does not count."""
        return tuple(0.0 if p is None else self.agents[p].mu for p in self.primaries)

    @property
    def interval(self) -> int:
        """The number of iterations of an interval, that is between two checkpoints."""
        return interval_iterations(len(self.agents))

    @property
    def carry_size(self) -> int:
        """Nothing: a trajectory goes on from its records and step counts."""
        return 0

    @property
    def work_per_iteration(self) -> float:
        """In iterations of two agents, one of them massive, as if no agent ever waited."""
        return max(1.0, len(self.agents) * len(self.massive) / 2)

    @property
    def records_per_iteration(self) -> float:
        """How many agents step in an iteration, on average."""
        agents = len(self.agents)
        if self.dt_span <= self.epsilon:  # the clocks stay in step
            return float(agents)
        return stepping(agents, self.epsilon, self.dt_min + self.dt_span / 2)

    def pass_seconds(self, iterations: int) -> float:
        """Return the seconds that a pass takes: it is sequential, so on one core."""
        return iterations * iteration_seconds(
            len(self.agents), len(self.massive), self.records_per_iteration
        )

    def lane_seconds(self, iterations: int) -> float:
        """Return the seconds that a member of an ensemble takes, on one core."""
        return iterations * lane_iteration_seconds(
            len(self.agents), len(self.massive), self.records_per_iteration
        )

    def steps_until(self, time: float) -> int | None:  # noqa: ARG002 - other models need it
        """Return None: steps are random, so only an integration can tell."""
        return None

    def fewest_steps_until(self, time: float) -> int:
        """Return how many steps it takes at least until every clock is at `time`; 1 or more.

        In an iteration no agent takes more than one step, and none is longer than the longest.
        """
        longest = max(self.dt_min + self.dt_span, *(a.state.time_step for a in self.agents))
        return whole_steps(time / longest * (1 - _ROUNDING))

    def most_steps_until(self, time: float) -> int:
        """Return how many steps it takes at most until every clock is at `time`.

        In each iteration at least the agent with the earliest clock takes a step.
        """
        shortest = min(self.dt_min, *(a.state.time_step for a in self.agents))
        return len(self.agents) * (1 + whole_steps(time / shortest * (1 + _ROUNDING)))

    def to_json(self) -> dict[str, object]:
        """Return what `from_json` reads: every number a float."""
        return {
            "agents": [agent.to_json() for agent in self.agents],
            "dt_min": self.dt_min,
            "dt_span": self.dt_span,
            "epsilon": self.epsilon,
            **self.labels.to_json(),
        }

    @classmethod
    def from_json(cls, value: object) -> NanoScenario:
        """Read a scenario from parsed JSON; an unknown or missing field is a ScenarioError."""
        fields = fields_of(value, "scenario", _FIELDS, optional=frozenset(LABELS))
        agents = tuple(
            Agent.from_json(agent, f"agents[{i}]")
            for i, agent in enumerate(list_of_agents(fields["agents"]))
        )
        labels = Labels.of(fields)
        return cls(agents, fields["dt_min"], fields["dt_span"], fields["epsilon"], labels)


NANO_MODEL: Final = Model(
    name="nano",
    version="1",
    dimensions=2,
    depth=3,
    own_clocks=True,
    is_random=True,
    state=State,
    read=NanoScenario.from_json,
    schema=SCHEMA,
    example=lambda: NANO,
    methods=(METHOD,),
)
"""The model: gravity in a plane, without units."""

NANO: Final[NanoScenario] = NanoScenario(
    agents=(
        Agent("Planet", 1.0, State(0.0, 0.01, 0.0, 0.1, 0.1, 0.0)),
        Agent("Satellite", 0.0, State(0.0, 0.01, 0.0, 1.0, 1.0, 0.0)),
    ),
    dt_min=0.01,
    dt_span=0.09,
    epsilon=0.001,
)
"""The default scenario: a planet, and a massless satellite that orbits it until drift ejects it."""

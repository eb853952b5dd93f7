"""What a model is: a value with its name, its layout and its method, and scenarios of its own.

A model is a folder of this package and a row of `sim.models.table`. The folder brings a scenario
(`Scenario`, with its rules and its costs), a reference in plain Python, which fixes the bits, and a
kernel: functions for the loops that all models share (`sim.kernel.stepper`).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, cast

from sim.models.labels import NO_LABELS, Labels
from sim.models.units import Units

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sim.kernel import Floats, System
    from sim.kernel.lanes import LaneSystem

__all__ = [
    "BARYCENTRE",
    "MAX_STEPS",
    "AnyAgent",
    "AnyState",
    "KernelOfModel",
    "Method",
    "Model",
    "Record",
    "Scenario",
    "whole_steps",
]

MAX_STEPS: Final = 2**53 - 1
"""The largest step count that is an exact JSON number; the settings allow fewer."""

BARYCENTRE: Final = "barycentre"
"""As a primary: the barycentre of all other agents."""


@dataclass(frozen=True, slots=True)
class Method:
    """A numerical method: what it is, in a sentence, where it is published, and its order.

    `conserves` names what it keeps up to rounding. `caution` is a sentence on what in a result is
    the method's doing and not gravity's; empty where there is nothing of the kind to say.
    """

    sentence: str
    source: str
    order: int
    conserves: tuple[str, ...] = ()
    caution: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model: what all its scenarios have in common.

    `version` increases with every change that changes a bit of any result. `depth` is how many of
    an agent's newest records a later step can read. With `own_clocks`, agents step at times of
    their own; otherwise all step together. A model that `is_random` draws numbers: it has seeds and
    members. `state` makes a state of its numbers, the time first; `read` makes a scenario of JSON.
    `methods` are those by which its scenarios are propagated, `schema` is the JSON schema of one,
    and `example` makes a small one, which its kernel is compiled by.
    """

    name: str
    version: str
    dimensions: int
    depth: int
    own_clocks: bool
    is_random: bool
    state: Callable[..., AnyState]
    read: Callable[[object], Scenario]
    schema: dict[str, Any] = field(repr=False, compare=False)
    example: Callable[[], Scenario]
    methods: tuple[Method, ...] = ()

    @property
    def state_columns(self) -> tuple[str, ...]:
        """The columns of a state, without its time: JSON names."""
        axes = "xyz"[: self.dimensions]
        return ("timeStep", *axes, *(f"v{axis}" for axis in axes))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a record but its agent: t0, t1, and those of the state."""
        return ("t0", "t1", *self.state_columns)

    @property
    def kernel(self) -> KernelOfModel:
        """Its kernel, which is imported at its first use: numba is slow to load."""
        return cast("KernelOfModel", import_module(f"sim.models.{self.name}.kernel"))

    @property
    def reference(self) -> ReferenceOfModel:
        """Its reference, which is imported at its first use."""
        return cast("ReferenceOfModel", import_module(f"sim.models.{self.name}.reference"))


class Record(NamedTuple):
    """Agent number `agent` has state `state`, that of time t1, for reads in `[t0, t1)`."""

    agent: int
    t0: float
    t1: float
    state: AnyState


class ReferenceOfModel(Protocol):
    """What a model's reference brings."""

    def iterations(self, scenario: Scenario, seed: int, member: int) -> Iterator[list[Record]]:
        """Yield the records of each iteration; raise PropagationFailed where it ends."""
        ...


class KernelOfModel(Protocol):
    """What the engine takes of a model's kernel, beside the functions of `sim.kernel.stepper`."""

    def system_of(self, scenario: Scenario, seed: int, member: int) -> System:
        """Return the dynamical system, as the model's own functions take it."""
        ...

    def initial_carry(self, scenario: Scenario) -> Floats:
        """Return what else than records a trajectory starts from, float64[K]."""
        ...

    def lane_system_of(
        self,
        scenario: Scenario,
        seed: int,
        analysed: Sequence[int],
        dispersed: Sequence[int],
        members: int,
    ) -> LaneSystem:
        """Return the system of so many members, as `sim.kernel.lanes` takes it.

        `dispersed` are the agents that start elsewhere in each member.
        """
        ...


def whole_steps(steps: float) -> int:
    """Round a positive number of steps up; MAX_STEPS where it is too large for that."""
    return max(1, math.ceil(min(steps, MAX_STEPS)))


class AnyState(Protocol):
    """An agent's state at its own time."""

    @property
    def time(self) -> float:
        """The agent's clock."""
        ...

    @property
    def time_step(self) -> float:
        """The length of its next step."""
        ...

    @property
    def x(self) -> float:
        """Its position along x."""
        ...

    @property
    def y(self) -> float:
        """Its position along y."""
        ...

    @property
    def vx(self) -> float:
        """Its velocity along x."""
        ...

    @property
    def vy(self) -> float:
        """Its velocity along y."""
        ...

    def to_json(self) -> dict[str, float]:
        """Return the state under its JSON names: time, and the model's columns."""
        ...


class AnyAgent(Protocol):
    """A body of a scenario."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def mu(self) -> float:
        """Its gravitational parameter; 0 attracts nobody."""
        ...


class Scenario(ABC):
    """Agents in order, and the parameters of their model; it is valid, or it could not be made.

    Two scenarios are equal if, and only if, they have the same bits, that is the same canonical
    JSON (docs/adr/0002).
    """

    __slots__ = ()

    agents: Sequence[AnyAgent]
    canonical: str

    @property
    @abstractmethod
    def model(self) -> Model:
        """The model that it is of."""

    @property
    @abstractmethod
    def method(self) -> Method:
        """The numerical method that it is propagated by."""

    @property
    @abstractmethod
    def parameters(self) -> dict[str, str | float]:
        """What is chosen of the method, by JSON names: no agents, no units and no labels."""

    @property
    def units(self) -> Units:
        """What its lengths and times are measured in; none where a model has no units."""
        return Units()

    @property
    def labels(self) -> Labels:
        """Where and when it is, as far as it says so."""
        return NO_LABELS

    @property
    @abstractmethod
    def initial_states(self) -> tuple[AnyState, ...]:
        """Each agent's state at time 0."""

    @abstractmethod
    def with_coordinates(self, coordinates: Sequence[Sequence[float]]) -> Scenario:
        """Return it with other positions and velocities at time 0: x, y, vx, vy, or with z and vz.

        Of all agents, in order.
        """

    @property
    @abstractmethod
    def primaries(self) -> tuple[int | None, ...]:
        """The index of the agent that each orbits; None without one, and if `barycentric`."""

    @property
    def barycentric(self) -> tuple[int, ...]:
        """The indices of the agents whose primary is the barycentre of all other agents."""
        return ()

    @property
    @abstractmethod
    def gravity(self) -> tuple[float, ...]:
        """The gravitational parameter of each agent's orbit about its primary; 0 without one."""

    @property
    def has_fixed_steps(self) -> bool:
        """Whether the times of its steps do not depend on the states."""
        return True

    @property
    @abstractmethod
    def interval(self) -> int:
        """The number of iterations of an interval, that is between two checkpoints."""

    @property
    @abstractmethod
    def carry_size(self) -> int:
        """How many numbers a checkpoint has beside its records."""

    @property
    @abstractmethod
    def work_per_iteration(self) -> float:
        """The work of an iteration, in iterations of two agents of `nano`: limits are in these."""

    @property
    @abstractmethod
    def records_per_iteration(self) -> float:
        """How many agents step in an iteration, on average; each step is a record."""

    @abstractmethod
    def pass_seconds(self, iterations: int) -> float:
        """Return the seconds that a pass takes: it is sequential, so on one core."""

    @abstractmethod
    def lane_seconds(self, iterations: int) -> float:
        """Return the seconds that so many iterations take of one member of many, on one core."""

    @abstractmethod
    def steps_until(self, time: float) -> int | None:
        """Return the fewest steps after which every clock is at `time` or beyond.

        None where only an integration can tell.
        """

    @abstractmethod
    def fewest_steps_until(self, time: float) -> int:
        """Return how many steps it takes at least until every clock is at `time`; 1 or more."""

    @abstractmethod
    def most_steps_until(self, time: float) -> int:
        """Return how many steps it takes at most; MAX_STEPS where that can't be told."""

    @abstractmethod
    def to_json(self) -> dict[str, object]:
        """Return what `sim.models.table.read_scenario` reads: every number a float."""

    @property
    def names(self) -> tuple[str, ...]:
        """The agents' names, in order."""
        return tuple(agent.name for agent in self.agents)

    @property
    def massive(self) -> tuple[int, ...]:
        """The indices of the agents that attract (or repel) others: mu is not 0."""
        return tuple(i for i, agent in enumerate(self.agents) if agent.mu != 0)

    @property
    def orbited(self) -> tuple[str | None, ...]:
        """The name of what each agent orbits; None for one without a primary."""
        names, barycentric = self.names, set(self.barycentric)  # each looks at all agents
        return tuple(
            BARYCENTRE if a in barycentric else (None if p is None else names[p])
            for a, p in enumerate(self.primaries)
        )

    @property
    def orbited_rows(self) -> tuple[int, ...]:
        """The kernel's rows of what each agent orbits, barycentres after agents; -1: nothing."""
        agents, places = len(self.agents), {a: i for i, a in enumerate(self.barycentric)}
        return tuple(
            agents + places[a] if a in places else (-1 if p is None else p)
            for a, p in enumerate(self.primaries)
        )

    @property
    def read_by_others(self) -> tuple[int, ...]:
        """The indices of the agents whose records others read: massive agents and primaries."""
        primaries = {primary for primary in self.primaries if primary is not None}
        return tuple(sorted({*self.massive, *primaries}))

    def __eq__(self, other: object) -> bool:
        return self.canonical == other.canonical if isinstance(other, Scenario) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.canonical)

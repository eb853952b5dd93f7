"""The statistics of a result as a JSON document: its type, from which schemas are derived.

`sim.engine.propagation.Propagation.summary` makes it; a test holds results to this type. Null is
what is not finite or not defined.
"""

from __future__ import annotations

from typing import NotRequired, TypeAlias

from typing_extensions import TypedDict  # typing's own can't be read by pydantic before Python 3.12

from sim.engine.columns import closed

__all__ = ["AgentState", "ResultDocument"]

Vector: TypeAlias = list[float]


@closed
class AgentState(TypedDict):
    """An agent's state at a time."""

    time: float
    """Its clock."""
    timeStep: float  # the original's name
    """Its next time step; in `nbody` the one that has led here."""
    x: float
    """Position."""
    y: float
    """Position."""
    z: NotRequired[float]
    """Position, in space."""
    vx: float
    """Velocity."""
    vy: float
    """Velocity."""
    vz: NotRequired[float]
    """Velocity, in space."""


@closed
class Range(TypedDict):
    """A quantity over the starts of all steps: its extremes, when they were first reached, mean.

    The state at the end, which no step starts from, is not among them.
    """

    min: float | None
    """The least."""
    min_at: int | None
    """The first step that has it."""
    max: float | None
    """The greatest."""
    max_at: int | None
    """The first step that has it."""
    mean: float | None
    """The mean."""


@closed
class Ends(TypedDict):
    """A quantity at the first step and at the last."""

    start: float | None
    """At the first."""
    end: float | None
    """At the last."""


@closed
class OrbitStatistics(TypedDict):
    """The orbit of an agent that has a primary, as it sees that at the start of each step."""

    primary: str
    """The agent that it orbits, or `barycentre`."""
    steps: int
    """Steps that it has taken."""
    r: Range
    """Distance."""
    e: Range
    """Specific energy."""
    h: Range
    """Specific angular momentum."""
    unbound_from: int | None
    """The step from which its energy stays above 0; null where it is bound at the end."""
    semi_major_axis: Ends
    """Below 0 where the orbit is open."""
    eccentricity: Ends
    """Above 1 where the orbit is open."""


@closed
class OrbitElements(TypedDict):
    """Osculating elements; angles in degrees."""

    semi_major_axis: float | None
    """Below 0 on a hyperbola; null on a parabola."""
    eccentricity: float | None
    """0 a circle, below 1 an ellipse, above 1 a hyperbola."""
    inclination: float | None
    """Of the orbit to the x-y plane; null in the plane."""
    node: float | None
    """Longitude of the ascending node; null in the plane."""
    argument_of_periapsis: float | None
    """From the node, else from the x axis; null on a circle."""
    true_anomaly: float | None
    """From the periapsis; null on a circle."""
    period: float | None
    """Of one revolution; null on an open orbit."""
    periapsis: float | None
    """The least distance."""
    apoapsis: float | None
    """The greatest distance; null on an open orbit."""
    speed_at_infinity: float | None
    """Null on an ellipse."""


@closed
class ElementsAtEnds(TypedDict):
    """The elements of an agent at the start and at the end."""

    start: OrbitElements
    """At the start."""
    end: OrbitElements
    """At the end."""


@closed
class SystemEnergy(TypedDict):
    """The total energy of the system."""

    start: float | None
    """At the start."""
    end: float | None
    """At the end."""
    departure: float | None
    """The largest difference from the start."""
    relative_departure: float | None
    """The same by the energy at the start; null where that is 0."""


@closed
class SystemVector(TypedDict):
    """A vector of the system."""

    start: Vector | None
    """At the start."""
    end: Vector | None
    """At the end."""
    departure: float | None
    """The greatest length of a difference from where it should be."""


@closed
class SystemRotation(TypedDict):
    """The angular momentum of the system: a number in the plane, a vector in space."""

    start: float | Vector | None
    """At the start."""
    end: float | Vector | None
    """At the end."""
    departure: float | None
    """The greatest length of a difference from the start."""


@closed
class SystemDiagnostics(TypedDict):
    """What gravity would keep of the whole system, and how far it was not kept."""

    energy: SystemEnergy
    """Kinetic and potential energy, in units of the gravitational constant's inverse."""
    momentum: SystemVector
    """Momentum."""
    angular_momentum: SystemRotation
    """Angular momentum about the origin."""
    barycentre: SystemVector
    """The barycentre; its departure is from uniform motion. Null where mu sums to 0."""


@closed
class ResultDocument(TypedDict):
    """What a trajectory has come to. A result of an earlier version may lack what came later."""

    records: int
    """Records of all agents, the initial ones included."""
    records_by_agent: dict[str, int]
    """Records of each agent."""
    end: dict[str, AgentState]
    """The state of each agent after the last step."""
    statistics: dict[str, OrbitStatistics]
    """Of each agent that has a primary."""
    escape_times: NotRequired[dict[str, float]]
    """The clock of each agent that escapes, at the step from which its energy stays above 0."""
    elements: NotRequired[dict[str, ElementsAtEnds]]
    """Of each agent that has a primary."""
    system: NotRequired[SystemDiagnostics]
    """Of the whole system."""

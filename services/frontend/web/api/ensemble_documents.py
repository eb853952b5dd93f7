"""The documents of ensembles, as types: the schemas of the API's description are derived from them.

`sim.ensemble.summary` writes the first one; a test holds it to its type.
"""

from __future__ import annotations

from typing import Any, Final, Literal, NotRequired, TypeAlias

from typing_extensions import TypedDict  # typing's own can't be read by pydantic before Python 3.12

from sim.engine.columns import Column, closed  # pydantic reads Column

__all__ = ["EXAMPLES", "DensityDocument", "EnsembleDocument", "EnsembleResult", "MembersDocument"]

Level: TypeAlias = Literal["1", "5", "25", "50", "75", "95", "99"]
Notable: TypeAlias = Literal["5", "50", "95"]


@closed
class EnsembleGrid(TypedDict):
    """When members are measured."""

    level: int
    """Between the first and the last, multiples of 2**level steps."""
    iterations: list[int]
    """After how many steps: the first is 0, the last all."""


@closed
class NominalColumns(TypedDict):
    """The nominal run: member 0 without dispersion. Null after it has ended."""

    distance: Column
    """Distance from the primary at each time of the grid."""
    energy: Column
    """Specific energy relative to the primary."""
    eccentricity: Column
    """Osculating eccentricity."""
    semi_major_axis: Column
    """Osculating semi-major axis; null where the energy is not below 0."""


@closed
class QuantileColumns(TypedDict):
    """Quantiles of the members that have not ended, by level, at each time of the grid.

    A quantile is the edge of its bin, which is at most 1/128 as wide as the value, or as its
    departure from the nominal run's. Null where no member is left.
    """

    levels: list[int]
    """The levels, in percent."""
    distance: dict[Level, Column]
    """Of the distance from the primary."""
    energy: dict[Level, Column]
    """Of the specific energy."""
    eccentricity: dict[Level, Column]
    """Of the eccentricity."""
    semi_major_axis: dict[Level, Column]
    """The semi-major axis at the energy's quantiles; null where the energy is not below 0."""


@closed
class BoundColumns(TypedDict):
    """The members that are bound: they have not ended, and their energy is not above 0."""

    count: list[int]
    """How many, at each time of the grid."""
    fraction: list[float]
    """Their share of all members."""
    low: list[float]
    """The lower end of Wilson's interval of the share, at 95 %, at each time on its own."""
    high: list[float]
    """The upper end."""


@closed
class OutcomeCounts(TypedDict):
    """What has become of the members, each counted once."""

    bound: int
    """They go on, bound to the primary."""
    escaped: int
    """They go on, and their energy stays above 0."""
    collision: int
    """Two agents met."""
    divergence: int
    """A number left the range of 64-bit floats."""
    standstill: int
    """A step no longer moved the time."""


@closed
class NotableMembers(TypedDict):
    """Members at quantiles, ready to be opened; null where the quantile has not happened."""

    quantiles: dict[Notable, float | None]
    """The value at each quantile, in percent: a step of escape, or a least distance."""
    members: dict[Notable, int | None]
    """The least number of a member in the bin of the quantile."""


@closed
class DensityOutline(TypedDict):
    """How positions about the primary were counted."""

    half_width: float | None
    """The picture reaches from -half_width to half_width in x and y."""
    sizes: list[int]
    """How many cells its sides may have."""
    spans: list[list[int]]
    """The first and the last step of each span of time."""
    inside: int
    """How many positions are in a cell."""
    outside: int
    """How many are not, or are not finite."""


@closed
class AgentEnsemble(TypedDict):
    """What the members have come to, for one analysed agent."""

    primary: str
    """The agent that it orbits, or `barycentre`."""
    nominal: NominalColumns
    """The nominal run."""
    quantiles: QuantileColumns
    """The spread of the members."""
    bound: BoundColumns
    """How many are bound."""
    ended: list[int]
    """How many have ended, at each time of the grid."""
    outcomes: OutcomeCounts
    """What has become of them."""
    escape: NotableMembers
    """By the step from which their energy stays above 0; never is infinite."""
    closest: NotableMembers
    """By the least distance from the primary."""
    density: DensityOutline
    """Where they have been; `links.density` has the counts."""
    sentence: str
    """The same in words."""


@closed
class AgentOutcome(TypedDict):
    """What the members have come to for one analysed agent, in short."""

    primary: str
    """The agent that it orbits, or `barycentre`."""
    outcomes: OutcomeCounts
    """What has become of the members."""
    escape: NotableMembers
    """By the step from which their energy stays above 0; never is infinite."""
    closest: NotableMembers
    """By the least distance from the primary."""
    density: DensityOutline
    """Where they have been."""
    sentence: str
    """The same in words."""


@closed
class GridOutline(TypedDict):
    """When members are measured."""

    level: int
    """At multiples of 2**level steps."""


@closed
class EnsembleResult(TypedDict):
    """The statistics of an ensemble; `links.ensemble` has all of them."""

    members: int
    """Members that are counted."""
    grid: GridOutline
    """When they were measured."""
    agents: dict[str, AgentOutcome]
    """The analysed agents, by name."""


@closed
class EnsembleDocument(TypedDict):
    """What the members of an ensemble have come to."""

    id: str
    """The ensemble."""
    steps: int
    """Steps of each member."""
    seed: int
    """The seed."""
    members: int
    """How many members were asked for."""
    finished: int
    """How many of them are counted here."""
    partial: bool
    """Whether that is not all: the run goes on."""
    grid: EnsembleGrid
    """When they are measured."""
    agents: dict[str, AgentEnsemble]
    """The analysed agents, by name."""


@closed
class DensityDocument(TypedDict):
    """How often the members' positions about the primary were in each cell of a square."""

    agent: str
    """The agent."""
    primary: str
    """What it orbits: the middle of the square."""
    size: int
    """How many cells a side has."""
    span: list[int]
    """The first and the last step whose positions are counted."""
    half_width: float | None
    """The square reaches from -half_width to half_width in x and y."""
    inside: int
    """How many positions are in a cell."""
    outside: int
    """How many are not, or are not finite."""
    counts: list[list[int]]
    """Row by row, from y = -half_width up; in a row from x = -half_width on."""


@closed
class MemberRow(TypedDict):
    """A member and one of its agents, at its end. Null is what is not defined, or not kept."""

    member: int
    """The member's number."""
    agent: str
    """The agent."""
    outcome: Literal["bound", "escaped", "none", "collision", "divergence", "standstill"] | None
    """What ended the member, else whether the agent has escaped; `none` without a primary."""
    steps: int
    """Steps that the agent has taken."""
    escape_at: int | None
    """The step from which its energy stays above 0."""
    escape_time: float | None
    """Its clock at the start of that step."""
    closest: float | None
    """Its least distance from the primary, at the start of a step."""
    closest_at: int | None
    """The first step that has it."""
    t: float | None
    """Its clock."""
    x: float | None
    """Position."""
    y: float | None
    """Position."""
    z: NotRequired[float | None]
    """Position, in space."""
    vx: float | None
    """Velocity."""
    vy: float | None
    """Velocity."""
    vz: NotRequired[float | None]
    """Velocity, in space."""
    a: float | None
    """Semi-major axis; below 0 on a hyperbola."""
    e: float | None
    """Eccentricity."""
    i: NotRequired[float | None]
    """Inclination in degrees, in space."""
    node: NotRequired[float | None]
    """Longitude of the ascending node in degrees, in space."""
    argp: float | None
    """Argument of periapsis in degrees."""
    anomaly: float | None
    """True anomaly in degrees."""


@closed
class MembersDocument(TypedDict):
    """A page of the table of members."""

    id: str
    """The ensemble."""
    rows: list[MemberRow]
    """The rows, in the order that was asked for."""
    next: str | None
    """The `cursor` of the next page; null on the last."""
    matching: int | None
    """How many rows there are on all pages; null where they were not counted."""


_NUMBERS: Final = {"1": [1.0, 0.21]} | {
    str(level): [1.0, 0.43] for level in (5, 25, 50, 75, 95, 99)
}
_AT_QUANTILES: Final[dict[str, Any]] = {
    "quantiles": {"5": 12.0, "50": 75.0, "95": None},
    "members": {"5": 41, "50": 7, "95": None},
}

EXAMPLES: Final[dict[str, dict[str, Any]]] = {
    "Ensemble": {
        "id": "100-0123456789abcdef",
        "steps": 100,
        "seed": 0,
        "members": 10_000,
        "finished": 10_000,
        "partial": False,
        "grid": {"level": 0, "iterations": [0, 100]},
        "agents": {
            "Satellite": {
                "primary": "Planet",
                "nominal": {
                    "distance": [1.0, 0.42],
                    "energy": [-0.5, -0.49],
                    "eccentricity": [0.0, 0.6],
                    "semi_major_axis": [1.0, 1.02],
                },
                "quantiles": {
                    "levels": [1, 5, 25, 50, 75, 95, 99],
                    "distance": _NUMBERS,
                    "energy": _NUMBERS,
                    "eccentricity": _NUMBERS,
                    "semi_major_axis": _NUMBERS,
                },
                "bound": {
                    "count": [10_000, 4_900],
                    "fraction": [1.0, 0.49],
                    "low": [0.99962, 0.4802],
                    "high": [1.0, 0.4998],
                },
                "ended": [0, 0],
                "outcomes": {
                    "bound": 4_900,
                    "escaped": 5_100,
                    "collision": 0,
                    "divergence": 0,
                    "standstill": 0,
                },
                "escape": _AT_QUANTILES,
                "closest": _AT_QUANTILES,
                "density": {
                    "half_width": 2.0,
                    "sizes": [512, 256, 128],
                    "spans": [[1, 16], [17, 32], [33, 48], [49, 64], [65, 80], [81, 96], [97, 100]],
                    "inside": 59_000,
                    "outside": 1_000,
                },
                "sentence": "Of 10,000 members, 50 % have escaped by step 75; the median closest "
                "approach is 0.42.",
            }
        },
    },
    "Members": {
        "id": "100-0123456789abcdef",
        "rows": [
            {
                "member": 7,
                "agent": "Satellite",
                "outcome": "escaped",
                "steps": 51,
                "escape_at": 75,
                "escape_time": 0.75,
                "closest": 0.42,
                "closest_at": 61,
                "t": 1.01,
                "x": 2.5,
                "y": -0.5,
                "vx": 1.25,
                "vy": 0.75,
                "a": -3.5,
                "e": 1.2,
                "argp": 301.5,
                "anomaly": 44.25,
            }
        ],
        "next": "WyItY2xvc2VzdCIsZmFsc2UsMC40Miw3LDFd",
        "matching": 5_100,
    },
}
"""An example of each document that is not too long to be read."""

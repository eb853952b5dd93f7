"""The rules of a valid scenario of `nbody`.

Guarantees: a check returns valid values or raises ScenarioError with the path of the field.
"""

from __future__ import annotations

import math
from dataclasses import replace
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Final, TypeVar

from sim.errors import ScenarioError
from sim.models.agent_rules import (
    check_count,
    check_identities,
    checked_name,
    checked_primary,
)
from sim.models.model import BARYCENTRE
from sim.models.nbody.agent import COORDINATES, NBodyAgent, State3, Unplaced
from sim.strictjson import number_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Body = TypeVar("Body", bound=NBodyAgent | Unplaced)

__all__ = [
    "DEFAULT_TOLERANCE",
    "GAUSS_RADAU",
    "INTEGRATORS",
    "LENGTHS",
    "TIMES",
    "checked_agents",
    "checked_bodies",
    "checked_dt",
    "checked_integrator",
    "checked_tolerance",
    "checked_unit",
    "total",
    "without_tolerance",
]

GAUSS_RADAU: Final = "gauss-radau-15"
INTEGRATORS: Final = ("leapfrog", "kahan-li-8", GAUSS_RADAU)
DEFAULT_TOLERANCE: Final = 1e-5
_LEAST_TOLERANCE: Final = 1e-12
_MOST_TOLERANCE: Final = 1e-2
LENGTHS: Final = ("km", "m", "au", "1")
TIMES: Final = ("s", "d", "yr", "1")


def checked_integrator(integrator: object) -> str:
    """Return the name of an integrator that there is."""
    if integrator not in INTEGRATORS:
        raise ScenarioError("integrator", f"must be {_or(INTEGRATORS)}.")
    return str(integrator)


def checked_dt(dt: object) -> float:
    """Return the time step."""
    number = number_of(dt, "dt")
    if number <= 0:
        raise ScenarioError("dt", "must be above 0.")
    return number


def checked_tolerance(tolerance: object, integrator: str) -> float:
    """Return the tolerance of the step control; integrators that have none keep the default."""
    number = number_of(tolerance, "tolerance")
    if integrator != GAUSS_RADAU and number != DEFAULT_TOLERANCE:
        raise ScenarioError("tolerance", without_tolerance(integrator))
    if number != 0 and not _LEAST_TOLERANCE <= number <= _MOST_TOLERANCE:
        raise ScenarioError("tolerance", "must be from 1e-12 to 1e-2, or 0 to keep dt.")
    return abs(number)  # -0.0 is no other tolerance


def without_tolerance(integrator: str) -> str:
    """Return what is wrong with a tolerance of an integrator that has none."""
    return f"is of {GAUSS_RADAU} alone: {integrator} keeps dt. Leave it out."


def checked_unit(unit: object, where: str, known: tuple[str, ...]) -> str:
    """Return a unit that there is."""
    if unit not in known:
        raise ScenarioError(where, f"must be {_or([repr(one) for one in known])}.")
    return str(unit)


def checked_agents(agents: Sequence[NBodyAgent]) -> tuple[NBodyAgent, ...]:
    """Return valid agents, with floats for all numbers, no two of which meet at the start."""
    bodies = checked_bodies(agents)
    checked = tuple(_with_floats(agent, f"agents[{i}]") for i, agent in enumerate(bodies))
    _check_places(checked)
    return checked


def checked_bodies(agents: Sequence[Body]) -> tuple[Body, ...]:
    """Return agents with valid names, masses and primaries; states are not checked here."""
    check_count(len(agents))
    checked = tuple(_checked_body(agent, f"agents[{i}]") for i, agent in enumerate(agents))
    check_identities(checked, other_primaries=(BARYCENTRE,))
    for i, agent in enumerate(checked):
        if agent.primary == BARYCENTRE:
            _check_others(i, checked)
    return checked


def _check_others(i: int, agents: Sequence[NBodyAgent | Unplaced]) -> None:
    """Check that the agents other than i have a barycentre."""
    mu = total(agent.mu for agent in (*agents[:i], *agents[i + 1 :]))
    if mu == 0 or not math.isfinite(mu):
        raise ScenarioError(
            f"agents[{i}].primary",
            f"can't be the barycentre: the mu of all other agents add up to {mu!r}.",
        )


def total(terms: Iterable[float]) -> float:
    """Return the sum of numbers in their order, rounded after each: not `sum`, which compensates.

    https://docs.python.org/3/library/functions.html#sum (since Python 3.12)
    """
    return reduce(add, terms, 0.0)


def _checked_body(agent: Body, where: str) -> Body:
    name = checked_name(agent.name, f"{where}.name")
    if name == BARYCENTRE:
        raise ScenarioError(
            f"{where}.name", "can't be barycentre, which as a primary is that of all other agents."
        )
    return replace(
        agent,
        name=name,
        mu=number_of(agent.mu, f"{where}.mu"),
        primary=checked_primary(agent.primary, f"{where}.primary"),
    )


def _with_floats(agent: NBodyAgent, where: str) -> NBodyAgent:
    numbers = [number_of(getattr(agent.state, name), f"{where}.{name}") for name in COORDINATES]
    return replace(agent, state=State3(*numbers))


def _check_places(agents: Sequence[NBodyAgent]) -> None:
    """Check that no agent is where one with mass is: the attraction would have no direction."""
    first: dict[tuple[float, float, float], int] = {}
    massive: dict[tuple[float, float, float], int] = {}
    for i, agent in enumerate(agents):
        place = (agent.state.x, agent.state.y, agent.state.z)  # -0.0 and 0.0 are one key
        met = first.get(place) if agent.mu != 0 else massive.get(place)
        if met is not None:
            raise ScenarioError(
                f"agents[{i}]",
                f"is where agents[{met}] is, and one of them has mass: move it to another place.",
            )
        first.setdefault(place, i)
        if agent.mu != 0:
            massive[place] = i


def _or(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"

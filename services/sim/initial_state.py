"""Scenarios that start from the states of an OPM or an OEM.

Guarantees:

- What the file says of its states becomes part of the scenario: frame, centre, epoch and time scale
  as labels. In kilometres and seconds the numbers are those of the file.
- What has no part in the run, and what was added, is told in sentences (`Initial.notes`).
- Errors are a ScenarioError whose `where` is the file's name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from sim.errors import ScenarioError
from sim.models.kilometres import Kilometres
from sim.models.units import Units
from sim.orbit_data import read_states
from sim.scenario import read_scenario

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sim.models.labels import Labels
    from sim.orbit_data import GivenState
    from sim.scenario import Scenario

__all__ = ["Initial", "initial_scenario"]

_AXES: Final = ("x", "y", "z", "vx", "vy", "vz")
_METHOD: Final = {"integrator": "gauss-radau-15", "dt": 10.0}  # the step that is tried first
_GM: Final = {  # km^3/s^2: R. S. Park et al., Astronomical Journal 161 (2021), 105: DE440
    "EARTH": 398_600.435507,
    "MOON": 4_902.800118,
    "SUN": 132_712_440_041.279419,
}


@dataclass(frozen=True, slots=True)
class Initial:
    """A scenario that starts from given states, and sentences on what was left out or added."""

    scenario: Scenario
    notes: tuple[str, ...]


def initial_scenario(
    data: bytes, name: str, *, base: Scenario | None = None, epoch: str | None = None
) -> Initial:
    """Return the scenario that starts from the states of a file's objects.

    With a `base`, a scenario of nbody with units, its agents of these names start there, and others
    are added without mass. Without one it is the centre, at rest in the origin, and the objects, in
    kilometres and seconds. An OEM gives its first usable states, or those of an `epoch`. Raises
    ScenarioError.
    """
    try:
        states, notes = read_states(data, epoch)
        scenario, more = _alone(states) if base is None else _placed(states, base)
    except ScenarioError as error:
        raise ScenarioError(name, f"can't start a run: {error}") from None
    return Initial(scenario, (*notes, *more))


def _alone(states: Sequence[GivenState]) -> tuple[Scenario, list[str]]:
    """Return the scenario of the centre and the objects, in kilometres and seconds."""
    labels = states[0].labels
    center = str(labels.center)
    gm = next((state.gm for state in states if state.gm is not None), _GM.get(center.upper()))
    if gm is None:
        raise ScenarioError(
            "center",
            f"is {center}, whose mu isn't known here: give a scenario of nbody with it, to which "
            f"the objects are added. Known are {', '.join(_GM)}.",
        )
    bodies = {state.name: _agent(state.name, 0.0, state.numbers) for state in states}
    own = next((name for name in bodies if name.upper() == center.upper()), center)
    bodies = {own: bodies.pop(own, _agent(own, 0.0, (0.0,) * 6)) | {"mu": gm}} | bodies
    document = {
        "model": "nbody",
        **_METHOD,
        "units": Units("km", "s").to_json(),
        "agents": list(bodies.values()),
        **labels.to_json(),
    }
    return read_scenario(document), []


def _placed(states: Sequence[GivenState], base: Scenario) -> tuple[Scenario, list[str]]:
    """Return the base with the objects among its agents."""
    document = dict(base.to_json())
    _check_base(base, states[0].labels, {state.name for state in states})
    rows = np.array([state.numbers for state in states])
    converted = Kilometres.of(base.units).from_states(rows).tolist()
    agents = {agent["name"]: agent for agent in cast("list[dict[str, Any]]", document["agents"])}
    notes = [
        f"{state.name} is added to the scenario, without mass."
        for state in states
        if state.name not in agents
    ]
    for state, numbers in zip(states, converted, strict=True):
        known = agents.get(state.name, {"mu": 0.0})
        agents[state.name] = known | _agent(state.name, known["mu"], numbers)
    document |= {"agents": list(agents.values()), **states[0].labels.to_json()}
    return read_scenario(document), notes


def _check_base(base: Scenario, labels: Labels, given: Collection[str]) -> None:
    """Raise ScenarioError where states with these labels have no place among the agents."""
    if base.model.dimensions != len(_AXES) // 2:
        raise ScenarioError("scenario", "must be of nbody: states in space have no place in nano.")
    if not Kilometres.are_of(base.units):
        raise ScenarioError("scenario", "must have units of length and time, as km and s.")
    for name, own in base.labels.to_json().items():
        other = labels.to_json()[name]
        if own.upper() != other.upper():
            raise ScenarioError(name, f"is {other} in the file and {own} in the scenario.")
    for agent, state in zip(base.agents, base.initial_states, strict=True):
        is_center = agent.name.upper() == str(labels.center).upper()
        numbers = state.to_json()
        if is_center and agent.name not in given and any(numbers[axis] for axis in _AXES):
            raise ScenarioError(
                "scenario",
                f"must have {agent.name}, the centre of the file, at rest in the origin.",
            )


def _agent(name: str, mu: float, numbers: Sequence[float]) -> dict[str, object]:
    return {"name": name, "mu": mu, **dict(zip(_AXES, numbers, strict=True))}

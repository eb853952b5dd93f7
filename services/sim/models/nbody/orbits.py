"""Gives the agents of `nbody` that come with an orbit their initial states, once.

Guarantees: the bits of a state are those of `sim.orbit` and one addition to each component of the
primary's state, whatever the order of the agents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.errors import ScenarioError
from sim.models.agent_rules import primaries_of
from sim.models.model import BARYCENTRE
from sim.models.nbody.agent import COORDINATES, NBodyAgent, State3, Unplaced
from sim.models.nbody.rules import checked_bodies
from sim.orbit import Elements, state_of
from sim.strictjson import number_of

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence

__all__ = ["placed"]


def placed(agents: Sequence[NBodyAgent | Unplaced]) -> tuple[NBodyAgent, ...]:
    """Return the agents, those with an orbit in its state: about their primaries, these first.

    Raises ScenarioError for an orbit that is none, or that is about nothing.
    """
    bodies = checked_bodies(agents)
    primaries = primaries_of(bodies)
    states: dict[int, NBodyAgent] = {}
    for i in range(len(bodies)):
        for j in reversed(_chain(i, bodies, primaries, states)):
            states[j] = _placed(bodies[j], j, primaries[j], states)
    return tuple(states[i] for i in range(len(bodies)))


def _chain(
    first: int,
    bodies: Sequence[NBodyAgent | Unplaced],
    primaries: Sequence[int | None],
    done: Container[int],
) -> list[int]:
    """Return an agent, its primary, that one's, and so on to the last that is not yet placed."""
    chain: dict[int, None] = {}
    i = first
    while i not in done:
        if i in chain:
            raise ScenarioError(
                f"agents[{i}].orbit",
                f"of {bodies[i].name} is about itself in the end, by primaries: give one of them "
                "x, y, z, vx, vy and vz.",
            )
        chain[i] = None
        if isinstance(bodies[i], NBodyAgent):
            break
        i = _primary(bodies[i], i, primaries[i])
    return list(chain)


def _primary(body: NBodyAgent | Unplaced, i: int, primary: int | None) -> int:
    if body.primary == BARYCENTRE:
        raise ScenarioError(
            f"agents[{i}].orbit", "can't be about the barycentre: name an agent as the primary."
        )
    if primary is None:
        raise ScenarioError(
            f"agents[{i}].orbit", "has nothing to be about: no agent is heavier. Name a primary."
        )
    return primary


def _placed(
    body: NBodyAgent | Unplaced, i: int, primary: int | None, placed: Mapping[int, NBodyAgent]
) -> NBodyAgent:
    if isinstance(body, NBodyAgent):
        return body
    about = placed[_primary(body, i, primary)]
    where = f"agents[{i}].orbit"
    elements = Elements(
        **{name: number_of(value, f"{where}.{name}") for name, value in body.orbit.items()}
    )
    relative = state_of(elements, about.mu + body.mu, where)
    return body.at(
        State3(
            *(
                number_of(getattr(about.state, name), f"agents[{primary}].{name}") + offset
                for name, offset in zip(COORDINATES, relative, strict=True)
            )
        )
    )

"""The rules that hold for the agents of every model: their number, names and primaries.

Guarantees: a check returns valid values or raises ScenarioError with the path of the field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from sim.errors import ScenarioError
from sim.strictjson import name_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

__all__ = [
    "MAX_AGENTS",
    "check_count",
    "check_identities",
    "checked_name",
    "checked_primary",
    "list_of_agents",
    "primaries_of",
]

MAX_AGENTS: Final = 1_000


class Body(Protocol):
    """What these rules read of an agent."""

    @property
    def name(self) -> str: ...
    @property
    def mu(self) -> float: ...
    @property
    def primary(self) -> str | None: ...


def check_count(agents: int) -> None:
    """Check the number of agents."""
    if not 1 <= agents <= MAX_AGENTS:
        raise ScenarioError("agents", f"must be 1 to {MAX_AGENTS}, not {agents}.")


def list_of_agents(value: object) -> list[object]:
    """Return the agents of a scenario's JSON, not yet read: a list of a possible length."""
    if not isinstance(value, list):
        raise ScenarioError("agents", "must be a list of agents.")
    check_count(len(value))
    return value


def checked_name(name: object, where: str) -> str:
    """Return the name of an agent."""
    if name == "__proto__":
        # In an object literal, __proto__ sets the prototype: data.js would lack the agent.
        raise ScenarioError(where, "can't be __proto__, which JavaScript keeps for itself.")
    return name_of(name, where)


def checked_primary(primary: object, where: str) -> str | None:
    """Return the name of a primary, or None without one."""
    return None if primary is None else name_of(primary, where)


def check_identities(agents: Sequence[Body], *, other_primaries: Collection[str] = ()) -> None:
    """Check that no name comes twice, and that each primary is another agent.

    `other_primaries` may stand for a primary, too: they are no agents.
    """
    first: dict[str, int] = {}
    for i, agent in enumerate(agents):
        if first.setdefault(agent.name, i) != i:
            where = f"agents[{first[agent.name]}]"
            raise ScenarioError(f"agents[{i}].name", f"is the same as that of {where}.")
    for i, agent in enumerate(agents):
        if agent.primary is None or agent.primary in other_primaries:
            continue
        if agent.primary not in first or agent.primary == agent.name:
            others = "".join(f", or {other}" for other in other_primaries)
            raise ScenarioError(
                f"agents[{i}].primary", f"must be the name of another agent{others}."
            )


def primaries_of(agents: Sequence[Body]) -> tuple[int | None, ...]:
    """Return the index of each agent's primary: the one it names, or the heaviest if heavier.

    None for an agent that has neither, and for one whose primary is no agent.
    """
    index = {agent.name: i for i, agent in enumerate(agents)}
    # max() returns the first of equals.
    heaviest = max(range(len(agents)), key=lambda i: agents[i].mu)
    return tuple(
        index.get(agent.primary)
        if agent.primary is not None
        else (heaviest if agents[heaviest].mu > agent.mu else None)
        for agent in agents
    )

"""The rules of a valid scenario.

Guarantees: a check returns valid values or raises ScenarioError with the path of the field.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sim.errors import ScenarioError
from sim.models.agent_rules import (
    check_count,
    check_identities,
    checked_name,
    checked_primary,
)
from sim.models.nano.agent import STATE_FIELDS, Agent, State
from sim.strictjson import number_of

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["check_clocks", "checked_agents"]

_LEAST_EPSILON: Final = 1e-6
"""Of the longest step h. Clocks are at most n*h after n iterations, and `t - epsilon` equals t only
for t >= 2**53 * epsilon: so epsilon is effective for at least 1e-6 * 2**53 = 9e9 iterations."""


def checked_agents(agents: tuple[Agent, ...]) -> tuple[Agent, ...]:
    """Return valid agents, with floats for all numbers; the clocks are not checked here."""
    check_count(len(agents))
    checked = tuple(_checked_agent(agent, f"agents[{i}]") for i, agent in enumerate(agents))
    check_identities(checked)
    return checked


def _checked_agent(agent: Agent, where: str) -> Agent:
    state = State(
        **{
            attr: number_of(getattr(agent.state, attr), f"{where}.{name}")
            for name, attr in STATE_FIELDS.items()
        }
    )
    if state.time != 0:
        # An agent that starts after the end of its initial record could never read itself.
        raise ScenarioError(f"{where}.time", "must be 0: all agents start together.")
    return Agent(
        name=checked_name(agent.name, f"{where}.name"),
        mu=number_of(agent.mu, f"{where}.mu"),
        state=state,
        primary=checked_primary(agent.primary, f"{where}.primary"),
    )


def check_clocks(agents: Sequence[Agent], *, dt_min: float, dt_span: float, epsilon: float) -> None:
    """Check that every step is at least 2*epsilon, and that epsilon is not lost in rounding."""
    if epsilon <= 0:
        raise ScenarioError("epsilon", "must be above 0.")
    if dt_span < 0:
        raise ScenarioError("dt_span", "must be at least 0.")
    if dt_min < 2 * epsilon:
        raise ScenarioError("dt_min", f"must be at least 2*epsilon, that is {2 * epsilon!r}.")
    for i, agent in enumerate(agents):
        if agent.state.time_step < 2 * epsilon:
            raise ScenarioError(
                f"agents[{i}].timeStep",
                f"of {agent.name} must be at least 2*epsilon, that is {2 * epsilon!r}.",
            )
    longest = max(dt_min + dt_span, *(agent.state.time_step for agent in agents))
    if epsilon < _LEAST_EPSILON * longest:
        raise ScenarioError(
            "epsilon",
            f"must be at least 1e-6 of the longest step, that is {_LEAST_EPSILON * longest!r}.",
        )

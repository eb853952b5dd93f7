from __future__ import annotations

from dataclasses import replace

import pytest

from sim.errors import ScenarioError
from sim.models.nano.agent import Agent, State

STATE = State(0.0, 0.01, 1.0, 2.0, 3.0, 4.0)
AGENT = Agent("Planet", 1.0, STATE)


@pytest.mark.parametrize("field", ["time", "x", "y", "vx", "vy"])
def test_states_that_differ_in_the_sign_of_a_zero_are_different(field: str) -> None:
    zero, negative = replace(STATE, **{field: 0.0}), replace(STATE, **{field: -0.0})
    assert zero != negative
    assert replace(AGENT, state=zero) != replace(AGENT, state=negative)


def test_equal_states_and_agents_have_equal_hashes() -> None:
    again = Agent("Planet", 1.0, replace(STATE))
    assert again == AGENT
    assert hash(again) == hash(AGENT)
    assert hash(again.state) == hash(STATE)


def test_a_name_a_mass_and_a_primary_tell_agents_apart() -> None:
    others = [
        replace(AGENT, name="Moon"),
        replace(AGENT, mu=-1.0),
        replace(AGENT, primary="Sun"),
        replace(AGENT, state=replace(STATE, vy=4.5)),
    ]
    assert all(other != AGENT for other in others)


@pytest.mark.parametrize("primary", [None, "Sun"])
def test_an_agent_reads_back_from_its_json(primary: str | None) -> None:
    agent = replace(AGENT, primary=primary)
    assert Agent.from_json(agent.to_json(), "agents[0]") == agent
    assert ("primary" in agent.to_json()) == (primary is not None)


@pytest.mark.parametrize("value", [None, [], "Planet", {}, {"name": "Planet"}])
def test_what_is_no_agent_is_refused_with_its_path(value: object) -> None:
    with pytest.raises(ScenarioError, match=r"^agents\[7\] "):
        Agent.from_json(value, "agents[7]")

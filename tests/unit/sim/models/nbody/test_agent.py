from __future__ import annotations

from dataclasses import replace

import pytest

from sim.errors import ScenarioError
from sim.models.nbody.agent import NBodyAgent, State3, Unplaced, read_agent

STATE = State3(1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
AGENT = NBodyAgent("Planet", 1.0, STATE)
ORBIT = {"a": 1, "e": 0, "i": 0, "node": 0, "argp": 0, "anomaly": 0}


@pytest.mark.parametrize("field", ["x", "y", "z", "vx", "vy", "vz"])
def test_states_that_differ_in_the_sign_of_a_zero_are_different(field: str) -> None:
    zero, negative = replace(STATE, **{field: 0.0}), replace(STATE, **{field: -0.0})
    assert zero != negative
    assert replace(AGENT, state=zero) != replace(AGENT, state=negative)


def test_equal_states_and_agents_have_equal_hashes_and_others_are_told_apart() -> None:
    again = replace(AGENT, state=replace(STATE))
    assert again == AGENT
    assert hash(again) == hash(AGENT)
    assert hash(again.state) == hash(STATE)
    others = [replace(AGENT, name="Moon"), replace(AGENT, mu=2.0), replace(AGENT, primary="Sun")]
    assert all(other != AGENT for other in [*others, "Planet"])
    assert STATE != (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)


@pytest.mark.parametrize("primary", [None, "Sun", "barycentre"])
def test_an_agent_reads_back_from_its_json(primary: str | None) -> None:
    agent = replace(AGENT, primary=primary)
    assert read_agent(agent.to_json(), "agents[0]") == agent
    assert ("primary" in agent.to_json()) == (primary is not None)


def test_what_is_left_out_of_a_state_in_space_is_zero() -> None:
    agent = read_agent({"name": "A", "mu": 0, "x": 1, "y": 2, "vx": 3, "vy": 4}, "agents[0]")
    assert isinstance(agent, NBodyAgent)
    assert agent.state == State3(1.0, 2.0, 0.0, 3.0, 4.0, 0.0)


def test_an_orbit_stands_in_place_of_a_state() -> None:
    agent = read_agent({"name": "A", "mu": 0, "orbit": ORBIT, "primary": "B"}, "agents[0]")
    assert isinstance(agent, Unplaced)
    assert agent.at(STATE) == NBodyAgent("A", 0, STATE, "B")


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (None, "agents[7] must be an object."),
        ([], "agents[7] must be an object."),
        ({"name": "A", "mu": 0}, "agents[7] lacks vx, vy, x, y."),
        (
            {"name": "A", "mu": 0, "orbit": ORBIT, "vz": 0},
            "agents[7] has both orbit and vz: an orbit stands in place of x to vz.",
        ),
        ({"name": "A", "orbit": ORBIT}, "agents[7] lacks mu."),
        ({"name": "A", "mu": 0, "orbit": 5}, "agents[7].orbit must be an object."),
        ({"name": "A", "mu": 0, "orbit": {"a": 1, "e": 0, "i": 0}},
         "agents[7].orbit lacks anomaly, argp, node."),
        ({"name": "A", "mu": 0, "orbit": {**ORBIT, "M": 0}},
         "agents[7].orbit has the unknown field 'M'; known are: a, anomaly, argp, e, i, node."),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_no_agent_is_refused_with_its_path(value: object, sentence: str) -> None:
    with pytest.raises(ScenarioError) as error:
        read_agent(value, "agents[7]")
    assert str(error.value) == sentence

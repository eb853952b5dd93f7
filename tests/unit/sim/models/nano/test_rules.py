from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import ScenarioError
from sim.scenario import MAX_AGENTS, NANO, Agent, NanoScenario, Scenario, State, read_scenario
from tests.unit.sim.scenarios import NANO_JSON, nano_with
from tests.unit.sim.strategies import jsonlike


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        ("agents", [], "agents"),
        ("agents", {}, "agents"),
        ("agents", "Planet", "agents"),
        ("agents", ..., "scenario"),
        ("agents", [NANO_JSON["agents"]], "agents[0]"),
        ("color", "red", "scenario"),
        ("dt_min", ..., "scenario"),
        ("dt_min", None, "dt_min"),
        ("dt_min", "0.01", "dt_min"),
        ("dt_min", True, "dt_min"),
        ("dt_min", 0.0019, "dt_min"),
        ("dt_min", math.inf, "dt_min"),
        ("dt_span", -0.001, "dt_span"),
        ("dt_span", math.nan, "dt_span"),
        ("dt_span", 1e308, "epsilon"),
        ("epsilon", 0, "epsilon"),
        ("epsilon", -0.001, "epsilon"),
        ("epsilon", 1e-8, "epsilon"),
        ("epsilon", 0.006, "dt_min"),
        ("epsilon", 1e308, "dt_min"),
        ("agents.1.color", "red", "agents[1]"),
        ("agents.1.vy", ..., "agents[1]"),
        ("agents.1.name", "Planet", "agents[1].name"),
        ("agents.1.name", "", "agents[1].name"),
        ("agents.1.name", 7, "agents[1].name"),
        ("agents.1.name", "a\x07", "agents[1].name"),
        ("agents.1.name", "__proto__", "agents[1].name"),
        ("agents.1.mu", "heavy", "agents[1].mu"),
        ("agents.1.mu", [], "agents[1].mu"),
        ("agents.1.time", 1, "agents[1].time"),
        ("agents.1.timeStep", 0.0019, "agents[1].timeStep"),
        ("agents.1.timeStep", -1, "agents[1].timeStep"),
        ("agents.1.timeStep", 1_001.0, "epsilon"),
        ("agents.1.x", math.nan, "agents[1].x"),
        ("agents.1.y", -math.inf, "agents[1].y"),
        ("agents.1.vx", 10**400, "agents[1].vx"),
        ("agents.1.vy", 2**53 + 1, "agents[1].vy"),
        ("agents.1.primary", "Moon", "agents[1].primary"),
        ("agents.1.primary", "Satellite", "agents[1].primary"),
        ("agents.1.primary", 0, "agents[1].primary"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, str) else None,
)
def test_a_scenario_that_breaks_a_rule_is_refused_with_the_place(
    path: str, value: object, where: str
) -> None:
    with pytest.raises(ScenarioError) as error:
        read_scenario(nano_with(path, value))
    assert error.value.where == where
    assert str(error.value).endswith(".")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("dt_min", 0.002),
        ("dt_span", 0),
        ("dt_span", 999.99),
        ("epsilon", 0.005),
        ("agents.0.timeStep", 0.002),
        ("agents.0.timeStep", 1_000),
        ("agents.0.mu", -1),
        ("agents.1.name", "__proto__2"),
        ("agents.1.name", "constructor"),
        ("agents.0.x", 1e308),
        ("agents.0.x", 5e-324),
        ("agents.1.primary", "Planet"),
        ("agents.1.primary", None),
        ("agents.0.primary", "Satellite"),
        ("agents.1.time", -0.0),
    ],
)
def test_a_scenario_at_the_edge_of_a_rule_is_valid(path: str, value: object) -> None:
    read_scenario(nano_with(path, value))


PATHS = [
    "agents", "agents.0", "dt_min", "dt_span", "epsilon", "surprise", "agents.0.surprise",
    *(f"agents.1.{field}" for field in ("name", "mu", "time", "timeStep", "x", "vy", "primary")),
]  # fmt: skip


@given(st.sampled_from(PATHS), jsonlike())
def test_a_scenario_with_one_wrong_value_is_valid_or_a_scenario_error(
    path: str, value: object
) -> None:
    try:
        scenario = read_scenario(nano_with(path, value))
    except ScenarioError:
        return
    assert read_scenario(json.loads(scenario.canonical)) == scenario


def test_json_nested_a_hundred_thousand_deep_is_refused() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    for path in ("agents", "agents.0", "agents.1.mu", "agents.1.name", "dt_min"):
        with pytest.raises(ScenarioError):
            read_scenario(nano_with(path, deep))


def test_a_scenario_has_at_most_a_thousand_agents() -> None:
    agents = [Agent(str(i), 0.0, State(0.0, 0.01, i, i, 0.0, 0.0)) for i in range(MAX_AGENTS + 1)]
    assert len(scenario_of(agents[:-1]).agents) == MAX_AGENTS
    with pytest.raises(ScenarioError, match=r"^agents must be 1 to 1000, not 1001\.$"):
        scenario_of(agents)


def scenario_of(agents: list[Agent]) -> Scenario:
    return NanoScenario(tuple(agents), NANO.dt_min, NANO.dt_span, NANO.epsilon)


def test_epsilon_is_effective_for_nine_thousand_million_iterations_at_the_longest_step() -> None:
    longest = NANO.dt_min + NANO.dt_span
    clock = 9e9 * longest
    assert clock - 1e-6 * longest < clock
    with pytest.raises(ScenarioError, match="1e-6 of the longest step"):
        NanoScenario(NANO.agents, NANO.dt_min, NANO.dt_span, 0.99e-6 * longest)

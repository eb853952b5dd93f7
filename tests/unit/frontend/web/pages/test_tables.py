from __future__ import annotations

from typing import Any

import pytest

from frontend.web.pages import tables
from sim import NANO, Propagation, Trajectory
from sim.presets import preset
from sim.scenario import Agent, NanoScenario, Scenario, State

STEPS = 2_000


def summary(scenario: Scenario = NANO, steps: int = STEPS) -> dict[str, Any]:
    return Propagation.open(Trajectory(scenario), steps).summary()


def in_space(name: str) -> tuple[Scenario, dict[str, Any]]:
    scenario = preset(name).scenario
    return scenario, summary(scenario, 100)


def lonely() -> Scenario:
    state = State(time=0.0, time_step=0.01, x=0.0, y=0.0, vx=1.0, vy=0.0)
    return NanoScenario(agents=(Agent("A", 1.0, state),), dt_min=0.01, dt_span=0.09, epsilon=0.001)


def test_an_agent_is_seen_from_its_primary_with_its_quantities_explained() -> None:
    (satellite,) = tables.orbit_tables(summary(), NANO)
    assert (satellite.agent, satellite.primary) == ("Satellite", "Planet")
    assert [row.name for row in satellite.ranges] == [
        "Distance",
        "Specific energy",
        "Specific angular momentum",
    ]
    assert all(row.description for row in satellite.ranges)


def test_the_extremes_enclose_the_mean_and_say_where_they_are() -> None:
    (satellite,) = tables.orbit_tables(summary(), NANO)
    for row in satellite.ranges:
        assert row.low is not None and row.mean is not None and row.high is not None  # noqa: PT018 - for mypy
        assert row.low_at is not None and row.high_at is not None  # noqa: PT018 - likewise
        assert row.low <= row.mean <= row.high
        assert 0 <= row.low_at < STEPS
        assert 0 <= row.high_at < STEPS


def test_nobody_is_seen_from_an_agent_that_is_alone() -> None:
    assert tables.orbit_tables(summary(lonely(), 10), lonely()) == ()
    assert [row.agent for row in tables.end_states(summary(lonely(), 10), lonely())] == ["A"]


def test_each_agent_is_shown_where_it_ends() -> None:
    known = summary()
    planet, satellite = tables.end_states(known, NANO)
    assert planet.records + satellite.records == known["records"]
    assert satellite.state[1] == known["end"]["Satellite"]["x"]


@pytest.mark.parametrize(
    ("unbound_from", "sentence"), [(None, "Bound at the end"), (75_000, "Escapes at step 75,000")]
)
def test_a_sentence_says_whether_it_is_bound(unbound_from: int | None, sentence: str) -> None:
    known = summary()
    known["statistics"]["Satellite"]["unbound_from"] = unbound_from
    assert sentence in tables.orbit_tables(known, NANO)[0].verdict


def test_states_in_space_have_z_and_quantities_have_units() -> None:
    scenario, known = in_space("outer-solar-system")
    columns = [(column.name, column.unit) for column in tables.end_columns(scenario)]
    assert columns == [
        ("time", "d"),
        *((axis, "au") for axis in "xyz"),
        *((f"v{axis}", "au/d") for axis in "xyz"),
    ]
    assert tables.end_states(known, scenario)[5].state[3] == known["end"]["Pluto"]["z"]
    jupiter = tables.orbit_tables(known, scenario)[0]
    assert [row.unit for row in jupiter.ranges] == ["au", "au^2/d^2", "au^2/d"]
    assert jupiter.ranges[2].description == "h = |r \u00d7 v|"

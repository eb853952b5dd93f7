from __future__ import annotations

import porta


def test_in_the_plane_there_is_no_inclination_and_no_node() -> None:
    found = porta.propagate(100).elements([0.0, 1.0])
    assert found.column_names == ["t", "agent", "primary", "a", "e", "argp", "anomaly"]
    assert found.column("primary").to_pylist() == ["Planet", "Planet"]


def test_rows_are_by_time_and_in_the_order_of_agents() -> None:
    run = porta.propagate(10, preset="galilean-moons")
    found = run.elements([0.0, 0.01])
    moons = [name for name in run.agents if name != "Jupiter"]
    assert found.column("agent").to_pylist() == moons * 2
    assert found.column("t").to_pylist() == [0.0] * len(moons) + [0.01] * len(moons)


def test_without_any_primary_the_table_is_empty() -> None:
    scenario = porta.propagate(1).scenario
    run = porta.propagate(5, scenario={**scenario, "agents": scenario["agents"][:1]})
    assert run.elements([0.0]).num_rows == 0

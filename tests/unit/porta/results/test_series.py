from __future__ import annotations

import pytest

import porta
from porta.results.series import MOST_POINTS, QUANTITIES
from sim.engine import SERIES

RUN = porta.propagate(5_000, seed=2)


def test_each_quantity_of_the_engine_has_a_name() -> None:
    assert sorted(QUANTITIES.values()) == sorted(SERIES)


def test_without_a_name_it_is_the_distance_of_the_first_agent_with_a_primary() -> None:
    assert RUN.series().equals(RUN.series("distance", agent="Satellite"))


def test_it_is_the_series_of_the_engine_in_a_window() -> None:
    from sim.engine import Propagation
    from sim.scenario import Trajectory

    expected = Propagation.open(Trajectory(seed=2), 5_000).series(
        10.0, 20.0, 64, agents=[1], quantities=["ecc"]
    )["agents"][0]
    found = RUN.series("eccentricity", t0=10.0, t1=20.0, points=64)
    assert found.column("eccentricity_min").to_pylist() == expected["ecc"]["min"]
    assert found.column("t1").to_pylist() == expected["t1"]
    assert found.equals(RUN.series("eccentricity", t0=10.0, t1=20.0, points=6.4e1))


@pytest.mark.parametrize("points", [1, MOST_POINTS + 1])
def test_the_number_of_points_is_bounded(points: int) -> None:
    with pytest.raises(porta.ArgumentError, match="points must be"):
        RUN.series(points=points)


def test_an_agent_that_repels_has_no_elements_to_draw() -> None:
    scenario = RUN.scenario
    scenario["agents"][0]["mu"] = -1.0
    scenario["agents"][1]["primary"] = "Planet"
    run = porta.propagate(100, scenario=scenario)
    assert run.series("energy").num_rows
    with pytest.raises(porta.ArgumentError, match="can't be 'eccentricity'"):
        run.series("eccentricity")

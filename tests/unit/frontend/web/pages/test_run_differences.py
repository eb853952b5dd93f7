"""Claims about two runs over one another: the same times, the same agents, the right distances."""

from __future__ import annotations

import numpy as np
import pytest

from frontend.web.pages.run_differences import common_names, compare_runs
from sim.engine import Propagation
from sim.presets import preset
from sim.scenario import NANO, Trajectory, read_scenario

EIGHT = preset("figure-eight").scenario
MOONS = preset("galilean-moons").scenario
LEAPFROG = read_scenario({**EIGHT.to_json(), "integrator": "leapfrog"})


def test_a_longer_run_of_the_same_trajectory_is_the_same_to_the_last_bit() -> None:
    compared = compare_runs(
        Propagation.open(Trajectory(), 400), Propagation.open(Trajectory(), 800)
    )
    for of in compared["agents"].values():
        assert set(np.asarray(of["difference"]).tolist()) == {0.0}
        assert of["apart"]["from"] is None
        assert of["apart"]["largest"] == 0.0


def of_the_first_agent(run: Propagation, time: float) -> dict[str, float]:
    state: dict[str, float] = next(
        batch.to_pylist()[0] for batch in run.states([time]) if batch.num_rows
    )
    return state


def test_the_difference_is_that_of_the_positions_at_the_same_times() -> None:
    a, b = (Propagation.open(Trajectory(one), 600) for one in (EIGHT, LEAPFROG))
    compared = compare_runs(a, b)
    times = np.asarray(compared["t"])
    assert times[0] == 0.0
    assert (np.diff(times) > 0).all()
    assert times[-1] < compared["end"] == pytest.approx(30.0)
    k = len(times) // 2
    first, second = (of_the_first_agent(one, float(times[k])) for one in (a, b))
    expected = np.hypot(first["x"] - second["x"], first["y"] - second["y"])
    assert compared["agents"]["A"]["difference"][k] == pytest.approx(expected, rel=1e-6)


def test_it_is_told_from_when_on_they_are_a_thousandth_of_an_orbit_apart() -> None:
    compared = compare_runs(
        *(Propagation.open(Trajectory(one), 6_000) for one in (EIGHT, LEAPFROG))
    )
    for of in compared["agents"].values():
        apart, times = of["apart"], np.asarray(compared["t"])
        beyond = np.asarray(of["difference"]) > apart["threshold"]
        assert apart["threshold"] == 1e-3
        assert apart["from"] == times[beyond][0]
        assert apart["largest"] >= apart["last"] > apart["threshold"]


def test_paths_are_about_the_primary_that_both_have() -> None:
    compared = compare_runs(*(Propagation.open(Trajectory(seed=seed), 500) for seed in (0, 1)))
    assert compared["centre"] == "Planet"
    path = compared["agents"]["Satellite"]["a"]
    distance = np.hypot(path["x"], path["y"])
    assert 0.3 < distance.min() < distance.max() < 1.2


def test_a_figure_has_a_bounded_number_of_points_of_runs_of_any_length() -> None:
    compared = compare_runs(
        *(Propagation.open(Trajectory(one), 6_000) for one in (EIGHT, LEAPFROG))
    )
    points = sum(len(of[run]["x"]) for of in compared["agents"].values() for run in "ab")
    assert 1_000 < points < 2 * 16_000
    assert 0 < compared["paths_until"] < compared["end"]


def test_agents_are_those_of_the_same_name() -> None:
    assert common_names(NANO, NANO) == ["Planet", "Satellite"]
    assert common_names(NANO, MOONS) == []
    assert common_names(MOONS, MOONS) == list(MOONS.names)

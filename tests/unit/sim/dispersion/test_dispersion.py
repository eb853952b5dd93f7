"""Members start where the dispersion puts them: the same bits one by one and all at once."""

from __future__ import annotations

import json
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.dispersion import NO_DISPERSION, Dispersion
from sim.dispersion.frame import Start
from sim.errors import RequestError
from sim.models.nbody import NBodyScenario
from sim.normals import normals
from sim.scenario import MEMBER_LIMIT, NANO, SEED_LIMIT, Scenario, Trajectory
from tests.unit.sim.dispersion.cases import CASES, PLANE, SPACE, SYSTEM
from tests.unit.sim.strategies import seeds


def coordinates_of(scenario: Scenario) -> list[list[float]]:
    return [[*state] for state in Start.of(scenario).states]


@pytest.mark.parametrize(("scenario", "entries"), CASES)
@given(seed=seeds, first=st.integers(0, MEMBER_LIMIT - 9))
def test_many_members_have_the_bits_of_each(
    scenario: Scenario, entries: list[dict[str, Any]], seed: int, first: int
) -> None:
    dispersion = Dispersion.from_json(entries, scenario)
    together = dispersion.coordinates(scenario, seed, first, 8)
    for m in range(8):
        alone = dispersion.of_member(scenario, seed, first + m)
        assert coordinates_of(alone) == together[:, :, m].tolist()
        assert alone.names == scenario.names
        assert alone.primaries == scenario.primaries


def test_member_0_is_dispersed_too_and_the_nominal_is_not() -> None:
    trajectory = Trajectory(NANO, 7, 0, Dispersion.from_json(PLANE, NANO))
    assert trajectory.dispersed != NANO
    assert trajectory.nominal == Trajectory(NANO, 7)
    assert trajectory.nominal.dispersed is NANO


def test_a_component_takes_the_number_of_its_place_listed_or_not() -> None:
    dispersion = Dispersion.from_json([{"agent": "Satellite", "sigma": {"vy": 1e-3}}], NANO)
    planet, satellite = coordinates_of(dispersion.of_member(NANO, 0, 5))
    assert planet == coordinates_of(NANO)[0]
    assert satellite == [0.0, 1.0, 1.0, 0.0 + 1e-3 * -0.29431020977901906]


def test_agents_that_are_not_dispersed_are_where_they_were() -> None:
    dispersion = Dispersion.from_json(SPACE[1:2], SYSTEM)
    together = dispersion.coordinates(SYSTEM, 3, 100, 50)
    assert dispersion.dispersed == (1,)
    for a in (0, 2):
        assert (together[a] == np.array(coordinates_of(SYSTEM)[a])[:, np.newaxis]).all()
    assert len(np.unique(together[1, 0])) == 50


def test_without_a_dispersion_all_members_start_alike() -> None:
    assert not NO_DISPERSION
    assert NO_DISPERSION.of_member(NANO, 1, 2) == NANO
    together = NO_DISPERSION.coordinates(NANO, 0, 0, 3)
    assert together.shape == (2, 4, 3)
    assert together[:, :, 2].tolist() == coordinates_of(NANO)


@pytest.mark.parametrize("which", [0, 1])
def test_members_have_the_covariance_that_was_asked_for(which: int) -> None:
    members = 100_000
    rows = PLANE[1]["covariance"]
    entry = {"agent": "Satellite", "covariance": rows, "frame": ("inertial", "rtn")[which]}
    dispersion = Dispersion.from_json([entry], NANO)
    sample = dispersion.coordinates(NANO, 0, 0, members)[1]
    turned = np.eye(4)
    if which == 1:  # the satellite is above its planet, and moves to the right
        turned[:2, :2] = turned[2:, 2:] = [[0.0, 1.0], [1.0, 0.0]]
    expected = turned @ np.array(rows) @ turned.T
    # Of normal numbers, the standard error of a covariance is this (Wishart's distribution).
    variances = np.diag(expected)
    error = np.sqrt((np.outer(variances, variances) + expected**2) / members)
    assert np.all(np.abs(np.cov(sample) - expected) <= 4.0 * error + 1e-24)
    means = np.abs(sample.mean(axis=1) - coordinates_of(NANO)[1])
    assert np.all(means <= 4.0 * np.sqrt(variances / members) + 1e-15)


def test_a_trajectory_with_a_dispersion_reads_back_and_has_an_identity_of_its_own() -> None:
    digests = set()
    for scenario, entries in CASES:
        trajectory = Trajectory(scenario, 7, 3, Dispersion.from_json(entries, scenario))
        assert Trajectory.from_json(json.loads(json.dumps(trajectory.to_json()))) == trajectory
        arrived = pickle.loads(pickle.dumps(trajectory))  # noqa: S301 - of our own making
        assert arrived == trajectory
        assert arrived.dispersed == trajectory.dispersed
        digests |= {trajectory.digest, Trajectory(scenario, 7).digest}
    assert len(digests) == 6


def test_the_identity_is_that_of_canonical_json() -> None:
    dispersion = Dispersion.from_json([{"agent": "Satellite", "sigma": {"x": 1e-3}}], NANO)
    assert Trajectory(NANO, 7, 3, dispersion).digest == "6a309912e6d390a9"
    again = Dispersion.from_json(
        [{"agent": "Satellite", "sigma": {"x": 0.001, "y": 0}, "frame": "inertial"}], NANO
    )
    assert Trajectory(NANO, 7, 3, again).digest == "6a309912e6d390a9"


def test_a_trajectory_takes_no_dispersion_of_another_scenario() -> None:
    with pytest.raises(RequestError, match=r"^dispersion\[0\] is of another scenario"):
        Trajectory(SYSTEM, dispersion=Dispersion.from_json(PLANE, NANO))


def test_a_scenario_without_chance_has_members_with_a_dispersion() -> None:
    dispersion = Dispersion.from_json(SPACE, SYSTEM)
    assert Trajectory(SYSTEM, SEED_LIMIT - 1, MEMBER_LIMIT - 1, dispersion).is_random


def test_members_may_meet_at_the_start() -> None:
    far = NBodyScenario.from_json(
        {
            "model": "nbody",
            "integrator": "leapfrog",
            "dt": 1.0,
            "agents": [
                {"name": "Sun", "mu": 1.0, "x": 2.0**54, "y": 0.0, "vx": 0.0, "vy": 0.0},
                {"name": "Probe", "mu": 0.0, "x": 2.0**54 + 4.0, "y": 0.0, "vx": 0.0, "vy": 0.0},
            ],
        }
    )
    dispersion = Dispersion.from_json([{"agent": "Probe", "sigma": {"x": 4.0}}], far)
    meeting = next(m for m in range(100) if -1.2 < normals(0, 1, m, 1)[0] < -0.7)
    sun, probe = coordinates_of(dispersion.of_member(far, 0, meeting))
    assert probe == sun

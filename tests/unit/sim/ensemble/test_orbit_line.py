"""Claims about the line of the nominal orbit: it is the conic on which the agent starts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from sim.ensemble.orbit_line import orbit_line
from sim.scenario import NANO, Scenario, read_scenario


def in_space(*moving: dict[str, Any], mu: float = 1.0) -> Scenario:
    primary = {"name": "Sun", "mu": mu, "x": 3.0, "y": -2.0, "z": 1.0, "vx": 0.5, "vy": 0, "vz": 0}
    return read_scenario(
        {"model": "nbody", "integrator": "leapfrog", "dt": 0.1, "agents": [primary, *moving]}
    )


def moving(x: float, y: float, vx: float, vy: float, z: float = 0.0) -> dict[str, Any]:
    """An agent about the primary, by its relative state."""
    at = {"x": 3.0 + x, "y": -2.0 + y, "z": 1.0 + z, "vx": 0.5 + vx, "vy": vy, "vz": 0.0}
    return {"name": "A", "mu": 0.0, "primary": "Sun"} | at


@pytest.mark.parametrize("turn", [1.0, -1.0])
def test_a_circle_is_a_circle_whichever_way_it_is_run_through(turn: float) -> None:
    line = orbit_line(in_space(moving(2.0, 0.0, 0.0, turn * math.sqrt(0.5))), 1)
    assert line.shape == (361, 2)
    assert np.hypot(*line.T) == pytest.approx(2.0, rel=1e-14)


@pytest.mark.parametrize("turn", [1.0, -1.0])
def test_an_ellipse_passes_through_the_start_and_has_its_apsides(turn: float) -> None:
    scenario = in_space(moving(0.6, 0.8, -0.8 * turn * 1.2, 0.6 * turn * 1.2))
    line = orbit_line(scenario, 1)
    a = -1.0 / (2 * (0.72 - 1.0))
    distances = np.hypot(*line.T)
    assert distances.min() == pytest.approx(1.0, rel=1e-12)
    assert distances.max() == pytest.approx(2 * a - 1.0, rel=1e-12)
    nearest = line[np.argmin(distances)]
    assert nearest == pytest.approx([0.6, 0.8], abs=1e-12)


def test_every_point_of_an_ellipse_has_the_same_sum_of_distances_to_its_foci() -> None:
    line = orbit_line(in_space(moving(1.0, 0.0, 0.3, 0.9)), 1)
    distances = np.hypot(*line.T)
    apses = line[np.argmin(distances)], line[np.argmax(distances)]
    other = apses[0] + apses[1]
    sums = distances + np.hypot(*(line - other).T)
    assert sums == pytest.approx(sums[0], rel=1e-3)  # whose apsides lie between two points


def test_a_hyperbola_ends_at_its_asymptotes() -> None:
    line = orbit_line(in_space(moving(1.0, 0.0, 0.0, 2.0)), 1)
    has_point = np.isfinite(line).all(axis=1)
    assert 100 < has_point.sum() < 361
    assert np.hypot(*line[has_point].T).min() == pytest.approx(1.0, rel=1e-12)
    # e = 3: its asymptotes are 109.47 degrees from the periapsis.
    assert has_point.sum() == 2 * 109 + 1


@pytest.mark.parametrize(
    "scenario",
    [
        in_space(moving(1.0, 0.0, 0.0, math.sqrt(2.0)), mu=1.0),  # a parabola
        in_space(moving(1.0, 0.0, 0.0, 1.0), mu=-1.0),  # which repels
    ],
)
def test_where_there_is_no_such_orbit_there_are_no_points(scenario: Scenario) -> None:
    assert np.isnan(orbit_line(scenario, 1)).all()


def test_in_the_plane_it_is_about_the_primary_too() -> None:
    line = orbit_line(NANO, 1)
    start, of_primary = NANO.agents[1].state, NANO.agents[0].state
    relative = [start.x - of_primary.x, start.y - of_primary.y]
    away = np.hypot(*(line - relative).T)
    assert away.min() < 0.01

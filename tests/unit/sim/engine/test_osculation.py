from __future__ import annotations

import math

import numpy as np
import pytest

from sim.engine.osculation import osculating_orbits
from sim.orbit import Elements, OsculatingElements, elements_of, state_of


def row(state: tuple[float, ...], start: tuple[float, ...] = (0.0,) * 6) -> list[float]:
    """A state in its columns, relative to another."""
    return [0.0, 0.1, *(own + other for own, other in zip(state, start, strict=True))]


PLANET = (0.5, -0.25, 1.0, 0.125, 0.0, -0.5)
ELLIPSE = Elements(2.0, 0.25, 30.0, 40.0, 50.0, 60.0)
HYPERBOLA = Elements(-2.0, 1.5, 30.0, 40.0, 50.0, 60.0)


def test_each_agent_has_the_elements_of_its_orbit_about_its_primary() -> None:
    states = np.array(
        [
            row(PLANET),
            row(state_of(ELLIPSE, 1.25), PLANET),
            row(state_of(HYPERBOLA, 1.0), PLANET),
        ]
    )
    found = osculating_orbits(states, [None, 0, 0], [0.0, 1.25, 1.0], [1.0, 0.25, 0.0])
    assert list(found) == [1, 2]
    for elements, agent in ((ELLIPSE, 1), (HYPERBOLA, 2)):
        assert found[agent].semi_major_axis == pytest.approx(elements.a)
        assert found[agent].eccentricity == pytest.approx(elements.e)
        assert found[agent].inclination == pytest.approx(elements.i)
        assert found[agent].true_anomaly == pytest.approx(elements.anomaly)
    assert found[1].speed_at_infinity is None
    assert found[2].speed_at_infinity == pytest.approx(math.sqrt(0.5))


def test_in_the_plane_an_agent_has_no_inclination() -> None:
    states = np.array([[0.0, 0.1, 1.0, 1.0, 0.0, 0.0], [0.0, 0.1, 2.0, 1.0, 0.0, 0.5]])
    found = osculating_orbits(states, [None, 0], [0.0, 1.0], [1.0, 0.0])
    assert found == {1: elements_of((1.0, 0.0), (0.0, 0.5), 1.0)}
    assert found[1].inclination is None


def test_a_binary_of_equal_masses_orbits_the_barycentre_of_the_others() -> None:
    states = np.array([row((1.0, 0.0, 0.0, 0.0, 0.5, 0.0)), row((-1.0, 0.0, 0.0, 0.0, -0.5, 0.0))])
    found = osculating_orbits(states, [None, None], [2.0, 2.0], [1.0, 1.0], barycentric={0, 1})
    assert [orbit.semi_major_axis for orbit in found.values()] == [2.0, 2.0]
    assert [orbit.period for orbit in found.values()] == [pytest.approx(4.0 * math.pi)] * 2


def test_the_barycentre_of_the_others_is_weighted_and_without_massless_agents() -> None:
    states = np.random.default_rng(3).normal(size=(5, 8))
    mu = [1.0, 0.5, 0.25, 0.0, 2.0]
    found = osculating_orbits(states, [None] * 5, [3.75] * 5, mu, barycentric=[1])
    about = np.zeros(6)
    for agent in (0, 2, 4):
        about += mu[agent] * states[agent, 2:]
    relative = states[1, 2:] - about / 3.25
    assert found == {1: elements_of(relative[:3].tolist(), relative[3:].tolist(), 3.75)}


def test_states_that_numbers_hardly_hold_have_no_elements_and_no_warning() -> None:
    states = np.array([[0.0, 0.1, 1e308, 0.0, 0.0, 0.0], [0.0, 0.1, -1e308, 0.0, 0.0, 0.0]])
    found = osculating_orbits(states, [None, 0], [0.0, 1.0], [1.0, 0.0])
    assert found == {1: OsculatingElements()}

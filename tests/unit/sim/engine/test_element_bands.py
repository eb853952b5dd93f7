"""Claims about ranges of semi-major axis and eccentricity, held to every step that they are of."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import Propagation, Trajectory
from sim.engine.diagnostics import orbit_of
from sim.engine.element_bands import axis_ranges, eccentricity_ranges
from sim.presets import preset

ENERGY = st.floats(-1e3, 1e3)
MOMENTUM = st.floats(-1e3, 1e3)
MU = st.floats(1e-3, 1e3)


def one(value: float) -> Any:  # noqa: ANN401 - an array
    return np.array([[value, value]])


def known(value: float) -> float | None:
    return None if math.isnan(value) else value


@given(ENERGY, MOMENTUM, MU)
def test_of_one_step_they_are_the_bits_of_its_osculating_orbit(
    energy: float, momentum: float, mu: float
) -> None:
    axis, eccentricity = orbit_of(mu, energy, momentum)
    assert known(axis_ranges(one(energy), mu)[0, 0]) == axis
    assert known(eccentricity_ranges(one(energy), one(momentum), mu)[0, 1]) == eccentricity


@given(st.lists(st.tuples(ENERGY, MOMENTUM), min_size=1, max_size=9), MU)
def test_they_hold_every_step_of_a_bin(steps: list[tuple[float, float]], mu: float) -> None:
    energies, momenta = zip(*steps, strict=True)
    energy = np.array([[min(energies), max(energies)]])
    momentum = np.array([[min(momenta), max(momenta)]])
    (low, high), axes = eccentricity_ranges(energy, momentum, mu)[0], axis_ranges(energy, mu)[0]
    for e, h in steps:
        axis, eccentricity = orbit_of(mu, e, h)
        assert eccentricity is not None
        assert low * (1 - 1e-14) <= eccentricity <= high * (1 + 1e-14) + 1e-300
        if axis is not None and not np.isnan(axes).any():
            assert axes[0] <= axis <= axes[1]


def test_a_bin_with_energies_on_both_sides_of_0_has_no_semi_major_axis() -> None:
    assert np.isnan(axis_ranges(np.array([[-1.0, 1.0], [-1.0, 0.0], [0.0, 1.0]]), 1.0)).all()
    assert axis_ranges(np.array([[-1.0, -0.5], [0.5, 1.0]]), 1.0).tolist() == [
        [0.5, 1.0],
        [-1.0, -0.5],
    ]


@pytest.mark.parametrize("mu", [1e-200, 1e200])
def test_a_square_that_no_number_holds_does_not_lose_the_eccentricity(mu: float) -> None:
    # A circle at distance 1: v**2 = mu, e = -mu/2, h**2 = mu.
    found = eccentricity_ranges(one(-mu / 2), one(math.sqrt(mu)), mu)
    assert found == pytest.approx(0.0, abs=1e-7)


def test_of_a_kepler_orbit_they_are_as_narrow_as_its_integrator_is_exact() -> None:
    scenario = preset("eccentric").scenario
    document = Propagation.open(Trajectory(scenario), 20_000).series(pixels=16)
    orbiting = [agent for agent in document["agents"] if agent["primary"] is not None]
    assert orbiting
    for agent in orbiting:
        for name in ("a", "ecc"):
            band: Any = agent[name]
            assert max(band["max"]) - min(band["min"]) < 1e-2

"""The orders of the methods, by the error on an orbit with the step halved."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.unit.sim.models.nbody.passes import Pass, points
from tests.unit.sim.models.nbody.systems import KEPLER


def error_on_kepler(integrator: str, per_orbit: int) -> float:
    """The distance from the start after one orbit."""
    scenario = KEPLER.by(integrator, per_orbit)
    start = np.array([0.0, 0.9, 0.0])
    return float(np.linalg.norm(Pass.start(scenario).go(per_orbit)[1] - start))


def error_on_a_circle(per_orbit: float, orbits: int) -> float:
    """The distance from the start of a circle after whole orbits, with steps of one length."""
    scenario = points(
        (1.0, 0, 0, 0, 0, 0, 0),
        (0.0, 1, 0, 0, 0, 1, 0),
        integrator="gauss-radau-15",
        dt=2 * math.pi / per_orbit,
        tolerance=0.0,
    )
    end = Pass.start(scenario).go(round(orbits * per_orbit))[1]
    return float(np.linalg.norm(end - [1.0, 0.0, 0.0]))


@pytest.mark.parametrize(
    ("integrator", "per_orbit", "order"), [("leapfrog", 2000, 2), ("kahan-li-8", 60, 8)]
)
def test_half_the_step_has_an_error_smaller_by_two_to_the_order(
    integrator: str, per_orbit: int, order: int
) -> None:
    ratio = error_on_kepler(integrator, per_orbit) / error_on_kepler(integrator, 2 * per_orbit)
    assert math.log2(ratio) == pytest.approx(order, abs=0.3)


def test_gauss_radau_has_order_14_or_more_on_a_circle() -> None:
    ratio = error_on_a_circle(2.0, 10) / error_on_a_circle(4.0, 10)
    assert math.log2(ratio) >= 14.0

"""Numbers of elements; `test_orbit.py` judges them, and this says where there are none."""

from __future__ import annotations

import math

import pytest

from sim.osculating import Vector, element_numbers

CIRCLE = (Vector(1.0, 0.0, 0.0), Vector(0.0, 1.0, 0.0))


@pytest.mark.parametrize("mu", [0.0, -1.0, math.nan, math.inf])
def test_without_a_mass_that_attracts_there_are_no_elements(mu: float) -> None:
    assert all(map(math.isnan, element_numbers(*CIRCLE, mu)))


def test_a_circle_has_no_periapsis_and_no_speed_at_infinity() -> None:
    found = element_numbers(*CIRCLE, 1.0)
    undefined = {name for name, number in found._asdict().items() if math.isnan(number)}
    assert undefined == {"node", "argument_of_periapsis", "true_anomaly", "speed_at_infinity"}
    assert (found.semi_major_axis, found.eccentricity, found.inclination) == (1.0, 0.0, 0.0)


@pytest.mark.parametrize("power", [-300, 0, 300])
def test_an_orbit_is_the_same_at_any_size(power: int) -> None:
    size = 2.0**power
    found = element_numbers(Vector(size, 0.0, 0.0), Vector(0.0, 1.25, 0.5), size)
    usual = element_numbers(Vector(1.0, 0.0, 0.0), Vector(0.0, 1.25, 0.5), 1.0)
    assert found.semi_major_axis == size * usual.semi_major_axis
    assert found[1:6] == usual[1:6]


def test_what_no_number_holds_is_not_defined() -> None:
    speed = math.sqrt(2.0 * (1.0 - 1e-3))  # at the pericentre: a is 500 times the distance
    found = element_numbers(Vector(1e308, 0.0, 0.0), Vector(0.0, speed, 0.0), 1e308)
    assert math.isnan(found.semi_major_axis)
    assert math.isnan(found.apoapsis)
    assert found.eccentricity == pytest.approx(0.998)
    assert found.periapsis == pytest.approx(1e308)

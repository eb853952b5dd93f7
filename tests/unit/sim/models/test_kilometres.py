from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.models.kilometres import Kilometres
from sim.models.nbody.rules import LENGTHS, TIMES
from sim.models.units import Units

KNOWN = [Units(length, time) for length in LENGTHS for time in TIMES if "1" not in (length, time)]


@pytest.mark.parametrize(
    ("units", "position", "velocity"),
    [
        (Units("km", "s"), 2.0, 2.0),
        (Units("m", "s"), 0.002, 0.002),
        (Units("au", "d"), 299_195_741.4, 299_195_741.4 / 86_400),
        (Units("au", "yr"), 299_195_741.4, 299_195_741.4 / 31_557_600),
        (Units("km", "d"), 2.0, 2.0 / 86_400),
    ],
)
def test_states_are_in_kilometres_and_seconds(
    units: Units, position: float, velocity: float
) -> None:
    states = Kilometres.of(units).states(np.full((1, 6), 2.0))
    assert states.tolist() == [[position] * 3 + [velocity] * 3]


@given(st.sampled_from(KNOWN), st.lists(st.floats(-1e12, 1e12), min_size=6, max_size=6))
def test_the_way_back_is_the_same_number_but_for_rounding(
    units: Units, numbers: list[float]
) -> None:
    convert = Kilometres.of(units)
    there = np.array([numbers])
    np.testing.assert_allclose(
        convert.from_states(convert.states(there)), there, rtol=1e-15, atol=1e-300
    )


def test_kilometres_and_seconds_stay_bit_for_bit() -> None:
    numbers = np.random.default_rng(1).normal(size=(100, 6))
    same = Kilometres.of(Units("km", "s"))
    assert (
        same.states(numbers).tobytes() == same.from_states(numbers).tobytes() == numbers.tobytes()
    )


def test_units_that_are_none_are_not_converted() -> None:
    assert all(map(Kilometres.are_of, KNOWN))
    assert not any(Kilometres.are_of(units) for units in (Units(), Units("km"), Units("1", "s")))

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.export.epochs import Instants
from sim.models.labels import Epoch
from tests.unit.sim.strategies import epochs

MILLENNIUM_S = 31_557_600_000.0
UNITS = (1, 86_400, 31_557_600)


@given(
    epochs.filter(lambda epoch: epoch.seconds < 200_000_000_000),
    st.sampled_from(UNITS),
    st.lists(st.floats(0.0, 1.0), min_size=1, max_size=20),
)
def test_an_instant_is_the_exact_sum_to_the_picosecond(
    epoch: Epoch, unit_s: int, parts: list[float]
) -> None:
    times = np.array(parts) * (MILLENNIUM_S / unit_s)
    written = [Epoch.parse(text.decode()) for text in Instants(epoch, times, unit_s).texts()]
    start = epoch.seconds + Fraction(epoch.picoseconds, 10**12)
    for (seconds, picoseconds), time in zip(written, times.tolist(), strict=True):
        exact = start + Fraction(time) * unit_s
        error = seconds + Fraction(picoseconds, 10**12) - exact
        assert abs(error) <= Fraction(50_001, 10**17)  # half a picosecond, and what rounding adds


def test_a_leap_day_and_the_turn_of_a_year_are_passed() -> None:
    epoch = Epoch.parse("2027-12-31T23:59:59.999999999999")
    texts = Instants(epoch, np.array([0.0, 1e-12, 60 * 86_400.0]), 1).texts()
    assert texts == [
        b"2027-12-31T23:59:59.999999999999",
        b"2028-01-01T00:00:00.000000000000",
        b"2028-02-29T23:59:59.999999999999",
    ]


@pytest.mark.parametrize("unit_s", UNITS)
def test_a_date_beyond_the_year_9999_is_noticed_however_far_it_is(unit_s: int) -> None:
    epoch = Epoch.parse("2026-01-01T00:00:00")
    last = (315_537_897_599 - epoch.seconds) / unit_s
    assert Instants(epoch, np.array([0.0, last * 0.999]), unit_s).are_dates
    for time in (last * 1.001, 1e30, 1.7e308):
        assert not Instants(epoch, np.array([0.0, time]), unit_s).are_dates


def test_instants_that_do_not_increase_are_noticed() -> None:
    epoch = Epoch.parse("2026-01-01T00:00:00")
    instants = Instants(epoch, np.array([1.0, 2.0, 2.0 + 1e-12]), 1)
    assert instants.increase_from((-1, 0))
    assert instants.increase_from(Instants(epoch, np.array([1.0 - 1e-12]), 1).last)
    assert not instants.increase_from(Instants(epoch, np.array([1.0]), 1).last)
    assert not Instants(epoch, np.array([1.0, 1.0 + 1e-13]), 1).increase_from((-1, 0))
    assert not Instants(epoch, np.array([2.0, 1.0]), 1).increase_from((-1, 0))

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from sim.ensemble.nominal import Nominal, nominal_of
from sim.errors import IntegrityError
from tests.unit.sim.ensemble.ensembles import REQUESTS
from tests.unit.sim.ensemble.naive import Naive


@pytest.mark.parametrize("name", REQUESTS)
def test_a_nominal_is_member_0_without_dispersion_until_it_ends(name: str) -> None:
    request = REQUESTS[name]
    nominal, naive = nominal_of(request), Naive(request, 0, 1)
    for j, a in enumerate(request.analysed):
        assert nominal.half_widths[j] == naive.half_width(a)
        for g, k in enumerate(naive.grid):
            alive = k <= naive.nominal.good
            expected = naive.values(naive.nominal, a, k) if alive else (math.nan,) * 3
            np.testing.assert_array_equal(nominal.values[j, :, g], expected)


def test_an_agent_that_is_not_bound_has_a_picture_of_four_distances() -> None:
    nominal = nominal_of(REQUESTS["twins"])  # Dust is bound, at 3; its orbit is nearly a circle
    runaway = nominal_of(REQUESTS["runaway"])
    assert 6.0 < nominal.half_widths[2] < 12.0
    assert runaway.half_widths.tolist() == [4.0 * runaway.values[0, 0, 0]]


def test_a_nominal_does_not_depend_on_the_number_of_members() -> None:
    request = REQUESTS["three"]
    fewer = dataclasses.replace(request, members=2)
    assert nominal_of(fewer).content_digest == nominal_of(request).content_digest


def test_a_nominal_comes_back_from_its_bytes() -> None:
    request = REQUESTS["falling"]  # with values that are nan
    nominal = nominal_of(request)
    read = Nominal.from_bytes(request, nominal.to_bytes())
    assert read.content_digest == nominal.content_digest
    np.testing.assert_array_equal(read.values, nominal.values)
    np.testing.assert_array_equal(read.half_widths, nominal.half_widths)


def test_bytes_of_another_nominal_are_refused() -> None:
    request = REQUESTS["three"]
    data = nominal_of(request).to_bytes()
    for other in (dataclasses.replace(request, steps=100), REQUESTS["nano"]):
        with pytest.raises(IntegrityError, match="nominal"):
            Nominal.from_bytes(other, data)
    negative = Nominal(nominal_of(request).values, -nominal_of(request).half_widths)
    with pytest.raises(IntegrityError, match="nominal"):
        Nominal.from_bytes(request, negative.to_bytes())

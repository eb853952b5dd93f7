"""Normal numbers of many members: the reference's bits, and the moments of the distribution."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.kernel.normals import normals_of_members
from sim.normals import normals
from sim.scenario import MEMBER_LIMIT, SEED_LIMIT


@pytest.mark.parametrize("numbers", [1, 4, 6])
@given(seed=st.integers(0, SEED_LIMIT - 1), agent=st.integers(0, 999), data=st.data())
def test_many_members_have_the_bits_of_the_reference(
    numbers: int, seed: int, agent: int, data: st.DataObject
) -> None:
    first = data.draw(st.integers(0, MEMBER_LIMIT - 8))
    drawn = normals_of_members(seed, agent, first, numbers, 8)
    assert drawn.T.tolist() == [normals(seed, agent, first + m, numbers) for m in range(8)]


def test_tails_have_the_bits_of_the_reference() -> None:
    drawn = normals_of_members(3, 0, 0, 4, 50_000)
    assert np.max(np.abs(drawn)) > 4.0  # beyond the second region
    expected = [normals(3, 0, m, 4) for m in np.argmax(np.abs(drawn), axis=1)]
    assert drawn[:, np.argmax(np.abs(drawn), axis=1)].T.tolist() == expected


def test_a_million_numbers_have_the_moments_of_the_normal_distribution() -> None:
    count = 1_000_000
    drawn = normals_of_members(0, 1, 0, 4, count // 4).ravel()
    # The standard errors of the mean, the variance, the skewness and the kurtosis.
    for power, moment, spread in ((1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)):
        error = math.sqrt(spread / count)
        assert abs(np.mean(drawn**power) - moment) < 4.0 * error
    assert np.abs(np.array(np.corrcoef(drawn.reshape(4, -1))) - np.eye(4)).max() < 4.0 / 500.0

"""Canonical normal numbers, judged by exact arithmetic, by scipy and by their moments."""

from __future__ import annotations

import mpmath
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri

from sim.normals import LARGEST, log, normals, ppnd16, uniform

fractions = st.integers(0, 2**52 - 1).map(uniform)
tails = st.tuples(st.integers(0, 51), st.booleans()).map(
    lambda given: uniform(2 ** given[0] if given[1] else 2**52 - 1 - 2 ** given[0])
)


def exact(u: float) -> mpmath.mpf:
    """The inverse of the normal distribution, by Newton's iteration in 60 digits."""
    with mpmath.workdps(60):
        z = mpmath.mpf(ppnd16(u))
        for _ in range(4):
            z -= (mpmath.ncdf(z) - mpmath.mpf(u)) / mpmath.npdf(z)
        return z


def test_the_first_numbers_are_those_that_are_written_down() -> None:
    assert normals(seed=0, agent=1, member=5, count=4) == [
        -0.3092791218771318,
        -0.8339046686256938,
        1.0442690080744872,
        -0.29431020977901906,
    ]


@given(fractions | tails)
def test_a_number_is_right_to_1e_15(u: float) -> None:
    assert abs(mpmath.mpf(ppnd16(u)) / exact(u) - 1) < 1e-15


def test_numbers_are_those_of_scipy_to_2e_15() -> None:
    bits = np.random.Generator(np.random.Philox(1)).integers(0, 2**52, 100_000).tolist()
    u = np.array([*map(uniform, bits), *(uniform(bits[i] >> (i % 52)) for i in range(50_000))])
    ours = np.array([*map(ppnd16, u.tolist())])
    assert np.max(np.abs(ours / ndtri(u) - 1.0)) < 2e-15


@given(st.floats(2.0**-1000, 2.0**1000))
def test_a_logarithm_is_right_to_its_last_digits(x: float) -> None:
    with mpmath.workdps(40):
        right = mpmath.log(mpmath.mpf(x))
        # Between its terms digits cancel near 1, as far as ppnd16 reads it: from 0.075 down.
        assert abs(log(x) - right) <= 2.0**-51 * (abs(right) + 1)


def test_a_division_comes_after_the_product_as_in_the_published_routine() -> None:
    # A division of the polynomials first has other last bits of these.
    assert ppnd16(0.44) == -0.15096921549677725
    assert ppnd16(0.42) == -0.2018934791418509
    assert ppnd16(0.83) == 0.9541652531461942


@given(st.integers(0, 2**52 - 1))
def test_a_fraction_is_neither_0_nor_1_and_has_its_mirror(bits: int) -> None:
    u = uniform(bits)
    assert 0.0 < u < 1.0
    assert uniform(2**52 - 1 - bits) == 1.0 - u
    assert ppnd16(1.0 - u) == -ppnd16(u)


def test_no_number_is_larger_than_the_largest() -> None:
    assert 8.2 < ppnd16(uniform(2**52 - 1)) == -ppnd16(uniform(0)) < LARGEST


def test_agents_members_and_seeds_have_numbers_of_their_own() -> None:
    streams = {
        tuple(normals(seed, agent, member, 4))
        for seed in (0, 1)
        for agent in (0, 1)
        for member in (0, 1)
    }
    assert len({number for stream in streams for number in stream}) == 32

"""Intervals against scipy and against the examples of the papers that they are from."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from sim.ensemble.proportions import independent_difference, paired_difference, wilson


@st.composite
def proportions(draw: st.DrawFn) -> tuple[int, int]:
    members = draw(st.integers(1, 1_000_000))
    return draw(st.integers(0, members)), members


@given(proportions())
def test_wilsons_interval_is_that_of_scipy(proportion: tuple[int, int]) -> None:
    count, members = proportion
    judge = scipy.stats.binomtest(count, members).proportion_ci(method="wilson")
    estimate, low, high = wilson(count, members)
    assert estimate == count / members
    assert low == pytest.approx(judge.low, abs=1e-13)
    assert high == pytest.approx(judge.high, abs=1e-13)
    assert 0.0 <= low <= estimate <= high <= 1.0


def test_the_ends_0_and_1_are_exact_and_no_members_have_no_proportion() -> None:
    estimate, low, high = wilson([0, 7, 0], [7, 7, 0])
    assert (low[0], high[1]) == (0.0, 1.0)
    assert np.isnan([estimate[2], low[2], high[2]]).all()


# Newcombe, Statistics in Medicine 17 (1998), 873-890, Table II, method 10.
INDEPENDENT = [
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (6, 7, 2, 7, 0.0582, 0.8062),
    (5, 56, 0, 29, -0.0381, 0.1926),
    (0, 10, 0, 20, -0.1611, 0.2775),
    (0, 10, 0, 10, -0.2775, 0.2775),
    (10, 10, 0, 20, 0.6791, 1.0000),
    (10, 10, 0, 10, 0.6075, 1.0000),
]


@pytest.mark.parametrize("example", INDEPENDENT, ids=str)
def test_newcombes_examples_of_independent_proportions(
    example: tuple[int, int, int, int, float, float],
) -> None:
    *counts, low, high = example
    found = independent_difference(*counts)
    assert (round(float(found.low), 4), round(float(found.high), 4)) == (low, high)


@given(proportions(), proportions())
def test_exchanging_the_two_turns_the_difference_around(
    a: tuple[int, int], b: tuple[int, int]
) -> None:
    there, back = independent_difference(*a, *b), independent_difference(*b, *a)
    assert there.estimate == -back.estimate
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-15)
    assert -1.0 <= there.low <= there.estimate <= there.high <= 1.0


# e, f, g, h of pairs, to as many digits as are printed: Newcombe, Statistics in Medicine 17 (1998),
# 2635-2650, Table II, method 10; D. G. Altman et al., "Statistics with Confidence", 2nd edition,
# 2000, p. 52; M. W. Fagerland, S. Lydersen, P. Laake, Statistics in Medicine 33 (2014), 2850-2875
# (Newcombe's square-and-add interval); the same, "Statistical Analysis of Contingency Tables",
# 2017, chapter 8.
PAIRED = [
    ((36, 12, 2, 0), 4, 0.0569, 0.3404),
    ((14, 5, 0, 22), 3, 0.011, 0.226),
    ((1, 1, 7, 12), 3, -0.507, -0.026),
    ((59, 6, 16, 80), 4, -0.1186, -0.0046),
]


@pytest.mark.parametrize("example", PAIRED, ids=str)
def test_published_examples_of_pairs(
    example: tuple[tuple[int, int, int, int], int, float, float],
) -> None:
    counts, digits, low, high = example
    found = paired_difference(*counts)
    assert (round(float(found.low), digits), round(float(found.high), digits)) == (low, high)


@given(st.tuples(*[st.integers(0, 250_000)] * 4).filter(any))
def test_pairs_turned_around_have_the_difference_turned_around(
    counts: tuple[int, int, int, int],
) -> None:
    both, only_a, only_b, neither = counts
    there = paired_difference(both, only_a, only_b, neither)
    back = paired_difference(both, only_b, only_a, neither)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-14)
    assert -1.0 <= there.low <= there.estimate + 1e-15
    assert there.estimate - 1e-15 <= there.high <= 1.0


def test_pairs_that_agree_tell_a_difference_more_exactly() -> None:
    pairs = paired_difference(4000, 200, 100, 5700)
    alone = independent_difference(4200, 10_000, 4100, 10_000)
    assert pairs.estimate == pytest.approx(float(alone.estimate), abs=1e-15)
    assert pairs.high - pairs.low < 0.3 * (alone.high - alone.low)


def test_a_margin_of_0_leaves_no_correlation_to_correct_for() -> None:
    alike = paired_difference([43, 0], [0, 43], [0, 0], [0, 0])
    apart = independent_difference([43, 43], 43, [43, 0], 43)
    assert alike.low.tolist() == apart.low.tolist()
    assert alike.high.tolist() == apart.high.tolist()

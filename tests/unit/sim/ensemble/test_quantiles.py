"""Quantiles of histograms against those of the values themselves, by numpy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.ensemble.binning import edges, keys
from sim.ensemble.histograms import Histograms, LeastMembers
from sim.ensemble.quantiles import LEVELS, NOTABLE, notable_members, quantiles_of

SIZES = st.floats(-1e9, 1e9) | st.floats(-1e-3, 1e-3) | st.sampled_from([0.0, -0.0, 1.0, 1e300])


@st.composite
def samples(draw: st.DrawFn) -> tuple[float, list[float]]:
    """A centre, and values near it, about it, and anywhere."""
    centre = draw(SIZES)
    near = st.floats(-1.0, 1.0).map(lambda part: centre + 1e-6 * part * centre)
    about = st.floats(-2.0, 2.0).map(lambda part: centre + part * centre)
    values = draw(st.lists(near | about | SIZES, min_size=1, max_size=60))
    return centre, [value for value in values if math.isfinite(value)] or [centre]


def histograms(*of: tuple[float, list[float]]) -> Histograms:
    return Histograms.joined(
        [Histograms.counted(keys(np.array(values), centre)[np.newaxis]) for centre, values in of]
    )


@given(samples())
def test_a_quantile_is_numpys_to_within_a_bin(sample: tuple[float, list[float]]) -> None:
    centre, values = sample
    found = quantiles_of(histograms(sample), np.array([centre]))[:, 0]
    ranks = [-(-level * len(values) // 100) for level in LEVELS]
    exact = np.sort(np.array(values))[np.array(ranks) - 1]
    assert found.tolist() == edges(keys(exact, centre), centre).tolist()


@pytest.mark.parametrize("spread", [1e-5, 0.1, 3.0])
def test_a_quantile_is_closer_than_a_hundredth_of_what_it_departs_from_the_nominal_by(
    spread: float,
) -> None:
    centre = 2.0
    values = centre + spread * np.random.default_rng(5).normal(size=1001)
    found = quantiles_of(histograms((centre, values.tolist())), np.array([centre]))[:, 0]
    judge = np.quantile(values, np.array(LEVELS) / 100, method="inverted_cdf")
    near = np.abs(judge - centre) < centre / 2
    width = np.where(near, np.abs(judge - centre), np.abs(judge)) / 128
    assert (np.abs(found - judge) <= width + 1e-15).all()


@given(st.lists(samples(), min_size=1, max_size=5))
def test_histograms_side_by_side_have_the_quantiles_of_each(
    several: list[tuple[float, list[float]]],
) -> None:
    together = quantiles_of(histograms(*several), np.array([centre for centre, _ in several]))
    for s, (centre, values) in enumerate(several):
        alone = quantiles_of(histograms((centre, values)), np.array([centre]))
        assert together[:, s].tolist() == alone[:, 0].tolist()


def test_of_no_members_there_are_no_quantiles() -> None:
    some = histograms((1.0, [1.0, 2.0]))
    between = Histograms.joined([Histograms.empty(1), some, Histograms.empty(2)])
    found = quantiles_of(between, np.ones(4))
    assert np.isnan(found[:, [0, 2, 3]]).all()
    assert np.isfinite(found[:, 1]).all()


def test_what_is_no_number_has_the_greatest_quantiles() -> None:
    found = quantiles_of(histograms((1.0, [1.0, math.nan, math.inf])), np.ones(1), (1, 50, 99))
    assert found[0, 0] == 1.0
    assert found[1, 0] == math.inf
    assert math.isnan(found[2, 0])


def test_above_and_below_the_near_zone_a_value_keeps_its_zone() -> None:
    found = quantiles_of(histograms((1.0, [0.4999, 1.0, 1.5001])), np.ones(1), (1, 50, 99))[:, 0]
    assert found.tolist() == [0.498046875, 1.0, 1.5]
    assert quantiles_of(histograms((1.0, [1.503])), np.ones(1), (50,))[0, 0] == 1.5


def counted(values: list[float]) -> LeastMembers:
    return LeastMembers.counted(keys(np.array(values)), np.arange(len(values), dtype=np.int64))


@given(st.lists(st.integers(0, 10**9), max_size=80), st.integers(0, 80))
def test_the_notable_members_are_in_the_bins_of_the_quantiles(
    iterations: list[int], never: int
) -> None:
    members = len(iterations) + never
    if members == 0:
        return
    ordered = [*sorted(map(float, iterations)), *[math.inf] * never]
    found = notable_members(counted([float(k) for k in iterations]), members)
    for level, one in zip(NOTABLE, found, strict=True):
        exact = ordered[-(-level * members // 100) - 1]
        if exact == math.inf:
            assert one is None
        else:
            assert one is not None
            value, member = one
            same_bin = [m for m, k in enumerate(iterations) if keys([float(k)]) == keys([exact])]
            assert member == min(same_bin)
            assert value == int(value) <= exact < value * (1 + 1 / 128) + 1


def test_of_nobody_who_has_escaped_no_member_is_notable() -> None:
    assert notable_members(counted([]), 10) == [None, None, None]

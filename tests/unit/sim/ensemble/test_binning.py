from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.ensemble.binning import centres_of, edges, keys
from tests.unit.sim.ensemble.naive import key

finite = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False)


@given(finite, finite)
def test_a_value_is_within_a_bin_of_its_edge(value: float, centre: float) -> None:
    made = keys([value], centre)
    edge = float(edges(made, centre)[0])
    near = abs(value - centre) < abs(centre) / 2
    size = abs(value - centre) if near else abs(value)
    # A bin is a 128th of its edge wide, and c is added with one rounding.
    assert abs(value - edge) <= size / 128 + 2 * math.ulp(max(abs(value), abs(centre)))


@given(finite, finite)
def test_an_edge_is_on_its_side_of_the_centre(value: float, centre: float) -> None:
    zone, edge = key(value, centre) >> 19, float(edges(keys([value], centre), centre)[0])
    if zone == 2:
        assert edge >= centre + abs(centre) / 2
    elif zone == 0:
        assert edge <= centre - abs(centre) / 2


def test_edges_of_what_is_no_number() -> None:
    found = edges(keys([math.inf, -math.inf, math.nan, 0.0, -0.0], 0.0))
    np.testing.assert_array_equal(found, [math.inf, -math.inf, math.nan, 0.0, 0.0])


def test_a_quantile_is_within_a_bin_of_numpy_s() -> None:
    values = np.random.default_rng(0).normal(2.0, 0.001, 2_000)
    by_key = np.sort(keys(values, 2.0))
    for p in (1, 5, 25, 50, 75, 95, 99):
        at = math.ceil(p * values.size / 100) - 1
        quantile = np.quantile(values, p / 100, method="inverted_cdf")
        edge = float(edges(by_key[at : at + 1], 2.0)[0])
        assert abs(quantile - edge) <= abs(quantile - 2.0) / 128 + 1e-15


def test_edges_take_a_centre_for_each_key() -> None:
    made = np.concatenate([keys([1.25], 1.0), keys([9.0], 1.0), keys([-4.0], -3.0)])
    assert edges(made, np.array([1.0, 1.0, -3.0])).tolist() == [1.25, 9.0, -4.0]


def test_what_is_not_finite_has_the_centre_0() -> None:
    assert centres_of(np.array([1.0, math.nan, -math.inf])).tolist() == [1.0, 0.0, 0.0]

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sim.intervals import (
    PATH_BITS,
    SERIES_BITS,
    interval_level,
    level,
)

counts = st.integers(1, 10**9)
lengths = st.integers(0, 16).map(lambda bits: 2**bits)
bits = st.sampled_from([SERIES_BITS, PATH_BITS])


@given(counts, bits)
def test_a_level_is_the_finest_with_few_enough_bins(n: int, bits: int) -> None:
    at = level(n, bits)
    assert -(-n >> at) <= 2**bits
    assert at == 0 or -(-n >> (at - 1)) > 2**bits


@given(counts, counts, bits)
def test_levels_grow_with_n(n: int, more: int, bits: int) -> None:
    assert level(n, bits) <= level(n + more, bits)


@given(st.integers(0, 5_000), lengths, bits, counts)
def test_an_interval_keeps_enough_for_every_n_that_contains_it(
    interval: int, iterations: int, bits: int, beyond: int
) -> None:
    end = (interval + 1) * iterations
    kept = interval_level(interval, iterations, bits)
    assert kept <= min(level(end, bits), level(end + beyond, bits))
    assert iterations % 2**kept == 0

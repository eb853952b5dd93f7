from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.intervals import (
    PATH_BITS,
    SERIES_BITS,
    interval_iterations,
    interval_level,
    level,
)
from sim.scenario import MAX_AGENTS

counts = st.integers(1, 10**9)
agents = st.integers(1, MAX_AGENTS)
bits = st.sampled_from([SERIES_BITS, PATH_BITS])


@pytest.mark.parametrize(
    ("agents", "iterations"),
    [(1, 65_536), (8, 65_536), (9, 32_768), (16, 32_768), (17, 16_384), (50, 8_192), (1_000, 512)],
)
def test_an_interval_is_shorter_the_more_agents_there_are(agents: int, iterations: int) -> None:
    assert interval_iterations(agents) == iterations


def test_a_scenario_without_agents_has_no_intervals() -> None:
    with pytest.raises(ValueError, match="at least one"):
        interval_iterations(0)


@given(agents)
def test_an_interval_is_a_power_of_two_and_bounds_the_records_of_a_slice(agents: int) -> None:
    iterations = interval_iterations(agents)
    assert iterations.bit_count() == 1
    assert iterations * agents <= 2**19


@given(counts, bits)
def test_a_level_is_the_finest_with_few_enough_bins(n: int, bits: int) -> None:
    at = level(n, bits)
    assert -(-n >> at) <= 2**bits
    assert at == 0 or -(-n >> (at - 1)) > 2**bits


@given(counts, counts, bits)
def test_levels_grow_with_n(n: int, more: int, bits: int) -> None:
    assert level(n, bits) <= level(n + more, bits)


@given(st.integers(0, 5_000), agents, bits, counts)
def test_an_interval_keeps_enough_for_every_n_that_contains_it(
    interval: int, agents: int, bits: int, beyond: int
) -> None:
    iterations = interval_iterations(agents)
    end = (interval + 1) * iterations
    kept = interval_level(interval, agents, bits)
    assert kept <= min(level(end, bits), level(end + beyond, bits))
    assert iterations % 2**kept == 0

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.models.nano.cost import interval_iterations
from sim.scenario import MAX_AGENTS

agents = st.integers(1, MAX_AGENTS)


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

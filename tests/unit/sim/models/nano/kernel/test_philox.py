"""Claims about the kernel's random numbers: they are numpy's, wherever one begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.engine.kernel.philox import AHEAD, BLOCK, draw, draw_ahead, initial_draws
from sim.jit import compiled

if TYPE_CHECKING:
    from sim.engine.kernel.layout import Floats, Integers

SEEDS = st.integers(0, 2**53 - 1)


# The kernel's functions have no entry for Python: compiled functions call them.
@compiled
def drawn(seed: np.uint64, agent: int, block: int, agents: int) -> Floats:
    draws = np.zeros((agents, BLOCK))
    draw(seed, agent, block, draws, 0)
    return draws


@compiled
def drawn_ahead(seed: np.uint64, block: int) -> Floats:
    draws = np.zeros((1, AHEAD))
    draw_ahead(seed, 0, block, draws)
    return draws


@compiled
def initially_drawn(seed: np.uint64, steps: Integers, numbers: int) -> Floats:
    return initial_draws(seed, steps, numbers)


def doubles(seed: int, agent: int, count: int) -> list[float]:
    """The first numbers of an agent, as numpy draws them."""
    key = np.array([seed, agent], dtype=np.uint64)
    drawn: list[float] = np.random.Generator(np.random.Philox(key=key)).random(count).tolist()
    return drawn


@given(seed=SEEDS, agent=st.integers(0, 3), block=st.integers(0, 50))
def test_a_block_has_numpys_four_numbers(seed: int, agent: int, block: int) -> None:
    draws = drawn(np.uint64(seed), agent, block, 4)
    assert draws[agent].tolist() == doubles(seed, agent, BLOCK * (block + 1))[-BLOCK:]
    assert not draws[np.arange(4) != agent].any()


@given(seed=SEEDS, block=st.integers(0, 50))
def test_drawing_ahead_gives_the_same_numbers(seed: int, block: int) -> None:
    draws = drawn_ahead(np.uint64(seed), block)
    assert draws[0].tolist() == doubles(seed, 0, BLOCK * block + AHEAD)[-AHEAD:]


@pytest.mark.parametrize("numbers", [BLOCK, AHEAD])
def test_a_trajectory_goes_on_with_the_numbers_of_its_steps(numbers: int) -> None:
    steps = np.array([0, 3, numbers, 5 * numbers + 1])
    draws = initially_drawn(np.uint64(7), steps, numbers)
    for agent, taken in enumerate(steps.tolist()):
        first = taken - taken % numbers
        assert draws[agent].tolist() == doubles(7, agent, first + numbers)[first:]

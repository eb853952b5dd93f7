"""Claims about the kernel's random numbers: they are numpy's, wherever one begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.jit import compiled
from sim.models.nano.kernel.philox import AHEAD, BLOCK, draw, draw_ahead, initial_draws

if TYPE_CHECKING:
    from sim.kernel.layout import Floats, Integers

SEEDS = st.integers(0, 2**53 - 1)
MEMBERS = st.sampled_from([0, 1, 2, 2**53 - 1]) | st.integers(0, 2**53 - 1)


# The kernel's functions have no entry for Python: compiled functions call them.
@compiled
def drawn(seed: np.uint64, member: np.uint64, agent: int, block: int, agents: int) -> Floats:
    draws = np.zeros((agents, BLOCK))
    draw(seed, member, agent, block, draws, 0)
    return draws


@compiled
def drawn_ahead(seed: np.uint64, member: np.uint64, block: int) -> Floats:
    draws = np.zeros((1, AHEAD))
    draw_ahead(seed, member, 0, block, draws)
    return draws


@compiled
def initially_drawn(seed: np.uint64, member: np.uint64, steps: Integers, numbers: int) -> Floats:
    return initial_draws(seed, member, steps, numbers)


def philox(seed: int, agent: int, member: int) -> np.random.Philox:
    """Numpy's own stream of an agent of a member, at its start."""
    key = np.array([seed, agent], dtype=np.uint64)
    return np.random.Philox(key=key, counter=np.array([0, 0, 0, member], dtype=np.uint64))


def doubles(seed: int, agent: int, count: int, member: int = 0) -> list[float]:
    """The first numbers of an agent, as numpy draws them."""
    generator = np.random.Generator(philox(seed, agent, member))
    drawn: list[float] = generator.random(count).tolist()
    return drawn


@given(seed=SEEDS, member=MEMBERS, agent=st.integers(0, 3), block=st.integers(0, 50))
def test_a_block_has_numpys_four_numbers(seed: int, member: int, agent: int, block: int) -> None:
    draws = drawn(np.uint64(seed), np.uint64(member), agent, block, 4)
    assert draws[agent].tolist() == doubles(seed, agent, BLOCK * (block + 1), member)[-BLOCK:]
    assert not draws[np.arange(4) != agent].any()


@given(seed=SEEDS, member=MEMBERS, block=st.integers(0, 50))
def test_drawing_ahead_gives_the_same_numbers(seed: int, member: int, block: int) -> None:
    draws = drawn_ahead(np.uint64(seed), np.uint64(member), block)
    assert draws[0].tolist() == doubles(seed, 0, BLOCK * block + AHEAD, member)[-AHEAD:]


@given(seed=SEEDS, agent=st.integers(0, 999))
def test_member_0_has_the_numbers_of_the_seed_alone(seed: int, agent: int) -> None:
    key = np.array([seed, agent], dtype=np.uint64)
    alone = np.random.Generator(np.random.Philox(key=key)).random(64).tolist()
    assert doubles(seed, agent, 64) == alone


@given(seed=SEEDS, member=MEMBERS, agent=st.integers(0, 3), blocks=st.integers(0, 2**60))
def test_no_stream_counts_its_way_into_the_next_members(
    seed: int, member: int, agent: int, blocks: int
) -> None:
    bits = philox(seed, agent, member)
    bits.advance(blocks)
    assert bits.state["state"]["counter"].tolist() == [blocks, 0, 0, member]
    last = bits.random_raw(BLOCK).tolist()
    ours = drawn(np.uint64(seed), np.uint64(member), agent, blocks, agent + 1)[agent]
    assert ours.tolist() == [(raw >> 11) * 2.0**-53 for raw in last]


@given(seed=SEEDS, agent=st.integers(0, 3), members=st.sets(MEMBERS, min_size=2, max_size=8))
def test_members_have_no_number_in_common(seed: int, agent: int, members: set[int]) -> None:
    blocks = [
        drawn(np.uint64(seed), np.uint64(m), agent, k, 4)[agent] for m in members for k in (0, 1)
    ]
    numbers = np.concatenate(blocks).tolist()
    assert len(set(numbers)) == len(numbers)  # 64 of 2**53 that agree by chance: never


@pytest.mark.parametrize("member", [0, 1, 2**53 - 1])
@pytest.mark.parametrize("numbers", [BLOCK, AHEAD])
def test_a_trajectory_goes_on_with_the_numbers_of_its_steps(numbers: int, member: int) -> None:
    steps = np.array([0, 3, numbers, 5 * numbers + 1])
    draws = initially_drawn(np.uint64(7), np.uint64(member), steps, numbers)
    for agent, taken in enumerate(steps.tolist()):
        first = taken - taken % numbers
        assert draws[agent].tolist() == doubles(7, agent, first + numbers, member)[first:]

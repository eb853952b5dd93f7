from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from sim.engine.kernel.philox import AHEAD, BLOCK, initial_draws
from sim.jit import compiled

if TYPE_CHECKING:
    from sim.engine.kernel import Floats, Integers


@compiled
def blocks(seed: np.uint64, steps: Integers, numbers: int) -> Floats:
    return initial_draws(seed, steps, numbers)


@pytest.mark.parametrize("numbers", [BLOCK, AHEAD])
@pytest.mark.parametrize("seed", [0, 7, 2**53 - 1])
def test_a_block_holds_the_numbers_of_numpys_generator_around_the_next_step(
    seed: int, numbers: int
) -> None:
    steps = np.array([0, 1, numbers - 1, numbers, 1_003])
    found = blocks(np.uint64(seed), steps, numbers)
    for agent, step in enumerate(steps):
        key = np.array([seed, agent], np.uint64)
        drawn = np.random.Generator(np.random.Philox(key=key)).random(1_024)
        first = step - step % numbers
        assert found[agent].tobytes() == drawn[first : first + numbers].tobytes()

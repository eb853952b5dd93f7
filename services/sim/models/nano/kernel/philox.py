"""The uniform numbers of `numpy.random.Generator(numpy.random.Philox(...))`, in blocks of four.

The key is the seed and the agent. The counter's lowest word numbers the blocks and its highest is
the member, so the streams of two members have no counter in common (docs/adr/0002).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sim.jit import inner
from sim.kernel.philox import philox_block

if TYPE_CHECKING:
    from sim.kernel.layout import Floats, Integers

__all__ = ["AHEAD", "BLOCK", "draw", "draw_ahead", "initial_draws"]

BLOCK: Final = 4  # numbers of 64 bits from one counter
# Numbers drawn at once for more than two agents: four blocks, whose multiplications the processor
# can interleave, and a quarter of the branches that it mispredicts.
AHEAD: Final = 4 * BLOCK
_ELEVEN: Final = np.uint64(11)
_2_TO_MINUS_53: Final = 2.0**-53  # numpy's random() takes the upper 53 bits


@inner
def draw(
    seed: np.uint64, member: np.uint64, agent: int, block: int, draws: Floats, at: int
) -> None:
    """Write numbers 4*block to 4*block + 3 of the agent to its row of `draws`, from `at` on."""
    c0, c1, c2, c3 = philox_block(seed, np.uint64(agent), block, member)
    draws[agent, at] = np.float64(c0 >> _ELEVEN) * _2_TO_MINUS_53
    draws[agent, at + 1] = np.float64(c1 >> _ELEVEN) * _2_TO_MINUS_53
    draws[agent, at + 2] = np.float64(c2 >> _ELEVEN) * _2_TO_MINUS_53
    draws[agent, at + 3] = np.float64(c3 >> _ELEVEN) * _2_TO_MINUS_53


@inner
def draw_ahead(seed: np.uint64, member: np.uint64, agent: int, block: int, draws: Floats) -> None:
    """Fill the agent's row with AHEAD numbers, from the first of a block on."""
    for i in range(AHEAD // BLOCK):
        draw(seed, member, agent, block + i, draws, BLOCK * i)


@inner
def initial_draws(seed: np.uint64, member: np.uint64, steps: Integers, numbers: int) -> Floats:
    """Return each agent's current block: float64[M, numbers]; `numbers` is a power of two."""
    draws = np.empty((steps.size, numbers))
    for a in range(steps.size):
        for at in range(0, numbers, BLOCK):
            draw(seed, member, a, ((steps[a] & -numbers) + at) >> 2, draws, at)
    return draws

"""Philox4x64-10, the counter-based random numbers of `numpy.random.Philox`, in blocks of four.

J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw: "Parallel random numbers: as easy as 1, 2, 3",
SC'11, section 4.3, https://doi.org/10.1145/2063384.2063405.

The key is the seed and the agent. The counter's lowest word numbers the blocks and its highest is
the member, so the streams of two members have no counter in common (docs/adr/0002).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from sim.jit import inner

if TYPE_CHECKING:
    from sim.kernel.layout import Floats, Integers

__all__ = ["AHEAD", "BLOCK", "draw", "draw_ahead", "initial_draws"]

BLOCK: Final = 4  # numbers of 64 bits from one counter
# Numbers drawn at once for more than two agents: four blocks, whose multiplications the processor
# can interleave, and a quarter of the branches that it mispredicts.
AHEAD: Final = 4 * BLOCK
_MULTIPLIER_0: Final = np.uint64(0xD2E7470EE14C6C93)
_MULTIPLIER_1: Final = np.uint64(0xCA5A826395121157)
_WEYL_0: Final = np.uint64(0x9E3779B97F4A7C15)
_WEYL_1: Final = np.uint64(0xBB67AE8584CAA73B)
_ROUNDS: Final = 10
_ELEVEN: Final = np.uint64(11)
_2_TO_MINUS_53: Final = 2.0**-53  # numpy's random() takes the upper 53 bits


@intrinsic
def _high_half(typing_context: Any, _a: Any, _b: Any) -> Any:  # noqa: ANN401, ARG001 - numba's protocol
    """Multiply two uint64 and return the upper half of the 128 bits."""

    def generate(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:  # noqa: ANN401
        wide = ir.IntType(128)
        product = builder.mul(builder.zext(args[0], wide), builder.zext(args[1], wide))
        return builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), ir.IntType(64))

    return types.uint64(types.uint64, types.uint64), generate


_high: Any = _high_half


@inner
def draw(
    seed: np.uint64, member: np.uint64, agent: int, block: int, draws: Floats, at: int
) -> None:
    """Write numbers 4*block to 4*block + 3 of the agent to its row of `draws`, from `at` on."""
    key_0, key_1 = seed, np.uint64(agent)
    # numpy increments the counter before it uses it.
    c0, c1, c2, c3 = np.uint64(block + 1), np.uint64(0), np.uint64(0), member
    for _ in range(_ROUNDS):
        high_0, low_0 = _high(_MULTIPLIER_0, c0), _MULTIPLIER_0 * c0
        high_1, low_1 = _high(_MULTIPLIER_1, c2), _MULTIPLIER_1 * c2
        c0, c1, c2, c3 = high_1 ^ c1 ^ key_0, low_1, high_0 ^ c3 ^ key_1, low_0
        key_0 += _WEYL_0
        key_1 += _WEYL_1
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

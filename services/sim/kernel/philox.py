"""Philox4x64-10, the counter-based random numbers of `numpy.random.Philox`: one block of four.

J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw: "Parallel random numbers: as easy as 1, 2, 3",
SC'11, section 4.3, https://doi.org/10.1145/2063384.2063405.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from sim.jit import inner

__all__ = ["philox_block"]

_MULTIPLIER_0: Final = np.uint64(0xD2E7470EE14C6C93)
_MULTIPLIER_1: Final = np.uint64(0xCA5A826395121157)
_WEYL_0: Final = np.uint64(0x9E3779B97F4A7C15)
_WEYL_1: Final = np.uint64(0xBB67AE8584CAA73B)
_ROUNDS: Final = 10


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
def philox_block(
    key_0: np.uint64, key_1: np.uint64, block: int, member: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Return outputs 4*block to 4*block + 3 of `Philox(key=[key_0, key_1], counter=[0, 0, 0, m])`.

    m is the member: the counter's highest word, which no stream ever counts up to.
    """
    # numpy increments the counter before it uses it.
    c0, c1, c2, c3 = np.uint64(block + 1), np.uint64(0), np.uint64(0), member
    for _ in range(_ROUNDS):
        high_0, low_0 = _high(_MULTIPLIER_0, c0), _MULTIPLIER_0 * c0
        high_1, low_1 = _high(_MULTIPLIER_1, c2), _MULTIPLIER_1 * c2
        c0, c1, c2, c3 = high_1 ^ c1 ^ key_0, low_1, high_0 ^ c3 ^ key_1, low_0
        key_0 += _WEYL_0
        key_1 += _WEYL_1
    return c0, c1, c2, c3

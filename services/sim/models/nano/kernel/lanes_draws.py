"""Time steps for lanes, drawn ahead: many blocks of one stream at once, by vector instructions.

Philox as in `sim.kernel.philox`. No vector instruction has products of 128 bits, so a product is
put together from those of halves. Measured on a Zen 4: with 512 bits a block takes two thirds of
the time of scalar multiplications, with 256 bits about the same. Two blocks are computed side by
side: one alone would wait for its own rounds. Four at once, or rounds outside and blocks inside
with the words in memory, were not faster.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sim.jit import inlined, leaf

if TYPE_CHECKING:
    from sim.kernel.layout import Floats

__all__ = ["draw_steps"]

_M0: Final = np.uint64(0xD2E7470EE14C6C93)
_M1: Final = np.uint64(0xCA5A826395121157)
_WEYL_0: Final = np.uint64(0x9E3779B97F4A7C15)
_WEYL_1: Final = np.uint64(0xBB67AE8584CAA73B)
_1, _2, _3, _4 = (np.uint64(n) for n in range(1, 5))
_11: Final = np.uint64(11)
_32: Final = np.uint64(32)
_LOW: Final = np.uint64(2**32 - 1)
_2_TO_MINUS_53: Final = 2.0**-53


@inlined
def _product(a: np.uint64, b: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Multiply two numbers and return the upper and the lower half of the 128 bits."""
    a0, a1, b0, b1 = a & _LOW, a >> _32, b & _LOW, b >> _32
    low = a0 * b0
    middle = a1 * b0 + (low >> _32)
    other = a0 * b1 + (middle & _LOW)
    return a1 * b1 + (middle >> _32) + (other >> _32), (other << _32) | (low & _LOW)


@inlined
def _round(
    c0: np.uint64,
    c1: np.uint64,
    c2: np.uint64,
    c3: np.uint64,
    key_0: np.uint64,
    key_1: np.uint64,
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Return a block after one more round."""
    high_0, low_0 = _product(_M0, c0)
    high_1, low_1 = _product(_M1, c2)
    return high_1 ^ c1 ^ key_0, low_1, high_0 ^ c3 ^ key_1, low_0


@inlined
def _length(word: np.uint64, dt_min: float, dt_span: float) -> float:
    """Return the time step that a random word stands for."""
    return dt_min + np.float64(word >> _11) * _2_TO_MINUS_53 * dt_span


@leaf
def draw_steps(
    seed: np.uint64,
    agent: np.uint64,
    member: np.uint64,
    dt_min: float,
    dt_span: float,
    first: np.uint64,
    half: int,
    steps: Floats,
    at: np.uint64,
) -> None:
    """Write the time steps of 2*half blocks of a stream, from block `first` on, from `at` on."""
    apart = np.uint64(half)
    for k in range(half):
        # numpy increments the counter before it uses it.
        n = np.uint64(k)
        a0, a1, a2, a3 = first + n + _1, np.uint64(0), np.uint64(0), member
        b0, b1, b2, b3 = a0 + apart, a1, a2, a3
        key_0, key_1 = seed, agent
        a0, a1, a2, a3 = _round(a0, a1, a2, a3, key_0, key_1)
        b0, b1, b2, b3 = _round(b0, b1, b2, b3, key_0, key_1)
        key_0, key_1 = key_0 + _WEYL_0, key_1 + _WEYL_1
        a0, a1, a2, a3 = _round(a0, a1, a2, a3, key_0, key_1)
        b0, b1, b2, b3 = _round(b0, b1, b2, b3, key_0, key_1)
        key_0, key_1 = key_0 + _WEYL_0, key_1 + _WEYL_1
        a0, a1, a2, a3 = _round(a0, a1, a2, a3, key_0, key_1)
        b0, b1, b2, b3 = _round(b0, b1, b2, b3, key_0, key_1)
        key_0, key_1 = key_0 + _WEYL_0, key_1 + _WEYL_1
        a0, a1, a2, a3 = _round(a0, a1, a2, a3, key_0, key_1)
        b0, b1, b2, b3 = _round(b0, b1, b2, b3, key_0, key_1)
        key_0, key_1 = key_0 + _WEYL_0, key_1 + _WEYL_1
        a0, a1, a2, a3 = _round(a0, a1, a2, a3, key_0, key_1)
        b0, b1, b2, b3 = _round(b0, b1, b2, b3, key_0, key_1)
        key_0, key_1 = key_0 + _WEYL_0, key_1 + _WEYL_1
        a0, a1, a2, a3 = _round(a0, a1, a2, a3, key_0, key_1)
        b0, b1, b2, b3 = _round(b0, b1, b2, b3, key_0, key_1)
        key_0, key_1 = key_0 + _WEYL_0, key_1 + _WEYL_1
        a0, a1, a2, a3 = _round(a0, a1, a2, a3, key_0, key_1)
        b0, b1, b2, b3 = _round(b0, b1, b2, b3, key_0, key_1)
        key_0, key_1 = key_0 + _WEYL_0, key_1 + _WEYL_1
        a0, a1, a2, a3 = _round(a0, a1, a2, a3, key_0, key_1)
        b0, b1, b2, b3 = _round(b0, b1, b2, b3, key_0, key_1)
        key_0, key_1 = key_0 + _WEYL_0, key_1 + _WEYL_1
        a0, a1, a2, a3 = _round(a0, a1, a2, a3, key_0, key_1)
        b0, b1, b2, b3 = _round(b0, b1, b2, b3, key_0, key_1)
        key_0, key_1 = key_0 + _WEYL_0, key_1 + _WEYL_1
        a0, a1, a2, a3 = _round(a0, a1, a2, a3, key_0, key_1)
        b0, b1, b2, b3 = _round(b0, b1, b2, b3, key_0, key_1)
        key_0, key_1 = key_0 + _WEYL_0, key_1 + _WEYL_1
        slot = at + _4 * n
        steps[slot] = _length(a0, dt_min, dt_span)
        steps[slot + _1] = _length(a1, dt_min, dt_span)
        steps[slot + _2] = _length(a2, dt_min, dt_span)
        steps[slot + _3] = _length(a3, dt_min, dt_span)
        slot += _4 * apart
        steps[slot] = _length(b0, dt_min, dt_span)
        steps[slot + _1] = _length(b1, dt_min, dt_span)
        steps[slot + _2] = _length(b2, dt_min, dt_span)
        steps[slot + _3] = _length(b3, dt_min, dt_span)

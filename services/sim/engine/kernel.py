"""The compiled loop: random numbers, clocks, waiting and dynamics, in one pass over iterations.

Guarantees:

- The same bits as `sim.reference`: binary64, `+ - * /` and `sqrt` in the order of the model, no
  fused multiply-add and no reordering (numba's default, without `fastmath`).
- No Python object and no lock inside: the loops release the GIL, whatever they work on is the
  caller's. Work space is allocated once a call.
- Compiled once and kept on disk (`sim.jit`).

Everywhere `steps` is int64[M], the steps taken, and `ring` float64[M, 3, 7], the newest three
records of each agent, newest first, each (t0, t1, timeStep, x, y, vx, vy). Both change in place.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from sim.jit import compiled

__all__ = [
    "COLLISION",
    "DEPTH",
    "DIVERGENCE",
    "ELEMENTS",
    "FIELDS",
    "OK",
    "SERIES",
    "STANDSTILL",
    "Floats",
    "Integers",
    "Tally",
    "World",
    "emit",
    "pass_over",
]

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Integers: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]

DEPTH: Final = 3  # records of an agent that another may read: docs/adr/0011
FIELDS: Final = 7  # of a record: t0, t1, timeStep, x, y, vx, vy
ELEMENTS: Final = 3  # that the diagnostics follow: distance, specific energy, angular momentum
SERIES: Final = 2 + ELEMENTS  # x, y and the elements

OK, COLLISION, DIVERGENCE, STANDSTILL = range(4)

_T0, _T1, _H, _X, _Y, _VX, _VY = range(FIELDS)
_MIN, _MAX = 0, 1
_FIRST, _LAST = 0, 1

# What the diagnostics add up of an agent, side by side while the kernel works: three elements
# each of the sum, the minimum, the maximum, the first and the last value; and their iterations.
_SUM, _LOWEST, _HIGHEST, _EARLIEST, _LATEST = range(0, 5 * ELEMENTS, ELEMENTS)
_AMOUNTS: Final = 5 * ELEMENTS
_LOWEST_AT, _HIGHEST_AT = 0, ELEMENTS
_COUNT, _UNBOUND_FROM, _WAS_BOUND = range(2 * ELEMENTS, 2 * ELEMENTS + 3)
_MOMENTS: Final = 2 * ELEMENTS + 3


class World(NamedTuple):
    """What does not change along a trajectory."""

    mu: Floats  # [M]
    massive: Integers  # the agents with mu != 0
    primary: Integers  # [M]; -1: none
    dt_min: float
    dt_span: float
    epsilon: float
    seed: np.uint64


class Tally(NamedTuple):
    """What the diagnostics add up over an interval, of each agent that has a primary."""

    counts: Integers  # [M] steps
    sums: Floats  # [M, 3], in the order of the steps
    extremes: Floats  # [M, 3, 2] minimum and maximum
    when: Integers  # [M, 3, 2] the first iteration that has it
    ends: Floats  # [M, 2, 3] at the first step and at the last
    unbound: Integers  # [M, 2] since which iteration e > 0 (-1: it is not); whether it ever wasn't


# Philox4x64-10: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC'11, section 4.3.
_MULTIPLIER_0: Final = np.uint64(0xD2E7470EE14C6C93)
_MULTIPLIER_1: Final = np.uint64(0xCA5A826395121157)
_WEYL_0: Final = np.uint64(0x9E3779B97F4A7C15)
_WEYL_1: Final = np.uint64(0xBB67AE8584CAA73B)
_ROUNDS: Final = 10
_NUMBERS: Final = 4  # of 64 bits, from one counter
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


@compiled
def _draw(seed: np.uint64, agent: int, block: int, draws: Floats) -> None:
    """Put numbers 4*block to 4*block + 3 of the agent into its row of `draws`."""
    key_0, key_1 = seed, np.uint64(agent)
    c0, c1, c2, c3 = np.uint64(block + 1), np.uint64(0), np.uint64(0), np.uint64(0)
    for _ in range(_ROUNDS):
        high_0, low_0 = _high(_MULTIPLIER_0, c0), _MULTIPLIER_0 * c0
        high_1, low_1 = _high(_MULTIPLIER_1, c2), _MULTIPLIER_1 * c2
        c0, c1, c2, c3 = high_1 ^ c1 ^ key_0, low_1, high_0 ^ c3 ^ key_1, low_0
        key_0 += _WEYL_0
        key_1 += _WEYL_1
    draws[agent, 0] = np.float64(c0 >> _ELEVEN) * _2_TO_MINUS_53
    draws[agent, 1] = np.float64(c1 >> _ELEVEN) * _2_TO_MINUS_53
    draws[agent, 2] = np.float64(c2 >> _ELEVEN) * _2_TO_MINUS_53
    draws[agent, 3] = np.float64(c3 >> _ELEVEN) * _2_TO_MINUS_53


@compiled
def _drawn(seed: np.uint64, steps: Integers) -> Floats:
    """Return the block of random numbers that each agent is in, float64[M, 4]."""
    draws = np.empty((steps.size, _NUMBERS))
    for a in range(steps.size):
        _draw(seed, a, steps[a] >> 2, draws)
    return draws


@compiled
def _earliest(ring: Floats) -> float:
    """Return the clock that is furthest behind: who would read at or after it waits."""
    earliest = math.inf
    for a in range(ring.shape[0]):
        earliest = min(earliest, ring[a, 0, _T1])
    return earliest


@compiled
def _held(ring: Floats, b: int, q: float) -> int:
    """Return which of an agent's records holds q: the newest that does."""
    if q >= ring[b, 0, _T0]:
        return 0
    return 1 if q >= ring[b, 1, _T0] else 2


@compiled
def _step(
    mu: Floats,
    massive: Integers,
    dt_min: float,
    dt_span: float,
    seed: np.uint64,
    a: int,
    q: float,
    steps: Integers,
    ring: Floats,
    draws: Floats,
) -> tuple[int, int]:
    """Take agent a's step, reading the others at q; return OK, or why not and because of whom."""
    x, y = ring[a, 0, _X], ring[a, 0, _Y]
    ax = ay = 0.0
    for g in range(massive.size):
        b = massive[g]
        if b == a:
            continue
        read = _held(ring, b, q)
        dx = ring[b, read, _X] - x
        dy = ring[b, read, _Y] - y
        r2 = dx * dx + dy * dy
        r3 = r2 * math.sqrt(r2)
        if r3 == 0.0:
            return COLLISION, b
        ax += mu[b] * dx / r3
        ay += mu[b] * dy / r3

    t, h = ring[a, 0, _T1], ring[a, 0, _H]
    vx = ring[a, 0, _VX] + ax * h
    vy = ring[a, 0, _VY] + ay * h
    x = x + vx * h
    y = y + vy * h
    time = t + h
    k = steps[a]
    time_step = dt_min + draws[a, k & 3] * dt_span
    # A product of numbers is only then nan here if one of them is not finite: one test for six.
    if x * 0.0 + y * 0.0 + vx * 0.0 + vy * 0.0 + time * 0.0 + time_step * 0.0 != 0.0:
        return DIVERGENCE, a

    for older in range(DEPTH - 1, 0, -1):
        for field in range(FIELDS):
            ring[a, older, field] = ring[a, older - 1, field]
    ring[a, 0, _T0], ring[a, 0, _T1], ring[a, 0, _H] = t, time, time_step
    ring[a, 0, _X], ring[a, 0, _Y], ring[a, 0, _VX], ring[a, 0, _VY] = x, y, vx, vy
    steps[a] = k + 1
    if k & 3 == _NUMBERS - 1:  # the block of four is used up
        _draw(seed, a, (k + 1) >> 2, draws)
    return OK, a


@compiled
def _widen(series: Floats, b: int, a: int, quantity: int, value: float) -> None:
    """Widen a bin's minimum and maximum (nan: none yet) to the value; the first of equals stays."""
    if not series[b, a, quantity, _MIN] <= value:
        series[b, a, quantity, _MIN] = value
    if not series[b, a, quantity, _MAX] >= value:
        series[b, a, quantity, _MAX] = value


@compiled
def _follow(
    series: Floats,
    b: int,
    a: int,
    element: int,
    i: int,
    value: float,
    amounts: Floats,
    moments: Integers,
) -> None:
    """Add an element's value at iteration i; only what widens its bin can widen the interval."""
    amounts[a, _SUM + element] += value
    amounts[a, _LATEST + element] = value
    if value != value:  # noqa: PLR0124 - nan: two massless agents in one place
        return
    quantity = element + SERIES - ELEMENTS
    if not series[b, a, quantity, _MIN] <= value:
        series[b, a, quantity, _MIN] = value
        if not amounts[a, _LOWEST + element] <= value:
            amounts[a, _LOWEST + element] = value
            moments[a, _LOWEST_AT + element] = i
    if not series[b, a, quantity, _MAX] >= value:
        series[b, a, quantity, _MAX] = value
        if not amounts[a, _HIGHEST + element] >= value:
            amounts[a, _HIGHEST + element] = value
            moments[a, _HIGHEST_AT + element] = i


@compiled
def _diagnose(
    mu_p: float,
    p: int,
    a: int,
    q: float,
    i: int,
    ring: Floats,
    series: Floats,
    b: int,
    amounts: Floats,
    moments: Integers,
) -> None:
    """Take in the orbit that agent a sees itself on at the start of its step."""
    read = _held(ring, p, q)
    rx = ring[p, read, _X] - ring[a, 0, _X]
    ry = ring[p, read, _Y] - ring[a, 0, _Y]
    wx = ring[a, 0, _VX] - ring[p, read, _VX]
    wy = ring[a, 0, _VY] - ring[p, read, _VY]
    r = math.sqrt(rx * rx + ry * ry)
    e = 0.5 * (wx * wx + wy * wy) - mu_p / r
    h = ry * wx - rx * wy
    _follow(series, b, a, 0, i, r, amounts, moments)
    _follow(series, b, a, 1, i, e, amounts, moments)
    _follow(series, b, a, 2, i, h, amounts, moments)
    if moments[a, _COUNT] == 0:
        amounts[a, _EARLIEST], amounts[a, _EARLIEST + 1], amounts[a, _EARLIEST + 2] = r, e, h
    moments[a, _COUNT] += 1
    if not e > 0.0:
        moments[a, _UNBOUND_FROM] = -1
        moments[a, _WAS_BOUND] = 1
    elif moments[a, _UNBOUND_FROM] < 0:
        moments[a, _UNBOUND_FROM] = i


@compiled
def _tell(amounts: Floats, moments: Integers, tally: Tally) -> None:
    """Write down what was added up."""
    tally.counts[:] = moments[:, _COUNT]
    tally.unbound[:] = moments[:, _UNBOUND_FROM : _WAS_BOUND + 1]
    for element in range(ELEMENTS):
        tally.sums[:, element] = amounts[:, _SUM + element]
        tally.ends[:, _FIRST, element] = amounts[:, _EARLIEST + element]
        tally.ends[:, _LAST, element] = amounts[:, _LATEST + element]
        tally.extremes[:, element, _MIN] = amounts[:, _LOWEST + element]
        tally.extremes[:, element, _MAX] = amounts[:, _HIGHEST + element]
        tally.when[:, element, _MIN] = moments[:, _LOWEST_AT + element]
        tally.when[:, element, _MAX] = moments[:, _HIGHEST_AT + element]


@compiled
def pass_over(
    world: World,
    steps: Integers,
    ring: Floats,
    first: int,
    count: int,
    series_level: int,
    series: Floats,
    clocks: Floats,
    path_level: int,
    path: Floats,
    tally: Tally,
) -> tuple[int, int, int, int]:
    """Go over `count` iterations from the `first`, which starts a bin; fill what is kept of them.

    `series` float64[bins, M, 5, 2] (nan: no step yet) takes minimum and maximum of x, y and the
    elements in each bin of 2**series_level iterations, `clocks` float64[bins, M] the agents'
    clocks at its end; `path` float64[samples, M, 6] the states after each 2**path_level.

    Returns the good iterations, the outcome, and the one or two agents that it concerns.
    """
    mu, massive, primary = world.mu, world.massive, world.primary
    dt_min, dt_span, epsilon, seed = world.dt_min, world.dt_span, world.epsilon, world.seed
    agents = steps.size
    amounts = np.full((agents, _AMOUNTS), np.nan)
    amounts[:, _SUM : _SUM + ELEMENTS] = 0.0
    moments = np.full((agents, _MOMENTS), -1)
    moments[:, _COUNT] = moments[:, _WAS_BOUND] = 0
    draws = _drawn(seed, steps)
    earliest = _earliest(ring)
    series_mask, path_mask = (1 << series_level) - 1, (1 << path_level) - 1
    for i in range(count):
        b = i >> series_level
        waiting = True
        for a in range(agents):
            t = ring[a, 0, _T1]
            q = t - epsilon
            if q >= earliest:
                continue
            waiting = False
            p = primary[a]
            if p >= 0:
                _diagnose(mu[p], p, a, q, first + i, ring, series, b, amounts, moments)
            outcome, other = _step(mu, massive, dt_min, dt_span, seed, a, q, steps, ring, draws)
            if outcome != OK:
                return i, outcome, a, other
            _widen(series, b, a, 0, ring[a, 0, _X])
            _widen(series, b, a, 1, ring[a, 0, _Y])
            if t == earliest:
                earliest = _earliest(ring)
        if waiting:
            return i, STANDSTILL, 0, 0
        if (i + 1) & series_mask == 0 or i + 1 == count:
            for a in range(agents):
                clocks[b, a] = ring[a, 0, _T1]
        if (i + 1) & path_mask == 0:
            for a in range(agents):
                for field in range(FIELDS - 1):
                    path[i >> path_level, a, field] = ring[a, 0, _T1 + field]
    _tell(amounts, moments, tally)
    return count, OK, 0, 0


@compiled
def emit(
    world: World,
    steps: Integers,
    ring: Floats,
    count: int,
    agents_of: np.ndarray[Any, np.dtype[np.int16]],
    values: Floats,
) -> tuple[int, int, int, int, int]:
    """Go over `count` iterations and write their records: int16[R] and float64[7, R].

    Returns the good iterations, the outcome, the one or two agents that it concerns, and the
    number of records.
    """
    mu, massive = world.mu, world.massive
    dt_min, dt_span, epsilon, seed = world.dt_min, world.dt_span, world.epsilon, world.seed
    draws = _drawn(seed, steps)
    earliest = _earliest(ring)
    n = 0
    for i in range(count):
        before = n
        for a in range(steps.size):
            t = ring[a, 0, _T1]
            q = t - epsilon
            if q >= earliest:
                continue
            outcome, other = _step(mu, massive, dt_min, dt_span, seed, a, q, steps, ring, draws)
            if outcome != OK:
                return i, outcome, a, other, n
            agents_of[n] = a
            for field in range(FIELDS):
                values[field, n] = ring[a, 0, field]
            n += 1
            if t == earliest:
                earliest = _earliest(ring)
        if n == before:
            return i, STANDSTILL, 0, 0, n
    return count, OK, 0, 0, n

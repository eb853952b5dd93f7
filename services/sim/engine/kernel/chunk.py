"""One chunk of iterations: its length, the memory for it, and its computation.

A chunk (about a thousand iterations of few agents) is computed, then reduced or written while its
rows are still in the L2 cache. Memory does not grow with the length of a pass (docs/adr/0020).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from sim.engine.kernel.layout import (
    ATTRACTOR_FIELDS,
    COLUMNS,
    DIVERGENCE,
    HISTORY,
    Buffers,
    Floats,
    Integers,
    Parameters,
    System,
    first_divergence,
    is_finite,
    load_ring,
)
from sim.engine.kernel.many_agents import advance_many
from sim.engine.kernel.philox import AHEAD, BLOCK, initial_draws
from sim.engine.kernel.two_agents import advance_two
from sim.jit import inner

__all__ = ["advance", "buffers_of", "chunk_iterations"]

# Iterations in a chunk. With fewer, the overhead of a call shows; with more, the rows leave the L2
# cache (docs/adr/0020).
_MAX_CHUNK: Final = 1024
_MIN_CHUNK: Final = 16
_CHUNK_ROWS: Final = 8192  # of all agents together: 512 KB
_PAIR: Final = 2  # agents, which have a kernel of their own


def chunk_iterations(stepping: float) -> int:
    """Return the number of iterations in a chunk, if `stepping` agents step in each on average.

    It is a power of two, as intervals are.
    """
    fitting = int(_CHUNK_ROWS / stepping)
    return min(_MAX_CHUNK, max(_MIN_CHUNK, 1 << (fitting.bit_length() - 1)))


@inner
def buffers_of(system: System, steps: Integers, ring: Floats, chunk: int) -> Buffers:
    """Return buffers that continue from the ring, with room for `chunk` iterations."""
    agents, massive = steps.size, system.massive
    # Not zeros: these would touch memory for more steps than most agents take.
    rows = np.empty((agents, HISTORY + chunk, COLUMNS))
    rows[:, :HISTORY] = 0.0
    load_ring(rows, ring)
    free, massive_index = np.empty(agents, np.int64), np.empty(agents, np.int64)
    for a in range(agents):
        free[a], massive_index[a] = HISTORY, -1
    mu = np.empty(massive.size)
    for g in range(massive.size):
        massive_index[massive[g]] = g
        mu[g] = system.mu[massive[g]]
    clocks = np.empty(agents + 1)
    return Buffers(
        rows,
        free,
        initial_draws(system.seed, system.member, steps, BLOCK if agents == _PAIR else AHEAD),
        massive_index,
        mu,
        clocks,
        clocks.view(np.int64),
        np.empty((ATTRACTOR_FIELDS, massive.size)),
        np.empty((2, massive.size)),
    )


@inner
def advance(
    system: System,
    parameters: Parameters,
    buffers: Buffers,
    mu: Floats,
    rows: Floats,
    free: Integers,
    draws: Floats,
    steps: Integers,
    first: int,
    count: int,
) -> tuple[int, int, int, int]:
    """Compute `count` iterations, numbered from `first`, with the kernel for this many agents.

    Returns the good iterations, the outcome, and the one or two agents that it concerns. The
    arrays of two agents are also passed separately: taking an array out of a tuple counts
    references, which would cost that kernel a tenth of its time.
    """
    if free.size == _PAIR:
        end = advance_two(mu, parameters, rows, free, draws, steps, first, count)
    else:
        end = advance_many(system, buffers, steps, first, count)
    # A state that is not finite never becomes finite again, so the newest is enough.
    for a in range(free.size):
        if not is_finite(rows, a, free[a] - 1):
            agent, iteration = first_divergence(rows, free)
            return iteration - first, DIVERGENCE, agent, agent
    return end

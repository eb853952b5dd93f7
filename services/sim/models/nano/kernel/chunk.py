"""One chunk of iterations: its length, the memory for it, and its computation.

A chunk (about a thousand iterations of few agents) is computed, then reduced or written while its
rows are still in the L2 cache. Memory does not grow with the length of a pass (docs/adr/0020).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sim.jit import implements
from sim.kernel import stepper
from sim.kernel.layout import (
    DIVERGENCE,
    HISTORY,
    PLANE,
    first_divergence,
    is_finite,
    load_ring,
    store_ring,
)
from sim.models.nano.kernel.many_agents import advance_many
from sim.models.nano.kernel.philox import AHEAD, BLOCK, initial_draws
from sim.models.nano.kernel.system import ATTRACTOR_FIELDS, NanoBuffers, NanoSystem
from sim.models.nano.kernel.two_agents import advance_two

if TYPE_CHECKING:
    from sim.kernel.layout import Floats, Integers

__all__ = ["chunk_iterations"]

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


@implements(stepper.open_buffers, NanoSystem)
def open_buffers(
    system: NanoSystem,
    steps: Integers,
    ring: Floats,
    carry: Floats,  # noqa: ARG001 - ring and steps are all that a trajectory goes on from
    chunk: int,
) -> NanoBuffers:
    """Return buffers that continue from the ring, with room for `chunk` iterations."""
    agents, massive = steps.size, system.massive
    # Not zeros: these would touch memory for more steps than most agents take.
    rows = np.empty((agents, HISTORY + chunk, PLANE))
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
    return NanoBuffers(
        rows,
        free,
        initial_draws(
            system.parameters.seed,
            system.parameters.member,
            steps,
            BLOCK if agents == _PAIR else AHEAD,
        ),
        massive_index,
        mu,
        clocks,
        clocks.view(np.int64),
        np.empty((ATTRACTOR_FIELDS, massive.size)),
        np.empty((2, massive.size)),
    )


@implements(stepper.close_buffers, NanoSystem)
def close_buffers(
    system: NanoSystem,  # noqa: ARG001 - another model's carry depends on it
    buffers: NanoBuffers,
    ring: Floats,
    carry: Floats,  # noqa: ARG001
) -> None:
    """Write the newest records to the ring."""
    store_ring(buffers.rows, buffers.free, ring)


@implements(stepper.advance, NanoSystem)
def advance(
    system: NanoSystem, buffers: NanoBuffers, steps: Integers, first: int, count: int
) -> tuple[int, int, int, int]:
    """Compute `count` iterations, numbered from `first`, with the kernel for this many agents.

    Returns the good iterations, the outcome, and the one or two agents that it concerns.
    """
    rows, free = buffers.rows, buffers.free
    if free.size == _PAIR:
        end = advance_two(
            system.mu, system.parameters, rows, free, buffers.draws, steps, first, count
        )
    else:
        end = advance_many(system, buffers, steps, first, count)
    # A state that is not finite never becomes finite again, so the newest is enough.
    for a in range(free.size):
        if not is_finite(rows, a, free[a] - 1):
            agent, iteration = first_divergence(rows, free)
            return iteration - first, DIVERGENCE, agent, agent
    return end

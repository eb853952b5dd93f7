"""What `nbody` brings to the loops that all models share: open buffers, advance, close them.

And a step of another length than the system's.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from sim.jit import implements, inner
from sim.kernel import stepper
from sim.kernel.layout import (
    DIVERGENCE,
    HISTORY,
    ITERATION,
    READ,
    SPACE,
    STEP,
    TIME,
    VX,
    VY,
    VZ,
    X,
    Y,
    Z,
    load_ring,
    store_ring,
)
from sim.models.nbody.kernel.blocks import load_work, store_carry
from sim.models.nbody.kernel.composition import advance_composition
from sim.models.nbody.kernel.gauss_radau import advance_gauss_radau
from sim.models.nbody.kernel.pair import advance_pair
from sim.models.nbody.kernel.system import NBodyBuffers, NBodySystem
from sim.models.nbody.kernel.triple import advance_triple

if TYPE_CHECKING:
    from sim.kernel.layout import Floats, Integers

__all__ = ["advance", "close_buffers", "open_buffers", "partial"]

_PAIR: Final = 2  # agents, which have a loop of their own
_TRIPLE: Final = 3  # massive agents, which have another
_CLOCK: Final = 2  # numbers in NBodyBuffers.clock


@implements(stepper.open_buffers, NBodySystem)
def open_buffers(
    system: NBodySystem,
    steps: Integers,  # noqa: ARG001 - as in all models
    ring: Floats,
    carry: Floats,
    chunk: int,
) -> NBodyBuffers:
    """Return buffers that continue from ring and carry, with room for `chunk` iterations."""
    agents = system.mu.size
    # Not zeros: these would touch memory that is never used.
    rows = np.empty((agents + system.barycentre_of.size, HISTORY + chunk, SPACE))
    for a in range(len(rows)):
        for row in range(HISTORY):
            for column in range(SPACE):
                rows[a, row, column] = 0.0
        for row in range(HISTORY, HISTORY + chunk):
            rows[a, row, STEP] = system.dt  # gauss-radau-15 writes its own
            rows[a, row, READ] = row - 1  # all step together
    load_ring(rows, ring)
    free = np.full(len(rows), HISTORY)
    clock = np.zeros(_CLOCK)
    work = load_work(rows, carry, agents, clock)
    for a in range(agents, len(rows)):
        for row in range(HISTORY - 1):
            rows[a, row, TIME] = rows[0, row, TIME]
    _write_barycentres(system, rows, HISTORY - 1, HISTORY)
    return NBodyBuffers(rows, free, work, clock)


@implements(stepper.advance, NBodySystem)
def advance(
    system: NBodySystem, buffers: NBodyBuffers, steps: Integers, first: int, count: int
) -> tuple[int, int, int, int]:
    """Compute `count` iterations, numbered from `first`; append their rows, count the steps.

    Returns the good iterations, the outcome, and the one or two agents that it concerns.
    """
    rows, free, agents = buffers.rows, buffers.free, system.mu.size
    start = free[0]
    if system.kicks.size == 0:
        end = advance_gauss_radau(system, buffers, first, count)
    elif agents == _PAIR:
        end = advance_pair(system, buffers, first, count)
    elif agents == system.massive.size == _TRIPLE:
        end = advance_triple(system, buffers, first, count)
    else:
        end = advance_composition(system, buffers, first, count)
    for a in range(len(free)):
        free[a] = free[0]
    # A state that is not finite never becomes finite again, so the newest is enough.
    for a in range(agents):
        if not _is_finite(rows, a, free[0] - 1):
            agent, row = _first_divergence(rows, agents, start)
            return row - start, DIVERGENCE, agent, agent
    _write_barycentres(system, rows, start, free[0])
    for a in range(steps.size):
        steps[a] += end[0]
    return end


@implements(stepper.close_buffers, NBodySystem)
def close_buffers(system: NBodySystem, buffers: NBodyBuffers, ring: Floats, carry: Floats) -> None:
    """Write the newest records to the ring, and what else the model goes on from to the carry."""
    store_ring(buffers.rows, buffers.free, ring)
    store_carry(buffers.work, buffers.clock, system.mu.size, carry)


@implements(stepper.partial, NBodySystem)
def partial(system: NBodySystem, ring: Floats, carry: Floats, h: float) -> NBodySystem:
    """Return a system whose iteration 0 goes on from ring and carry by a step of length h.

    The sums keep their carries. `gauss-radau-15` takes h as it is, and predicts nothing.
    """
    agents = system.mu.size
    for a in range(agents):
        ring[a, 0, 0], ring[a, 0, 1], ring[a, 0, 2] = -math.inf, 0.0, h
    for i in range(6 * agents, carry.size):
        carry[i] = 0.0
    if carry.size > 6 * agents:
        carry[carry.size - 1] = h  # the length of the last step, from which it would predict
    return NBodySystem(
        system.primary,
        system.gravity,
        system.chunk,
        system.mu,
        system.massive,
        system.barycentre_of,
        h,
        system.drift_weights * h,
        system.kick_weights * h,
        0.0,
        system.lanes,
        system.drift_weights,
        system.kick_weights,
    )


@inner
def _is_finite(rows: Floats, a: int, row: int) -> bool:
    """Return whether all numbers of a record are finite."""
    # inf - inf and nan - nan are nan.
    total = 0.0
    for column in (TIME, STEP, X, Y, Z, VX, VY, VZ):
        total += rows[a, row, column] - rows[a, row, column]
    finite: bool = total == 0.0
    return finite


@inner
def _first_divergence(rows: Floats, agents: int, row: int) -> tuple[int, int]:
    """Return the agent and the row of the first record, from `row` on, that is not finite."""
    while True:
        for a in range(agents):
            if not _is_finite(rows, a, row):
                return a, row
        row += 1


@inner
def _write_barycentres(system: NBodySystem, rows: Floats, start: int, end: int) -> None:
    """Write the rows of the barycentres: of all massive agents but the one that orbits it.

    Sums are in the scenario's order, of mu*x and of mu; the barycentre is the first over the last.
    """
    mu, massive, barycentre_of = system.mu, system.massive, system.barycentre_of
    for v in range(barycentre_of.size):
        at = mu.size + v
        for row in range(start, end):
            mass = x = y = z = vx = vy = vz = 0.0
            for g in range(massive.size):
                b = massive[g]
                if b == barycentre_of[v]:
                    continue
                mass += mu[b]
                x += mu[b] * rows[b, row, X]
                y += mu[b] * rows[b, row, Y]
                z += mu[b] * rows[b, row, Z]
                vx += mu[b] * rows[b, row, VX]
                vy += mu[b] * rows[b, row, VY]
                vz += mu[b] * rows[b, row, VZ]
            for column in (TIME, STEP, ITERATION, READ):
                rows[at, row, column] = rows[0, row, column]
            rows[at, row, X], rows[at, row, Y], rows[at, row, Z] = x / mass, y / mass, z / mass
            rows[at, row, VX], rows[at, row, VY], rows[at, row, VZ] = (
                vx / mass,
                vy / mass,
                vz / mass,
            )

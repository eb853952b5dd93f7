"""Computes states at times between records, by a step of another length from the record before."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sim.jit import compiled, inner
from sim.kernel.layout import HISTORY, OK, TIME, discard_old_rows
from sim.kernel.stepper import advance, close_buffers, open_buffers, partial

if TYPE_CHECKING:
    from sim.kernel.layout import Floats, Integers, System

__all__ = ["step_to"]


@inner
def _step_from(
    system: System,
    steps: Integers,
    ring: Floats,
    carry: Floats,
    time: float,
    last: Floats,
    kept: Floats,
    state: Floats,
) -> None:
    """Write the records of a step from ring and carry to a time, float64[M, F]; `last` is scratch.

    They are those of the ring where that is at the time, and nan where no step leads there.
    """
    before = ring[0, 0, 1]
    if time == before:
        for a in range(len(ring)):
            state[a] = ring[a, 0]
        return
    last[:] = ring
    kept[:] = carry
    short = partial(system, last, kept, time - before)
    buffers = open_buffers(short, steps, last, kept, 1)
    _, outcome, _, _ = advance(short, buffers, steps, 0, 1)
    if outcome != OK:
        state[:] = math.nan
        return
    close_buffers(short, buffers, last, kept)
    for a in range(len(last)):
        state[a] = last[a, 0]
        state[a, 0] = before
        state[a, 1] = time


@inner
def _within_chunk(
    system: System,
    steps: Integers,
    ring: Floats,
    carry: Floats,
    first: int,
    clocks: Floats,
    times: Floats,
    states: Floats,
) -> None:
    """Write the states at times of a chunk whose iterations end at these clocks."""
    buffers = open_buffers(system, steps, ring, carry, clocks.size)
    going, counted = steps.copy(), steps.copy()
    newest, now = ring.copy(), carry.copy()
    last, kept = ring.copy(), carry.copy()
    at = 0
    for i in range(times.size):
        wanted = at
        while clocks[wanted] <= times[i]:
            wanted += 1
        if wanted > at:
            advance(system, buffers, going, first + at, wanted - at)
            close_buffers(system, buffers, newest, now)
            at = wanted
        _step_from(system, counted, newest, now, times[i], last, kept, states[i])


@compiled
def step_to(
    system: System,
    steps: Integers,
    ring: Floats,
    carry: Floats,
    first: int,
    count: int,
    times: Floats,
    states: Floats,
) -> tuple[int, int, int]:
    """Write the states at ascending times, float64[times, M, F], from `first` on.

    All agents step together. The times are from the ring's clock on, and less than that after
    `count` iterations. Steps, ring and carry are left at the last multiple of the chunk before the
    last time, from which later times may go on.

    Returns the number of iterations before that, how many times were reached, and the outcome.
    """
    going = steps.copy()
    stride = min(system.chunk, count)
    buffers = open_buffers(system, going, ring, carry, stride)
    rows, free = buffers.rows, buffers.free
    done, reached = 0, 0
    while done < count:
        size = min(stride, count - done)
        _, outcome, _, _ = advance(system, buffers, going, first + done, size)
        if outcome != OK:
            return done, reached, outcome
        clocks = rows[0, HISTORY : HISTORY + size, TIME].copy()
        stop = reached
        while stop < times.size and times[stop] < clocks[size - 1]:
            stop += 1
        if stop > reached:
            part = slice(reached, stop)
            _within_chunk(
                system, steps, ring, carry, first + done, clocks, times[part], states[part]
            )
        reached = stop
        if reached == times.size:
            break
        discard_old_rows(rows, free)
        done += size
        close_buffers(system, buffers, ring, carry)
        steps[:] = going
    return done, reached, OK

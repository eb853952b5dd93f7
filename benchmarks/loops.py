"""The kernel's bare pass, compiled: it stores checkpoints and reduces no records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.jit import compiled
from sim.kernel.layout import OK, discard_old_rows
from sim.kernel.stepper import advance, close_buffers, open_buffers

if TYPE_CHECKING:
    from sim.kernel import Floats, Integers, System

__all__ = ["bare_pass"]


@compiled
def bare_pass(
    system: System,
    steps: Integers,
    ring: Floats,
    carry: Floats,
    count: int,
    interval: int,
    checkpoints: Floats,
) -> int:
    """Integrate `count` iterations, with a checkpoint per interval; return the good ones."""
    chunk = min(system.chunk, count, interval)
    buffers = open_buffers(system, steps, ring, carry, chunk)
    rows, free = buffers.rows, buffers.free
    done = 0
    while done < count:
        size = min(chunk, count - done)
        good, outcome, _, _ = advance(system, buffers, steps, done, size)
        if outcome != OK:
            return done + good
        discard_old_rows(rows, free)
        done += good
        if done % interval == 0:
            close_buffers(system, buffers, checkpoints[done // interval - 1], carry)
    close_buffers(system, buffers, ring, carry)
    return done

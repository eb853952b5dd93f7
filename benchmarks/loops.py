"""The kernel's bare pass, compiled: it stores checkpoints and reduces no records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine.kernel.chunk import advance, buffers_of
from sim.engine.kernel.layout import OK, Parameters, discard_old_rows, store_ring
from sim.jit import compiled

if TYPE_CHECKING:
    from sim.engine.kernel import Floats, Integers, System

__all__ = ["bare_pass"]


@compiled
def bare_pass(
    system: System, steps: Integers, ring: Floats, count: int, interval: int, checkpoints: Floats
) -> int:
    """Integrate `count` iterations, with a checkpoint per interval; return the good ones."""
    chunk = min(system.chunk, count, interval)
    buffers = buffers_of(system, steps, ring, chunk)
    parameters = Parameters(
        system.dt_min, system.dt_span, system.epsilon, system.seed, system.member
    )
    mu, rows, free, draws = system.mu, buffers.rows, buffers.free, buffers.draws
    done = 0
    while done < count:
        size = min(chunk, count - done)
        good, outcome, _, _ = advance(
            system, parameters, buffers, mu, rows, free, draws, steps, done, size
        )
        if outcome != OK:
            return done + good
        discard_old_rows(rows, free)
        done += good
        if done % interval == 0:
            store_ring(rows, free, checkpoints[done // interval - 1])
    store_ring(rows, free, ring)
    return done

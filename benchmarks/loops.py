"""The kernel's bare pass, compiled: iterations, checkpoints, and nothing kept of the records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine.kernel.integrate import advance, buffers_of
from sim.engine.kernel.layout import OK, Parameters, discard_old_rows, store_ring
from sim.jit import compiled

if TYPE_CHECKING:
    from sim.engine.kernel import Floats, Integers, System

__all__ = ["bare_pass"]


@compiled
def bare_pass(
    system: System, steps: Integers, ring: Floats, count: int, interval: int, checkpoints: Floats
) -> int:
    """Go over `count` iterations, a ring to `checkpoints` each interval; return the good ones."""
    chunk = min(system.chunk, count, interval)
    buffers = buffers_of(system, steps, ring, chunk)
    parameters = Parameters(system.dt_min, system.dt_span, system.epsilon, system.seed)
    mu, rows, free, draws = system.mu, buffers.rows, buffers.free, buffers.draws
    done = 0
    while done < count:
        good, outcome, _, _ = advance(
            system,
            parameters,
            buffers,
            mu,
            rows,
            free,
            draws,
            steps,
            done,
            min(chunk, count - done),
        )
        if outcome != OK:
            return done + good
        discard_old_rows(rows, free)
        done += good
        if done % interval == 0:
            store_ring(rows, free, checkpoints[done // interval - 1])
    store_ring(rows, free, ring)
    return done

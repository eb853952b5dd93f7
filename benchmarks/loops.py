"""The kernel's bare pass, compiled: iterations, checkpoints, and nothing kept of the records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine.kernel.integrate import advance, lanes_of
from sim.engine.kernel.layout import OK, Pace, forget, lift
from sim.jit import compiled

if TYPE_CHECKING:
    from sim.engine.kernel import Floats, Integers, World

__all__ = ["bare_pass"]


@compiled
def bare_pass(
    world: World, steps: Integers, ring: Floats, count: int, interval: int, checkpoints: Floats
) -> int:
    """Go over `count` iterations, a ring to `checkpoints` each interval; return the good ones."""
    chunk = min(world.chunk, count, interval)
    lanes = lanes_of(world, steps, ring, chunk)
    pace = Pace(world.dt_min, world.dt_span, world.epsilon, world.seed)
    mu, rows, free, draws = world.mu, lanes.rows, lanes.free, lanes.draws
    done = 0
    while done < count:
        good, outcome, _, _ = advance(
            world, pace, lanes, mu, rows, free, draws, steps, done, min(chunk, count - done)
        )
        if outcome != OK:
            return done + good
        forget(rows, free)
        done += good
        if done % interval == 0:
            lift(rows, free, checkpoints[done // interval - 1])
    lift(rows, free, ring)
    return done

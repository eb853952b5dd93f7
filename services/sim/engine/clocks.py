"""The agents' clocks after so many iterations: exact, whatever chooses the steps.

Guarantee: a clock does not depend on how long the propagation is, nor on its stretches. What is
between two checkpoints is integrated again: at most one interval.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.engine.interval_pass import pass_again

if TYPE_CHECKING:
    from sim.engine.archive import Archive
    from sim.kernel import Floats

__all__ = ["clocks_after"]


def clocks_after(archive: Archive, iteration: int) -> Floats:
    """Return the clock of each agent after so many iterations, float64[M]."""
    if iteration == archive.steps:
        return archive.end.clocks
    interval, rest = divmod(iteration, archive.interval)
    if not rest:
        return archive.checkpoint(interval).clocks
    start, coarsest = archive.checkpoint(interval), archive.interval.bit_length() - 1
    return pass_again(archive.trajectory, start, rest, coarsest, coarsest)[0].clocks

"""States at times of agents that step together: by a shorter step from the records before.

Guarantees:

- A state has the same bits whatever other times are asked for with it. At the time of a record it
  is that record.
- Times in ascending order integrate no iteration more than twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim import kernel
from sim.engine.checkpoint import system_of

if TYPE_CHECKING:
    from sim.engine.archive import Archive
    from sim.kernel import Floats

__all__ = ["PartialSteps"]


class PartialSteps:
    """The place that ascending times have come to, from which later ones of its interval go on."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._system = system_of(archive.trajectory)
        self._interval = -1

    def states(self, interval: int, times: Floats) -> Floats:
        """Return float64[times, M, F], the records that end at ascending times of an interval.

        An interval has the times from its start up to the next one's. -1: those before 0, which
        get the initial records; the number of intervals: those from the end on, which get the last
        records at their time and nan beyond it. Also nan where no step leads.
        """
        archive = self._archive
        if interval < 0:
            return _repeated(archive.checkpoint(0).records[:, 0], times.size)
        if interval == archive.intervals:
            found = _repeated(archive.end.records[:, 0], times.size)
            found[times > archive.end.clocks[0]] = np.nan
            return found
        if interval != self._interval:
            start = archive.checkpoint(interval)
            self._interval, self._done = interval, start.iteration
            self._steps, self._ring, self._carry = start.resume()
        return self._stepped(times)

    def _stepped(self, times: Floats) -> Floats:
        archive = self._archive
        end = self._interval * archive.interval + archive.iterations_of(self._interval)
        found = np.empty((times.size, *archive.end.records.shape[::2]))
        done, reached, outcome = kernel.step_to(
            self._system, self._steps, self._ring, self._carry, self._done, end - self._done,
            times, found,
        )  # fmt: skip
        if outcome != kernel.OK or reached < times.size:
            raise AssertionError("A trajectory ends where it was integrated before.")
        self._done += done
        return found


def _repeated(records: Floats, count: int) -> Floats:
    """Return float64[count, M, F] of float64[M, F]."""
    return np.repeat(records[np.newaxis], count, axis=0)

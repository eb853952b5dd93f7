"""A propagation: opened from its stretches, and all that can be asked of it.

Guarantees:

- A propagation of n iterations has the same bits whatever stretches it was opened from: none,
  those of n, or those of a longer run, computed here or elsewhere.
- Records are not kept: `slices` remakes an interval's from its checkpoint, and yields it only if
  it ends in the next one.
- Opening holds the overview and the checkpoints, not the records: some megabytes for 10**8.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import math
from typing import TYPE_CHECKING

from sim.cost_model import stretch_intervals
from sim.engine.archive import Archive
from sim.engine.checkpoint import initial_checkpoint
from sim.engine.diagnostics import statistics
from sim.engine.slices import (
    SliceCache,
    initial_batch,
    make_slice,
    slice_from_bytes,
)
from sim.engine.stretch import Stretch, pass_over
from sim.engine.window import look
from sim.errors import IntegrityError, PropagationFailed
from sim.scenario import NANO, Trajectory

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from sim.engine.figure_data import Frame, Overview
    from sim.scenario import State

__all__ = ["Propagation", "warm"]


class Propagation:
    """The first `steps` iterations of a trajectory, opened from its stretches.

    >>> propagation = Propagation.open(Trajectory(), steps=500)
    >>> propagation.records, propagation.records_by_agent
    (805, {'Planet': 406, 'Satellite': 399})
    """

    def __init__(self, trajectory: Trajectory, steps: int, stretches: Sequence[Stretch]) -> None:
        """Take the stretches that reach to the last complete interval; see `open`."""
        self.trajectory = trajectory
        self.steps = steps
        self._kept = Archive(trajectory, steps, stretches)

    @classmethod
    def open(
        cls, trajectory: Trajectory, steps: int, stretches: Sequence[Stretch] = ()
    ) -> Propagation:
        """Open n iterations from stretches that follow one another, and pass over what they lack.

        Raises PropagationFailed if the trajectory ends before, IntegrityError for stretches of
        another trajectory or with a gap between them.
        """
        if steps < 1:
            raise ValueError("A propagation has at least one step.")
        interval = trajectory.interval
        complete = steps // interval
        taken = _following(trajectory, [s for s in stretches if s.first < max(1, complete)])
        start = taken[-1].tail if taken else initial_checkpoint(trajectory.scenario)
        while (reached := start.iteration // interval) < complete:
            if taken and taken[-1].failure is not None:
                raise PropagationFailed(taken[-1].failure)
            most = stretch_intervals(trajectory.scenario, reached)
            taken.append(pass_over(trajectory, start, min(complete - reached, most)))
            start = taken[-1].tail
        return cls(trajectory, steps, taken)

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """The stretches that it was opened from."""
        return self._kept.stretches

    @property
    def end(self) -> dict[str, State]:
        """Each agent's state after the last iteration, by name."""
        return self._kept.end.states(self.trajectory.scenario)

    @property
    def records_by_agent(self) -> dict[str, int]:
        """How many records each agent has, by name, with the initial one."""
        names = self.trajectory.scenario.names
        return dict(zip(names, (self._kept.end.steps + 1).tolist(), strict=True))

    @property
    def records(self) -> int:
        """How many records there are, with the initial ones."""
        return int((self._kept.end.steps + 1).sum())

    @property
    def nbytes(self) -> int:
        """About how much memory it holds, in bytes."""
        return self._kept.nbytes

    @functools.cached_property
    def checkpoints_checksum(self) -> str:
        """SHA-256 of the checkpoints at each interval's start and of the end."""
        digest = hashlib.sha256()
        for interval in range(self._kept.complete + 1):
            digest.update(self._kept.checkpoint(interval).to_bytes())
        digest.update(self._kept.end.to_bytes())
        return digest.hexdigest()

    def statistics(self) -> dict[str, object]:
        """Return what the orbits were like, by name of each agent that has a primary."""
        return statistics(self.trajectory.scenario, self._kept.tallies())

    def summary(self) -> dict[str, object]:
        """Return what a manifest says of the result."""
        return {
            "steps": self.steps,
            "records": self.records,
            "records_by_agent": self.records_by_agent,
            "intervals": self._kept.complete,
            "checkpoints_checksum": self.checkpoints_checksum,
            "end": {name: state.to_json() for name, state in self.end.items()},
            "statistics": self.statistics(),
        }

    def slices(
        self, t0: float = -math.inf, t1: float = math.inf, cache: SliceCache | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Yield the records that overlap [t0, t1] in the order of computation, by interval.

        The initial records come first where the window reaches before time 0. A cached slice
        is taken if it is intact, and remade from its checkpoint otherwise.
        """
        if t0 < 0.0:
            yield initial_batch(self.trajectory.scenario, self._kept.checkpoint(0))
        for interval in self._kept.overlapping(t0, t1):
            batch = _within(self._slice(interval, cache), t0, t1)
            if batch.num_rows:
                yield batch

    def overview(
        self,
        t0: float | None = None,
        t1: float | None = None,
        pixels: int = 1600,
        frame: Frame = "inertial",
        *,
        agents: int | None = None,
    ) -> Overview:
        """Return what is drawn of a window (None: all of it) on so many pixels.

        Of the first `agents` only, if that is given: a thousand are more than can be drawn.

        From what is kept; or, where a closer look is worth its time, by passing over it once more.
        """
        return look(self._kept, t0, t1, pixels, frame, agents)

    def _slice(self, interval: int, cache: SliceCache | None) -> pa.RecordBatch:
        start, end = self._kept.checkpoint(interval), self._kept.end_of(interval)
        data = cache.get(interval) if cache is not None and interval < self._kept.complete else None
        if data is not None:
            with contextlib.suppress(IntegrityError):
                return slice_from_bytes(self.trajectory, interval, data)
        return make_slice(self.trajectory, start, self._kept.iterations_of(interval), end)


def _following(trajectory: Trajectory, stretches: list[Stretch]) -> list[Stretch]:
    """Return the stretches if each starts where the one before it ends, the first at 0."""
    end = initial_checkpoint(trajectory.scenario)
    for stretch in stretches:
        if stretch.trajectory != trajectory:
            raise IntegrityError("a stretch belongs to another trajectory")
        if stretch.checkpoint(0) != end:
            raise IntegrityError(f"the stretch from interval {stretch.first} does not follow")
        end = stretch.tail
    return stretches


def _within(batch: pa.RecordBatch, t0: float, t1: float) -> pa.RecordBatch:
    """Return the records [t0, t1) of a batch that overlap the window [t0, t1]."""
    starts, ends = batch.column("t0").to_numpy(), batch.column("t1").to_numpy()
    overlap = (ends > t0) & (starts <= t1)
    return batch if overlap.all() else batch.filter(overlap)


def warm() -> None:
    """Load (or compile, once for a machine) every kernel, so that no request waits for it."""
    propagation = Propagation.open(Trajectory(NANO), steps=1)
    for _ in propagation.slices():
        pass
    propagation.overview()

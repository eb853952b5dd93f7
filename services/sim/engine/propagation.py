"""A propagation: the first n iterations of a trajectory, opened from stretches.

Guarantees:

- A propagation of n iterations has the same bits whichever stretches it was opened from: none,
  those of n iterations, or those of a longer run, computed here or elsewhere.
- Records are not stored: `slices` computes those of an interval again from its checkpoint, and
  yields them only if they end in the next checkpoint.
- It holds checkpoints and downsampled data in memory: some megabytes for 10**8 iterations.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import math
from typing import TYPE_CHECKING

import numpy as np

from sim.cost_model import stretch_intervals
from sim.engine.archive import Archive
from sim.engine.checkpoint import initial_checkpoint
from sim.engine.clocks import clocks_after
from sim.engine.diagnostics import last_run_above_zero, statistics
from sim.engine.downsampling import merged_path
from sim.engine.figure_data import SHOWN_AGENTS
from sim.engine.interval_rows import interval_rows, least_rows
from sim.engine.osculation import osculating_orbits
from sim.engine.sampling import MAX_REMADE_S, check_times, every_record, held_rows, states_at
from sim.engine.series import draw_series
from sim.engine.series_data import SERIES, charted, chosen
from sim.engine.slices import (
    SliceCache,
    cached_slice,
    initial_batch,
    make_slice,
)
from sim.engine.stretch import Stretch, pass_over
from sim.engine.system_diagnostics import diagnostics_of, masses_of
from sim.engine.tracks import Tracks, sample_tracks
from sim.engine.watch import Watch
from sim.engine.window import draw_window
from sim.errors import IntegrityError, PropagationFailed, RequestError
from sim.intervals import PATH_BITS, level
from sim.models.table import MODELS
from sim.order import read_until
from sim.scenario import Trajectory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pyarrow as pa

    from sim.engine.checkpoint import Checkpoint
    from sim.engine.figure_data import Frame, Overview
    from sim.engine.interval_rows import IntervalRows
    from sim.engine.series_data import SeriesDocument
    from sim.kernel import Floats, Integers
    from sim.models.model import AnyState
    from sim.order import Until

__all__ = ["Propagation", "warm"]


class Propagation:
    """The first `steps` iterations of a trajectory, opened from its stretches.

    >>> propagation = Propagation.open(Trajectory(), steps=500)
    >>> propagation.records, propagation.records_by_agent
    (805, {'Planet': 406, 'Satellite': 399})
    """

    def __init__(
        self,
        trajectory: Trajectory,
        steps: int,
        stretches: Sequence[Stretch],
        least_level: int = 0,
    ) -> None:
        """Take the stretches that reach the last complete interval; see `open`."""
        self.trajectory = trajectory
        self.steps = steps
        self._archive = Archive(trajectory, steps, stretches, least_level)

    @classmethod
    def open(
        cls,
        trajectory: Trajectory,
        steps: int | None = None,
        stretches: Sequence[Stretch] = (),
        *,
        until: float | None = None,
        least_level: int = 0,
    ) -> Propagation:
        """Open `steps` iterations from consecutive stretches, and integrate the missing ones.

        `until` a time in place of that: as many as every agent's clock needs to reach it. They
        are held at `least_level` at least (`sim.cost_model.opened_level`): figures are then
        coarser, and nothing else changes.

        Raises PropagationFailed if the trajectory ends before, IntegrityError for stretches of
        another trajectory or with a gap between them, RequestError for a time that is not above 0.

        >>> Propagation.open(Trajectory(), until=100.0).steps
        2284
        """
        if (steps is None) == (until is None):
            raise ValueError("A propagation has either a number of steps or a time to reach.")
        if steps is None:
            steps, stretches = _until(trajectory, read_until(until), stretches)
        if steps < 1:
            raise ValueError("A propagation has at least one step.")
        interval = trajectory.interval
        complete = steps // interval
        needed = _consecutive(trajectory, [s for s in stretches if s.first < max(1, complete)])
        start = needed[-1].tail if needed else initial_checkpoint(trajectory.dispersed)
        while (first := start.iteration // interval) < complete:
            if needed and needed[-1].failure is not None:
                raise PropagationFailed(needed[-1].failure)
            most = stretch_intervals(trajectory.scenario, first)
            passed = pass_over(trajectory, start, min(complete - first, most))
            needed.append(passed.coarsened(least_level))
            start = needed[-1].tail
        return cls(trajectory, steps, needed, least_level)

    @property
    def stretches(self) -> tuple[Stretch, ...]:
        """The stretches that it was opened from."""
        return self._archive.stretches

    @property
    def end(self) -> dict[str, AnyState]:
        """Each agent's state after the last iteration, by name."""
        return self._archive.end.states(self.trajectory.scenario)

    @property
    def records_by_agent(self) -> dict[str, int]:
        """The number of records of each agent, by name, including the initial one."""
        names = self.trajectory.scenario.names
        return dict(zip(names, (self._archive.end.steps + 1).tolist(), strict=True))

    @property
    def records(self) -> int:
        """The number of records, including the initial ones."""
        return int((self._archive.end.steps + 1).sum())

    @property
    def nbytes(self) -> int:
        """The approximate size of what it holds in memory, in bytes."""
        return self._archive.nbytes

    @functools.cached_property
    def checkpoints_checksum(self) -> str:
        """SHA-256, in hex, of the checkpoints at each interval's start and at the end."""
        digest = hashlib.sha256()
        for checkpoint in self.checkpoints():
            digest.update(checkpoint.to_bytes())
        return digest.hexdigest()

    def statistics(self) -> dict[str, object]:
        """Return statistics of the orbits, by name of each agent that has a primary."""
        return statistics(self.trajectory.scenario, self._archive.tallies())

    def clocks_after(self, steps: int) -> dict[str, float]:
        """Return each agent's clock after so many of the steps, by name: exactly."""
        clocks = clocks_after(self._archive, steps).tolist()
        return dict(zip(self.trajectory.scenario.names, clocks, strict=True))

    def escape_times(self) -> dict[str, float]:
        """Return the clock of each agent that escapes, by name, at the step of its `unbound_from`.

        Of the first `SHOWN_AGENTS` of `statistics`: for each, up to an interval is computed again.
        """
        tallies, scenario = self._archive.tallies(), self.trajectory.scenario
        orbiting = [a for a, primary in enumerate(scenario.orbited) if primary is not None]
        escapes = ((a, last_run_above_zero(tallies, a)) for a in orbiting[:SHOWN_AGENTS])
        return {
            scenario.names[a]: float(clocks_after(self._archive, step)[a])
            for a, step in escapes
            if step is not None
        }

    def elements(self) -> dict[str, object]:
        """Return the osculating elements at the start and the end, by name, as `statistics`."""
        scenario = self.trajectory.scenario
        start, end = (
            osculating_orbits(
                states,
                scenario.primaries,
                scenario.gravity,
                masses_of(scenario),
                scenario.barycentric,
            )
            for states in self._ends
        )
        return {
            scenario.names[a]: {"start": start[a].to_json(), "end": end[a].to_json()} for a in start
        }

    def system(self) -> dict[str, object]:
        """Return energy, momentum, angular momentum and barycentre of the whole system.

        At the start and at the end, with their largest departures over the samples of the path.
        """
        samples = merged_path(self._archive.system_samples(), level(self.steps, PATH_BITS))
        mu = masses_of(self.trajectory.scenario)
        return diagnostics_of(mu, *self._ends, [samples.states[:, 0]])

    @property
    def _ends(self) -> tuple[Floats, Floats]:
        """The agents' states at the start and at the end, float64[M, F - 1] each."""
        start, end = self._archive.checkpoint(0), self._archive.end
        return start.records[:, 0, 1:], end.records[:, 0, 1:]

    def summary(self) -> dict[str, object]:
        """Return the description of the result that a manifest stores, as JSON."""
        return {
            "steps": self.steps,
            "records": self.records,
            "records_by_agent": self.records_by_agent,
            "intervals": self._archive.complete,
            "checkpoints_checksum": self.checkpoints_checksum,
            "end": {name: state.to_json() for name, state in self.end.items()},
            "statistics": self.statistics(),
            "escape_times": self.escape_times(),
            "elements": self.elements(),
            "system": self.system(),
        }

    def slices(
        self, t0: float = -math.inf, t1: float = math.inf, cache: SliceCache | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Yield the records that overlap [t0, t1] in the order of computation, by interval.

        The initial records come first if the window begins before time 0. A slice comes from the
        cache if it is intact and right there; otherwise it is computed from its checkpoint.
        """
        if t0 < 0.0:
            yield initial_batch(self.trajectory.scenario, self._archive.checkpoint(0))
        for interval in self._archive.overlapping(t0, t1):
            batch = _within(self._slice(interval, cache), t0, t1)
            if batch.num_rows:
                yield batch

    def every(
        self,
        k: int,
        t0: float = -math.inf,
        t1: float = math.inf,
        cache: SliceCache | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """Yield of each agent the records 0, k, 2k, ... that overlap [t0, t1], by interval.

        Raises RequestError unless k is a whole number above 0.
        """
        if type(k) is not int or k < 1:
            raise RequestError("every", "must be a whole number from 1 on.")
        if t0 < 0.0:
            yield initial_batch(self.trajectory.scenario, self._archive.checkpoint(0))
        intervals = self._archive.overlapping(t0, t1)
        for records in every_record(self._archive, k, self._slices(cache), intervals):
            batch = _within(records, t0, t1)
            if batch.num_rows:
                yield batch

    def interval_rows(
        self, t0: float = -math.inf, t1: float = math.inf, k: int = 1
    ) -> list[IntervalRows]:
        """Return where the rows of each interval are among those of `slices`, or of `every`."""

        def count(interval: int) -> int:
            return int(self.interval_records(interval, t0, t1, k).num_rows)

        return interval_rows(self._archive, (t0, t1), k, count)

    def least_rows(self, t0: float = -math.inf, t1: float = math.inf, k: int = 1) -> Integers:
        """Return how many rows of each agent `slices` or `every` yields at least, at once."""
        return least_rows(self._archive, (t0, t1), k)

    def interval_records(
        self, interval: int, t0: float = -math.inf, t1: float = math.inf, k: int = 1
    ) -> pa.RecordBatch:
        """Return those of an interval's records that overlap [t0, t1], every k-th of each agent."""
        made = self._slice(interval, None)
        of = range(interval, interval + 1)
        chosen = [made] if k == 1 else list(every_record(self._archive, k, lambda _: made, of))
        return _within(chosen[0], t0, t1) if chosen else made.slice(0, 0)

    def checkpoints(self) -> Iterator[Checkpoint]:
        """Yield the checkpoints at each interval's start and at the end."""
        for interval in range(self._archive.complete + 1):
            yield self._archive.checkpoint(interval)
        yield self._archive.end

    def states(
        self,
        times: Sequence[float] | Floats,
        cache: SliceCache | None = None,
        *,
        most_s: float = MAX_REMADE_S,
    ) -> Iterator[pa.RecordBatch]:
        """Yield a row for each time and agent: the record that holds the time, or nulls.

        Of agents that step together: the record that ends at the time, by a shorter step if need
        be (`sim.engine.sampling`). Batches of `sim.records.states_schema_of`, in the order of the
        times. Raises RequestError, at once, for times that are not finite or take more than
        `most_s` to be remade.
        """
        wanted = np.asarray(times, np.float64)
        check_times(self._archive, wanted, most_s)
        return states_at(self._archive, wanted, self._slices(cache))

    def states_held_bytes(self, times: Floats) -> int:
        """Estimate the bytes that `states` holds of these times until all are there."""
        return held_rows(self._archive, times) * 8 * len(self.trajectory.scenario.model.columns)

    def _slices(self, cache: SliceCache | None) -> Callable[[int], pa.RecordBatch]:
        return lambda interval: self._slice(interval, cache)

    def overview(
        self,
        t0: float | None = None,
        t1: float | None = None,
        pixels: int = 1600,
        frame: Frame = "inertial",
        *,
        agents: int | None = None,
    ) -> Overview:
        """Return the figure of a window [t0, t1] (None: the start, the end) on so many pixels.

        Of the first `agents` only, if that is given: a thousand are too many for a figure. A
        narrow window is computed again from its checkpoints; a wide one is drawn from the archive.
        """
        return draw_window(self._archive, t0, t1, pixels, frame, agents)

    def tracks(
        self,
        t0: float | None = None,
        t1: float | None = None,
        agents: Sequence[int] | None = None,
        points: int = 2**16,
    ) -> Tracks:
        """Return the states of agents (None: all) in a window, about so many samples in all."""
        chosen = range(self._archive.agents) if agents is None else agents
        return sample_tracks(self._archive, t0, t1, chosen, points)

    def series(
        self,
        t0: float | None = None,
        t1: float | None = None,
        pixels: int = 1024,
        *,
        agents: Sequence[int] | None = None,
        quantities: Sequence[str] = SERIES,
    ) -> SeriesDocument:
        """Return the quantities of some agents over time in a window, on so many pixels.

        `agents` are their numbers in the scenario (None: the first ones with a primary, or else the
        first, as many as a figure shows), `quantities` of `SERIES`. Raises RequestError for an
        agent that there is not.
        """
        scenario = self.trajectory.scenario
        rows = charted(scenario) if agents is None else chosen(scenario, agents)
        return draw_series(self._archive, t0, t1, pixels, rows, quantities)

    def _slice(self, interval: int, cache: SliceCache | None) -> pa.RecordBatch:
        start, end = self._archive.checkpoint(interval), self._archive.end_of(interval)
        data = (
            cache.get(interval) if cache is not None and interval < self._archive.complete else None
        )
        if data is not None:
            with contextlib.suppress(IntegrityError):
                return cached_slice(self.trajectory, interval, data, start, end)
        return make_slice(self.trajectory, start, self._archive.iterations_of(interval), end)


def _until(
    trajectory: Trajectory, condition: Until, stretches: Sequence[Stretch]
) -> tuple[int, Sequence[Stretch]]:
    """Return how many steps reach a time, and the stretches that there are of them now."""
    scenario = trajectory.scenario
    known = scenario.steps_until(condition.time)
    if known is not None:
        return known, stretches
    watch, there = Watch(trajectory, condition), _consecutive(trajectory, list(stretches))
    for stretch in there:
        watch.see(stretch)
    if watch.steps is None:
        start = there[-1].tail if there else initial_checkpoint(trajectory.dispersed)
        most = scenario.most_steps_until(condition.time)
        there += watch.go_on(start, most - start.iteration)
    assert watch.steps is not None  # noqa: S101  # `most` steps reach it
    return watch.steps, there


def _consecutive(trajectory: Trajectory, stretches: list[Stretch]) -> list[Stretch]:
    """Return the stretches if each starts where the previous one ends, the first at 0."""
    end = initial_checkpoint(trajectory.dispersed)
    for stretch in stretches:
        if stretch.trajectory != trajectory:
            raise IntegrityError("a stretch belongs to another trajectory")
        if stretch.checkpoint(0) != end:
            raise IntegrityError(f"the stretch from interval {stretch.first} does not follow")
        end = stretch.tail
    return stretches


def _within(batch: pa.RecordBatch, t0: float, t1: float) -> pa.RecordBatch:
    """Return the records of a batch whose range [t0, t1) overlaps the window [t0, t1]."""
    starts, ends = batch.column("t0").to_numpy(), batch.column("t1").to_numpy()
    overlap = (ends > t0) & (starts <= t1)
    return batch if overlap.all() else batch.filter(overlap)


def warm() -> None:
    """Load every kernel, or compile it once on a machine, so that no request waits for it."""
    for model in MODELS.values():
        propagation = Propagation.open(Trajectory(model.example()), steps=1)
        for _ in propagation.slices():
            pass
        propagation.overview()
        propagation.overview(0.0, 1e-3)
        propagation.series(0.0, 1e-3)
        for _ in propagation.states([1e-3]):
            pass
        propagation.summary()

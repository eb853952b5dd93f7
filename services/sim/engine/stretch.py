"""Stretches: consecutive intervals that one task has integrated, and what is archived of them.

Guarantees:

- A stretch is a pure function of the trajectory and its first checkpoint. Where the intervals are
  divided into stretches changes no bit of their contents.
- `from_bytes` checks what it reads: types, shapes, finite numbers, clocks and step counts that do
  not decrease.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from sim.engine.array_file import ArrayFileError, array_file, read_array_file
from sim.engine.checkpoint import Checkpoint
from sim.engine.diagnostics import empty_tally, part_of
from sim.engine.downsampling import (
    Bins,
    Path,
    bins_by_interval,
    concatenated,
    samples_by_interval,
)
from sim.engine.interval_pass import pass_interval
from sim.engine.system_diagnostics import masses_of, system_samples
from sim.errors import Failure, IntegrityError
from sim.intervals import PATH_BITS, SERIES_BITS, coarsest_level, interval_level
from sim.kernel import ELEMENTS, Floats, Integers, Tally

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sim.scenario import Scenario, Trajectory

__all__ = ["Stretch", "checksum", "pass_over"]


def checksum(data: bytes) -> str:
    """Return the SHA-256 of bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """What is archived of `count` complete intervals from the `first`.

    `steps` int64[count + 1, M], `rings` float64[count + 1, M, D, F] and `carries`
    float64[count + 1, K]: the checkpoints at the intervals' starts, and the tail. `series`
    float64[bins, M, S, 2], `clocks` float64[bins, M] and `path` float64[samples, M, F - 1]: series
    and path, interval after interval, each at its `sim.intervals.interval_level`. `tallies`: the
    diagnostics by interval. `failure`: where the trajectory ends, inside the interval after these.
    `least_level`: no bin and no sample is finer, except where an interval has no coarser one; 0 for
    one that was not `coarsened`. `system` float64[samples, 11]: of a coarsened one, what it had of
    the whole system (`sim.engine.system_diagnostics`) at all samples of its path.
    """

    trajectory: Trajectory
    first: int
    count: int
    steps: Integers
    rings: Floats
    carries: Floats
    series: Floats
    clocks: Floats
    path: Floats
    tallies: Tally
    failure: Failure | None = None
    least_level: int = 0
    system: Floats | None = None

    @property
    def tail(self) -> Checkpoint:
        """The checkpoint at its end, where the next stretch starts."""
        return self.checkpoint(self.count)

    @property
    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """The checkpoints at the starts of its intervals."""
        return tuple(self.checkpoint(i) for i in range(self.count))

    @property
    def records(self) -> tuple[int, ...]:
        """The number of records of each agent."""
        return tuple((self.steps[-1] - self.steps[0]).tolist())

    @property
    def interval_records(self) -> list[int]:
        """The number of records of each interval."""
        counts: list[int] = np.diff(self.steps.sum(axis=1)).tolist()
        return counts

    @property
    def nbytes(self) -> int:
        """The size of its arrays, in bytes."""
        system = 0 if self.system is None else self.system.nbytes
        return system + sum(array.nbytes for array in _arrays(self).values())

    def checkpoint(self, i: int) -> Checkpoint:
        """Return the checkpoint at the start of its i-th interval; the tail for `count`."""
        iteration = (self.first + i) * self.trajectory.interval
        return Checkpoint(iteration, self.steps[i], self.rings[i], self.carries[i])

    def bins(self, start: int, stop: int) -> list[Bins]:
        """Return the series of its intervals [start, stop), in parts of one level each."""
        sizes = self._sizes(SERIES_BITS)
        return [
            Bins(self._level(run.start, SERIES_BITS), self.series[at], self.clocks[at])
            for run, at in _runs(sizes, start, stop)
        ]

    def paths(self, start: int, stop: int) -> list[Path]:
        """Return the path through its intervals [start, stop), in parts of one level each."""
        sizes = self._sizes(PATH_BITS)
        return [
            Path(self._level(run.start, PATH_BITS), self.path[at])
            for run, at in _runs(sizes, start, stop)
        ]

    def system_samples(self, start: int, stop: int) -> list[Path]:
        """Return the system at the samples of its intervals [start, stop), as archived.

        In parts of one level each; the samples have one row, of 11 numbers, in place of agents.
        """
        length = self.trajectory.interval
        sizes = samples_by_interval(self.first, self.count, length)
        first, last = sum(sizes[:start]), sum(sizes[:stop])
        if self.system is None:
            rows = system_samples(masses_of(self.trajectory.scenario), self.path[first:last])
        else:
            rows = self.system[first:last]
        return [
            Path(
                interval_level(self.first + run.start, length, PATH_BITS),
                rows[at.start - first : at.stop - first, np.newaxis],
            )
            for run, at in _runs(sizes, start, stop)
        ]

    def coarsened(self, least_level: int) -> Stretch:
        """Return it with bins and samples that are no finer, to be held in less memory.

        Checkpoints and diagnostics are the same. It can't be stored.
        """
        if least_level <= self.least_level or not self.count:
            return self
        whole = 0, self.count
        series, clocks = concatenated(
            [part.coarser(self._at_least(least_level, SERIES_BITS)) for part in self.bins(*whole)]
        )
        paths = [
            part.coarser(self._at_least(least_level, PATH_BITS)) for part in self.paths(*whole)
        ]
        path = np.concatenate([part.states for part in paths])
        system = np.concatenate([part.states[:, 0] for part in self.system_samples(*whole)])
        return replace(
            self, series=series, clocks=clocks, path=path, least_level=least_level, system=system
        )

    def _sizes(self, bits: int) -> list[int]:
        return [self.trajectory.interval >> self._level(i, bits) for i in range(self.count)]

    def _level(self, i: int, bits: int) -> int:
        archived = interval_level(self.first + i, self.trajectory.interval, bits)
        return max(archived, self._at_least(self.least_level, bits))

    def _at_least(self, least_level: int, bits: int) -> int:
        return min(least_level, coarsest_level(self.trajectory.interval, bits))

    def to_bytes(self) -> bytes:
        """Return it as an array file (`sim.engine.array_file`); ValueError for a coarsened one."""
        if self.least_level:
            raise ValueError("A coarsened stretch has lost what is stored of it.")
        header = {
            "model": self.trajectory.scenario.model.version,
            "digest": self.trajectory.digest,
            "first": self.first,
            "count": self.count,
            "failure": None if self.failure is None else self.failure.to_json(),
        }
        return array_file(header, _arrays(self))

    @classmethod
    def from_bytes(cls, trajectory: Trajectory, data: bytes) -> Stretch:
        """Read what `to_bytes` returned for this trajectory; IntegrityError for anything else."""
        try:
            header, arrays = read_array_file(data)
            first, count = int(header["first"]), int(header["count"])
            failure = header["failure"] and Failure.from_json(header["failure"])
            is_ours = (
                header["model"] == trajectory.scenario.model.version
                and header["digest"] == trajectory.digest
            )
        except (ArrayFileError, KeyError, TypeError, ValueError) as error:
            raise IntegrityError("a stretch cannot be read") from error
        if not is_ours or first < 0 or count < 0:
            raise IntegrityError("a stretch belongs to another trajectory or model")
        return _checked(trajectory, first, count, arrays, failure)


def _arrays(stretch: Stretch) -> dict[str, Floats | Integers]:
    named: dict[str, Floats | Integers] = {
        name: getattr(stretch, name) for name in ("steps", "rings", "series", "clocks", "path")
    }
    if stretch.carries.size:  # what a model without any has stored, had no such array
        named["carries"] = stretch.carries
    return named | stretch.tallies._asdict()


def _shapes(scenario: Scenario, first: int, count: int) -> dict[str, tuple[int, ...]]:
    model, agents = scenario.model, len(scenario.agents)
    bins = sum(bins_by_interval(first, count, scenario.interval))
    samples = sum(samples_by_interval(first, count, scenario.interval))
    return {
        "steps": (count + 1, agents),
        "rings": (count + 1, agents, model.depth, len(model.columns)),
        "carries": (count + 1, scenario.carry_size),
        "series": (bins, agents, model.dimensions + ELEMENTS, 2),
        "clocks": (bins, agents),
        "path": (samples, agents, len(model.columns) - 1),
        "counts": (count, agents),
        "sums": (count, agents, ELEMENTS),
        "extremes": (count, agents, ELEMENTS, 2),
        "when": (count, agents, ELEMENTS, 2),
        "ends": (count, agents, 2, ELEMENTS),
        "unbound": (count, agents, 2),
    }


_INTEGERS: Final = frozenset({"steps", "counts", "when", "unbound"})


def _checked(
    trajectory: Trajectory,
    first: int,
    count: int,
    flat: Mapping[str, np.ndarray[Any, Any]],
    failure: Failure | None,
) -> Stretch:
    """Return the stretch of these flat arrays; raises IntegrityError where they can't be right."""
    shapes = _shapes(trajectory.scenario, first, count)
    arrays: dict[str, Any] = {}
    for name, shape in shapes.items():
        array = flat.get(name) if np.prod(shape) or name != "carries" else np.empty(0)
        dtype = np.int64 if name in _INTEGERS else np.float64
        if array is None or array.dtype != dtype or array.size != np.prod(shape):
            raise IntegrityError(f"a stretch's {name} have another type or shape")
        arrays[name] = array.reshape(shape)
    tallies = Tally(**{name: arrays.pop(name) for name in Tally._fields})
    stretch = Stretch(trajectory, first, count, **arrays, tallies=tallies, failure=failure)
    newest = stretch.rings[:, :, 0]
    if not (np.isfinite(newest[:, :, 1:]).all() and np.isfinite(stretch.path).all()):
        raise IntegrityError("a stretch has states that are not finite")
    if (np.diff(stretch.steps, axis=0) < 0).any() or (np.diff(newest[:, :, 1], axis=0) < 0).any():
        raise IntegrityError("a stretch has clocks that go back")
    return stretch


def _runs(sizes: list[int], start: int, stop: int) -> Iterator[tuple[range, slice]]:
    """Yield runs of intervals of equal size, each with the slice of its bins."""
    at = sum(sizes[:start])
    while start < stop:
        end = start
        while end < stop and sizes[end] == sizes[start]:
            end += 1
        size = sizes[start] * (end - start)
        yield range(start, end), slice(at, at + size)
        start, at = end, at + size


def pass_over(trajectory: Trajectory, start: Checkpoint, intervals: int) -> Stretch:
    """Integrate so many intervals from a checkpoint at an interval's start.

    The stretch is shorter, and has a `failure`, where the trajectory ends before.
    """
    agents, model = len(trajectory.scenario.agents), trajectory.scenario.model
    length = trajectory.interval
    first = start.iteration // length
    checkpoints, bins, paths, tallies = [start], [], [], empty_tally(agents, intervals)
    failure = None
    for i in range(intervals):
        passed = pass_interval(
            trajectory,
            checkpoints[-1],
            length,
            interval_level(first + i, length, SERIES_BITS),
            interval_level(first + i, length, PATH_BITS),
            part_of(tallies, i),
        )
        if isinstance(passed, Failure):
            failure = passed
            break
        end, series, path = passed
        checkpoints.append(end)
        bins.append(series)
        paths.append(path)
    count = len(bins)
    return Stretch(
        trajectory,
        first,
        count,
        steps=np.stack([checkpoint.steps for checkpoint in checkpoints]),
        rings=np.stack([checkpoint.records for checkpoint in checkpoints]),
        carries=np.stack([checkpoint.carry for checkpoint in checkpoints]),
        series=_concatenated([b.series for b in bins], (0, agents, model.dimensions + ELEMENTS, 2)),
        clocks=_concatenated([b.clocks for b in bins], (0, agents)),
        path=_concatenated([p.states for p in paths], (0, agents, len(model.columns) - 1)),
        tallies=part_of(tallies, slice(count)),
        failure=failure,
    )


def _concatenated(parts: list[Floats], empty: tuple[int, ...]) -> Floats:
    return np.concatenate([np.empty(empty), *parts])

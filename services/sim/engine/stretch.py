"""Stretches: the pass over a row of intervals, and the bytes that are kept of it.

Guarantees:

- A pure function of the trajectory and the checkpoint it starts from; where stretches are cut
  changes no bit of what they say together.
- Bytes are an Arrow IPC file, never a pickle. What is read back is checked: types, shapes,
  finite numbers, clocks and iterations that grow.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson
import pyarrow as pa

from sim.engine import kernel
from sim.engine.checkpoint import Checkpoint, reached, world_of
from sim.engine.diagnostics import empty_tally, part_of
from sim.engine.downsampling import Bins, Path, kept_bins, kept_samples
from sim.engine.kernel import (
    DEPTH,
    ELEMENTS,
    FIELDS,
    NO_LINES,
    SERIES,
    Floats,
    Integers,
    Lines,
    Tally,
)
from sim.errors import Failure, FailureReason, IntegrityError
from sim.intervals import PATH_BITS, SERIES_BITS, interval_level
from sim.scenario import MODEL_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sim.scenario import Scenario, Trajectory

__all__ = ["Stretch", "checksum", "failure_of", "pass_interval", "pass_over"]

_REASONS: Final = {
    kernel.COLLISION: FailureReason.COLLISION,
    kernel.DIVERGENCE: FailureReason.DIVERGENCE,
    kernel.STANDSTILL: FailureReason.STANDSTILL,
}


def checksum(data: bytes) -> str:
    """Return the SHA-256 of bytes, in hex."""
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """What is kept of `count` complete intervals from the `first`.

    `steps` int64[count + 1, M] and `rings` float64[count + 1, M, 3, 7]: the checkpoints at the
    intervals' starts, and the tail. `series` float64[bins, M, 5, 2], `clocks` float64[bins, M]
    and `path` float64[samples, M, 6]: the overview, interval after interval, each at the level
    that `sim.intervals.interval_level` says. `tallies`: the diagnostics by interval.
    `failure`: where the trajectory ends, inside the interval after these.
    """

    trajectory: Trajectory
    first: int
    count: int
    steps: Integers
    rings: Floats
    series: Floats
    clocks: Floats
    path: Floats
    tallies: Tally
    failure: Failure | None = None

    @property
    def tail(self) -> Checkpoint:
        """The checkpoint at its end, from which the next stretch goes on."""
        return self.checkpoint(self.count)

    @property
    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """The checkpoints at the starts of its intervals."""
        return tuple(self.checkpoint(i) for i in range(self.count))

    @property
    def records(self) -> tuple[int, ...]:
        """How many records each agent has in it."""
        return tuple((self.steps[-1] - self.steps[0]).tolist())

    @property
    def interval_records(self) -> list[int]:
        """How many records each of its intervals has."""
        counts: list[int] = np.diff(self.steps.sum(axis=1)).tolist()
        return counts

    @property
    def nbytes(self) -> int:
        """The size of its arrays, in bytes."""
        return sum(array.nbytes for array in _arrays(self).values())

    def checkpoint(self, i: int) -> Checkpoint:
        """Return the checkpoint at the start of its i-th interval; the tail's for `count`."""
        iteration = (self.first + i) * self.trajectory.interval
        return Checkpoint(iteration, self.steps[i], self.rings[i])

    def bins(self, start: int, stop: int) -> list[Bins]:
        """Return the series of its intervals from start to before stop, as runs of one level."""
        sizes = kept_bins(self.first, self.count, self.series.shape[1])
        return [
            Bins(self._level(run.start, SERIES_BITS), self.series[at], self.clocks[at])
            for run, at in _runs(sizes, start, stop)
        ]

    def paths(self, start: int, stop: int) -> list[Path]:
        """Return the path through its intervals from start to before stop, likewise."""
        sizes = kept_samples(self.first, self.count, self.path.shape[1])
        return [
            Path(self._level(run.start, PATH_BITS), self.path[at])
            for run, at in _runs(sizes, start, stop)
        ]

    def _level(self, i: int, bits: int) -> int:
        return interval_level(self.first + i, len(self.trajectory.scenario.agents), bits)

    def to_bytes(self) -> bytes:
        """Return it as an Arrow IPC file: a row of arrays, flattened, with zstd."""
        head = {
            "model": MODEL_VERSION,
            "digest": self.trajectory.digest,
            "first": self.first,
            "count": self.count,
            "failure": None if self.failure is None else self.failure.to_json(),
        }
        columns = {
            name: pa.LargeListArray.from_arrays([0, array.size], pa.array(array.ravel()))
            for name, array in _arrays(self).items()
        }
        schema = pa.schema([(name, column.type) for name, column in columns.items()])
        schema = schema.with_metadata({b"stretch": orjson.dumps(head)})
        sink = io.BytesIO()
        options = pa.ipc.IpcWriteOptions(compression="zstd")
        with pa.ipc.new_file(sink, schema, options=options) as writer:
            writer.write_batch(pa.record_batch(list(columns.values()), schema=schema))
        return sink.getvalue()

    @classmethod
    def from_bytes(cls, trajectory: Trajectory, data: bytes) -> Stretch:
        """Read what `to_bytes` returned for this trajectory; IntegrityError for anything else."""
        try:
            with pa.ipc.open_file(pa.BufferReader(data)) as reader:
                head = orjson.loads((reader.schema.metadata or {})[b"stretch"])
                batch = reader.get_batch(0)
                batch.validate(full=True)
                flat = {name: _values(batch, name) for name in batch.schema.names}
            first, count = int(head["first"]), int(head["count"])
            failure = head["failure"] and Failure.from_json(head["failure"])
            is_ours = head["model"] == MODEL_VERSION and head["digest"] == trajectory.digest
        except (
            OSError,
            pa.ArrowException,
            orjson.JSONDecodeError,
            KeyError,
            IndexError,
            TypeError,
            ValueError,
        ) as error:
            raise IntegrityError("a stretch cannot be read") from error
        if not is_ours or first < 0 or count < 0:
            raise IntegrityError("a stretch belongs to another trajectory or model")
        return _checked(trajectory, first, count, flat, failure)


def _arrays(stretch: Stretch) -> dict[str, Floats | Integers]:
    named: dict[str, Floats | Integers] = {
        name: getattr(stretch, name) for name in ("steps", "rings", "series", "clocks", "path")
    }
    return named | stretch.tallies._asdict()


def _values(batch: pa.RecordBatch, name: str) -> np.ndarray[Any, Any]:
    values: np.ndarray[Any, Any] = batch.column(name).flatten().to_numpy(zero_copy_only=True)
    return values


def _shapes(agents: int, first: int, count: int) -> dict[str, tuple[int, ...]]:
    bins, samples = sum(kept_bins(first, count, agents)), sum(kept_samples(first, count, agents))
    return {
        "steps": (count + 1, agents),
        "rings": (count + 1, agents, DEPTH, FIELDS),
        "series": (bins, agents, SERIES, 2),
        "clocks": (bins, agents),
        "path": (samples, agents, FIELDS - 1),
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
    """Return the stretch of flat arrays whose types, shapes and values can be right."""
    shapes = _shapes(len(trajectory.scenario.agents), first, count)
    arrays: dict[str, np.ndarray[Any, Any]] = {}
    for name, shape in shapes.items():
        array = flat.get(name)
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
    """Yield rows of intervals of equal size, and where their bins are."""
    at = sum(sizes[:start])
    while start < stop:
        end = start
        while end < stop and sizes[end] == sizes[start]:
            end += 1
        size = sizes[start] * (end - start)
        yield range(start, end), slice(at, at + size)
        start, at = end, at + size


def pass_over(trajectory: Trajectory, start: Checkpoint, intervals: int) -> Stretch:
    """Pass over so many intervals from a checkpoint at an interval's start.

    The stretch is shorter, and has a `failure`, where the trajectory ends before.
    """
    agents = len(trajectory.scenario.agents)
    iterations = trajectory.interval
    first = start.iteration // iterations
    checkpoints, bins, paths, tallies = [start], [], [], empty_tally(agents, intervals)
    failure = None
    for i in range(intervals):
        passed = pass_interval(
            trajectory,
            checkpoints[-1],
            iterations,
            interval_level(first + i, agents, SERIES_BITS),
            interval_level(first + i, agents, PATH_BITS),
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
        series=_all([b.series for b in bins], (0, agents, SERIES, 2)),
        clocks=_all([b.clocks for b in bins], (0, agents)),
        path=_all([p.states for p in paths], (0, agents, FIELDS - 1)),
        tallies=part_of(tallies, slice(count)),
        failure=failure,
    )


def _all(parts: list[Floats], empty: tuple[int, ...]) -> Floats:
    return np.concatenate([np.empty(empty), *parts])


def pass_interval(
    trajectory: Trajectory,
    start: Checkpoint,
    iterations: int,
    series_level: int,
    path_level: int,
    tally: Tally,
    lines: Lines = NO_LINES,
) -> tuple[Checkpoint, Bins, Path] | Failure:
    """Pass over iterations from a checkpoint, at most an interval; fill the tally, draw the lines.

    Return the checkpoint at the end, the series and the path at the levels asked for; or the
    failure that ends the trajectory before.
    """
    scenario = trajectory.scenario
    steps, ring = start.resume()
    bins = Bins.empty(series_level, iterations, steps.size)
    path = Path.empty(path_level, iterations, steps.size)
    good, *why = kernel.pass_over(
        world_of(trajectory), steps, ring, start.iteration, iterations,
        series_level, bins.series, bins.clocks, path_level, path.states, tally, lines,
    )  # fmt: skip
    if why[0] != kernel.OK:
        return failure_of(scenario, start.iteration + good, *why)
    return reached(scenario, start.iteration + iterations, steps, ring), bins, path


def failure_of(scenario: Scenario, iteration: int, outcome: int, agent: int, other: int) -> Failure:
    """Return what the kernel says of a trajectory's end as a failure with names."""
    names = {
        kernel.COLLISION: (scenario.names[agent], scenario.names[other]),
        kernel.DIVERGENCE: (scenario.names[agent],),
        kernel.STANDSTILL: scenario.names,
    }[outcome]
    return Failure(iteration, names, _REASONS[outcome])

"""What workers do: pure functions of a trajectory and checkpoints, each a second or less.

Dask takes equal arguments for equal results and would remember them; they are submitted as
impure, so that a task that is asked for again is carried out again. Workers preload this module
(`sim.cluster.PRELOAD`): the compiled kernel is there before their first task.
"""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sim import engine
from sim.export import FORMATS, export
from sim.records import initial_records

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from sim.engine import Checkpoint
    from sim.scenario import Trajectory

__all__ = ["SliceWork", "dask_setup", "make_slices", "scout", "write_part"]


class SliceWork(NamedTuple):
    """A slice to be made: from a checkpoint, ending in another if it is a whole interval."""

    interval: int
    start: Checkpoint
    iterations: int
    expected: Checkpoint | None


def dask_setup(_worker: object) -> None:
    """Load the compiled kernel before a worker is there: what Dask calls of a preloaded module."""
    engine.warm()


def scout(trajectory: Trajectory, start: Checkpoint, intervals: int) -> bytes:
    """Return the stretch of so many intervals from `start` on."""
    return engine.pass_over(trajectory, start, intervals).to_bytes()


def make_slices(trajectory: Trajectory, works: Sequence[SliceWork]) -> list[tuple[int, bytes]]:
    """Return slices as they are cached, each with its interval."""
    return [
        (each.interval, engine.slice_to_bytes(trajectory, each.interval, batch))
        for each, batch in zip(works, _batches(trajectory, works), strict=True)
    ]


def write_part(trajectory: Trajectory, works: Sequence[SliceWork], path: str) -> int:
    """Write slices as one Parquet file, the initial state before the first of all.

    Returns its rows. The file is there as a whole or not at all; written again, it is the same.
    """
    rows = 0

    def counted() -> Iterator[pa.RecordBatch]:
        nonlocal rows
        if works[0].interval == 0:
            first = initial_records(trajectory.scenario)
            rows += first.num_rows
            yield first
        for batch in _batches(trajectory, works):
            rows += batch.num_rows
            yield batch

    part = Path(path)
    # Dask may have a task carried out twice at a time: once by a worker that is only out of reach.
    unfinished = part.with_name(f".{part.name}.{uuid.uuid4().hex}.unfinished")
    try:
        with unfinished.open("xb") as file:
            file.writelines(export(counted(), FORMATS["parquet"]))
        unfinished.replace(part)
    finally:
        unfinished.unlink(missing_ok=True)
    return rows


def _batches(trajectory: Trajectory, works: Sequence[SliceWork]) -> Iterator[pa.RecordBatch]:
    for each in works:
        yield engine.make_slice(trajectory, each.start, each.iterations, each.expected)

"""The functions that workers run: pure functions of a trajectory and checkpoints, a second or less.

Dask assumes that equal arguments give equal results, and would reuse these. The driver submits
tasks as impure, so that a repeated task is computed again. Workers preload this module
(`sim.cluster.PRELOAD`), which loads the compiled kernel before their first task.
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

__all__ = ["SliceSpec", "dask_setup", "make_slices", "pass_stretch", "write_part"]


class SliceSpec(NamedTuple):
    """The inputs of a slice: its first checkpoint and, if its interval is complete, the next."""

    interval: int
    start: Checkpoint
    iterations: int
    expected: Checkpoint | None


def dask_setup(_worker: object) -> None:
    """Load the compiled kernel before the worker takes tasks; Dask calls this at a preload."""
    engine.warm()


def pass_stretch(trajectory: Trajectory, start: Checkpoint, intervals: int) -> bytes:
    """Return the bytes of the stretch of so many intervals from `start` on."""
    return engine.pass_over(trajectory, start, intervals).to_bytes()


def make_slices(trajectory: Trajectory, specs: Sequence[SliceSpec]) -> list[tuple[int, bytes]]:
    """Return slices as the cache holds them, each with its interval."""
    return [
        (spec.interval, engine.slice_to_bytes(trajectory, spec.interval, batch))
        for spec, batch in zip(specs, _batches(trajectory, specs), strict=True)
    ]


def write_part(trajectory: Trajectory, specs: Sequence[SliceSpec], path: str) -> int:
    """Write slices as one Parquet file; the part of interval 0 begins with the initial state.

    Returns the number of rows. The file appears complete or not at all; writing it again gives
    the same bytes.
    """
    rows = 0

    def counted() -> Iterator[pa.RecordBatch]:
        nonlocal rows
        if specs[0].interval == 0:
            first = initial_records(trajectory.scenario)
            rows += first.num_rows
            yield first
        for batch in _batches(trajectory, specs):
            rows += batch.num_rows
            yield batch

    part = Path(path)
    # Dask may run a task twice at the same time: a worker that it cannot reach may still run.
    unfinished = part.with_name(f".{part.name}.{uuid.uuid4().hex}.unfinished")
    try:
        with unfinished.open("xb") as file:
            file.writelines(export(counted(), FORMATS["parquet"]))
        unfinished.replace(part)
    finally:
        unfinished.unlink(missing_ok=True)
    return rows


def _batches(trajectory: Trajectory, specs: Sequence[SliceSpec]) -> Iterator[pa.RecordBatch]:
    for spec in specs:
        yield engine.make_slice(trajectory, spec.start, spec.iterations, spec.expected)

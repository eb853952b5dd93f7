"""The functions that workers run: pure functions of a trajectory and checkpoints, a second or less.

Dask assumes that equal arguments give equal results, and would reuse these. The driver submits
tasks as impure, so that a repeated task is computed again. Workers preload this module
(`sim.cluster.PRELOAD`), which loads the compiled kernel before their first task.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from sim import engine
from sim.ensemble.block import Block, compute_block
from sim.ensemble.nominal import Nominal, nominal_of
from sim.errors import OutputError
from sim.export import FORMATS, export
from sim.export.metadata import Chosen, Metadata, described
from sim.export.whole_file import unfinished_path
from sim.records import initial_records, schema_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pyarrow as pa

    from sim.engine import Checkpoint
    from sim.scenario import PropagationRequest, Trajectory

__all__ = [
    "EnsembleInputs",
    "MadeBlock",
    "SliceSpec",
    "WrittenPart",
    "dask_setup",
    "ensemble_inputs",
    "make_block",
    "make_nominal",
    "make_slices",
    "pass_stretch",
    "write_part",
]


class SliceSpec(NamedTuple):
    """The inputs of a slice: its first checkpoint and, if its interval is complete, the next."""

    interval: int
    start: Checkpoint
    iterations: int
    expected: Checkpoint | None


class EnsembleInputs(NamedTuple):
    """What all blocks of an ensemble have in common."""

    request: PropagationRequest
    nominal: Nominal


class MadeBlock(NamedTuple):
    """A block that `make_block` has computed: its bytes, and seconds of the processor."""

    data: bytes
    seconds: float


class WrittenPart(NamedTuple):
    """A file that `write_part` has written: its name in the folder, and what it holds."""

    unfinished: str
    rows: int
    bytes: int
    sha256: str


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


def ensemble_inputs(request: PropagationRequest, nominal: bytes) -> EnsembleInputs:
    """Return the inputs of an ensemble's blocks, which a worker reads once."""
    return EnsembleInputs(request, Nominal.from_bytes(request, nominal))


def make_nominal(request: PropagationRequest) -> bytes:
    """Return the bytes of an ensemble's nominal trajectory."""
    return nominal_of(request).to_bytes()


def make_block(
    inputs: EnsembleInputs, first: int, count: int, start: tuple[int, bytes] | None
) -> MadeBlock:
    """Return the block of so many members.

    `start` is the same block of fewer steps: how many, and its bytes.
    """
    request, nominal = inputs
    earlier = None
    if start is not None:
        steps, data = start
        earlier = Block.from_bytes(replace(request, steps=steps), data)
    block = compute_block(request, nominal, first, count, earlier)
    return MadeBlock(block.to_bytes(), block.seconds)


def write_part(request: PropagationRequest, specs: Sequence[SliceSpec], folder: str) -> WrittenPart:
    """Write slices as one Parquet file; the part of interval 0 begins with the initial state.

    The file gets a name of its own in the folder; the driver, which knows whether it still wants
    it, gives it the name of its part. So a task that Dask runs twice (a worker that it cannot reach
    may still run) disturbs nothing. Writing it again gives the same bytes. Raises OutputError.
    """
    rows, size, digest, trajectory = 0, 0, hashlib.sha256(), request.trajectory

    def counted() -> Iterator[pa.RecordBatch]:
        nonlocal rows
        if specs[0].interval == 0:
            first = initial_records(trajectory.dispersed)
            rows += first.num_rows
            yield first
        for batch in _batches(trajectory, specs):
            rows += batch.num_rows
            yield batch

    path = unfinished_path(Path(folder))
    iterations = sum(spec.iterations for spec in specs)
    chosen = Chosen(interval=specs[0].interval, iterations=iterations)
    schema = described(
        schema_of(trajectory.scenario.model), Metadata(request=request, chosen=chosen)
    )
    try:
        with path.open("xb") as file:
            for piece in export(counted(), FORMATS["parquet"], schema):
                file.write(piece)
                digest.update(piece)
                size += len(piece)
    except BaseException as error:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise OutputError(folder, error.strerror or str(error)) from error
        raise
    return WrittenPart(path.name, rows, size, digest.hexdigest())


def _batches(trajectory: Trajectory, specs: Sequence[SliceSpec]) -> Iterator[pa.RecordBatch]:
    for spec in specs:
        yield engine.make_slice(trajectory, spec.start, spec.iterations, spec.expected)

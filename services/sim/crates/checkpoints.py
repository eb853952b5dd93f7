"""The checkpoints of a run as a table: a row for each, with all its bits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa

from sim.export.columnar import write_parquet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sim.engine import Checkpoint

__all__ = ["CHECKPOINT_ROWS", "SCHEMA", "checkpoint_batches", "written_checkpoints"]

CHECKPOINT_ROWS: Final = 256
"""In a batch: of a thousand agents a row has 100 kB."""

SCHEMA: Final = pa.schema(
    [
        pa.field("iteration", pa.int64(), nullable=False),
        pa.field("steps", pa.list_(pa.int64()), nullable=False),
        pa.field("records", pa.list_(pa.float64()), nullable=False),
        pa.field("carry", pa.list_(pa.float64()), nullable=False),
    ]
)
"""`steps` of each agent; its newest `records`, the newest first, agent by agent; and what else the
model goes on from (`sim.engine.checkpoint`)."""


def written_checkpoints(checkpoints: Iterable[Checkpoint]) -> Iterator[bytes]:
    """Yield the pieces of a Parquet file with these checkpoints."""
    return write_parquet(checkpoint_batches(checkpoints), SCHEMA)


def checkpoint_batches(checkpoints: Iterable[Checkpoint]) -> Iterator[pa.RecordBatch]:
    """Yield the rows of these checkpoints."""
    held: list[Checkpoint] = []
    for checkpoint in checkpoints:
        held.append(checkpoint)
        if len(held) == CHECKPOINT_ROWS:
            yield _batch(held)
            held = []
    if held:
        yield _batch(held)


def _batch(checkpoints: list[Checkpoint]) -> pa.RecordBatch:
    columns = [
        [checkpoint.iteration for checkpoint in checkpoints],
        [checkpoint.steps for checkpoint in checkpoints],
        [checkpoint.records.ravel() for checkpoint in checkpoints],
        [checkpoint.carry.ravel() for checkpoint in checkpoints],
    ]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)

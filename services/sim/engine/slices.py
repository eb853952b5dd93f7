"""Slices: the records of an interval, computed again from its checkpoint.

Guarantees: a slice is right, bit for bit, or there is none. Computed records are accepted only if
they end in the next checkpoint. Cached bytes are accepted only with their own checksum, for the
interval and the trajectory that they were made for, and only if each agent has as many records in
them as the checkpoints say and its last one is that of the next checkpoint.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np
import pyarrow as pa

from sim import kernel
from sim.engine.checkpoint import checkpoint_at, system_of
from sim.engine.interval_pass import failure_of
from sim.errors import IntegrityError, PropagationFailed
from sim.records import schema_of

if TYPE_CHECKING:
    from sim.engine.checkpoint import Checkpoint
    from sim.scenario import Scenario, Trajectory

__all__ = [
    "SliceCache",
    "cached_slice",
    "initial_batch",
    "make_slice",
    "slice_from_bytes",
    "slice_to_bytes",
]

_DIGEST_SIZE: Final = hashlib.sha256().digest_size


class SliceCache(Protocol):
    """A cache of the slices of one trajectory, as bytes, by interval."""

    def get(self, interval: int) -> bytes | None:
        """Return the bytes of a slice, or None if the cache does not have them."""
        ...


def make_slice(
    trajectory: Trajectory, start: Checkpoint, iterations: int, expected: Checkpoint | None
) -> pa.RecordBatch:
    """Return the records of so many iterations from a checkpoint, at most an interval.

    The columns are those of `sim.records.schema_of`; rows are in the order of computation. Raises
    IntegrityError if the records don't end in the expected checkpoint, PropagationFailed if the
    trajectory ends.
    """
    scenario = trajectory.scenario
    steps, ring, carry = start.resume()
    size = iterations * steps.size
    if expected is not None:
        size = min(size, max(0, int((expected.steps - start.steps).sum())) + steps.size)
    agents, values = _allocate(size, len(scenario.model.columns))
    good, outcome, *concerned, count = kernel.emit(
        system_of(trajectory), steps, ring, carry, start.iteration, iterations, agents, values
    )
    if outcome != kernel.OK:
        failure = failure_of(scenario, start.iteration + good, outcome, *concerned)
        raise PropagationFailed(failure)
    end = start.iteration + iterations
    if expected is not None and checkpoint_at(scenario, end, steps, ring, carry) != expected:
        raise IntegrityError(f"the records up to iteration {end} do not end in its checkpoint")
    return _batch(scenario, agents[:count], values[:, :count])


def _allocate(
    size: int, columns: int
) -> tuple[np.ndarray[Any, np.dtype[np.int16]], np.ndarray[Any, np.dtype[np.float64]]]:
    """Return arrays for so many records, int16[size] and float64[columns, size], of Arrow's memory.

    Arrow reuses that memory for the next slice. Memory from malloc was interleaved with small
    allocations of the Parquet writer and could not be returned: 45 MB more after 40,000,000
    records.
    """
    agents = np.frombuffer(pa.allocate_buffer(2 * size), np.int16)
    values = np.frombuffer(pa.allocate_buffer(8 * columns * size), np.float64)
    return agents, values.reshape(columns, size)


def _batch(
    scenario: Scenario,
    agents: np.ndarray[tuple[int], np.dtype[np.int16]],
    values: np.ndarray[tuple[int, int], np.dtype[np.float64]],
) -> pa.RecordBatch:
    names = pa.array(scenario.names, pa.string())
    columns = [pa.DictionaryArray.from_arrays(pa.array(agents), names)]
    columns += [pa.array(column) for column in values]
    return pa.RecordBatch.from_arrays(columns, schema=schema_of(scenario.model))


def initial_batch(scenario: Scenario, start: Checkpoint) -> pa.RecordBatch:
    """Return the records at the start of a trajectory: one per agent, with t0 = -inf."""
    agents = np.arange(len(scenario.agents), dtype=np.int16)
    return _batch(scenario, agents, np.ascontiguousarray(start.records[:, 0].T))


def slice_to_bytes(trajectory: Trajectory, interval: int, batch: pa.RecordBatch) -> bytes:
    """Return a slice as an Arrow IPC stream, after the SHA-256 of its place and its bytes."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    body: bytes = sink.getvalue().to_pybytes()
    return _digest(trajectory, interval, body) + body


def slice_from_bytes(trajectory: Trajectory, interval: int, data: bytes) -> pa.RecordBatch:
    """Read what `slice_to_bytes` returned for this place; IntegrityError for anything else."""
    digest, body = data[:_DIGEST_SIZE], memoryview(data)[_DIGEST_SIZE:]
    if digest != _digest(trajectory, interval, body):
        raise IntegrityError(f"the cached slice of interval {interval} is not what was written")
    with pa.ipc.open_stream(pa.py_buffer(body)) as reader:
        return reader.read_next_batch()


def cached_slice(
    trajectory: Trajectory, interval: int, data: bytes, start: Checkpoint, end: Checkpoint
) -> pa.RecordBatch:
    """Read the cached slice between two checkpoints; IntegrityError for anything else."""
    try:
        batch = slice_from_bytes(trajectory, interval, data)
        batch.validate(full=True)
        fits = _fits(trajectory.scenario, batch, start, end)
    except IntegrityError:
        raise
    except Exception as error:  # foreign bytes: whatever goes wrong, remake the slice
        raise IntegrityError(f"the cached slice of interval {interval} can't be read") from error
    if not fits:
        raise IntegrityError(f"the cached slice of interval {interval} contradicts its checkpoints")
    return batch


def _fits(scenario: Scenario, batch: pa.RecordBatch, start: Checkpoint, end: Checkpoint) -> bool:
    """Whether each agent has its number of records in a batch, the last being the checkpoint's."""
    if not batch.schema.equals(schema_of(scenario.model)) or any(
        column.null_count for column in batch.columns
    ):
        return False
    if batch.column("agent").dictionary.to_pylist() != list(scenario.names):
        return False
    agents = batch.column("agent").indices.to_numpy()
    expected = end.steps - start.steps
    if not np.array_equal(np.bincount(agents, minlength=expected.size), expected):
        return False
    last = np.zeros(expected.size, np.int64)
    last[agents] = np.arange(agents.size)  # of equal indices the last one is assigned
    stepped = np.flatnonzero(expected)
    columns = [batch.column(name).to_numpy()[last[stepped]] for name in scenario.model.columns]
    return bool(np.stack(columns, axis=1).tobytes() == end.records[stepped, 0].tobytes())


def _digest(trajectory: Trajectory, interval: int, body: bytes | memoryview) -> bytes:
    place = f"{trajectory.scenario.model.version}/{trajectory.digest}/{interval}\n"
    return hashlib.sha256(place.encode() + bytes(body)).digest()

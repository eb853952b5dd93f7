from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sim import NANO, Trajectory
from sim.engine import (
    initial_checkpoint,
    make_slice,
    slice_from_bytes,
    slice_to_bytes,
    slices,
)
from sim.engine.slices import cached_slice
from sim.errors import IntegrityError
from tests.nano_records import SCHEMA
from tests.unit.sim.engine.damage import DAMAGE, damaged
from tests.unit.sim.engine.samples import stretches_of

if TYPE_CHECKING:
    from collections.abc import Callable

TRAJECTORY = Trajectory(NANO, seed=7)


def test_a_slice_that_does_not_end_in_its_checkpoint_is_refused() -> None:
    stretch, other = (stretches_of(Trajectory(seed=seed), 1)[0] for seed in (0, 1))
    start, interval = stretch.checkpoints[0], stretch.trajectory.interval
    assert make_slice(stretch.trajectory, start, interval, stretch.tail).num_rows > interval
    with pytest.raises(IntegrityError):
        make_slice(stretch.trajectory, start, interval, other.tail)


def test_a_slice_is_bound_to_its_bytes_and_its_place() -> None:
    trajectory = Trajectory()
    batch = make_slice(trajectory, initial_checkpoint(NANO), 100, None)
    data = slice_to_bytes(trajectory, 4, batch)
    assert slice_from_bytes(trajectory, 4, data).equals(batch)
    for altered in (data[:-1], data[:60] + bytes([data[60] ^ 1]) + data[61:], b""):
        with pytest.raises(IntegrityError):
            slice_from_bytes(trajectory, 4, altered)
    with pytest.raises(IntegrityError):
        slice_from_bytes(trajectory, 5, data)
    with pytest.raises(IntegrityError):
        slice_from_bytes(Trajectory(seed=1), 4, data)


@cache
def slice_bytes() -> bytes:
    batch = make_slice(TRAJECTORY, initial_checkpoint(NANO), 1_000, None)
    return slice_to_bytes(TRAJECTORY, 0, batch)


@given(DAMAGE)
def test_a_damaged_slice_is_refused(damage: tuple[str, float, bytes]) -> None:
    altered = damaged(slice_bytes(), *damage)
    assume(altered != slice_bytes())
    with pytest.raises(IntegrityError):
        slice_from_bytes(TRAJECTORY, 0, altered)


@given(st.binary(max_size=2_000))
def test_bytes_that_never_were_a_slice_are_refused(noise: bytes) -> None:
    with pytest.raises(IntegrityError):
        slice_from_bytes(TRAJECTORY, 0, noise)


def emptied(batch: pa.RecordBatch) -> pa.RecordBatch:
    return batch.slice(0, 0)


def without_the_last(batch: pa.RecordBatch) -> pa.RecordBatch:
    return batch.slice(0, batch.num_rows - 1)


def with_another_end(batch: pa.RecordBatch) -> pa.RecordBatch:
    x = batch.column("x").to_numpy().copy()
    x[-1] += 1e-9
    return replaced(batch, "x", pa.array(x))


def of_other_agents(batch: pa.RecordBatch) -> pa.RecordBatch:
    names = pa.array(["Planet", "Moon"])
    agents = pa.DictionaryArray.from_arrays(batch.column("agent").indices, names)
    return replaced(batch, "agent", agents)


def of_agents_that_do_not_exist(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Arrow writes an index beyond its dictionary, and reads it unless it is asked to check."""
    indices = batch.column("agent").indices.to_numpy().copy()
    indices[5] = 900
    dictionary = batch.column("agent").dictionary
    agents = pa.DictionaryArray.from_arrays(pa.array(indices), dictionary, safe=False)
    return replaced(batch, "agent", agents)


def replaced(batch: pa.RecordBatch, name: str, column: pa.Array) -> pa.RecordBatch:
    columns = [column if one == name else batch.column(one) for one in SCHEMA.names]
    return pa.RecordBatch.from_arrays(columns, schema=SCHEMA)


def sealed(body: bytes) -> bytes:
    """Bytes with the checksum that a slice of interval 0 would have."""
    return slices._digest(TRAJECTORY, 0, body) + body  # noqa: SLF001  # what a forger would compute


@pytest.mark.parametrize(
    "change",
    [
        emptied,
        without_the_last,
        with_another_end,
        of_other_agents,
        of_agents_that_do_not_exist,
    ],
    ids=lambda one: one.__name__,
)
def test_a_sealed_slice_that_contradicts_its_checkpoints_is_refused(
    change: Callable[[pa.RecordBatch], pa.RecordBatch],
) -> None:
    stretch = stretches_of(TRAJECTORY, 1)[0]
    start, end = stretch.checkpoint(0), stretch.tail
    batch = make_slice(TRAJECTORY, start, TRAJECTORY.interval, end)
    whole = slice_to_bytes(TRAJECTORY, 0, batch)
    assert cached_slice(TRAJECTORY, 0, whole, start, end).equals(batch)
    with pytest.raises(IntegrityError):
        cached_slice(TRAJECTORY, 0, slice_to_bytes(TRAJECTORY, 0, change(batch)), start, end)


def test_a_right_slice_is_taken_from_the_cache_also_of_agents_that_no_other_reads() -> None:
    planet, satellite = NANO.agents
    slow = replace(satellite, name="Slow", state=replace(satellite.state, time_step=900.0))
    trajectory = Trajectory(replace(NANO, agents=(satellite, planet, slow), dt_span=0.0))
    first, second = stretches_of(trajectory, 1, 1)
    for stretch in (first, second):
        start, end = stretch.checkpoint(0), stretch.tail
        batch = make_slice(trajectory, start, trajectory.interval, end)
        data = slice_to_bytes(trajectory, stretch.first, batch)
        assert cached_slice(trajectory, stretch.first, data, start, end).equals(batch)


def test_a_sealed_slice_without_a_batch_or_with_anything_else_is_refused() -> None:
    stretch = stretches_of(TRAJECTORY, 1)[0]
    start, end = stretch.checkpoint(0), stretch.tail
    no_batch, other_schema = pa.BufferOutputStream(), pa.BufferOutputStream()
    with pa.ipc.new_stream(no_batch, SCHEMA):
        pass
    with pa.ipc.new_stream(other_schema, pa.schema([("a", pa.int8())])) as writer:
        writer.write_batch(pa.record_batch([pa.array([1], pa.int8())], names=["a"]))
    streams = [stream.getvalue().to_pybytes() for stream in (no_batch, other_schema)]
    for body in (*streams, b"", b"nonsense", streams[0][:40]):
        with pytest.raises(IntegrityError):
            cached_slice(TRAJECTORY, 0, sealed(body), start, end)

"""Stretches, and records in forms that compare bit for bit."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from sim.engine import Stretch, initial_checkpoint, pass_over
from tests.nano_records import NUMBERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sim import Trajectory
    from sim.reference import Record


def rows(batches: Iterable[pa.RecordBatch]) -> list[tuple[Any, ...]]:
    table = pa.Table.from_batches(list(batches))
    agents = table["agent"].combine_chunks().indices.to_pylist()
    return list(zip(agents, *(table[name].to_pylist() for name in NUMBERS), strict=True))


def row(record: Record) -> tuple[Any, ...]:
    s = record.state
    return (record.agent, record.t0, record.t1, s.time_step, s.x, s.y, s.vx, s.vy)


def bits(many: Iterable[tuple[Any, ...]]) -> bytes:
    """All numbers, as their bits: so that -0.0 is not 0.0."""
    return np.array([list(row) for row in many], np.float64).tobytes()


def raw(batches: Iterable[pa.RecordBatch]) -> bytes:
    """The bits of many records, quickly."""
    table = pa.Table.from_batches(list(batches)).combine_chunks()
    columns = [table["agent"].chunk(0).indices, *(table[name].chunk(0) for name in NUMBERS)]
    return b"".join(column.to_numpy().tobytes() for column in columns)


_pass_over = functools.lru_cache(maxsize=64)(pass_over)  # it is pure: equal pieces are made once


def stretches_of(trajectory: Trajectory, *counts: int) -> list[Stretch]:
    """Return consecutive stretches of so many intervals each, from the start of the trajectory."""
    start, made = initial_checkpoint(trajectory.scenario), []
    for count in counts:
        made.append(_pass_over(trajectory, start, count))
        start = made[-1].tail
    return made

"""Records that were never propagated: what exports have to cope with."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tests.nano_records import NUMBERS, SCHEMA

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["NUMBERS", "batch_of", "initial", "many"]


def batch_of(names: Sequence[str], rows: Sequence[tuple[str, Sequence[float]]]) -> pa.RecordBatch:
    """Return records from (agent, numbers)."""
    indices = pa.array([names.index(name) for name, _ in rows], pa.int16())
    columns = [pa.array([numbers[i] for _, numbers in rows], pa.float64()) for i in range(7)]
    agents = pa.DictionaryArray.from_arrays(indices, pa.array(list(names)))
    return pa.record_batch([agents, *columns], schema=SCHEMA)


def initial(names: Sequence[str]) -> pa.RecordBatch:
    """Return the rows of the initial state."""
    return batch_of(names, [(name, [-math.inf, 0.0, 0.01, 0.0, 0.1, -0.0, 1.0]) for name in names])


def many(rows: int, agents: int = 2, seed: int = 0) -> pa.RecordBatch:
    """Return so many records of a random walk in all columns but the agent's."""
    random = np.random.default_rng(seed)
    names = ["Planet", "Satellite", *(f"Agent {i}" for i in range(2, agents))][:agents]
    of = pa.array(random.integers(0, agents, rows).astype(np.int16))
    columns = [pa.array(np.cumsum(random.normal(size=rows))) for _ in NUMBERS]
    return pa.record_batch(
        [pa.DictionaryArray.from_arrays(of, pa.array(names)), *columns], schema=SCHEMA
    )

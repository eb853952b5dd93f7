"""Records as Arrow batches: the schema of slices and of all exports, by model.

Guarantees:

- Rows are in the order of computation. `agent` is a dictionary of all names in the scenario's
  order, so its indices are the agents' numbers in every batch.
- The initial state is one row per agent with `t0 = -inf`, before all others.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from sim.models.model import Model, Scenario

__all__ = ["initial_records", "schema_of", "states_schema_of"]


@functools.cache
def schema_of(model: Model) -> pa.Schema:
    """Return the schema of a batch of records: agent, and the model's columns of doubles.

    int16 is enough for the 1,000 agents of a scenario; `t1` is the state's `time`.
    """
    return pa.schema(
        [
            pa.field("agent", pa.dictionary(pa.int16(), pa.string()), nullable=False),
            *(pa.field(name, pa.float64(), nullable=False) for name in model.columns),
        ]
    )


@functools.cache
def states_schema_of(model: Model) -> pa.Schema:
    """Return the schema of states at times: the time, and the record that holds it, or nulls."""
    records = schema_of(model)
    return pa.schema(
        [
            pa.field("t", pa.float64(), nullable=False),
            records.field("agent"),
            *(records.field(name).with_nullable(nullable=True) for name in model.columns),
        ]
    )


def initial_records(scenario: Scenario) -> pa.RecordBatch:
    """Return the records at the start of a trajectory: each agent's initial state, t0 = -inf.

    >>> from sim.scenario import NANO
    >>> initial_records(NANO).select(["agent", "t0", "t1", "y"]).to_pylist()[1]
    {'agent': 'Satellite', 't0': -inf, 't1': 0.0, 'y': 1.0}
    """
    numbers = [(-math.inf, *state.to_json().values()) for state in scenario.initial_states]
    indices = pa.array(range(len(numbers)), pa.int16())
    agents = pa.DictionaryArray.from_arrays(indices, pa.array(scenario.names, pa.string()))
    columns = [pa.array(column, pa.float64()) for column in zip(*numbers, strict=True)]
    return pa.record_batch([agents, *columns], schema=schema_of(scenario.model))

"""Records as Arrow batches: the schema of slices and of all exports.

Guarantees:

- Rows are in the order of computation. `agent` is a dictionary of all names in the scenario's
  order, so its indices are the agents' numbers in every batch.
- The initial state is one row per agent with `t0 = -inf`, before all others.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import pyarrow as pa

if TYPE_CHECKING:
    from sim.scenario import Scenario

__all__ = ["NUMBERS", "SCHEMA", "STATES_SCHEMA", "initial_records"]

NUMBERS: Final = ("t0", "t1", "timeStep", "x", "y", "vx", "vy")
"""The columns of doubles; `t1` is the state's `time`."""

SCHEMA: Final[pa.Schema] = pa.schema(
    [
        pa.field("agent", pa.dictionary(pa.int16(), pa.string()), nullable=False),
        *(pa.field(name, pa.float64(), nullable=False) for name in NUMBERS),
    ]
)
"""The schema of a batch of records; int16 is enough for the 1,000 agents of a scenario."""

STATES_SCHEMA: Final[pa.Schema] = pa.schema(
    [
        pa.field("t", pa.float64(), nullable=False),
        SCHEMA.field("agent"),
        *(SCHEMA.field(name).with_nullable(True) for name in NUMBERS),  # noqa: FBT003 - Arrow's own signature
    ]
)
"""The schema of a batch of states at times: the time, and the record that holds it, or nulls."""


def initial_records(scenario: Scenario) -> pa.RecordBatch:
    """Return the records at the start of a trajectory: each agent's initial state, t0 = -inf.

    >>> from sim.scenario import NANO
    >>> initial_records(NANO).select(["agent", "t0", "t1", "y"]).to_pylist()[1]
    {'agent': 'Satellite', 't0': -inf, 't1': 0.0, 'y': 1.0}
    """
    states = [agent.state for agent in scenario.agents]
    numbers = [
        (-math.inf, state.time, state.time_step, state.x, state.y, state.vx, state.vy)
        for state in states
    ]
    indices = pa.array(range(len(states)), pa.int16())
    agents = pa.DictionaryArray.from_arrays(indices, pa.array(scenario.names, pa.string()))
    columns = [pa.array(column, pa.float64()) for column in zip(*numbers, strict=True)]
    return pa.record_batch([agents, *columns], schema=SCHEMA)

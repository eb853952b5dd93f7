"""Records as Arrow batches: the one schema that slices have and exports start from.

Guarantees:

- Rows are in the order of computation; `agent` is a dictionary of all the scenario's names in
  the scenario's order, so its indices are the agents' numbers, in every batch alike.
- The initial state is one row per agent with `t0 = -inf`, before all others.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

__all__ = ["NUMBERS", "SCHEMA"]

NUMBERS: Final = ("t0", "t1", "timeStep", "x", "y", "vx", "vy")
"""The columns of doubles; `t1` is the state's `time`."""

SCHEMA: Final[pa.Schema] = pa.schema(
    [
        pa.field("agent", pa.dictionary(pa.int16(), pa.string()), nullable=False),
        *(pa.field(name, pa.float64(), nullable=False) for name in NUMBERS),
    ]
)
"""What a batch of records looks like; 16 bits hold the 1,000 agents a scenario may have."""

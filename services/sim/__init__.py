"""The propagation engine: scenarios go in, records come out, with the same bits everywhere.

>>> from sim import NANO, Propagation, Trajectory, simulate
>>> end = Propagation.open(Trajectory(), steps=500).end
>>> simulate(NANO, seed=0, steps=500)[-1].state in end.values()
True

Importing it is cheap: the engine (numba, Arrow) is imported at the first use of `Propagation`,
nothing is compiled, and Dask is not imported.
"""

import os
from typing import TYPE_CHECKING

from sim.rangestore import QRangeStore
from sim.reference import simulate
from sim.scenario import (
    NANO,
    Agent,
    NanoScenario,
    PropagationRequest,
    Scenario,
    State,
    Trajectory,
    read_scenario,
)

if TYPE_CHECKING:
    from sim.engine import Propagation

__all__ = [
    "NANO",
    "Agent",
    "NanoScenario",
    "Propagation",
    "PropagationRequest",
    "QRangeStore",
    "Scenario",
    "State",
    "Trajectory",
    "read_scenario",
    "simulate",
]


# Arrow reads this when it is loaded. Its own allocator keeps what was freed: after 32 Parquet files
# at once 700 MB. What is malloc's can be given back to the system (docs/adr/0053).
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")


def __getattr__(name: str) -> object:
    if name == "Propagation":
        from sim.engine import Propagation

        return Propagation
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

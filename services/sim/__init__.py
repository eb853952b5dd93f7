"""The propagation engine: scenarios go in, records come out, with the same bits everywhere.

>>> from sim import NANO, simulate
>>> len(simulate(NANO, seed=0, steps=500))
805

Importing it is light: nothing is compiled, and Dask stays away.
"""

from sim.model import NANO, Agent, PropagationRequest, Scenario, State, Trajectory
from sim.rangestore import QRangeStore
from sim.reference import simulate

__all__ = [
    "NANO",
    "Agent",
    "PropagationRequest",
    "QRangeStore",
    "Scenario",
    "State",
    "Trajectory",
    "simulate",
]

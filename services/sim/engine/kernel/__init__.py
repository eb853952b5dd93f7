"""The compiled integrator: random numbers, clocks, waiting and dynamics, in one pass.

Guarantees:

- The same bits as `sim.reference`: binary64, `+ - * /` and `sqrt` in the order of the model, no
  fused multiply-add and no reordering (numba's default, without `fastmath`).
- The loops hold no Python object and no lock, so they release the GIL. All arrays belong to the
  caller. Working memory is allocated once per call.
- Code is compiled once and cached on disk (`sim.jit`).

layout       inputs, outputs, and the memory that holds records during a call
philox       random numbers, in blocks of four
two_agents   iterations of two agents, in registers
many_agents  iterations of any number of agents
chunk        one chunk of iterations, computed before it is reduced or written
reduce       extremes and diagnostics of a chunk
simplify     paths of a window as polylines with few corners
integrate    the entry point `pass_over`: reduces the records of a pass
records      the entry point `emit`: writes the records
seeking      the entry point `seek`: finds where a window begins and ends
"""

from __future__ import annotations

from sim.engine.kernel.chunk import chunk_iterations
from sim.engine.kernel.integrate import pass_over
from sim.engine.kernel.layout import (
    COLLISION,
    DEPTH,
    DIVERGENCE,
    ELEMENTS,
    FIELDS,
    OK,
    SERIES,
    STANDSTILL,
    Floats,
    Integers,
    System,
    Tally,
)
from sim.engine.kernel.records import emit
from sim.engine.kernel.seeking import seek
from sim.engine.kernel.simplify import NO_POLYLINES, Polylines

__all__ = [
    "COLLISION",
    "DEPTH",
    "DIVERGENCE",
    "ELEMENTS",
    "FIELDS",
    "NO_POLYLINES",
    "OK",
    "SERIES",
    "STANDSTILL",
    "Floats",
    "Integers",
    "Polylines",
    "System",
    "Tally",
    "chunk_iterations",
    "emit",
    "pass_over",
    "seek",
]

"""The compiled integrator: random numbers, clocks, waiting and dynamics, in one pass.

Guarantees:

- The same bits as `sim.reference`: binary64, `+ - * /` and `sqrt` in the order of the model, no
  fused multiply-add and no reordering (numba's default, without `fastmath`).
- The loops hold no Python object and no lock, so they release the GIL. All arrays belong to the
  caller. Working memory is allocated once per call.
- Code is compiled once and cached on disk (`sim.jit`).

layout   what goes in and out, and the buffers in which records are while a kernel works
philox   random numbers, in blocks of four
two      iterations of two agents, in registers
many     iterations of any number of agents
folding  extremes and diagnostics, out of some thousand records at a time
tracing  a window's paths as lines with few corners
passing  two of the loops that the engine calls: `pass_over` and `emit`
seeking  the third, `seek`: where a window begins and ends
"""

from __future__ import annotations

from sim.engine.kernel.integrate import chunk_iterations, emit, pass_over
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

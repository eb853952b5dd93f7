"""The compiled loops: random numbers, clocks, waiting and dynamics, in one pass over iterations.

Guarantees:

- The same bits as `sim.reference`: binary64, `+ - * /` and `sqrt` in the order of the model, no
  fused multiply-add and no reordering (numba's default, without `fastmath`).
- No Python object and no lock inside: the loops release the GIL, whatever they work on is the
  caller's. Work space is allocated once a call.
- Compiled once and kept on disk (`sim.jit`).

layout   what goes in and out, and the lanes in which records are while a kernel works
philox   random numbers, in blocks of four
two      iterations of two agents, in registers
many     iterations of any number of agents
folding  extremes and diagnostics, out of some thousand records at a time
tracing  a window's paths as lines with few corners
passing  two of the loops that the engine calls: `pass_over` and `emit`
seeking  the third, `seek`: where a window begins and ends
"""

from __future__ import annotations

from sim.engine.kernel.integrate import chunk_of, emit, pass_over
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
    Tally,
    World,
)
from sim.engine.kernel.seeking import seek
from sim.engine.kernel.simplify import NO_LINES, Lines

__all__ = [
    "COLLISION",
    "DEPTH",
    "DIVERGENCE",
    "ELEMENTS",
    "FIELDS",
    "NO_LINES",
    "OK",
    "SERIES",
    "STANDSTILL",
    "Floats",
    "Integers",
    "Lines",
    "Tally",
    "World",
    "chunk_of",
    "emit",
    "pass_over",
    "seek",
]

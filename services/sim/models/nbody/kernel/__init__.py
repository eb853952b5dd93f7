"""The compiled integrators of `nbody`.

Guarantees:

- The same bits as `sim.models.nbody.reference`: binary64, `+ - * /` and `sqrt` in its order, no
  fused multiply-add and no reordering (numba's default, without `fastmath`).
- A pass in any cut has the same bits: what goes on is the ring and the carry.
- The loops hold no Python object and no lock, so they release the GIL.

rows         the rows of records
layout       the system, the carry, and the blocks of agents that the loops work in
forces       gravity of the massive agents on all
pair         compositions of leapfrogs of two agents, in registers
composition  compositions of leapfrogs of any number of agents
gauss_radau  Everhart's method
stepper      open buffers, advance, close buffers
"""

from __future__ import annotations

from sim.models.nbody.kernel.layout import (
    Buffers,
    NBodySystem,
    carry_size,
    initial_carry,
    nbody_system,
)
from sim.models.nbody.kernel.stepper import advance, close_buffers, open_buffers

__all__ = [
    "Buffers",
    "NBodySystem",
    "advance",
    "carry_size",
    "close_buffers",
    "initial_carry",
    "nbody_system",
    "open_buffers",
]

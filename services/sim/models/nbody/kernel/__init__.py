"""The compiled integrators of `nbody`.

Guarantees:

- The same bits as `sim.models.nbody.reference`: binary64, `+ - * /` and `sqrt` in its order, no
  fused multiply-add and no reordering (numba's default, without `fastmath`).
- A pass in any cut has the same bits: what goes on is the ring and the carry.
- The loops hold no Python object and no lock, so they release the GIL.

system       inputs, the carry of a checkpoint, and the memory that the kernel works in
blocks       the blocks of agents that the loops work in
forces       gravity of the massive agents on all
pair         compositions of leapfrogs of two agents, in registers
triple       the same of three massive agents
composition  compositions of leapfrogs of any number of agents
gauss_radau  Everhart's method
stepper      open buffers, advance, close buffers
lanes        members of an ensemble side by side
"""

from __future__ import annotations

from sim.models.nbody.kernel import stepper
from sim.models.nbody.kernel.lanes import lane_system_of
from sim.models.nbody.kernel.system import initial_carry, system_of

__all__ = ["initial_carry", "lane_system_of", "stepper", "system_of"]

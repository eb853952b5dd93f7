"""The compiled integrators of `nbody`.

Guarantees:

- The same bits as `sim.models.nbody.reference`: binary64, `+ - * /` and `sqrt` in its order, no
  fused multiply-add and no reordering (numba's default, without `fastmath`).
- A pass in any cut has the same bits: what goes on is the ring and the carry.
- The loops hold no Python object and no lock, so they release the GIL.

system       the system, the carry, and the blocks of agents that the loops work in
forces       gravity of the massive agents on all
pair         compositions of leapfrogs of two agents, in registers
composition  compositions of leapfrogs of any number of agents
gauss_radau  Everhart's method
chunk        open buffers, advance, close buffers
"""

from __future__ import annotations

from typing import TYPE_CHECKING

# It gives the loops of all models the functions of this one.
from sim.models.nbody.kernel import chunk as chunk
from sim.models.nbody.kernel.system import initial_carry as _initial_carry
from sim.models.nbody.kernel.system import nbody_system

if TYPE_CHECKING:
    from sim.kernel import Floats
    from sim.models.nbody.kernel.system import NBodySystem
    from sim.models.nbody.scenario import NBodyScenario

__all__ = ["initial_carry", "system_of"]


def system_of(scenario: NBodyScenario, seed: int, member: int) -> NBodySystem:  # noqa: ARG001 - nothing is random
    """Return the dynamical system, as the kernel takes it."""
    return nbody_system(
        [agent.mu for agent in scenario.agents],
        scenario.integrator,
        scenario.dt,
        scenario.tolerance or 0.0,
        scenario.orbited_rows,
        scenario.barycentric,
        scenario.gravity,
    )


def initial_carry(scenario: NBodyScenario) -> Floats:
    """Return what else than records a trajectory starts from."""
    return _initial_carry(scenario.integrator, len(scenario.agents), scenario.dt)

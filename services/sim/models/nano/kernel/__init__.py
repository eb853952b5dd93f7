"""The compiled integrator of `nano`: random numbers, clocks, waiting and dynamics, in one pass.

Guarantees:

- The same bits as `sim.models.nano.reference`: binary64, `+ - * /` and `sqrt` in the order of the
  model, no fused multiply-add and no reordering (numba's default, without `fastmath`).

system       inputs, and the memory that the kernel works in
philox       random numbers, in blocks of four
two_agents   iterations of two agents, in registers
many_agents  iterations of any number of agents
chunk        one chunk of iterations, computed before it is reduced or written
lanes        members of an ensemble side by side
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.models.nano.kernel import lanes_many, lanes_pair  # noqa: F401 - they implement the lanes
from sim.models.nano.kernel.chunk import chunk_iterations
from sim.models.nano.kernel.lanes import lane_system_of
from sim.models.nano.kernel.system import NanoSystem, Parameters

if TYPE_CHECKING:
    from sim.kernel import Floats
    from sim.models.nano.scenario import NanoScenario

__all__ = ["initial_carry", "lane_system_of", "system_of"]


def system_of(scenario: NanoScenario, seed: int, member: int) -> NanoSystem:
    """Return the dynamical system, as the kernel takes it."""
    return NanoSystem(
        mu=np.array([agent.mu for agent in scenario.agents], np.float64),
        massive=np.array(scenario.massive, np.int64),
        primary=np.array(scenario.orbited_rows, np.int64),
        gravity=np.array(scenario.gravity, np.float64),
        chunk=chunk_iterations(scenario.records_per_iteration),
        parameters=Parameters(
            scenario.dt_min, scenario.dt_span, scenario.epsilon, np.uint64(seed), np.uint64(member)
        ),
    )


def initial_carry(scenario: NanoScenario) -> Floats:  # noqa: ARG001 - it depends on nothing
    """Return what else than records a trajectory starts from: nothing."""
    return np.empty(0)

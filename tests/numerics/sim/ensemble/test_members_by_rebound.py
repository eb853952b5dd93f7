"""Members of a dispersed ensemble of `nbody` end where REBOUND says that they do.

REBOUND's leapfrog is the same scheme, so the states agree but for rounding; its ias15 is exact next
to the error of `kahan-li-8`. https://rebound.readthedocs.io
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest
import rebound

from sim.ensemble.computed import compute
from sim.scenario import PropagationRequest
from tests.unit.sim.ensemble.ensembles import bodies, dispersed

if TYPE_CHECKING:
    from sim.kernel import Floats
    from sim.scenario import Scenario

MEMBERS: Final = 20
COLUMNS: Final = ("x", "y", "z", "vx", "vy", "vz")
TRIPLE: Final = (
    ("Sun", 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    ("Companion", 0.3, 8.0, 0.0, 0.5, 0.0, 0.4, 0.05),
    ("Planet", 0.0, 1.0, 0.0, 0.1, 0.0, 0.9, 0.2),
    ("Dust", 0.0, -2.0, 0.1, 0.0, 0.1, -0.6, 0.1),
)
SPREADS: Final = {
    "test particles": [
        {"agent": "Planet", "sigma": {"x": 0.01, "z": 0.02, "vy": 0.03}},
        {"agent": "Dust", "sigma": {"r": 0.01, "vn": 0.05}, "frame": "rtn"},
    ],
    "massive": [{"agent": "Companion", "sigma": {"y": 0.3, "vx": 0.02, "vz": 0.02}}],
}


def by_rebound(scenario: Scenario, integrator: str, dt: float, steps: int) -> Floats:
    """The states after so many steps, float64[agents, 6]."""
    simulation: Any = rebound.Simulation()
    simulation.integrator, simulation.dt = integrator, dt
    for agent, state in zip(scenario.agents, scenario.initial_states, strict=True):
        numbers = {name: getattr(state, name) for name in COLUMNS}
        simulation.add(m=agent.mu, **numbers)
    if integrator == "leapfrog":
        simulation.steps(steps)
    else:
        simulation.integrate(steps * dt)
    return np.array([[getattr(p, name) for name in COLUMNS] for p in simulation.particles])


# Some twice of what was measured; of rounding, some five times.
@pytest.mark.parametrize(
    ("integrator", "judge", "dt", "steps", "most"),
    [
        ("leapfrog", "leapfrog", 0.01, 2_000, 2e-12),
        ("leapfrog", "ias15", 0.002, 2_000, 2e-5),
        ("kahan-li-8", "ias15", 0.05, 400, 1e-12),
    ],
)
@pytest.mark.parametrize("spread", SPREADS)
def test_members_end_where_rebound_says(
    spread: str, integrator: str, judge: str, dt: float, steps: int, most: float
) -> None:
    scenario = bodies(*TRIPLE, dt=dt, integrator=integrator)
    trajectory = dispersed(scenario, SPREADS[spread], seed=11)
    table = compute(PropagationRequest(steps, trajectory, MEMBERS)).table()
    ours = np.column_stack([table.column(name) for name in COLUMNS])
    ours = ours.reshape(MEMBERS, len(TRIPLE), len(COLUMNS))
    theirs = np.array(
        [by_rebound(trajectory.of_member(m).dispersed, judge, dt, steps) for m in range(MEMBERS)]
    )
    off = np.abs(ours - theirs).max(axis=(1, 2))
    assert off.max() < most
    assert np.ptp(theirs, axis=0).max() > 0.5  # so far the members are from one another

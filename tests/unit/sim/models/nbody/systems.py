"""The systems on which the methods of `nbody` are measured, about their barycentres.

Positions and velocities come from the judge, REBOUND, so that both start from the same bits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import rebound

from tests.unit.sim.models.nbody.passes import points

if TYPE_CHECKING:
    from collections.abc import Callable

    from sim.kernel.layout import Floats
    from sim.models.nbody.scenario import NBodyScenario

# The Sun with the inner planets, Jupiter, Saturn, Uranus, Neptune and Pluto on 1994-09-05, in au
# and days: E. Hairer, C. Lubich, G. Wanner, "Geometric Numerical Integration", I.2.4, table 2.2.
_GRAVITY: Final = 2.95912208286e-4
_OUTER: Final = (
    (1.00000597682, 0, 0, 0, 0, 0, 0),
    (0.000954786104043, -3.5023653, -3.8169847, -1.5507963, 0.00565429, -0.00412490, -0.00190589),
    (0.000285583733151, 9.0755314, -3.0458353, -1.6483708, 0.00168318, 0.00483525, 0.00192462),
    (0.0000437273164546, 8.3101420, -16.2901086, -7.2521278, 0.00354178, 0.00137102, 0.00055029),
    (0.0000517759138449, 11.4707666, -25.7294829, -10.8169456, 0.00288930, 0.00114527, 0.00039677),
    (1 / 1.3e8, -15.5387357, -25.2225594, -3.1902382, 0.00276725, -0.00170702, -0.00136504),
)


def _kepler(simulation: Any) -> None:  # noqa: ANN401 - of a library without types
    simulation.add(m=1.0)
    simulation.add(m=0.0, y=0.9, vx=0.9)


def _triple(simulation: Any) -> None:  # noqa: ANN401 - of a library without types
    simulation.add(m=1.0)
    simulation.add(m=0.5, a=1.0, e=0.3, f=1.0)
    simulation.add(m=0.4, a=8.0, e=0.3, inc=math.radians(30), Omega=0.3, omega=1.0, f=2.0)
    simulation.move_to_com()


def _outer(simulation: Any) -> None:  # noqa: ANN401 - of a library without types
    for mass, x, y, z, vx, vy, vz in _OUTER:
        simulation.add(m=_GRAVITY * mass, x=x, y=y, z=z, vx=vx, vy=vy, vz=vz)
    simulation.move_to_com()


@dataclass(frozen=True)
class Measured:
    """A system, and the period of the orbit that is counted."""

    name: str
    build: Callable[[Any], None]
    period: float

    def judge(self, integrator: str = "ias15") -> Any:  # noqa: ANN401 - of a library without types
        """The system in REBOUND."""
        simulation = rebound.Simulation()
        simulation.integrator = integrator
        self.build(simulation)
        return simulation

    def judged(self, time: float) -> Floats:
        """The positions at a time by REBOUND's ias15, float64[agents, 3]."""
        simulation = self.judge()
        simulation.integrate(time)
        return np.array([[p.x, p.y, p.z] for p in simulation.particles])

    def by(self, integrator: str, per_orbit: float, tolerance: float = 1e-5) -> NBodyScenario:
        """The system as a scenario, with so many steps an orbit."""
        return points(
            *[(p.m, p.x, p.y, p.z, p.vx, p.vy, p.vz) for p in self.judge().particles],
            integrator=integrator,
            dt=self.period / per_orbit,
            tolerance=tolerance,
        )


KEPLER: Final = Measured("Kepler", _kepler, 2 * math.pi * (2 / 0.9 - 0.81) ** -1.5)
TRIPLE: Final = Measured("triple", _triple, 2 * math.pi / math.sqrt(1.5))
OUTER: Final = Measured("outer", _outer, 4332.59)  # days: Jupiter's


def energy(states: Floats, mu: Floats) -> Floats:
    """The energy of states float64[rows, agents, 8], each massless agent as one of mass 1."""
    x, v = states[..., 2:5], states[..., 5:8]
    mass = np.where(mu == 0.0, 1.0, mu)
    total = 0.5 * (mass * (v * v).sum(axis=2)).sum(axis=1)
    for i in range(len(mu)):
        for j in range(i):
            both = mu[i] + mu[j] if mu[i] * mu[j] == 0.0 else mu[i] * mu[j]
            total = total - both / np.sqrt(((x[:, i] - x[:, j]) ** 2).sum(axis=1))
    energies: Floats = total
    return energies

"""Ensembles that several tests share: of both models, in the plane and in space, with endings."""

from __future__ import annotations

from typing import Any, Final

from sim.dispersion import Dispersion
from sim.models.table import read_scenario
from sim.scenario import NANO, NanoScenario, PropagationRequest, Scenario, Trajectory
from tests.unit.sim.scenarios import THREE, agent

SPREAD: Final = [{"agent": "Satellite", "sigma": {"x": 1e-2, "vy": 0.2}}]


def dispersed(scenario: Scenario, spread: list[dict[str, Any]], seed: int = 0) -> Trajectory:
    return Trajectory(scenario, seed, 0, Dispersion.from_json(spread, scenario))


def bodies(*rows: tuple[Any, ...], dt: float = 0.05, integrator: str = "leapfrog") -> Scenario:
    """A scenario of `nbody`: name, mu, x, y, z, vx, vy, vz and, perhaps, the primary."""
    names = ("name", "mu", "x", "y", "z", "vx", "vy", "vz", "primary")
    agents = [dict(zip(names, row, strict=False)) for row in rows]
    return read_scenario({"model": "nbody", "integrator": integrator, "dt": dt, "agents": agents})


SUN: Final = ("Sun", 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
PLANET: Final = ("Planet", 0.0, 1.0, 0.0, 0.1, 0.0, 0.9, 0.2)
TWINS: Final = bodies(
    ("One", 0.5, 0.5, 0.0, 0.0, 0.0, 0.5, 0.1, "barycentre"),
    ("Two", 0.5, -0.5, 0.0, 0.0, 0.0, -0.5, 0.0, "barycentre"),
    ("Dust", 0.0, 3.0, 0.0, 0.0, 0.0, 0.6, 0.0, "barycentre"),
    integrator="kahan-li-8",
)
# Its planet's energy is near 0, its rock falls into the sun within the first step or is thrown out.
FALLING: Final = bodies(
    SUN,
    ("Rock", 0.0, 1e-108, 0.0, 0.0, 0.0, 0.0, 0.0),
    ("Comet", 0.0, 1.0, 0.0, 0.0, 0.0, 1.41, 0.0),
)
RUNAWAY: Final = NanoScenario(
    (
        agent("Star", 1.0, 0.5, 0.0, 0.0, 0.0, 0.0),
        agent("Runaway", 0.0, 0.5, 1.0, 0.0, 2e307, 0.0),
    ),
    0.5,
    0.1,
    0.01,
)

REQUESTS: Final = {
    "nano": PropagationRequest(700, Trajectory(NANO, 3), 24),
    "nano dispersed": PropagationRequest(300, dispersed(NANO, SPREAD), 24),
    "three": PropagationRequest(
        333, dispersed(THREE, [{"agent": "Planet", "sigma": {"x": 0.01, "vx": 0.1}}], 5), 20
    ),
    "runaway": PropagationRequest(
        90, dispersed(RUNAWAY, [{"agent": "Runaway", "sigma": {"x": 1e307}}]), 20
    ),
    "binary": PropagationRequest(
        300, dispersed(bodies(SUN, PLANET), [{"agent": "Planet", "sigma": {"vy": 0.4}}]), 20
    ),
    "twins": PropagationRequest(
        40, dispersed(TWINS, [{"agent": "One", "sigma": {"x": 0.1, "vz": 0.1}}]), 20
    ),
    "falling": PropagationRequest(
        70,
        dispersed(
            FALLING,
            [
                {"agent": "Rock", "sigma": {"x": 1e-108}},
                {"agent": "Comet", "sigma": {"vy": 0.1}},
            ],
        ),
        20,
    ),
}

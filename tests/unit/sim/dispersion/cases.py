"""Dispersions that several tests share."""

from __future__ import annotations

from typing import Any, Final

from sim.dispersion import Dispersion
from sim.models.nbody import NBodyScenario
from sim.scenario import NANO, Scenario, read_scenario

SYSTEM: Final = NBodyScenario.from_json(
    {
        "model": "nbody",
        "integrator": "leapfrog",
        "dt": 0.01,
        "agents": [
            {"name": "Sun", "mu": 1.0, "x": 0.1, "y": 0.0, "vx": 0.0, "vy": 0.01},
            {"name": "Planet", "mu": 0.01, "x": 1.0, "y": 0.2, "z": 0.1, "vx": -0.1, "vy": 0.9},
            {"name": "Probe", "mu": 0.0, "x": -2.0, "y": 0.3, "vx": 0.1, "vy": -0.6, "vz": 0.2,
             "primary": "barycentre"},
        ],
    }
)  # fmt: skip
PLANE: Final[list[dict[str, Any]]] = [
    {"agent": "Planet", "sigma": {"x": 1e-3, "vy": 2e-4}},
    {
        "agent": "Satellite",
        "frame": "rtn",
        "covariance": [
            [4e-6, 1e-6, 0.0, 0.0],
            [1e-6, 1e-6, 1e-8, 0.0],
            [0.0, 1e-8, 1e-8, 0.0],
            [0.0, 0.0, 0.0, 0.0],
        ],
    },
]
SPACE: Final[list[dict[str, Any]]] = [
    {"agent": "Sun",
     "covariance": [[1e-4 if i == j else 2e-5 for j in range(6)] for i in range(6)]},
    {"agent": "Planet", "frame": "rtn", "sigma": {"r": 1e-3, "n": 2e-3, "vt": 1e-4}},
    {"agent": "Probe", "frame": "rtn",
     "covariance": [[1e-6 * (i + 1.0) if i == j else 1e-7 for j in range(6)] for i in range(6)]},
]  # fmt: skip
CASES: Final[list[tuple[Scenario, list[dict[str, Any]]]]] = [
    (NANO, PLANE),
    (NANO, PLANE[:1]),
    (SYSTEM, SPACE),
    (SYSTEM, [{"agent": "Planet", "sigma": {"x": 1e-2, "vz": 3e-3}}]),
]


def dispersion_of(scenario: Scenario, value: object) -> Dispersion:
    return Dispersion.from_json(value, scenario)


def unread(scenario: Scenario) -> Scenario:
    return read_scenario(scenario.to_json())

"""Scenarios that several tests share: their agents differ in order, number and clocks."""

from __future__ import annotations

import copy
import json
import math
from typing import Any, Final

from sim.scenario import NANO, Agent, NanoScenario, State

SATELLITE_FIRST: Final = NanoScenario(NANO.agents[::-1], NANO.dt_min, NANO.dt_span, NANO.epsilon)
THREE: Final = NanoScenario(
    (
        Agent("Moon", 0.01, State(0.0, 0.03, 0.0, 1.2, 1.0, 0.0)),
        Agent("Planet", 1.0, State(0.0, 0.01, 0.0, 0.1, 0.1, 0.0)),
        Agent("Probe", 0.0, State(0.0, 0.05, 1.5, 0.0, 0.0, 0.9), primary="Moon"),
    ),
    0.01,
    0.05,
    0.002,
)


def agent(name: str, mu: float, *numbers: float, primary: str | None = None) -> Agent:
    return Agent(name, mu, State(0.0, *numbers), primary)


ALONE: Final = NanoScenario((agent("Alone", 1.0, 0.01, 0.0, 0.0, 1.0, 0.5),), 0.01, 0.09, 0.001)
TEN: Final = NanoScenario(
    tuple(
        agent(
            f"Body {i}", 0.1 * (i % 4), 0.01 + 0.003 * i, math.cos(i) * (1 + i), i - 4.5, 0.1, 0.3
        )
        for i in range(10)
    ),
    0.02,
    0.03,
    0.001,
)
CROWD: Final = (
    NanoScenario(  # so many clocks and massive agents that the kernel vectorises over them
        tuple(
            agent(
                f"Body {i}",
                0.01 * (i % 10 == 0),
                0.01 + 0.003 * (i % 7),
                i,
                10 * math.sin(i),
                0.1,
                0.3,
            )
            for i in range(120)
        ),
        0.01,
        0.05,
        0.002,
    )
)
IN_STEP: Final = NanoScenario(  # clocks a whole number of epsilons apart: reads at a record's edge
    (
        agent("A", 1.0, 0.002, 0.0, 0.0, 0.0, 0.1),
        agent("B", 0.5, 0.003, 1.0, 0.0, 0.0, 1.0),
        agent("C", 0.0, 0.004, 2.0, 0.0, 0.0, 0.7),
    ),
    0.002,
    0.0,
    0.001,
)
SCENARIOS: Final = {
    "alone": ALONE,
    "nano": NANO,
    "satellite first": SATELLITE_FIRST,
    "three": THREE,
    "ten": TEN,
    "crowd": CROWD,
    "in step": IN_STEP,
}

COLLISION: Final = NanoScenario(
    (agent("Rock", 1.0, 0.1, 0.0, 0.0, 0.0, 0.0), agent("Pebble", 0.0, 0.1, 0.0, 0.0, 0.0, 0.0)),
    0.1, 0.0, 0.01,
)  # fmt: skip
DIVERGENCE: Final = NanoScenario(
    (agent("Runaway", 0.0, 0.5, 1e308, 0.0, 1e308, 0.0),), 0.5, 0.0, 0.01
)

NANO_JSON: Final = json.loads("""
{
  "agents": [
    {"name": "Planet", "mu": 1, "time": 0, "timeStep": 0.01,
     "x": 0, "y": 0.1, "vx": 0.1, "vy": 0},
    {"name": "Satellite", "mu": 0, "time": 0, "timeStep": 0.01,
     "x": 0, "y": 1, "vx": 1, "vy": 0}
  ],
  "dt_min": 0.01, "dt_span": 0.09, "epsilon": 0.001
}
""")


def nano_with(path: str, value: object) -> Any:  # noqa: ANN401 - JSON, made wrong on purpose
    """NANO's JSON with the value at a path like `agents.1.mu` set, or deleted if it is `...`."""
    changed = copy.deepcopy(NANO_JSON)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    inner: Any = changed
    for part in parents:
        inner = inner[part]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return changed

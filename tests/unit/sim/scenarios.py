"""Scenarios that several tests look at: what reads what depends on the agents' order and number."""

from __future__ import annotations

from typing import Final

from sim.scenario import NANO, Agent, Scenario, State

SATELLITE_FIRST: Final = Scenario(NANO.agents[::-1], NANO.dt_min, NANO.dt_span, NANO.epsilon)
THREE: Final = Scenario(
    (
        Agent("Moon", 0.01, State(0.0, 0.03, 0.0, 1.2, 1.0, 0.0)),
        Agent("Planet", 1.0, State(0.0, 0.01, 0.0, 0.1, 0.1, 0.0)),
        Agent("Probe", 0.0, State(0.0, 0.05, 1.5, 0.0, 0.0, 0.9), primary="Moon"),
    ),
    0.01,
    0.05,
    0.002,
)

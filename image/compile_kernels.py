# ruff: noqa: INP001 -- a file that the image is built with, in no package
"""Compile every kernel into NUMBA_CACHE_DIR: a propagation and an export of each kind."""

from __future__ import annotations

import math
from dataclasses import replace

from sim.engine import Propagation, warm
from sim.export import FORMATS, export, thin
from sim.scenario import NANO, Agent, Scenario, State, Trajectory

MOON = Agent(name="Moon", mu=0.001, state=State(0.0, 0.01, 0.0, 2.0, 0.7, 0.0))
SCENARIOS = (NANO, replace(NANO, agents=(*NANO.agents, MOON)))


def compile_for(scenario: Scenario) -> None:
    """Use everything that is compiled once."""
    propagation = Propagation.open(Trajectory(scenario), steps=70_000)
    propagation.overview(None, None, 800, "inertial")
    propagation.overview(0.0, 1.0, 800, "primary")
    for kind in FORMATS.values():
        size = sum(len(part) for part in export(propagation.slices(-math.inf, 10.0), kind))
        if not size:
            raise SystemExit(f"no {kind.name} came out")
    for _batch in thin(propagation.slices(), 100, agents=len(scenario.agents)):
        pass


warm()
for one in SCENARIOS:
    compile_for(one)

# ruff: noqa: INP001 -- a file that the image is built with, in no package
"""Compile every kernel into NUMBA_CACHE_DIR, by propagations and exports of each kind."""

from __future__ import annotations

import math
from dataclasses import replace

from sim.engine import Propagation, warm
from sim.ensemble.warming import warm_ensembles
from sim.export import FORMATS, export, thin
from sim.presets import preset
from sim.records import schema_of
from sim.scenario import NANO, Agent, Scenario, State, Trajectory

MOON = Agent(name="Moon", mu=0.001, state=State(0.0, 0.01, 0.0, 2.0, 0.7, 0.0))
SCENARIOS = (
    NANO,
    replace(NANO, agents=(*NANO.agents, MOON)),
    preset("outer-solar-system").scenario,
)


def compile_for(scenario: Scenario) -> None:
    """Run each compiled function once."""
    propagation = Propagation.open(Trajectory(scenario), steps=70_000)
    propagation.overview(None, None, 800, "inertial")
    propagation.overview(0.0, 1.0, 800, "primary")
    propagation.summary()
    schema = schema_of(scenario.model)
    for file_format in FORMATS.values():
        if file_format.refusal(scenario):  # it is for scenarios that say more of themselves
            continue
        pieces = export(propagation.slices(-math.inf, 10.0), file_format, schema)
        size = sum(len(piece) for piece in pieces)
        if not size:
            raise SystemExit(f"the {file_format.name} export is empty")
    for _batch in thin(propagation.slices, 100, agents=len(scenario.agents)):
        pass


warm()
warm_ensembles()
for scenario in SCENARIOS:
    compile_for(scenario)

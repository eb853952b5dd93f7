"""Loads the compiled loops of exports, so that the first file does not wait for a compiler."""

from __future__ import annotations

from sim.engine import Propagation
from sim.export.decimation import thin
from sim.export.formats import FORMATS, export
from sim.records import schema_of
from sim.scenario import Trajectory

__all__ = ["warm_exports"]

_FORMAT = "csv"  # text, whose loop all text formats share; columns need none


def warm_exports() -> None:
    """Load the loops of exports and of their decimation, or compile them once on a machine."""
    propagation = Propagation.open(Trajectory(), steps=2)
    scenario = propagation.trajectory.scenario
    for _ in export(propagation.slices(), FORMATS[_FORMAT], schema_of(scenario.model)):
        pass
    agents = len(scenario.agents)
    for _ in thin(propagation.slices, 4 * agents, agents=agents):
        pass

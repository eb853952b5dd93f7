from __future__ import annotations

from typing import Any

from sim import Propagation, Trajectory
from sim.export import FORMATS, export, thin
from sim.export.loops import decimate, interleave
from sim.export.warming import warm_exports
from sim.presets import preset
from sim.records import schema_of
from tests.labelled import OF_ANY

LOOPS: Any = (interleave, decimate)  # numba's dispatchers, of which mypy sees the functions


def test_what_it_loads_is_all_that_exports_of_every_model_need() -> None:
    warm_exports()
    loaded = [loop.signatures for loop in LOOPS]
    assert [len(signatures) for signatures in loaded] == [1, 1]
    for name in ("nano", "figure-eight"):
        propagation = Propagation.open(Trajectory(preset(name).scenario), steps=500)
        scenario = propagation.trajectory.scenario
        for form in OF_ANY:
            assert b"".join(export(propagation.slices(), FORMATS[form], schema_of(scenario.model)))
        agents = len(scenario.agents)
        assert list(thin(propagation.slices, 5 * agents, agents=agents))
    assert [loop.signatures for loop in LOOPS] == loaded

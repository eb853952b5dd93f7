"""Claims about warming: afterwards, no ensemble of either model compiles anything."""

from __future__ import annotations

import pytest

from sim import jit
from sim.ensemble.computed import compute
from sim.ensemble.warming import warm_ensembles
from tests.unit.sim.ensemble.ensembles import REQUESTS


@pytest.mark.parametrize("name", ["nano", "three", "twins"])
def test_no_ensemble_waits_for_a_compiler(name: str) -> None:
    warm_ensembles()
    compiled: list[str] = []
    with jit.announced(lambda: compiled.append(name)):
        compute(REQUESTS[name]).table()
    assert not compiled

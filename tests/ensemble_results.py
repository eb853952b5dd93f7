"""Ensembles computed in this process, in blocks of a chosen size: the judges of what is served."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sim.dispersion import Dispersion
from sim.ensemble.block import Block, compute_block
from sim.ensemble.nominal import Nominal, nominal_of
from sim.ensemble.population import Population
from sim.presets import preset
from sim.scenario import NANO, PropagationRequest, Trajectory

if TYPE_CHECKING:
    from sim.scenario import Scenario

__all__ = ["DISPERSED", "MASSIVE", "TEST_PARTICLES", "blocks_of", "dispersed", "result_of"]


def dispersed(scenario: Scenario, seed: int = 3, **sigma: float) -> Trajectory:
    """Return a trajectory of which every orbiting agent is dispersed."""
    entries = [
        {"agent": name, "sigma": sigma}
        for name, primary in zip(scenario.names, scenario.orbited, strict=True)
        if primary is not None
    ]
    return Trajectory(scenario, seed, dispersion=Dispersion.from_json(entries, scenario))


DISPERSED = dispersed(NANO, x=1e-3, vy=1e-3)
TEST_PARTICLES = dispersed(preset("eccentric").scenario, x=1e-3, y=1e-3, vz=1e-3)
MASSIVE = dispersed(preset("hierarchical-triple").scenario, x=1e-4, vy=1e-4)


@cache
def nominal(request: PropagationRequest) -> Nominal:
    """Return a request's nominal trajectory."""
    return nominal_of(request)


def blocks_of(request: PropagationRequest, *, size: int = 500) -> list[Block]:
    """Compute all members in blocks of this size, the last one first."""
    firsts = range(0, request.members, size)
    return [
        compute_block(request, nominal(request), first, min(size, request.members - first))
        for first in reversed(firsts)
    ]


@cache
def result_of(request: PropagationRequest, *, size: int = 500) -> dict[str, Any]:
    """Return what a manifest must say of the result."""
    population = Population(request, nominal(request))
    for block in blocks_of(request, size=size):
        population.add(block.first, block.count, block.parts)
    return population.result(population.document())

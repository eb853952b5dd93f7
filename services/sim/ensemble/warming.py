"""Loads the compiled code of ensembles, or compiles it once on a machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sim.dispersion import Dispersion
from sim.ensemble.block import Block, compute_block
from sim.ensemble.nominal import nominal_of
from sim.ensemble.population import Population
from sim.ensemble.table import table_of
from sim.models.table import MODELS
from sim.scenario import PropagationRequest, Trajectory

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.models.model import Model
    from sim.scenario import Scenario

__all__ = ["warm_ensembles"]

_SMALL: Final = 1e-6


def warm_ensembles() -> None:
    """Load every kernel of ensembles, so that no request waits for it."""
    for model in MODELS.values():
        for scenario in _examples(model):
            spread = [{"agent": scenario.names[-1], "sigma": {"x": _SMALL}}]
            trajectory = Trajectory(scenario, dispersion=Dispersion.from_json(spread, scenario))
            shorter = PropagationRequest(32, trajectory, 2)
            longer = PropagationRequest(64, trajectory, 2)
            begun = compute_block(shorter, nominal_of(shorter), 0, 1)
            nominal = nominal_of(longer)
            population = Population(longer, nominal)
            for made in (
                compute_block(longer, nominal, 0, 1, begun),
                compute_block(longer, nominal, 1, 1),
            ):
                block = Block.from_bytes(longer, made.to_bytes())
                population.add(block.first, block.count, block.parts)
                table_of(longer, block.first, block.members(longer))
            population.document()


def _examples(model: Model) -> Iterator[Scenario]:
    """Yield a scenario with two agents, and one with three: a model may have loops for each."""
    example = model.example()
    yield example
    described: Any = example.to_json()
    last = described["agents"][-1]
    third = last | {"name": f"{last['name']} 2", "x": last["x"] + 1.0}
    yield model.read(described | {"agents": [*described["agents"], third]})

"""The methods against REBOUND's ias15, and their energies: https://rebound.readthedocs.io."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.unit.sim.models.nbody.passes import Pass
from tests.unit.sim.models.nbody.systems import KEPLER, OUTER, TRIPLE, Measured, energy

if TYPE_CHECKING:
    from sim.kernel.layout import Floats

ORBITS = 1_000
MANY_ORBITS = 10_000


# Errors grow in proportion to the time: about twice what was measured.
@pytest.mark.parametrize(
    ("system", "integrator", "per_orbit", "most"),
    [
        (KEPLER, "leapfrog", 1000, 0.14),
        (KEPLER, "kahan-li-8", 60, 1.8e-8),
        (TRIPLE, "leapfrog", 2000, 0.12),
        (TRIPLE, "kahan-li-8", 50, 4e-7),
        (OUTER, "kahan-li-8", 30, 1.2e-6),
    ],
    ids=lambda value: value.name if isinstance(value, Measured) else str(value),
)
def test_positions_after_a_thousand_orbits_are_ias15s(
    system: Measured, integrator: str, per_orbit: int, most: float
) -> None:
    going = Pass.start(system.by(integrator, per_orbit))
    ours = going.go(ORBITS * per_orbit)
    assert np.abs(ours - system.judged(going.time)).max() < most


@pytest.mark.parametrize(
    ("system", "most"), [(KEPLER, 1.6e-10), (TRIPLE, 1e-8), (OUTER, 1e-7)],
    ids=lambda value: value.name if isinstance(value, Measured) else str(value),
)  # fmt: skip
def test_gauss_radau_is_where_ias15_is_after_a_thousand_orbits(
    system: Measured, most: float
) -> None:
    going = Pass.start(system.by("gauss-radau-15", 100))
    ours = go_to(going, ORBITS * system.period)
    assert np.abs(ours - system.judged(going.time)).max() < most


def go_to(going: Pass, time: float) -> Floats:
    while going.time < time:
        ours = going.go(100)
    return ours


# Of the symplectic methods this does not grow.
@pytest.mark.parametrize(
    ("system", "integrator", "per_orbit", "most"),
    [
        (KEPLER, "leapfrog", 1000, 1.4e-5),
        (KEPLER, "kahan-li-8", 60, 4e-12),
        (KEPLER, "gauss-radau-15", 100, 8e-14),
        (TRIPLE, "leapfrog", 2000, 3e-6),
        (TRIPLE, "kahan-li-8", 50, 8e-11),
        (TRIPLE, "gauss-radau-15", 100, 2e-14),
        (OUTER, "leapfrog", 500, 6e-6),
        (OUTER, "kahan-li-8", 30, 1.2e-11),
        (OUTER, "gauss-radau-15", 100, 1.2e-13),
    ],
    ids=lambda value: value.name if isinstance(value, Measured) else str(value),
)
def test_energy_is_kept_for_ten_thousand_orbits(
    system: Measured, integrator: str, per_orbit: int, most: float
) -> None:
    scenario = system.by(integrator, per_orbit)
    going, mu = Pass.start(scenario), np.array([agent.mu for agent in scenario.agents])
    begin = energy(np.concatenate([np.zeros((len(mu), 2)), going.ring[:, 0, 3:]], 1)[None], mu)
    if integrator == "gauss-radau-15":
        go_to(going, MANY_ORBITS * system.period)
    else:
        going.go(MANY_ORBITS * per_orbit)
    over_an_orbit = energy(going.states(per_orbit), mu)
    assert np.abs(over_an_orbit / begin - 1.0).max() < most

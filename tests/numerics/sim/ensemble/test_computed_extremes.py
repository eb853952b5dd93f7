"""Ensembles at the edges: numbers that are lost or overflow, and members that end at once.

Standstills too: no valid scenario comes to one in fewer than 9e9 iterations, so members start late.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pytest

import sim.ensemble.block
import sim.ensemble.endings
from sim.engine.checkpoint import Checkpoint, initial_checkpoint
from sim.engine.diagnostics import empty_tally
from sim.engine.interval_pass import pass_interval
from sim.ensemble.block import compute_block
from sim.ensemble.computed import compute
from sim.ensemble.members import initial_members
from sim.ensemble.nominal import nominal_of
from sim.ensemble.population import Population
from sim.errors import Failure, FailureReason
from sim.kernel import OK, STANDSTILL
from sim.scenario import NANO, NanoScenario, PropagationRequest, Trajectory
from sim.strictjson import canonical_json
from tests.unit.sim.ensemble.alone import (
    assert_bits,
    expected_by_engine,
    expected_by_reference,
    rows_of,
)
from tests.unit.sim.ensemble.ensembles import SUN, bodies, dispersed
from tests.unit.sim.models.nbody.members import at_start, go, system_in_lanes
from tests.unit.sim.models.nbody.passes import points
from tests.unit.sim.scenarios import COLLISION, THREE, agent

if TYPE_CHECKING:
    from sim.ensemble.computed import ComputedEnsemble
    from sim.kernel.lanes import Members
    from sim.scenario import Scenario

STEPS: Final = 40
MEMBERS: Final = 34  # a group of lanes, and two


def kept(scenario: Scenario, *spread: dict[str, Any], steps: int = STEPS) -> ComputedEnsemble:
    """An ensemble whose members are their runs alone, and whose summary is JSON."""
    request = PropagationRequest(steps, dispersed(scenario, list(spread)), MEMBERS)
    computed = compute(request)
    for member in (*range(6), *range(30, MEMBERS)):
        found = rows_of(computed, member)
        assert_bits(found, expected_by_reference(request, member))
        assert_bits(found, expected_by_engine(request, member))
    document = computed.document()
    canonical_json(document)  # no number that is none
    assert computed.population.result(document)["members"] == MEMBERS
    return computed


def of_agent(computed: ComputedEnsemble, name: str) -> dict[str, Any]:
    told: dict[str, Any] = computed.document()["agents"][name]
    return told


def planet(
    x: float = 1.0, mu: float = 1.0, dt: float = 0.05, integrator: str = "leapfrog"
) -> Scenario:
    sun = (SUN[0], mu, *SUN[2:])
    about = ("Planet", 0.0, x, 0.0, 0.0, 0.0, 1.0, 0.0, "Sun")
    return bodies(sun, about, dt=dt, integrator=integrator)


@pytest.mark.parametrize("integrator", ["leapfrog", "kahan-li-8"])
def test_a_spread_that_rounding_swallows_leaves_all_members_on_the_nominal(
    integrator: str,
) -> None:
    told = of_agent(
        kept(planet(integrator=integrator), {"agent": "Planet", "sigma": {"x": 1e-300}}), "Planet"
    )
    for name in ("distance", "energy", "eccentricity", "semi_major_axis"):
        for of_level in [told["quantiles"][name][str(level)] for level in (1, 50, 99)]:
            assert of_level == told["nominal"][name]
    assert told["bound"]["count"] == [MEMBERS] * (STEPS + 1)


def test_a_spread_of_denormal_size_is_kept_where_there_is_nothing_else() -> None:
    """Along z, of which the nominal has none, and where an agent is at the origin."""
    computed = kept(planet(), {"agent": "Planet", "sigma": {"z": 1e-310}})
    heights = {row[1]["z"] for row in (rows_of(computed, m) for m in range(MEMBERS))}
    assert len(heights) == MEMBERS
    kept(
        THREE,
        {"agent": "Moon", "sigma": {"x": 5e-324}},
        {"agent": "Probe", "sigma": {"y": 1e-320, "vx": 1e-300}},
    )


@pytest.mark.parametrize("integrator", ["leapfrog", "kahan-li-8"])
def test_a_spread_of_a_googol_throws_all_members_out(integrator: str) -> None:
    told = of_agent(
        kept(
            planet(integrator=integrator), {"agent": "Planet", "sigma": {"x": 1e100, "vy": 1e100}}
        ),
        "Planet",
    )
    assert told["outcomes"]["escaped"] == MEMBERS
    assert told["bound"]["count"] == [0] * (STEPS + 1)
    assert told["density"]["outside"] == MEMBERS * STEPS
    assert told["quantiles"]["distance"]["99"][0] > 1e100
    of_nano = of_agent(kept(NANO, {"agent": "Satellite", "sigma": {"x": 1e100}}), "Satellite")
    assert of_nano["outcomes"]["bound"] + of_nano["outcomes"]["escaped"] == MEMBERS


def test_energies_that_overflow_are_null_and_members_that_diverge_are_counted() -> None:
    told = of_agent(
        kept(planet(), {"agent": "Planet", "sigma": {"x": 1e200, "vy": 3e305}}), "Planet"
    )
    assert told["quantiles"]["energy"]["50"][0] is None
    assert told["quantiles"]["eccentricity"]["50"][0] is None
    told = of_agent(
        kept(planet(dt=2.0), {"agent": "Planet", "sigma": {"x": 9e306, "vx": 9e306}}), "Planet"
    )
    assert told["outcomes"]["divergence"] > 0
    assert told["ended"][-1] == told["outcomes"]["divergence"]


@pytest.mark.parametrize("mu", [1e-200, 5e-324, 1e200, -1e-200])
def test_masses_at_the_edges(mu: float) -> None:
    for integrator in ("leapfrog", "kahan-li-8"):
        kept(planet(mu=mu, integrator=integrator), {"agent": "Planet", "sigma": {"x": 0.3}})
    tiny = replace(NANO, agents=(replace(NANO.agents[0], mu=mu), NANO.agents[1]))
    kept(tiny, {"agent": "Satellite", "sigma": {"x": 0.3}})
    kept(tiny, {"agent": "Planet", "sigma": {"vy": 0.3}})


EARLY: Final = bodies(SUN, ("Rock", 0.0, 1e-108, 0.0, 0.0, 0.0, 0.0, 0.0, "Sun"))


def test_after_the_nominal_has_ended_values_are_binned_about_0() -> None:
    computed = kept(EARLY, {"agent": "Rock", "sigma": {"x": 1.0, "vy": 1.0}})
    told, nominal = of_agent(computed, "Rock"), computed.nominal
    assert nominal.values[0, 0, 0] == 1e-108
    assert np.isnan(nominal.values[0, :, 1:]).all()
    assert told["nominal"]["distance"] == [1e-108] + [None] * STEPS
    table = computed.table()
    states = np.column_stack([table.column(name) for name in ("x", "y", "z")])[1::2]
    assert told["ended"][-1] == 0
    distance = np.sqrt((states**2).sum(axis=1))
    for level in (1, 5, 25, 50, 75, 95, 99):
        exact = np.quantile(distance, level / 100, method="inverted_cdf")
        assert exact * 127 / 128 < told["quantiles"]["distance"][str(level)][-1] <= exact
    # The nominal's own width is that of the picture; no member is so near after the start.
    assert told["density"] | {"inside": 0} == told["density"]


@pytest.mark.parametrize("spread", [{"vx": 1.0}, {"x": 1e-200}])
def test_all_members_may_end_in_their_first_iteration(spread: dict[str, float]) -> None:
    """At the start they are in one place, or as good as: distance and half width are 0."""
    rock, pebble = COLLISION.agents
    about = replace(COLLISION, agents=(rock, replace(pebble, primary="Rock")))
    told = of_agent(kept(about, {"agent": "Pebble", "sigma": spread}), "Pebble")
    assert told["outcomes"] | {"collision": MEMBERS} == told["outcomes"]
    assert told["ended"] == [0] + [MEMBERS] * STEPS
    assert told["bound"]["count"] == [MEMBERS] + [0] * STEPS
    assert told["quantiles"]["distance"]["50"][1:] == [None] * STEPS
    if "vx" in spread:
        assert told["quantiles"]["distance"]["50"][0] == 0.0
    assert told["quantiles"]["energy"]["50"][0] is None or told["quantiles"]["energy"]["50"][0] < 0
    assert told["closest"]["quantiles"] == {"5": None, "50": None, "95": None}
    assert (told["density"]["half_width"], told["density"]["inside"]) == (0.0, 0)


def test_two_without_mass_may_be_in_one_place_for_ever() -> None:
    pair = NanoScenario(
        (
            agent("Ghost", 0.0, 0.1, 0.0, 0.0, 1.0, 0.0),
            agent("Shadow", 0.0, 0.1, 0.0, 0.0, 1.0, 0.0, primary="Ghost"),
        ),
        0.1, 0.0, 0.01,
    )  # fmt: skip
    told = of_agent(kept(pair, {"agent": "Ghost", "sigma": {"vy": 1e-300}}), "Shadow")
    assert told["outcomes"]["bound"] == MEMBERS
    assert told["closest"]["quantiles"]["50"] == 0.0


def late(first_late: int, scenario: NanoScenario) -> Any:  # noqa: ANN401 - a function
    """`initial_members`, but from one on clocks are where epsilon is soon lost in rounding."""
    # The spacing of floats doubles at a power of two; there, t - epsilon becomes t.
    edge = 2.0 ** math.ceil(math.log2(2.0**53 * scenario.epsilon))

    def members(request: PropagationRequest, first: int, count: int) -> Members:
        made = initial_members(request, first, count)
        made.ring[:, 0, 1, made.number >= first_late] = edge - 0.5
        return made

    return members


@pytest.mark.parametrize("scenario", [NANO, THREE], ids=["two", "three"])
def test_members_whose_clocks_stand_still_end_as_their_runs_do(
    scenario: NanoScenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_late = 20
    start_of = late(first_late, scenario)
    monkeypatch.setattr(sim.ensemble.block, "initial_members", start_of)
    monkeypatch.setattr(sim.ensemble.endings, "initial_members", start_of)
    spread = {"agent": scenario.names[-1], "sigma": {"x": 0.01}}
    request = PropagationRequest(200, dispersed(scenario, [spread], 6), MEMBERS)
    nominal = nominal_of(request)
    block = compute_block(request, nominal, 0, MEMBERS)
    members = block.members(request)
    assert (members.outcome[:first_late] == OK).all()
    assert (members.outcome[first_late:] == STANDSTILL).all()
    assert len(set(members.good[first_late:].tolist())) > 3
    for m in range(first_late, MEMBERS):
        judged, end = _by_engine(request, start_of(request, m, 1), 200)
        assert judged == (members.good[m], FailureReason.STANDSTILL)
        _, end = _by_engine(request, start_of(request, m, 1), int(members.good[m]))
        assert end is not None
        np.testing.assert_array_equal(members.ring[:, 0, 1:, m], end.records[:, 0, 1:])
        np.testing.assert_array_equal(members.steps[:, m], end.steps)

    population = Population(request, nominal)
    for first, count in ((0, 1), (1, 24), (25, MEMBERS - 25)):
        part = compute_block(request, nominal, first, count)
        population.add(first, count, part.parts)
    together = Population(request, nominal)
    together.add(0, MEMBERS, block.parts)
    assert population.parts() == together.parts()
    for told in population.document()["agents"].values():
        assert told["outcomes"]["standstill"] == MEMBERS - first_late
        assert told["ended"][-1] == MEMBERS - first_late
        assert "at a standstill" in told["sentence"]


def _by_engine(
    request: PropagationRequest, start: Members, iterations: int
) -> tuple[tuple[int, FailureReason] | None, Checkpoint | None]:
    """How a run alone ends within so many iterations, or else where it is after them."""
    trajectory = request.trajectory.of_member(int(start.number[0]))
    checkpoint = Checkpoint(0, start.steps[:, 0], start.ring[..., 0], start.carry[:, 0])
    tally = empty_tally(len(trajectory.scenario.agents))
    passed = pass_interval(trajectory, checkpoint, iterations, 20, 20, tally)
    if isinstance(passed, Failure):
        return (passed.iteration, passed.reason), None
    return None, passed[0]


@pytest.mark.parametrize("integrator", ["leapfrog", "kahan-li-8"])
@pytest.mark.parametrize("massive", [1, 2], ids=["particles", "bodies"])
def test_members_of_nbody_stand_still_when_steps_no_longer_move_the_time(
    integrator: str, massive: int
) -> None:
    """From iteration 2**53 on, (k + 1)*dt is k*dt; lanes and the loop for one agree where."""
    first, count = 2**53 - 3, 9
    scenario = points(
        (1.0, 0, 0, 0, 0, 0, 0), (0.1 * (massive - 1), 1, 0, 0, 0, 1, 0), (0.0, 2, 0, 0, 0, 0.7, 0),
        integrator=integrator, primary=None, dt=2.0**-60,
    )  # fmt: skip
    members = at_start([scenario] * 5)
    go(system_in_lanes(scenario, [1]), members, first, count, 2)
    trajectory = Trajectory(scenario)
    start = initial_checkpoint(scenario)
    late_start = Checkpoint(first, start.steps, start.records, start.carry)
    tally = empty_tally(len(scenario.agents))
    alone = pass_interval(trajectory, late_start, count, 20, 20, tally)
    assert isinstance(alone, Failure)
    assert (alone.reason, alone.iteration) == (FailureReason.STANDSTILL, 2**53)
    assert members.outcome.tolist() == [STANDSTILL] * 5
    # The count of good iterations is of all, from 0 on; here they began later.
    assert members.good.tolist() == [2**53] * 5

"""A member of a dispersion is a run of its own: engine, reference, exports and orders agree."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sim import Propagation, simulate
from sim.dispersion import Dispersion
from sim.dispersion.frame import Start
from sim.engine import initial_checkpoint
from sim.engine.watch import Watch
from sim.models.nbody import NBodyScenario
from sim.order import Until, Within
from sim.records import initial_records
from sim.scenario import NANO, Trajectory
from tests.unit.sim.dispersion.cases import CASES, PLANE, SPACE, SYSTEM

if TYPE_CHECKING:
    from sim.scenario import Scenario

MEMBER = 12_345


def member_of(scenario: Scenario, entries: list[dict[str, Any]], member: int) -> Trajectory:
    return Trajectory(scenario, 7, member, Dispersion.from_json(entries, scenario))


KAHAN_LI = NBodyScenario(SYSTEM.agents, "kahan-li-8", 0.05)
RADAU = NBodyScenario(SYSTEM.agents, "gauss-radau-15", 0.05)


@pytest.mark.parametrize(("scenario", "entries"), [*CASES, (KAHAN_LI, SPACE), (RADAU, SPACE)])
def test_the_engine_has_the_records_of_the_reference(
    scenario: Scenario, entries: list[dict[str, Any]]
) -> None:
    trajectory = member_of(scenario, entries, MEMBER)
    propagation = Propagation.open(trajectory, steps=40)
    expected = simulate(trajectory.dispersed, 7, 40, MEMBER)
    records = [
        (row["agent"], row["t0"], row["t1"], row["x"], row["vy"])
        for batch in propagation.slices()
        for row in batch.to_pylist()
    ]
    assert records == [
        (scenario.names[one.agent], one.t0, one.t1, one.state.x, one.state.vy) for one in expected
    ]


@pytest.mark.parametrize(("scenario", "entries"), CASES)
def test_a_member_starts_where_the_ensemble_has_it(
    scenario: Scenario, entries: list[dict[str, Any]]
) -> None:
    trajectory = member_of(scenario, entries, MEMBER)
    together = trajectory.dispersion.coordinates(scenario, 7, MEMBER - 3, 7)[:, :, 3]
    names = Start.of(scenario).coordinates
    exported = initial_records(trajectory.dispersed)
    rows = np.array([exported.column(name).to_numpy() for name in names]).T
    assert rows.tolist() == together.tolist()
    assert exported.column("t0").to_pylist() == [-math.inf] * len(scenario.agents)
    stored = initial_checkpoint(trajectory.dispersed).records[:, 0, 3:]
    assert stored.tolist() == together.tolist()


def test_a_dispersion_changes_no_time_step_of_nano() -> None:
    member = member_of(NANO, PLANE, MEMBER)
    clocks = Propagation.open(member, steps=500).end
    without = Propagation.open(Trajectory(NANO, 7, MEMBER), steps=500).end
    for name in NANO.names:
        assert clocks[name].time == without[name].time
        assert clocks[name].time_step == without[name].time_step
        assert clocks[name].x != without[name].x


def test_a_longer_run_goes_on_from_the_stretches_of_a_shorter_one() -> None:
    trajectory = member_of(NANO, PLANE, 3)
    whole = Propagation.open(trajectory, steps=150_000)
    stretches = whole.stretches
    again = Propagation.open(trajectory, steps=150_000, stretches=stretches[:1])
    assert again.end == whole.end
    assert again.statistics() == whole.statistics()


def test_orders_of_a_member_end_where_its_own_path_says() -> None:
    trajectory = member_of(SYSTEM, SPACE, 5)
    steps = SYSTEM.steps_until(2.0)
    watch = Watch(trajectory, Until(2.0))
    watch.go_on(initial_checkpoint(trajectory.dispersed), 1_000)
    assert watch.steps == steps == 200
    distances = []
    for m in (5, 6):
        member = member_of(SYSTEM, SPACE, m)
        states = Start.of(member.dispersed).states
        distances.append(math.dist(states[1][:3], states[0][:3]))
        seen = Watch(member, Within("Planet", distances[-1] * (1 + 1e-9)))
        seen.go_on(initial_checkpoint(member.dispersed), 10)
        assert seen.steps == 1
    assert distances[0] != distances[1]

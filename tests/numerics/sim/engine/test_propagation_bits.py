"""Every bit of a propagation: that of the reference, wherever and however it is cut."""

from __future__ import annotations

from functools import cache

import pytest

from sim import NANO, NanoScenario, Propagation, Scenario, Trajectory
from sim.errors import Failure, PropagationFailed
from sim.reference import simulate
from tests.unit.sim.engine.samples import bits, raw, row, rows, stretches_of
from tests.unit.sim.scenarios import SCENARIOS, agent


@pytest.mark.parametrize("seed", [0, 1, 7, 2**32 + 5, 2**53 - 1])
@pytest.mark.parametrize("name", SCENARIOS)
def test_records_equal_the_reference_bit_for_bit(name: str, seed: int) -> None:
    trajectory = Trajectory(SCENARIOS[name], seed)
    steps = 700 if len(trajectory.scenario.agents) <= 10 else 150
    expected = bits(map(row, simulate(trajectory.scenario, seed, steps)))
    assert bits(rows(Propagation.open(trajectory, steps).slices())) == expected


@pytest.mark.parametrize("member", [1, 2**32 + 5, 2**53 - 1])
@pytest.mark.parametrize("name", ["nano", "three", "crowd"])
def test_records_of_a_member_equal_the_reference_bit_for_bit(name: str, member: int) -> None:
    trajectory = Trajectory(SCENARIOS[name], 3, member)
    steps = 700 if len(trajectory.scenario.agents) <= 10 else 150
    expected = bits(map(row, simulate(trajectory.scenario, 3, steps, member)))
    assert bits(rows(Propagation.open(trajectory, steps).slices())) == expected
    others = [Trajectory(SCENARIOS[name], seed, m) for seed, m in ((3, 0), (3, member - 1), (4, 0))]
    for other in others:
        assert bits(rows(Propagation.open(other, steps).slices())) != expected


@pytest.mark.parametrize("name", ["nano", "satellite first", "three", "in step", "ten", "crowd"])
def test_no_cut_changes_a_bit(name: str) -> None:
    trajectory = Trajectory(SCENARIOS[name], 3, member=2**40 + 1)
    interval = trajectory.interval
    steps = 3 * interval + 1234
    whole = Propagation.open(trajectory, steps)
    summary, overview = whole.summary(), whole.overview().to_json()
    records = raw(whole.slices())
    for counts in ([3], [1, 2], [2, 1], [1, 1, 1], [1], [5], [2, 4], [1, 3]):
        cut = Propagation.open(trajectory, steps, stretches_of(trajectory, *counts))
        assert cut.summary() == summary
        assert cut.overview().to_json() == overview
        assert raw(cut.slices()) == records


@cache
def failure_of_the_reference(scenario: Scenario, seed: int, steps: int) -> Failure:
    with pytest.raises(PropagationFailed) as expected:
        simulate(scenario, seed, steps)
    return expected.value.failure


@pytest.mark.parametrize("massive", [1, 3, 9])
@pytest.mark.parametrize("speeds", [(4e306, 4.002e306), (4e306, 3e306)])
def test_a_late_end_is_the_references(massive: int, speeds: tuple[float, float]) -> None:
    still = [agent(f"Still {i}", 1e-3, 0.01, i, i * i, 0.1, 0.0) for i in range(massive)]
    away = [agent(f"Away {i}", 0.0, 0.02, 0.0, -1.0, vx, 0.0) for i, vx in enumerate(speeds)]
    for agents in (still[:1] + away[:1], still + away):
        scenario = NanoScenario(tuple(agents), NANO.dt_min, NANO.dt_span, NANO.epsilon)
        with pytest.raises(PropagationFailed) as met:
            Propagation.open(Trajectory(scenario, 5), 9_000)
        assert met.value.failure == failure_of_the_reference(scenario, 5, 9_000)
        assert met.value.failure.iteration > 1_024  # not in the first that are computed at a time

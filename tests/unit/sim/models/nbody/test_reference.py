from __future__ import annotations

import math
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from sim.errors import FailureReason, PropagationFailed
from sim.models.nbody.reference import iterations, seventh_root
from tests.unit.sim.models.nbody.passes import INTEGRATORS, expected, points

if TYPE_CHECKING:
    from sim.models.nbody.scenario import NBodyScenario

KEPLER = ((1.0, 0, 0, 0, 0, 0, 0), (0.0, 0, 0.9, 0, 0.9, 0, 0))


def failure_of(scenario: NBodyScenario, most: int = 1000) -> tuple[int, tuple[str, ...], str]:
    with pytest.raises(PropagationFailed) as raised:
        list(islice(iterations(scenario), most))
    failure = raised.value.failure
    return failure.iteration, failure.agents, failure.reason


def test_the_first_leapfrog_is_the_one_that_is_computed_by_hand() -> None:
    # Half a step, the pull at distance 2, half a step; all numbers are exact.
    scenario = points((4.0, 0, 0, 0, 0, 0, 0), (0.0, 1.5, 0, 0, 0.5, 0, 0), dt=2.0)
    (planet, probe), *_ = list(islice(iterations(scenario), 1))
    assert list(planet.state.to_json().values()) == [2.0, 2.0, 0, 0, 0, 0, 0, 0]
    assert probe.t0 == 0.0
    assert probe.t1 == 2.0
    assert list(probe.state.to_json().values()) == [2.0, 2.0, 0.5, 0, 0, -1.5, 0, 0]


@pytest.mark.parametrize("integrator", ["leapfrog", "kahan-li-8"])
def test_time_is_the_number_of_steps_times_dt_with_one_rounding(integrator: str) -> None:
    scenario = points(*KEPLER, integrator=integrator, dt=0.01)
    times = [records[0].t1 for records in islice(iterations(scenario), 20)]
    assert times == [k * 0.01 for k in range(1, 21)]


@pytest.mark.parametrize("integrator", INTEGRATORS)
def test_a_record_begins_where_the_last_one_ends(integrator: str) -> None:
    t1 = 0.0
    for records in islice(iterations(points(*KEPLER, integrator=integrator)), 20):
        assert [(record.agent, record.t0) for record in records] == [(0, t1), (1, t1)]
        assert records[0].t1 == records[1].t1 > t1
        t1 = records[0].t1


def test_gauss_radau_says_the_step_that_it_tries_next() -> None:
    scenario = points(*KEPLER, integrator="gauss-radau-15")
    last = 0.01
    for records in islice(iterations(scenario), 100):
        state = records[0].state
        assert records[0].t1 - records[0].t0 <= last * (1 + 1e-12)
        assert state.time_step <= 4.0 * last
        last = state.time_step


def test_a_first_step_that_is_too_long_is_tried_again_shorter() -> None:
    scenario = points(*KEPLER, integrator="gauss-radau-15", dt=30.0)
    (records,) = islice(iterations(scenario), 1)
    assert 0.0 < records[0].t1 < 1.0


def test_no_tolerance_keeps_the_step() -> None:
    scenario = points(*KEPLER, integrator="gauss-radau-15", dt=0.1, tolerance=0.0)
    assert {state[1] for state in expected(scenario, 30)[:, 0].tolist()} == {0.1}


@pytest.mark.parametrize("integrator", INTEGRATORS)
def test_a_single_point_flies_straight_and_keeps_its_step(integrator: str) -> None:
    scenario = points((1.0, 1, 2, 3, 4, 5, 6), integrator=integrator, dt=0.25)
    end = expected(scenario, 8)[-1, 0]
    assert end.tolist() == pytest.approx([2.0, 0.25, 9.0, 12.0, 15.0, 4.0, 5.0, 6.0], rel=1e-15)


@pytest.mark.parametrize("integrator", INTEGRATORS)
def test_agents_in_one_place_collide_and_the_massive_one_is_named_second(integrator: str) -> None:
    # So near that r**3 is 0; a scenario with both at the same place would not be valid.
    probe, rock = (0.0, 0, 0, 0, 0, 0, 0), (1.0, 1e-120, 0, 0, 0, 0, 0)
    far = (1.0, 9, 9, 9, 0, 0, 0)
    scenario = points(far, probe, rock, integrator=integrator)
    assert failure_of(scenario) == (0, ("Agent 1", "Agent 2"), FailureReason.COLLISION)


@pytest.mark.parametrize("integrator", INTEGRATORS)
def test_massless_agents_in_one_place_do_not_collide(integrator: str) -> None:
    probe, star = (0.0, 1, 1, 1, 0, 0, 0), (1.0, 0, 0, 0, 0, 0, 0)
    states = expected(points(star, probe, probe, integrator=integrator), 5)
    assert (states[:, 1] == states[:, 2]).all()


@pytest.mark.parametrize("integrator", INTEGRATORS)
def test_a_state_that_is_no_longer_finite_ends_the_trajectory(integrator: str) -> None:
    runaway, rest = (0.0, 1e308, 0, 0, 1e308, 0, 0), (0.0, 0, 0, 0, 0, 0, 0)
    scenario = points(rest, runaway, integrator=integrator, dt=0.5)
    assert failure_of(scenario) == (1, ("Agent 1",), FailureReason.DIVERGENCE)


def test_a_step_that_does_not_move_the_time_ends_the_trajectory() -> None:
    # Ever steeper: near r = 0 the steps that the tolerance allows fall below the time's last bit.
    probe, star = (0.0, 1, 0, 0, 0, 0, 0), (1.0, 0, 0, 0, 0, 0, 0)
    scenario = points(star, probe, integrator="gauss-radau-15")
    iteration, agents, reason = failure_of(scenario, 5000)
    assert reason in {FailureReason.STANDSTILL, FailureReason.COLLISION}
    assert iteration > 10
    assert agents == ("Agent 0", "Agent 1")


@pytest.mark.parametrize("y", [1e-300, 1e-9, 0.03, 0.999, 1.0, 1.7, 128.0, 16000.0])
def test_the_seventh_root_is_within_two_bits(y: float) -> None:
    assert seventh_root(y) == pytest.approx(y ** (1 / 7), rel=1e-15)


@pytest.mark.parametrize("integrator", INTEGRATORS)
def test_an_agent_that_repels_drives_others_away(integrator: str) -> None:
    scenario = points((-1.0, 0, 0, 0, 0, 0, 0), (0.0, 1, 0, 0, 0, 0, 0), integrator=integrator)
    distances = [math.hypot(*state[1, 2:5]) for state in expected(scenario, 10)]
    assert distances == sorted(distances)
    assert distances[-1] > distances[0]

from __future__ import annotations

import pytest

from sim.engine import Propagation
from sim.engine.computed import compute, steps_of
from sim.engine.watch import Watch
from sim.errors import LimitError, PropagationFailed
from sim.models.nano.scenario import NanoScenario
from sim.order import Escape, Order, Until, Within
from sim.scenario import NANO, Agent, PropagationRequest, Trajectory
from tests.unit.sim.engine.samples import stretches_of

TRAJECTORY = Trajectory(seed=5)
ESCAPE = Order(400_000, TRAJECTORY, condition=Escape("Satellite"))
TWIN = Agent("Twin", 0.0, NANO.agents[0].state)  # in one place with the planet
COLLIDING = Trajectory(NanoScenario((NANO.agents[0], TWIN), 0.01, 0.09, 0.001))


def test_what_is_computed_has_the_bits_of_what_is_opened_and_tells_its_progress() -> None:
    told: list[int] = []
    request = PropagationRequest(2_000_000, TRAJECTORY)
    found = compute(request, on_progress=told.append)
    assert found.propagation.summary() == Propagation.open(TRAJECTORY, 2_000_000).summary()
    assert found.stopped is None
    assert told == sorted(set(told))
    assert len(told) > 1


def test_an_order_says_whether_its_condition_was_met() -> None:
    unmet = Order(70_000, TRAJECTORY, condition=Within("Satellite", 1e-9))
    escaped = compute(ESCAPE)
    assert escaped.stopped
    assert escaped.propagation.steps < 400_000
    assert compute(unmet).stopped is False
    assert compute(unmet).propagation.steps == 70_000


def test_a_trajectory_that_ends_before_raises() -> None:
    with pytest.raises(PropagationFailed, match="collide"):
        compute(PropagationRequest(100_000, COLLIDING))


def test_the_steps_do_not_depend_on_how_much_there_is_already() -> None:
    found = {
        steps_of(
            ESCAPE, stretches_of(TRAJECTORY, *counts), Watch(ESCAPE.trajectory, ESCAPE.condition)
        )
        for counts in ((), (1,), (2, 1), (5,))
    }
    assert len(found) == 1
    assert found < {(steps, True) for steps in range(65_536, 400_000)}


def test_a_stop_that_is_not_met_comes_to_all_its_steps() -> None:
    order = Order(70_000, TRAJECTORY, condition=Within("Satellite", 1e-9))
    watch = Watch(order.trajectory, order.condition)
    assert steps_of(order, stretches_of(TRAJECTORY, 1), watch) == (70_000, False)


def test_a_time_that_is_not_reached_is_a_sentence() -> None:
    order = Order(70_000, TRAJECTORY, condition=Until(1e6))
    with pytest.raises(LimitError, match="70,000 steps"):
        steps_of(order, (), Watch(order.trajectory, order.condition))


def test_a_trajectory_that_ends_before_is_opened_to_say_so() -> None:
    order = Order(70_000, COLLIDING, condition=Until(5.0))
    assert steps_of(order, (), Watch(COLLIDING, order.condition)) == (70_000, False)

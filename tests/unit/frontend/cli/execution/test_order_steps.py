from __future__ import annotations

import pytest

from frontend.cli.execution.order_steps import steps_of
from frontend.errors import FrontendError
from sim.engine.watch import Watch
from sim.models.nano.scenario import NanoScenario
from sim.order import Escape, Order, Until, Within
from sim.scenario import NANO, Agent, Trajectory
from tests.unit.sim.engine.samples import stretches_of

TRAJECTORY = Trajectory(seed=5)
ESCAPE = Order(400_000, TRAJECTORY, condition=Escape("Satellite"))


def test_the_steps_do_not_depend_on_how_much_there_is_already() -> None:
    found = {
        steps_of(
            ESCAPE, stretches_of(TRAJECTORY, *counts), Watch(ESCAPE.trajectory, ESCAPE.condition)
        )
        for counts in ((), (1,), (2, 1), (5,))
    }
    assert len(found) == 1
    assert found < set(range(65_536, 400_000))


def test_a_stop_that_is_not_met_comes_to_all_its_steps() -> None:
    order = Order(70_000, TRAJECTORY, condition=Within("Satellite", 1e-9))
    watch = Watch(order.trajectory, order.condition)
    assert steps_of(order, stretches_of(TRAJECTORY, 1), watch) == 70_000


def test_a_time_that_is_not_reached_is_a_sentence() -> None:
    order = Order(70_000, TRAJECTORY, condition=Until(1e6))
    with pytest.raises(FrontendError, match="70,000 steps"):
        steps_of(order, (), Watch(order.trajectory, order.condition))


def test_a_trajectory_that_ends_before_is_opened_to_say_so() -> None:
    twin = Agent("Twin", 0.0, NANO.agents[0].state)  # in one place with the planet
    trajectory = Trajectory(NanoScenario((NANO.agents[0], twin), 0.01, 0.09, 0.001))
    order = Order(70_000, trajectory, condition=Until(5.0))
    assert steps_of(order, (), Watch(trajectory, order.condition)) == 70_000

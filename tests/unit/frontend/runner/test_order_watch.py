from __future__ import annotations

from frontend.domain.order_record import OrderRecord
from frontend.runner.growing_trajectory import GrowingTrajectory
from frontend.runner.order_watch import OrderWatch
from sim.engine import Propagation, pass_over
from sim.order import Escape, Order, Until, Within
from sim.scenario import Trajectory

TRAJECTORY = Trajectory(seed=5)


def growing(intervals: int) -> GrowingTrajectory:
    made = GrowingTrajectory(TRAJECTORY, [], [])
    for _ in range(intervals):
        stretch = pass_over(TRAJECTORY, made.tail, 1)
        made.append(stretch, made.entry(stretch, stretch.to_bytes()))
    return made


def answers(stored: GrowingTrajectory, order: Order) -> list[OrderRecord]:
    document = OrderRecord.of(order).to_bytes()
    found = OrderWatch(stored).answers(
        {order.id: order.steps, "70000": 70_000}, {order.id: document}
    )
    assert all(one == order for one, _ in found)
    return [record for _, record in found]


def test_an_order_is_answered_as_soon_as_its_interval_is_stored() -> None:
    order = Order(10_000_000, TRAJECTORY, condition=Until(4_000.0))
    assert answers(growing(1), order) == []
    (record,) = answers(growing(2), order)
    assert record.stopped is True
    assert record.steps is not None
    before, after = (
        min(state.time for state in Propagation.open(TRAJECTORY, steps).end.values())
        for steps in (record.steps - 1, record.steps)
    )
    assert before < 4_000.0 <= after


def test_a_stop_that_was_not_met_within_its_steps_comes_to_all_of_them() -> None:
    order = Order(70_000, TRAJECTORY, condition=Within("Satellite", 1e-12))
    assert answers(growing(1), order) == []
    (record,) = answers(growing(2), order)
    assert (record.steps, record.stopped) == (70_000, False)


def test_a_stop_that_is_met_after_its_steps_was_not_met() -> None:
    (late,) = answers(growing(4), Order(250_000, TRAJECTORY, condition=Escape("Satellite")))
    assert late.stopped
    assert late.steps is not None
    before = Order(late.steps - 1, TRAJECTORY, condition=Escape("Satellite"))
    (record,) = answers(growing(4), before)
    assert (record.steps, record.stopped) == (late.steps - 1, False)


def test_a_time_beyond_the_allowed_steps_fails_with_a_sentence() -> None:
    (record,) = answers(growing(1), Order(60_000, TRAJECTORY, condition=Until(1e6)))
    assert record.steps is None
    assert "ask for an earlier time" in str(record.failed)


def test_an_order_whose_record_is_damaged_is_left_out() -> None:
    order = Order(60_000, TRAJECTORY, condition=Until(1.0))
    assert OrderWatch(growing(1)).answers({order.id: 60_000}, {order.id: b"{"}) == []
    assert OrderWatch(growing(1)).answers({order.id: 60_000}, {}) == []

"""Orders that are answered without a run, from what is stored or by a small computation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from frontend.admission import Admission
from frontend.domain.order_record import OrderRecord
from frontend.domain.resource import Resource, Status
from frontend.errors import NotFound
from frontend.propagations.inline_rule import InlineRule
from frontend.propagations.orders import Answer, Orders, waiting_requests
from frontend.runs.run_queue import RunQueue
from sim.engine import initial_checkpoint
from sim.engine.watch import Watch
from sim.order import Escape, Order, Until, Within
from sim.scenario import PropagationRequest, Subject, Trajectory

if TYPE_CHECKING:
    import redis

    from tests.stored import Stored

TRAJECTORY = Trajectory(seed=5)
ESCAPE = Order(10_000_000, TRAJECTORY, condition=Escape("Satellite"))


def orders(client: redis.Redis, stored: Stored, allowed_work: int = 10_000) -> Orders:
    admission = Admission(memory=2**28, waiters=4)
    return Orders(InlineRule(allowed_work), stored.store, RunQueue(client), admission)


def expected(order: Order) -> int:
    watch = Watch(order.trajectory, order.condition)
    watch.go_on(initial_checkpoint(order.trajectory.scenario), 400_000)
    assert watch.steps is not None
    return watch.steps


def test_an_order_within_the_inline_work_is_answered_at_once(
    client: redis.Redis, stored: Stored
) -> None:
    order = Order(10_000_000, TRAJECTORY, condition=Until(300.0))
    answer = orders(client, stored).settled(order)
    assert answer == Answer(order.answer(expected(order)), stopped=True)
    assert orders(client, stored, allowed_work=0).settled(order) is None


def test_an_order_beyond_it_takes_a_run(client: redis.Redis, stored: Stored) -> None:
    assert orders(client, stored).settled(ESCAPE) is None
    assert orders(client, stored, allowed_work=200_000).settled(ESCAPE) == Answer(
        ESCAPE.answer(expected(ESCAPE)), stopped=True
    )


def test_a_stop_that_is_not_met_comes_to_all_its_steps(client: redis.Redis, stored: Stored) -> None:
    order = Order(5_000, TRAJECTORY, condition=Within("Satellite", 1e-9))
    assert orders(client, stored).settled(order) == Answer(order.answer(5_000), stopped=False)


def test_a_time_that_the_allowed_steps_do_not_reach_fails(
    client: redis.Redis, stored: Stored
) -> None:
    found = orders(client, stored).settled(Order(5_000, TRAJECTORY, condition=Until(1e6)))
    assert isinstance(found, Resource)
    assert found.status is Status.FAILED
    assert found.error is not None
    assert "ask for an earlier time" in found.error.detail


def test_an_order_that_was_never_stored_is_not_found(client: redis.Redis, stored: Stored) -> None:
    with pytest.raises(NotFound, match="Ask for it again"):
        orders(client, stored).read("q-0123456789abcdef")


def test_an_order_that_waits_is_read_back_by_its_id(client: redis.Redis, stored: Stored) -> None:
    RunQueue(client).enqueue(ESCAPE)
    assert orders(client, stored).read(ESCAPE.id) == ESCAPE


def test_a_damaged_record_is_no_order(client: redis.Redis, stored: Stored) -> None:
    RunQueue(client).enqueue(ESCAPE)
    client.set(f"run/order/{ESCAPE.id}", b"{")
    with pytest.raises(NotFound):
        orders(client, stored).read(ESCAPE.id)


def test_those_that_wait_are_requests_and_orders() -> None:
    record = OrderRecord.of(ESCAPE).to_bytes()
    waiting = {"70000": 70_000, ESCAPE.id: ESCAPE.steps, "q-0123456789abcdef": 5}
    found = list(waiting_requests(Subject(TRAJECTORY), waiting, {ESCAPE.id: record}))
    assert found == [PropagationRequest(70_000, TRAJECTORY), ESCAPE]

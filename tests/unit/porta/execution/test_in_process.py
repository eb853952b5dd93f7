from __future__ import annotations

import threading

import pytest

from porta.execution.in_process import InProcess
from porta.progress import Calls, Silent
from sim.engine import Propagation
from sim.ensemble.computed import compute
from sim.order import Order, Until
from sim.scenario import PropagationRequest, Trajectory

TRAJECTORY = Trajectory(seed=7)


def test_a_run_has_the_bits_of_the_engine() -> None:
    found = InProcess().propagation(PropagationRequest(70_000, TRAJECTORY), Silent())
    assert found.summary() == Propagation.open(TRAJECTORY, 70_000).summary()
    assert found.stopped is None


def test_an_order_is_answered_by_the_request_that_it_comes_to() -> None:
    order = Order(10_000, TRAJECTORY, condition=Until(20.0))
    found = InProcess().propagation(order, Silent())
    assert found.request == PropagationRequest(found.propagation.steps, TRAJECTORY)
    assert found.request.steps == Propagation.open(TRAJECTORY, until=20.0).steps
    assert found.stopped is True


@pytest.mark.parametrize("threads", [None, 1])
def test_an_ensemble_has_the_bits_of_the_engine(threads: int | None) -> None:
    request = PropagationRequest(200, members=40)
    found = InProcess(threads).ensemble(request, Silent())
    assert found.document() == compute(request).document()


def test_progress_is_told_up_to_the_end() -> None:
    told: list[tuple[int, int]] = []

    def tell(done: int, total: int) -> None:
        told.append((done, total))

    InProcess().propagation(PropagationRequest(2_000_000, TRAJECTORY), Calls(tell))
    assert told[0] == (0, 2_000_000)
    assert told[-1] == (2_000_000, 2_000_000)
    assert len(told) > 2

    told.clear()
    InProcess().ensemble(PropagationRequest(50, members=40), Calls(tell))
    assert (told[0], told[-1]) == ((0, 40), (40, 40))


def test_an_interruption_ends_an_ensemble_and_leaves_no_thread() -> None:
    def interrupt(done: int, _total: int) -> None:
        if done:
            raise KeyboardInterrupt

    before = threading.active_count()
    request = PropagationRequest(2_000, members=2_000)
    with pytest.raises(KeyboardInterrupt):
        InProcess().ensemble(request, Calls(interrupt))
    assert threading.active_count() == before

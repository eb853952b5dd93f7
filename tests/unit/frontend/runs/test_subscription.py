"""Claims about one listener's queue."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontend.errors import StorageUnavailable
from frontend.runs.subscription import HEARTBEAT, START, Event, Subscription, order

SNAPSHOT = Event("500-0", "status")


def event(number: int) -> Event:
    return Event(f"{number}-0", "progress")


def listener(*, heartbeat_s: float = 5.0) -> Subscription:
    return Subscription(lambda: SNAPSHOT, propagation_id=None, heartbeat_s=heartbeat_s)


def heard(subscription: Subscription, count: int) -> list[str | None]:
    return [event.id for event in islice(subscription, count)]


@given(st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1)))
def test_an_id_sorts_as_its_two_numbers(parts: tuple[int, int]) -> None:
    assert order("{}-{}".format(*parts)) == parts


@given(st.text())
def test_any_text_has_a_place_in_the_order(text: str) -> None:
    assert order(text) >= (0, 0)


def test_what_was_missed_comes_before_what_was_told_meanwhile_and_each_once() -> None:
    subscription = listener()
    subscription.send(event(2), event(3))
    subscription.begin([event(1), event(2)], START)
    assert heard(subscription, 3) == ["1-0", "2-0", "3-0"]


def test_what_was_heard_before_is_not_heard_again() -> None:
    subscription = listener()
    subscription.begin([], "2-0")
    subscription.send(event(1), event(2), event(3))
    assert heard(subscription, 1) == ["3-0"]


def test_a_queue_is_bounded_and_its_overflow_a_snapshot() -> None:
    subscription = listener()
    for number in range(1, 258):
        subscription.send(event(number))
    subscription.send(event(499), event(501))
    assert heard(subscription, 2) == ["500-0", "501-0"]


def test_after_a_restart_small_ids_are_new_again() -> None:
    subscription = listener()
    subscription.begin([event(900)], START)
    assert heard(subscription, 1) == ["900-0"]
    subscription.restart(Event("1-0", "status"))
    subscription.send(event(2))
    assert heard(subscription, 2) == ["1-0", "2-0"]


def test_silence_is_a_heartbeat() -> None:
    assert list(islice(listener(heartbeat_s=0.01), 2)) == [HEARTBEAT, HEARTBEAT]


def test_a_snapshot_that_cannot_be_read_is_tried_again() -> None:
    refusals = [StorageUnavailable("gone")]

    def snapshot() -> Event:
        if refusals:
            raise refusals.pop()
        return SNAPSHOT

    subscription = Subscription(snapshot, propagation_id=None, heartbeat_s=5)
    for number in range(300):
        subscription.send(event(number))
    assert [e.name for e in islice(subscription, 2)] == ["heartbeat", "status"]


@pytest.mark.parametrize("waiting", [True, False])
def test_closing_ends_it_whether_events_wait_or_not(*, waiting: bool) -> None:
    subscription = listener()
    if waiting:
        subscription.send(event(1))
    subscription.close()
    assert list(subscription) == []


def test_only_the_end_of_its_own_propagation_reaches_it() -> None:
    subscription = Subscription(lambda: SNAPSHOT, propagation_id="7", heartbeat_s=5)
    subscription.send(
        Event("1-0", "done", propagation_id="8"),
        Event("2-0", "progress"),
        Event("3-0", "done", propagation_id="7"),
    )
    assert heard(subscription, 2) == ["2-0", "3-0"]

"""Claims about the event hub: order, coming back, slow listeners, and closing."""

from __future__ import annotations

import threading
from itertools import islice, pairwise
from typing import TYPE_CHECKING

import pytest

from frontend.domain.resource import Status
from frontend.errors import StorageUnavailable
from frontend.runs.event_hub import EventHub
from frontend.runs.run_queue import RunQueue
from frontend.runs.subscription import order
from frontend.storage import keys
from frontend.storage.connection import connect
from tests.redis_servers import free_port
from tests.run_protocol import MANIFEST, digest_of, owned, request

if TYPE_CHECKING:
    from collections.abc import Iterator

    import redis

    from frontend.runs.subscription import Event, Subscription

DIGEST = digest_of()


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with connect(redis_url) as client:
        yield client


@pytest.fixture
def runs(client: redis.Redis) -> RunQueue:
    return RunQueue(client)


@pytest.fixture
def hub(client: redis.Redis, runs: RunQueue) -> Iterator[EventHub]:
    hub = EventHub(client, runs, heartbeat_s=5)
    yield hub
    hub.close()


def next_of(subscription: Subscription, count: int) -> list[Event]:
    """The next events that are no heartbeats."""
    return list(islice((e for e in subscription if e.name != "heartbeat"), count))


def done_values(heard: list[Event]) -> list[int]:
    return [event.run.done for event in heard if event.run is not None]


def test_a_listener_first_hears_how_things_stand(hub: EventHub, runs: RunQueue) -> None:
    runs.enqueue(request(500))
    with hub.subscribe(DIGEST) as subscription:
        [event] = next_of(subscription, 1)
    assert event.name == "status"
    assert event.id is not None
    assert event.run is not None
    assert (event.run.state, event.run.position) == ("queued", 1)
    assert event.run.waiting == {request(500).id: 500}


def test_a_listener_to_nothing_hears_that_there_is_nothing(hub: EventHub) -> None:
    with hub.subscribe(DIGEST) as subscription:
        [event] = next_of(subscription, 1)
    assert (event.id, event.name, event.run) == (None, "status", None)


def test_events_come_in_order_each_once_from_asking_to_the_end(
    hub: EventHub, runs: RunQueue
) -> None:
    with hub.subscribe(DIGEST) as subscription:
        lease = owned(runs)
        runs.progress(lease, stage="propagating")
        for done in (10, 20):
            runs.progress(lease, done=done)
        runs.publish(lease, request(1_000), MANIFEST, [])
        runs.finish(lease)
        heard = next_of(subscription, 8)[1:]
    told = [(e.name, e.run.status) for e in heard if e.run]
    assert told == [
        ("status", Status.QUEUED),
        ("status", Status.STARTING),
        ("status", Status.RUNNING),
        ("progress", Status.RUNNING),
        ("progress", Status.RUNNING),
        ("done", Status.RUNNING),
        ("status", Status.COMPLETE),
    ]
    assert (heard[5].propagation_id, heard[5].outcome) == (request(1_000).id, Status.COMPLETE)
    assert all(order(a.id or "") < order(b.id or "") for a, b in pairwise(heard))


def test_who_listens_for_one_propagation_hears_of_no_others_end(
    hub: EventHub, runs: RunQueue
) -> None:
    lease = owned(runs, 1_000)
    runs.enqueue(request(10))
    with hub.subscribe(DIGEST, propagation_id=request(1_000).id) as subscription:
        next_of(subscription, 1)
        runs.publish(lease, request(10), MANIFEST, [])
        runs.publish(lease, request(1_000), MANIFEST, [])
        [event] = next_of(subscription, 1)
    assert event.propagation_id == request(1_000).id


def test_many_listeners_share_one_reader(
    hub: EventHub, runs: RunQueue, client: redis.Redis
) -> None:
    lease = owned(runs)
    heard: list[list[int]] = []

    def listen(ready: threading.Barrier) -> None:
        with hub.subscribe(DIGEST) as subscription:
            next_of(subscription, 1)
            ready.wait(10)
            heard.append(done_values(next_of(subscription, 3)))

    ready = threading.Barrier(31)
    threads = [threading.Thread(target=listen, args=[ready]) for _ in range(30)]
    for thread in threads:
        thread.start()
    ready.wait(10)
    for done in (1, 2, 3):
        runs.progress(lease, done=done)
    for thread in threads:
        thread.join(10)
    assert heard == [[1, 2, 3]] * 30
    blocked = [c for c in client.client_list() if c["cmd"] == "xread"]
    assert len(blocked) <= 1


def test_each_listener_hears_its_own_run(hub: EventHub, runs: RunQueue) -> None:
    first, second = owned(runs, seed=1), owned(runs, seed=2)
    with hub.subscribe(digest_of(1)) as one, hub.subscribe(digest_of(2)) as two:
        next_of(one, 1)
        next_of(two, 1)
        runs.progress(first, done=11)
        runs.progress(second, done=22)
        assert done_values(next_of(one, 1)) == [11]
        assert done_values(next_of(two, 1)) == [22]


def test_who_comes_back_misses_nothing(hub: EventHub, runs: RunQueue) -> None:
    lease = owned(runs)
    with hub.subscribe(DIGEST) as subscription:
        [last] = next_of(subscription, 1)
    for done in (1, 2, 3):
        runs.progress(lease, done=done)
    with hub.subscribe(DIGEST, last.id) as subscription:
        runs.progress(lease, done=4)
        assert done_values(next_of(subscription, 4)) == [1, 2, 3, 4]


def test_who_comes_back_too_late_gets_a_snapshot(
    hub: EventHub, runs: RunQueue, client: redis.Redis
) -> None:
    lease = owned(runs)
    with hub.subscribe(DIGEST) as subscription:
        [last] = next_of(subscription, 1)
    for done in (1, 2, 3):
        runs.progress(lease, done=done)
    client.xtrim(keys.events(DIGEST), maxlen=1, approximate=False)
    with hub.subscribe(DIGEST, last.id) as subscription:
        [event] = next_of(subscription, 1)
        assert (event.name, done_values([event])) == ("status", [3])
        runs.progress(lease, done=4)
        assert done_values(next_of(subscription, 1)) == [4]


@pytest.mark.parametrize(
    "last_id", ["", "0-0", "7", "x-y", "1-", "-1", "1-2-3", f"{2**64}-0", "٣-٣", "9" * 99, "1 - 1"]
)
def test_an_id_that_never_was_gets_a_snapshot(hub: EventHub, runs: RunQueue, last_id: str) -> None:
    owned(runs)
    with hub.subscribe(DIGEST, last_id) as subscription:
        [event] = next_of(subscription, 1)
    assert event.name == "status"
    assert event.run is not None
    assert event.run.waiting == {request(1_000).id: 1_000}


def test_a_listener_that_lags_gets_a_snapshot_and_goes_on(hub: EventHub, runs: RunQueue) -> None:
    lease = owned(runs)
    with hub.subscribe(DIGEST) as slow, hub.subscribe(DIGEST) as quick:
        next_of(slow, 1)
        next_of(quick, 1)
        for done in range(1, 401):
            runs.progress(lease, done=done)
            assert done_values(next_of(quick, 1)) == [done]
        heard = next_of(slow, 1)
        assert [(e.name, e.run.done) for e in heard if e.run] == [("status", 400)]
        runs.progress(lease, done=401)
        assert done_values(next_of(slow, 1)) == [401]


def test_a_run_in_the_line_hears_of_its_place(hub: EventHub, runs: RunQueue) -> None:
    for seed in (2, 3, 1):
        runs.enqueue(request(500, seed))
    with hub.subscribe(DIGEST) as subscription:
        [before] = next_of(subscription, 1)
        runs.cancel(request(500, seed=2))
        [after] = next_of(subscription, 1)
    assert before.run is not None
    assert after.run is not None
    assert (before.run.position, after.run.position) == (3, 2)
    assert after.id is None  # nothing to come back to


def test_a_silent_run_gives_heartbeats(client: redis.Redis, runs: RunQueue) -> None:
    hub = EventHub(client, runs, heartbeat_s=0.01)
    with hub.subscribe(DIGEST) as subscription:
        names = [event.name for event in islice(subscription, 4)]
    hub.close()
    assert names == ["status", "heartbeat", "heartbeat", "heartbeat"]


def test_closing_ends_every_listener_at_once(client: redis.Redis, runs: RunQueue) -> None:
    hub = EventHub(client, runs, heartbeat_s=60)
    entered = threading.Barrier(6)

    def listen() -> None:
        with hub.subscribe(DIGEST) as subscription:
            entered.wait(10)
            list(subscription)

    threads = [threading.Thread(target=listen) for _ in range(5)]
    for thread in threads:
        thread.start()
    entered.wait(10)
    hub.close()
    for thread in threads:
        thread.join(1)
    assert not any(thread.is_alive() for thread in threads)


def test_a_closed_hub_ends_new_listeners_too(hub: EventHub) -> None:
    hub.close()
    with hub.subscribe(DIGEST) as subscription:
        assert list(subscription) == []


def test_nobody_listens_to_a_redis_that_is_not_there() -> None:
    with connect(f"redis://127.0.0.1:{free_port()}/0") as client:
        hub = EventHub(client, RunQueue(client))
        with pytest.raises(StorageUnavailable), hub.subscribe(DIGEST):
            pass


def test_when_redis_forgets_its_runs_listeners_are_told(
    hub: EventHub, runs: RunQueue, client: redis.Redis
) -> None:
    owned(runs)
    with hub.subscribe(DIGEST) as subscription:
        next_of(subscription, 1)
        client.flushall()
        [event] = next_of(subscription, 1)
        assert (event.name, event.run) == ("status", None)
        runs.enqueue(request(500))
        [event] = next_of(subscription, 1)
        assert event.run is not None
        assert event.run.state == "queued"

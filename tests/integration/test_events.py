"""The event hub on a real Redis that dies and comes back."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from frontend.runs.event_hub import EventHub
from frontend.runs.run_queue import RunQueue
from frontend.storage.connection import connect
from tests.run_protocol import digest_of, owned, request

if TYPE_CHECKING:
    from frontend.runs.subscription import Event, Subscription
    from tests.redis_servers import RedisServer

DIGEST = digest_of()


def next_of(subscription: Subscription, count: int) -> list[Event]:
    """The next events that are no heartbeats."""
    return list(islice((e for e in subscription if e.name != "heartbeat"), count))


def done_values(heard: list[Event]) -> list[int]:
    return [event.run.done for event in heard if event.run is not None]


def test_listeners_survive_the_death_of_redis_and_miss_nothing(own_redis: RedisServer) -> None:
    with connect(own_redis.url) as client:
        runs = RunQueue(client, lease_ms=600_000)
        hub = EventHub(client, runs, heartbeat_s=1)
        lease = owned(runs)
        with hub.subscribe(DIGEST) as subscription:
            next_of(subscription, 1)
            runs.progress(lease, done=1)
            assert done_values(next_of(subscription, 1)) == [1]
            own_redis.kill()
            assert next(iter(subscription)).name == "heartbeat"
            own_redis.start()
            for done in (2, 3):
                runs.progress(lease, done=done)
            assert done_values(next_of(subscription, 2)) == [2, 3]
        hub.close()


def test_a_redis_that_forgot_the_run_is_told_as_a_snapshot(own_redis: RedisServer) -> None:
    with connect(own_redis.url) as client:
        runs = RunQueue(client)
        hub = EventHub(client, runs, heartbeat_s=1)
        owned(runs)
        with hub.subscribe(DIGEST) as subscription:
            next_of(subscription, 1)
            client.flushall()
            own_redis.kill()
            own_redis.start()
            [event] = next_of(subscription, 1)
            assert (event.name, event.run) == ("status", None)
            runs.enqueue(request(500))
            [event] = next_of(subscription, 1)
            assert event.run is not None
        hub.close()


def test_a_frozen_redis_costs_listeners_nothing(own_redis: RedisServer) -> None:
    with connect(own_redis.url, timeout_s=1.5) as client:
        runs = RunQueue(client, lease_ms=600_000)
        hub = EventHub(client, runs, heartbeat_s=0.5)
        lease = owned(runs)
        with hub.subscribe(DIGEST) as subscription:
            next_of(subscription, 1)
            own_redis.pause()
            assert [event.name for event in islice(subscription, 5)] == ["heartbeat"] * 5
            own_redis.resume()
            runs.progress(lease, done=7)
            assert done_values(next_of(subscription, 1)) == [7]
        hub.close()

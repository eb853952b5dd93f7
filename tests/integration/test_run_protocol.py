"""The run protocol on a real Redis: full, killed, frozen, and raced for."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import pytest

from frontend.errors import FrontendError, LeaseLost, StorageFull, StorageUnavailable
from frontend.results.slice_cache import RedisSliceCache
from frontend.runs.run_queue import RunQueue
from frontend.runs.runner_registry import RunnerRegistry
from frontend.storage import keys
from frontend.storage.connection import command, connect, storage_errors
from tests.deadlines import EVENTUALLY_S
from tests.run_machine import hold_to_the_model
from tests.run_protocol import (
    MANIFEST,
    digest_of,
    entries,
    head_before,
    lapse,
    owned,
    put,
    request,
    stretch,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import redis

    from tests.redis_servers import RedisServer

DIGEST = digest_of()
CHAIN: Final = 20


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with connect(redis_url) as client:
        yield client


@pytest.fixture
def runs(client: redis.Redis) -> RunQueue:
    return RunQueue(client)


def test_the_scripts_agree_with_their_model_on_this_server_too(redis_url: str) -> None:
    # A server that waits two seconds for its disk would make an example fail that passes when it
    # is repeated.
    with connect(redis_url, timeout_s=EVENTUALLY_S) as client:
        hold_to_the_model(client, examples=15, steps=40)


# A storage that is full.


def fill(client: redis.Redis, policy: str) -> None:
    """Set the memory limit below what is used: nothing more may be stored."""
    client.config_set("maxmemory-policy", policy)
    client.config_set("maxmemory", 1)


POLICIES = pytest.mark.parametrize("policy", ["noeviction", "volatile-lru"])


@POLICIES
def test_a_full_storage_refuses_stretches_and_new_work_and_nothing_is_half_written(
    runs: RunQueue, client: redis.Redis, policy: str
) -> None:
    lease = owned(runs)
    put(runs, lease, 0)
    fill(client, policy)
    with pytest.raises(StorageFull):
        put(runs, lease, 1)
    with pytest.raises(StorageFull):
        runs.enqueue(request(500, seed=2))
    with pytest.raises(StorageFull):
        runs.publish_derived(request(3, seed=2), MANIFEST)
    assert client.llen(keys.chain(DIGEST)) == 1
    assert client.exists(keys.stretch(DIGEST, 1), keys.run(digest_of(2))) == 0
    client.config_set("maxmemory", 0)
    put(runs, lease, 1)


@POLICIES
def test_in_a_full_storage_a_run_is_kept_told_about_published_and_finished(
    runs: RunQueue, client: redis.Redis, policy: str
) -> None:
    lease = owned(runs)
    put(runs, lease, 0)
    fill(client, policy)
    runs.renew(lease)
    runs.progress(lease, stage="writing", done=10)
    assert runs.publish(lease, request(1_000), MANIFEST, entries(1))
    assert runs.finish(lease) == "done"
    run = runs.state(DIGEST)
    assert run is not None
    assert (run.state, run.done) == ("done", 10)


@POLICIES
def test_in_a_full_storage_runs_are_taken_over_cancelled_given_back_and_deleted(
    runs: RunQueue, client: redis.Redis, policy: str
) -> None:
    lease = owned(runs)
    put(runs, lease, 0)
    runs.enqueue(request(500, seed=2))
    fill(client, policy)
    runs.cancel(request(500, seed=2))
    runs.release(lease, "failed", "The storage is full.")
    runs.cancel(request(1_000))
    assert [runs.state(digest_of(seed)).state for seed in (1, 2)] == ["cancelled"] * 2  # type: ignore[union-attr]  # both are known
    assert runs.candidates() == []
    RunnerRegistry(client).heartbeat("one", {})
    assert RunnerRegistry(client).lead("token", 1_000)
    client.config_set("maxmemory", 0)


def test_what_may_be_evicted_is_slices_and_nothing_else(
    runs: RunQueue, client: redis.Redis
) -> None:
    lease = owned(runs)
    for position in range(CHAIN):
        put(runs, lease, position)
    cache = RedisSliceCache(client, DIGEST, ttl_s=60)
    cache.put_many((interval, bytes(100_000)) for interval in range(50))
    used = int(command(client, "INFO", "memory")["used_memory"])
    client.config_set("maxmemory-policy", "volatile-lru")
    client.config_set("maxmemory", used - 3_000_000)
    runs.renew(lease)
    assert runs.publish(lease, request(1_000), MANIFEST, entries(CHAIN))
    assert any(cache.get(interval) is None for interval in range(50))
    assert client.exists(*keys.stretches(DIGEST, 0, CHAIN)) == CHAIN
    assert runs.finish(lease) == "done"


def test_a_full_storage_costs_the_cache_of_slices_and_no_error(
    runs: RunQueue, client: redis.Redis
) -> None:
    owned(runs)
    fill(client, "noeviction")
    assert RedisSliceCache(client, DIGEST, ttl_s=60).put_many([(1, bytes(1_000))]) == 0


# A server that dies, or hangs.


def test_a_run_survives_the_death_of_its_redis(own_redis: RedisServer) -> None:
    with connect(own_redis.url) as client:
        runs = RunQueue(client, lease_ms=600_000)
        lease = owned(runs)
        put(runs, lease, 0)
        own_redis.kill()
        with pytest.raises(StorageUnavailable):
            runs.renew(lease)
        own_redis.start()
        runs.renew(lease)
        put(runs, lease, 0)  # its answer might have been lost
        put(runs, lease, 1)
        assert runs.publish(lease, request(1_000), MANIFEST, entries(2))
        assert runs.finish(lease) == "done"


def test_a_redis_that_comes_back_empty_has_no_owner_and_no_half_of_a_run(
    own_redis: RedisServer,
) -> None:
    with connect(own_redis.url) as client:
        runs = RunQueue(client)
        lease = owned(runs)
        put(runs, lease, 0)
        client.flushall()
        own_redis.kill()
        own_redis.start()
        with pytest.raises(LeaseLost):
            put(runs, lease, 1)
        assert command(client, "KEYS", "*") == []


def test_a_call_that_was_carried_out_though_its_answer_was_lost_may_be_repeated(
    own_redis: RedisServer,
) -> None:
    with connect(own_redis.url, timeout_s=1.5) as client, connect(own_redis.url) as other:
        runs = RunQueue(client, lease_ms=600_000)
        lease = owned(runs)
        put(runs, lease, 0)
        own_redis.pause()
        with pytest.raises(StorageUnavailable):
            put(runs, lease, 1)
        own_redis.resume()
        put(RunQueue(other), lease, 1)
        put(runs, lease, 1)
        assert other.lrange(keys.chain(DIGEST), 0, -1) == [e.to_bytes() for e in entries(2)]


# Owners that race.


def extend(url: str, client: redis.Redis, name: str, over: threading.Event) -> None:
    """Own the run again and again, and lose it at every other step, until it is published."""
    with connect(url) as own:
        runs = RunQueue(own, max_attempts=10_000)
        for attempt in range(10_000):
            if over.is_set():
                return
            got = runs.acquire(DIGEST, f"{name}-{attempt}", name)
            if got.kind == "done":
                over.set()
            if got.lease is None:
                continue
            try:
                for position in range(got.next, CHAIN):
                    entry, data = stretch(position)
                    previous = head_before(position)
                    runs.put(
                        got.lease, position=position, previous=previous, entry=entry, data=data
                    )
                    if (position + attempt) % 2:
                        lapse(client, DIGEST)  # as if it had been paused; another takes over
                runs.publish(got.lease, request(1_000), MANIFEST, entries(CHAIN))
                runs.finish(got.lease)
            except LeaseLost:
                continue


def test_owners_that_lose_and_take_each_others_run_make_one_chain(
    redis_url: str, client: redis.Redis, runs: RunQueue
) -> None:
    runs.enqueue(request(1_000))
    over = threading.Event()
    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(extend, redis_url, client, name, over) for name in "abcd"]
        for future in done:
            future.result()
    assert client.lrange(keys.chain(DIGEST), 0, -1) == [e.to_bytes() for e in entries(CHAIN)]
    assert [client.get(name) for name in keys.stretches(DIGEST, 0, CHAIN)] == [
        stretch(position)[1] for position in range(CHAIN)
    ]
    assert client.get(keys.manifest(request(1_000).id)) == MANIFEST
    run = runs.state(DIGEST)
    assert run is not None
    assert run.state == "done"
    done_events = [
        fields
        for _, fields in command(client, "XRANGE", keys.events(DIGEST), "-", "+")
        if fields[b"event"] == b"done"
    ]
    assert len(done_events) == 1


def test_a_writer_from_the_past_writes_nothing_among_those_of_today(
    redis_url: str, client: redis.Redis, runs: RunQueue
) -> None:
    stale = owned(runs)
    lapse(client, DIGEST)
    lease = runs.acquire(DIGEST, "other", "them").lease
    assert lease is not None
    refused: list[FrontendError] = []
    over = threading.Event()

    def insist() -> None:
        with connect(redis_url) as own:
            mine = RunQueue(own)
            while not over.is_set():
                for position in range(CHAIN):
                    try:
                        put(mine, stale, position)
                    except LeaseLost as error:
                        refused.append(error)

    thread = threading.Thread(target=insist)
    thread.start()
    try:
        for position in range(CHAIN):
            put(runs, lease, position)
    finally:
        over.set()
        thread.join()
    assert refused
    assert client.llen(keys.chain(DIGEST)) == CHAIN


def test_never_more_runs_have_an_owner_than_may(redis_url: str, client: redis.Redis) -> None:
    runs = RunQueue(client, max_runs=3)
    seeds = range(1, 21)
    for seed in seeds:
        runs.enqueue(request(10, seed))

    def work(name: str) -> int:
        most = 0
        with connect(redis_url) as own:
            mine = RunQueue(own, max_runs=3)
            while candidates := mine.candidates():
                lease = mine.acquire(candidates[0], name, name).lease
                if lease is None:
                    continue
                most = max(most, len(mine.living()))
                seed = next(s for s in seeds if digest_of(s) == lease.digest)
                mine.publish(lease, request(10, seed), MANIFEST, [])
                mine.finish(lease)
        return most

    with ThreadPoolExecutor(6) as pool:
        assert max(pool.map(work, "abcdef")) <= 3
    with storage_errors():
        assert client.zcard(keys.RECENT) == len(seeds)

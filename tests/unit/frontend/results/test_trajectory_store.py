"""Claims about what is kept: verified reads, repair, deletion, recent results, slices."""

from __future__ import annotations

import hashlib
import logging
from functools import cache
from typing import TYPE_CHECKING

import orjson
import pytest

from frontend.domain import manifest
from frontend.domain.run import ChainEntry
from frontend.errors import LeaseLost, StorageUnavailable
from frontend.results.trajectory_store import TrajectoryStore
from frontend.runs.run_queue import RunQueue
from frontend.storage import keys
from frontend.storage.connection import command, connect
from frontend.storage.scripts import Scripts
from sim.engine import Propagation, checksum, initial_checkpoint, pass_over
from sim.models.nano.cost import interval_iterations
from sim.scenario import PropagationRequest, Subject, Trajectory
from tests.redis_servers import free_port
from tests.run_protocol import MANIFEST, digest_of, lapse, owned, request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import redis

    from frontend.domain.run import Lease

TRAJECTORY = Trajectory(seed=1)
DIGEST = digest_of(1)
INTERVAL = interval_iterations(2)
LENGTH = 3


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with connect(redis_url) as client:
        yield client


@pytest.fixture
def runs(client: redis.Redis) -> RunQueue:
    return RunQueue(client)


@pytest.fixture
def store(client: redis.Redis) -> TrajectoryStore:
    return TrajectoryStore(client)


@cache
def stored(seed: int = 1) -> tuple[tuple[ChainEntry, bytes], ...]:
    """Three real stretches of an interval each, as a run stores them."""
    trajectory = Trajectory(seed=seed)
    start, chain = initial_checkpoint(trajectory.scenario), []
    for _ in range(LENGTH):
        stretch = pass_over(trajectory, start, intervals=1)
        data = stretch.to_bytes()
        entry = ChainEntry(stretch.first, stretch.count, checksum(data), sum(stretch.records))
        chain.append((entry, data))
        start = stretch.tail
    return tuple(chain)


def put_all(runs: RunQueue, lease: Lease) -> None:
    previous = ""
    for position, (entry, data) in enumerate(stored()):
        runs.put(lease, position=position, previous=previous, entry=entry, data=data)
        previous = entry.checksum


def entries() -> list[ChainEntry]:
    return [entry for entry, _ in stored()]


@pytest.fixture
def lease(runs: RunQueue) -> Lease:
    """A running run with three stretches, and more to come."""
    lease = owned(runs, 10 * INTERVAL)
    put_all(runs, lease)
    return lease


def finish(runs: RunQueue, lease: Lease) -> None:
    runs.publish(lease, request(10 * INTERVAL), MANIFEST, entries())
    assert runs.finish(lease) == "done"


# Stretches.


@pytest.mark.usefixtures("lease")
def test_stretches_read_back_as_they_were_made(store: TrajectoryStore) -> None:
    assert store.chain(DIGEST) == entries()
    assert [s.to_bytes() for s in store.stretches(TRAJECTORY)] == [data for _, data in stored()]


@pytest.mark.usefixtures("lease")
@pytest.mark.parametrize(("until", "count"), [(1, 1), (2, 2), (3, 3), (99, 3)])
def test_no_more_stretches_are_read_than_are_needed(
    store: TrajectoryStore, until: int, count: int
) -> None:
    assert len(store.stretches(TRAJECTORY, until=until)) == count


def test_of_a_trajectory_that_nobody_asked_for_there_is_nothing(store: TrajectoryStore) -> None:
    assert store.chain(DIGEST) == []
    assert store.stretches(TRAJECTORY) == []
    assert store.subject(DIGEST) is None


def other_bytes(client: redis.Redis) -> None:
    data = bytearray(stored()[1][1])
    data[len(data) // 2] ^= 1
    client.set(keys.stretch(DIGEST, 1), bytes(data))


def another_stretch(client: redis.Redis) -> None:
    client.set(keys.stretch(DIGEST, 1), stored()[2][1])


def another_trajectory(client: redis.Redis) -> None:
    entry, data = stored(seed=2)[1]
    client.set(keys.stretch(DIGEST, 1), data)
    client.lset(keys.chain(DIGEST), 1, entry.to_bytes().decode())


def another_place(client: redis.Redis) -> None:
    entry, data = stored()[2]
    client.set(keys.stretch(DIGEST, 1), data)
    client.lset(keys.chain(DIGEST), 1, entry.to_bytes().decode())


def a_lying_entry(client: redis.Redis) -> None:
    entry, _ = stored()[1]
    lie = ChainEntry(entry.first, entry.count + 1, entry.checksum, entry.records)
    client.lset(keys.chain(DIGEST), 1, lie.to_bytes().decode())


def a_broken_entry(client: redis.Redis) -> None:
    client.lset(keys.chain(DIGEST), 1, "{")


def nothing(client: redis.Redis) -> None:
    client.delete(keys.stretch(DIGEST, 1))


DAMAGE = [
    *(other_bytes, another_stretch, another_trajectory, another_place),
    *(a_lying_entry, a_broken_entry, nothing),
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_cut_off_and_made_again_from_there(
    store: TrajectoryStore,
    runs: RunQueue,
    client: redis.Redis,
    lease: Lease,
    damage: Callable[[redis.Redis], None],
) -> None:
    finish(runs, lease)
    damage(client)
    assert [s.to_bytes() for s in store.stretches(TRAJECTORY)] == [stored()[0][1]]
    assert store.chain(DIGEST) == entries()[:1]
    assert client.exists(*keys.stretches(DIGEST, 1, LENGTH)) == 0
    runs.enqueue(request(11 * INTERVAL))
    got = runs.acquire(DIGEST, "again", "me")
    assert (got.next, got.head, got.intervals) == (1, entries()[0].checksum, 1)


def test_damage_is_logged(
    store: TrajectoryStore, client: redis.Redis, lease: Lease, caplog: pytest.LogCaptureFixture
) -> None:
    nothing(client)
    with caplog.at_level(logging.WARNING):
        store.stretches(TRAJECTORY)
    assert f"stretch 1 of trajectory {lease.digest} can't be used: it is missing" in caplog.text


def test_an_owner_under_whom_the_chain_is_cut_loses_the_run_which_goes_on_at_once(
    store: TrajectoryStore, runs: RunQueue, client: redis.Redis, lease: Lease
) -> None:
    other_bytes(client)
    store.stretches(TRAJECTORY)
    with pytest.raises(LeaseLost):
        runs.renew(lease)
    assert runs.candidates() == [DIGEST]
    assert runs.acquire(DIGEST, "again", "me").attempts == 1


def test_a_chain_that_was_mended_meanwhile_is_not_cut(
    store: TrajectoryStore, client: redis.Redis, lease: Lease
) -> None:
    """Of two readers who saw the damage the second is slow: what was made again stays."""
    assert lease.digest == DIGEST
    data = stored()[1][1]
    stretches = keys.stretches(DIGEST, 1, LENGTH)
    for seen in (b"the damage", None):
        sha1 = "" if seen is None else hashlib.sha1(seen, usedforsecurity=False).hexdigest()
        assert client.get(keys.stretch(DIGEST, 1)) == data
        verdict = Scripts(client).on_run(
            "truncate", *(DIGEST, 1, LENGTH, sha1), stretches=stretches
        )
        assert verdict == b"changed"
    assert len(store.stretches(TRAJECTORY)) == LENGTH


def test_a_whole_chain_can_be_discarded(
    store: TrajectoryStore, runs: RunQueue, client: redis.Redis, lease: Lease
) -> None:
    finish(runs, lease)
    store.discard(TRAJECTORY)
    store.discard(TRAJECTORY)
    assert store.chain(DIGEST) == []
    assert client.exists(*keys.stretches(DIGEST, 0, LENGTH)) == 0


# Manifests.


def manifest_of(one: PropagationRequest) -> bytes:
    """A small real manifest."""
    opened = Propagation.open(one.trajectory, one.steps)
    return manifest.compose(one, opened, manifest.Computed(by="a test"))


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"null", b"1", b"{}", b'{"model":"0"}', b'{"model":1}', b"\xff"]
)
def test_a_manifest_that_cannot_be_used_counts_as_absent(
    store: TrajectoryStore, client: redis.Redis, data: bytes
) -> None:
    client.set(keys.manifest("500"), data)
    assert store.manifest("500") is None


def test_a_manifest_reads_back_under_its_own_id(store: TrajectoryStore, runs: RunQueue) -> None:
    document = manifest_of(request(500))
    runs.publish_derived(request(500), document)
    runs.publish_derived(request(777), document)
    assert store.manifest(request(500).id) == orjson.loads(document)
    assert store.manifest(request(777).id) is None
    assert store.manifest("500") is None


def test_recent_results_come_newest_first_without_those_that_are_gone(
    store: TrajectoryStore, runs: RunQueue, client: redis.Redis
) -> None:
    for steps in (1, 2, 3, 4):
        runs.publish_derived(request(steps), MANIFEST)
        client.zadd(keys.RECENT, {request(steps).id: steps})
    client.delete(keys.manifest(request(3).id))
    ids = [request(steps).id for steps in (4, 2, 1)]
    assert [propagation_id for propagation_id, _ in store.recent(3)] == ids[:2]
    assert store.recent(3) == [(one, MANIFEST) for one in ids]
    assert store.stored() == 3


def test_recent_results_of_nothing_are_none(store: TrajectoryStore) -> None:
    assert store.recent() == []


def test_withdrawing_takes_the_manifest_and_leaves_the_trajectory(
    store: TrajectoryStore, runs: RunQueue, lease: Lease
) -> None:
    finish(runs, lease)
    store.withdraw(request(10 * INTERVAL), b"what it was before it was written anew")
    assert store.document(request(10 * INTERVAL).id) == MANIFEST
    store.withdraw(request(10 * INTERVAL), MANIFEST)
    assert store.document(request(10 * INTERVAL).id) is None
    assert len(store.stretches(TRAJECTORY)) == LENGTH
    assert runs.enqueue(request(10 * INTERVAL)).run is not None


def test_a_manifest_is_resealed_unless_it_has_changed(
    store: TrajectoryStore, client: redis.Redis
) -> None:
    one, sealed = request(500), manifest_of(request(500))
    client.set(keys.manifest(one.id), b"before")
    store.reseal(one, b"another", sealed)
    assert store.document(one.id) == b"before"
    store.reseal(one, b"before", sealed)
    assert store.document(one.id) == sealed


# Deleting.


def test_with_the_last_result_goes_the_trajectory(
    store: TrajectoryStore, runs: RunQueue, client: redis.Redis, lease: Lease
) -> None:
    finish(runs, lease)
    runs.publish_derived(request(5), MANIFEST)
    assert store.delete(request(10 * INTERVAL))
    assert len(store.stretches(TRAJECTORY)) == LENGTH
    assert store.delete(request(5))
    assert not store.delete(request(5))
    assert set(command(client, "KEYS", "*")) == {keys.SEQUENCE.encode(), keys.COUNTERS.encode()}


def test_a_trajectory_that_a_run_holds_stays(
    store: TrajectoryStore, runs: RunQueue, lease: Lease
) -> None:
    runs.publish_derived(request(5), MANIFEST)
    assert store.delete(request(5))
    assert len(store.stretches(TRAJECTORY)) == LENGTH
    runs.renew(lease)


def test_a_trajectory_whose_owner_is_gone_stays_for_the_next(
    store: TrajectoryStore, runs: RunQueue, client: redis.Redis, lease: Lease
) -> None:
    runs.publish_derived(request(5), MANIFEST)
    lapse(client, lease.digest)
    assert store.delete(request(5))
    assert len(store.stretches(TRAJECTORY)) == LENGTH


def test_results_expire_by_the_clock_and_not_those_of_the_default(
    store: TrajectoryStore, client: redis.Redis
) -> None:
    runs = RunQueue(client, result_ttl_s=60)
    runs.publish_derived(request(5), MANIFEST)
    runs.publish_derived(request(5, seed=0), MANIFEST)
    assert store.expire_due() == 0
    assert client.zcard(keys.EXPIRING) == 1
    client.zadd(keys.EXPIRING, {f"{request(5).id} {DIGEST}": 1})
    assert store.expire_due() == 1
    assert store.document(request(5).id) is None
    assert store.document(request(5, seed=0).id) is not None
    assert client.zcard(keys.EXPIRING) == 0


# Trajectories and slices.


def test_a_digest_can_be_resolved_to_its_trajectory(store: TrajectoryStore) -> None:
    store.remember(request(5))
    assert store.subject(DIGEST) == Subject(TRAJECTORY)


def test_a_digest_can_be_resolved_to_the_member_of_its_seed(
    store: TrajectoryStore, client: redis.Redis
) -> None:
    member = Trajectory(seed=1, member=2**53 - 1)
    store.remember(PropagationRequest(5, member))
    assert b'"member":9007199254740991' in (client.get(keys.request(member.digest)) or b"")
    assert store.subject(member.digest) == Subject(member)
    assert store.subject(DIGEST) is None


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"scenario":{},"seed":0}'])
def test_a_digest_whose_trajectory_is_damaged_is_unknown(
    store: TrajectoryStore, client: redis.Redis, data: bytes
) -> None:
    client.set(keys.request(DIGEST), data)
    assert store.subject(DIGEST) is None


def test_a_digest_of_another_trajectory_is_unknown(
    store: TrajectoryStore, client: redis.Redis
) -> None:
    store.remember(request(5, seed=2))
    client.copy(keys.request(digest_of(2)), keys.request(DIGEST))
    assert store.subject(DIGEST) is None


def test_a_result_without_a_redis_is_an_error() -> None:
    with connect(f"redis://127.0.0.1:{free_port()}/0") as client, pytest.raises(StorageUnavailable):
        TrajectoryStore(client).manifest("500")


def test_many_trajectories_are_read_in_one_call_and_once(
    store: TrajectoryStore, client: redis.Redis
) -> None:
    for seed in (1, 2):
        store.remember(request(5, seed))
    client.set(keys.request(digest_of(3)), b"damaged")
    digests = [digest_of(seed) for seed in (1, 2, 3, 4)]
    known = {digest_of(seed): Subject(request(5, seed).trajectory) for seed in (1, 2)}
    assert store.subjects(digests) == known
    client.flushdb()
    assert store.subjects(digests) == known
    assert store.subjects([]) == {}

"""Claims about ensembles in Redis: blocks under a lease, parts before the manifest, lives."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from frontend.errors import ChainBroken, LeaseLost
from frontend.results.ensemble_store import EnsembleStore, packed, unpacked
from frontend.results.trajectory_store import TrajectoryStore
from frontend.runs.run_queue import RunQueue
from frontend.storage import keys
from frontend.storage.connection import command, connect
from sim.ensemble.block import Block
from sim.scenario import PropagationRequest, Trajectory
from tests.run_protocol import MANIFEST, lapse

if TYPE_CHECKING:
    from collections.abc import Iterator

    import redis

    from frontend.domain.run import Lease

REQUEST = PropagationRequest(1_000, Trajectory(seed=1), 100)
TTL_S = 600
PARTS = {"summary": b"all", "nominal": b"one", "agent/0": b"counts", "density/0": b"cells"}


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with connect(redis_url) as client:
        yield client


@pytest.fixture
def runs(client: redis.Redis) -> RunQueue:
    return RunQueue(client)


@pytest.fixture
def store(client: redis.Redis) -> EnsembleStore:
    return EnsembleStore(client, block_ttl_s=TTL_S)


@pytest.fixture
def lease(runs: RunQueue) -> Lease:
    runs.enqueue(REQUEST)
    lease = runs.acquire(REQUEST.digest, "token", "owner").lease
    assert lease is not None
    return lease


def block(first: int, count: int) -> Block:
    parts = {name: f"{name} of {first}".encode() for name in ("members", "agent/0", "density/0")}
    return Block(first, count, parts)


def put(store: EnsembleStore, lease: Lease, *blocks: Block, keep: bool = True) -> None:
    for one in blocks:
        store.put_block(lease, REQUEST, one, keep=keep)


# Blocks.


def test_blocks_are_listed_in_order_and_their_parts_read_back(
    store: EnsembleStore, lease: Lease
) -> None:
    put(store, lease, block(60, 40), block(0, 60))
    entries = store.entries(REQUEST)
    assert [(entry.first, entry.end, entry.is_kept) for entry in entries] == [
        (0, 60, True),
        (60, 100, True),
    ]
    assert store.part_of_block(REQUEST, entries[1], "agent/0") == b"agent/0 of 60"


def test_of_a_block_that_is_not_kept_only_the_index_knows(
    store: EnsembleStore, lease: Lease, client: redis.Redis
) -> None:
    put(store, lease, block(0, 60))
    put(store, lease, block(60, 40), keep=False)
    assert [entry.first for entry in store.entries(REQUEST)] == [0]
    there, left_out = store.not_lost(REQUEST)
    assert (there.is_kept, left_out.is_kept) == (True, False)
    assert (left_out.first, left_out.end) == (60, 100)
    assert store.part_of_block(REQUEST, left_out, "density/0") is None
    assert not client.exists(keys.ensemble_block(REQUEST.trajectory.digest, 1_000, 60))


def test_members_that_were_not_kept_and_are_computed_again_are_kept_in_other_blocks(
    store: EnsembleStore, lease: Lease
) -> None:
    put(store, lease, block(10, 40), block(50, 50), keep=False)
    put(store, lease, block(0, 30), block(40, 20))
    assert [entry.first for entry in store.entries(REQUEST)] == [0, 40]
    put(store, lease, block(30, 10), block(60, 40), keep=False)
    assert [entry.first for entry in store.not_lost(REQUEST)] == [0, 30, 40, 60]


def test_an_altered_or_a_missing_part_is_not_read(
    store: EnsembleStore, lease: Lease, client: redis.Redis
) -> None:
    put(store, lease, block(0, 60), block(60, 40))
    digest = REQUEST.trajectory.digest
    client.hset(keys.ensemble_block(digest, 1_000, 0), "agent/0", b"something else")
    client.delete(keys.ensemble_block(digest, 1_000, 60))
    altered, missing = store.entries(REQUEST)
    assert store.part_of_block(REQUEST, altered, "agent/0") is None
    assert store.part_of_block(REQUEST, missing, "agent/0") is None


def test_what_is_damaged_of_the_index_is_passed_over(
    store: EnsembleStore, lease: Lease, client: redis.Redis
) -> None:
    put(store, lease, block(0, 60))
    index = keys.ensemble_blocks(REQUEST.trajectory.digest, 1_000)
    client.hset(index, mapping={"60": b"{", "x": b'{"count":1,"checksums":{}}', "61": b"[]"})
    assert [entry.first for entry in store.entries(REQUEST)] == [0]


def test_an_ensemble_of_more_members_finds_those_of_fewer(
    store: EnsembleStore, lease: Lease
) -> None:
    put(store, lease, block(0, 60), block(60, 40))
    assert len(store.entries(replace(REQUEST, members=200))) == 2
    assert [entry.end for entry in store.entries(replace(REQUEST, members=99))] == [60]
    assert store.entries(replace(REQUEST, steps=999)) == []
    assert store.steps_known(replace(REQUEST, steps=2_000)) == [1_000]


def test_blocks_that_overlap_are_not_taken_together(store: EnsembleStore, lease: Lease) -> None:
    put(store, lease, block(0, 60), block(50, 50), block(60, 40))
    assert [(entry.first, entry.end) for entry in store.entries(REQUEST)] == [(0, 60), (60, 100)]


def test_blocks_live_as_long_as_slices(
    store: EnsembleStore, lease: Lease, client: redis.Redis
) -> None:
    put(store, lease, block(0, 100))
    digest = REQUEST.trajectory.digest
    for name in (
        keys.ensemble(digest),
        keys.ensemble_blocks(digest, 1_000),
        keys.ensemble_block(digest, 1_000, 0),
    ):
        assert 0 < client.ttl(name) <= TTL_S


def test_a_former_owner_stores_nothing(
    store: EnsembleStore, lease: Lease, client: redis.Redis
) -> None:
    lapse(client, lease.digest)
    with pytest.raises(LeaseLost):
        put(store, lease, block(0, 100))
    with pytest.raises(LeaseLost):
        store.put_result(REQUEST, {"summary": b""}, lease=lease)
    with pytest.raises(LeaseLost):
        store.put_partial(lease, REQUEST, {"summary": b""})
    assert not [*client.scan_iter("ensemble/*")]


def test_a_stored_block_is_progress_after_which_attempts_are_counted_anew(
    store: EnsembleStore, lease: Lease, client: redis.Redis
) -> None:
    put(store, lease, block(0, 100))
    assert client.hget(keys.run(lease.digest), "attempts") == b"0"


def test_only_blocks_that_are_there_are_kept_and_a_damaged_one_is_dropped(
    store: EnsembleStore, lease: Lease, client: redis.Redis
) -> None:
    put(store, lease, block(0, 40), block(40, 30), block(70, 30))
    client.delete(keys.ensemble_block(REQUEST.trajectory.digest, 1_000, 40))  # evicted
    assert [entry.first for entry in store.entries(REQUEST)] == [0, 40, 70]
    first, last = store.not_lost(REQUEST)
    assert (first.first, last.first) == (0, 70)
    store.drop(REQUEST, last)
    assert store.not_lost(REQUEST) == [first]
    put(store, lease, block(70, 30))
    assert store.not_lost(REQUEST) == [first, last]


# Results.


def test_the_parts_of_a_result_live_until_its_manifest_and_then_for_ever(
    store: EnsembleStore, runs: RunQueue, lease: Lease, client: redis.Redis
) -> None:
    store.put_result(REQUEST, PARTS, lease=lease)
    name = keys.ensemble_result(REQUEST.id)
    assert client.ttl(name) > 0
    assert runs.publish(lease, REQUEST, MANIFEST, []) == "published"
    assert client.ttl(name) == -1
    store.put_result(REQUEST, {"agent/0": b"others"}, lease=lease)  # as another zstd has packed it
    assert client.ttl(name) == -1
    assert store.result_part(REQUEST.id, "agent/0") == b"counts", "the manifest has its checksum"


def test_a_manifest_of_whose_parts_some_were_evicted_is_not_published(
    store: EnsembleStore, runs: RunQueue, lease: Lease, client: redis.Redis
) -> None:
    store.put_result(REQUEST, PARTS, lease=lease)
    client.hdel(keys.ensemble_result(REQUEST.id), "nominal")
    with pytest.raises(ChainBroken):
        runs.publish(lease, REQUEST, MANIFEST, [])
    store.put_result(REQUEST, PARTS, lease=lease)
    assert runs.publish(lease, REQUEST, MANIFEST, []) == "published"


def test_a_manifest_whose_parts_are_gone_is_not_published(
    runs: RunQueue, lease: Lease, client: redis.Redis
) -> None:
    with pytest.raises(ChainBroken):
        runs.publish(lease, REQUEST, MANIFEST, [])
    assert not client.exists(keys.manifest(REQUEST.id))


def test_deleting_a_result_deletes_its_parts(
    store: EnsembleStore, runs: RunQueue, lease: Lease, client: redis.Redis
) -> None:
    store.put_result(REQUEST, PARTS, lease=lease)
    runs.publish(lease, REQUEST, MANIFEST, [])
    runs.finish(lease)
    assert TrajectoryStore(client).delete(REQUEST)
    assert store.result_part(REQUEST.id, "summary") is None


def test_the_parts_of_an_answer_at_once_count_against_the_share_of_all(
    store: EnsembleStore, runs: RunQueue, client: redis.Redis
) -> None:
    parts = PARTS | {"summary": b"x" * 10_000}
    TrajectoryStore(client).remember(REQUEST, for_a_day=True)
    store.put_result(REQUEST, parts)
    runs.publish_derived(REQUEST, MANIFEST, parts_bytes=10_000)
    counted = int(client.hget(keys.ANSWER_BYTES, "total") or 0)
    assert counted > 10_000
    assert TrajectoryStore(client, inline_storage=counted - 1).trim() == 1
    assert store.result_part(REQUEST.id, "summary") is None


def test_a_partial_result_does_not_outlive_its_run_for_long(
    store: EnsembleStore, lease: Lease, client: redis.Redis
) -> None:
    store.put_partial(lease, REQUEST, {"summary": packed({"finished": 3})})
    assert 0 < client.ttl(keys.ensemble_partial(REQUEST.id)) <= TTL_S
    assert unpacked(store.partial_part(REQUEST.id, "summary") or b"") == b'{"finished":3}'
    assert store.partial_part(REQUEST.id, "density/0") is None


def test_the_nominal_trajectory_stands_beside_the_blocks(
    store: EnsembleStore, lease: Lease, client: redis.Redis
) -> None:
    assert store.nominal(REQUEST) is None
    store.put_nominal(lease, REQUEST, b"nominal")
    put(store, lease, block(0, 100))
    assert store.nominal(REQUEST) == b"nominal"
    assert [entry.first for entry in store.entries(REQUEST)] == [0]
    assert client.ttl(keys.ensemble_blocks(REQUEST.trajectory.digest, 1_000)) > 0


def test_a_nominal_trajectory_with_a_flipped_bit_is_not_read(
    store: EnsembleStore, lease: Lease, client: redis.Redis
) -> None:
    name = keys.ensemble_blocks(REQUEST.trajectory.digest, 1_000)
    store.put_nominal(lease, REQUEST, b"nominal")
    stored = command(client, "HGET", name, "nominal")
    for place in range(len(stored)):
        flipped = bytearray(stored)
        flipped[place] ^= 1
        client.hset(name, "nominal", bytes(flipped))
        assert store.nominal(REQUEST) is None
    store.put_nominal(lease, REQUEST, b"nominal")
    assert store.nominal(REQUEST) == b"nominal"

"""Claims about the results of ensembles: computed at once, served, and made again if damaged."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import orjson
import pytest

from frontend.domain import manifest
from frontend.domain.resource import Status
from frontend.errors import NotFound, NotReady
from frontend.propagations.ensembles import estimated
from frontend.results.ensemble_store import NOMINAL, SUMMARY, packed, unpacked
from frontend.storage import keys
from frontend.storage.connection import command
from sim.scenario import PropagationRequest, Trajectory
from tests.ensemble_results import blocks_of, nominal, result_of

if TYPE_CHECKING:
    from frontend.bootstrap import Services
    from frontend.domain.run import Lease

SMALL = PropagationRequest(100, Trajectory(seed=5), members=40)
LARGE = PropagationRequest(2_000, Trajectory(seed=5), members=400)
PARTS = ("summary", "nominal", "agent/0", "density/0")


@pytest.fixture
def small(services: Services) -> PropagationRequest:
    """An ensemble that was answered at once."""
    assert services.propagations.start(SMALL).status is Status.COMPLETE
    return SMALL


@pytest.fixture
def lease(services: Services) -> Lease:
    """The lease of the run of a large one."""
    services.runs.enqueue(LARGE)
    acquired = services.runs.acquire(LARGE.digest, "token", "owner")
    assert acquired.lease is not None
    return acquired.lease


def store_blocks(services: Services, lease: Lease, *, keep: bool = True) -> None:
    for block in blocks_of(LARGE, size=150):
        services.ensemble_store.put_block(lease, LARGE, block, keep=keep)


def publish(services: Services, lease: Lease) -> None:
    """Publish the large one, as a runner does."""
    result = result_of(LARGE)
    parts = {SUMMARY: packed({"of": "it"}), NOMINAL: nominal(LARGE).to_bytes()}
    parts |= {"agent/0": b"agent", "density/0": b"density"}
    services.ensemble_store.put_result(LARGE, parts, lease=lease)
    composed = manifest.compose_ensemble(
        LARGE, result, manifest.Computed(by="me"), parts=parts, estimate=estimated(LARGE, 4)
    )
    services.runs.publish(lease, LARGE, composed, [])
    services.runs.finish(lease)


def test_a_small_one_is_answered_at_once_with_the_bits_of_any_other_way(
    services: Services, small: PropagationRequest
) -> None:
    known = services.store.manifest(small.id)
    assert known is not None
    assert known["result"] == json.loads(json.dumps(result_of(small, size=7)))
    assert known["computed"]["timings"]["where"] == "inline"
    assert services.client.ttl(keys.ensemble_result(small.id)) == -1


def test_what_it_keeps_counts_among_the_answers_at_once_and_goes_with_them(
    services: Services, small: PropagationRequest
) -> None:
    size = sum(len(services.ensembles.part(small, name) or b"") for name in PARTS)
    counted = services.client.hget(keys.ANSWER_BYTES, "total")
    assert int(counted or 0) > size
    while services.store.trim(limit=1):
        pass
    assert services.client.exists(keys.ensemble_result(small.id)) == 1, "it fits"
    services.store._inline_storage = 0  # noqa: SLF001 - another share
    services.store.trim()
    assert not [*services.client.scan_iter("ensemble/*")]
    assert services.store.document(small.id) is None


def test_its_parts_are_those_that_the_manifest_names(
    services: Services, small: PropagationRequest
) -> None:
    document = orjson.loads(services.ensembles.summary(small) or b"")
    assert document["finished"] == small.members
    assert services.ensembles.part(small, "density/0")
    assert services.ensembles.part(small, "density/1") is None
    assert services.ensembles.summary(LARGE) is None
    assert services.ensembles.result_digest(LARGE) is None


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("is_lost", [True, False])
def test_a_part_of_a_small_one_that_is_lost_or_damaged_is_computed_again(
    services: Services,
    small: PropagationRequest,
    name: str,
    is_lost: bool,  # noqa: FBT001 - pytest passes it by name
) -> None:
    right = services.ensemble_store.result_part(small.id, name)
    digest = services.ensembles.result_digest(small)
    key = keys.ensemble_result(small.id)
    if is_lost:
        services.client.hdel(key, name)
    else:
        services.client.hset(key, name, b"damaged")
    assert services.ensembles.part(small, name) == right
    assert services.ensembles.result_digest(small) == digest
    assert services.client.ttl(key) == -1


def test_a_damaged_manifest_of_a_small_one_is_computed_again(
    services: Services, small: PropagationRequest
) -> None:
    digest = services.ensembles.result_digest(small)
    name = keys.manifest(small.id)
    document: bytes = command(services.client, "GET", name)
    services.client.set(name, document.replace(b"Satellite", b"Saturn", 1))
    assert services.ensembles.result_digest(small) == digest


def test_a_damaged_part_of_a_large_one_has_its_run_started(
    services: Services, lease: Lease
) -> None:
    publish(services, lease)
    assert unpacked(services.ensemble_store.result_part(LARGE.id, SUMMARY) or b"") == b'{"of":"it"}'
    services.client.hset(keys.ensemble_result(LARGE.id), SUMMARY, b"damaged")
    with pytest.raises(NotReady):
        services.ensembles.summary(LARGE)
    assert services.store.document(LARGE.id) is None
    assert not services.client.exists(keys.ensemble_result(LARGE.id))
    run = services.runs.state(LARGE.digest)
    assert run is not None
    assert run.state == "queued"


def test_a_damaged_manifest_of_a_large_one_has_its_run_started(
    services: Services, lease: Lease
) -> None:
    publish(services, lease)
    services.client.append(keys.manifest(LARGE.id), b" ,")
    with pytest.raises(NotReady):
        services.ensembles.result_digest(LARGE)
    assert services.store.document(LARGE.id) is None


def test_a_result_that_is_published_while_it_is_looked_for_is_not_taken_for_damaged(
    services: Services, lease: Lease, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(services, lease)
    read, earlier = services.store.document, [None]  # what was there a moment before

    def document(propagation_id: str) -> bytes | None:
        return earlier.pop() if earlier else read(propagation_id)

    monkeypatch.setattr(services.store, "document", document)
    assert services.ensembles.result_digest(LARGE) is None
    assert services.ensembles.result_digest(LARGE) is not None


def test_the_table_of_a_small_one_is_computed_when_it_is_asked_for(
    services: Services, small: PropagationRequest
) -> None:
    batches = [*services.ensembles.table(small)]
    assert [n for batch in batches for n in batch["member"].to_pylist()[::2]] == [*range(40)]
    assert not services.ensembles.lacks_members(small)


def test_the_table_of_a_large_one_is_read_from_its_blocks(services: Services, lease: Lease) -> None:
    assert services.ensembles.lacks_members(LARGE)
    with pytest.raises(NotFound, match="POST it again") as refused:
        services.ensembles.table(LARGE)
    assert refused.value.retry_after_s
    store_blocks(services, lease)
    assert not services.ensembles.lacks_members(LARGE)
    members = [n for batch in services.ensembles.table(LARGE) for n in batch["member"].to_pylist()]
    assert members == [m for m in range(400) for _ in range(2)]


def test_a_block_that_was_evicted_is_missed_before_the_first_row(
    services: Services, lease: Lease
) -> None:
    store_blocks(services, lease)
    services.client.delete(keys.ensemble_block(LARGE.trajectory.digest, LARGE.steps, 300))
    assert services.ensembles.lacks_members(LARGE)
    with pytest.raises(NotFound, match="POST it again"):
        services.ensembles.table(LARGE)


def test_a_block_that_is_damaged_is_dropped_and_its_members_are_wanted_again(
    services: Services, lease: Lease
) -> None:
    store_blocks(services, lease)
    key = keys.ensemble_block(LARGE.trajectory.digest, LARGE.steps, 150)
    services.client.hset(key, "members", b"damaged")
    with pytest.raises(NotFound, match="POST it again"):
        list(services.ensembles.table(LARGE))
    assert not services.client.exists(key)
    assert services.ensembles.lacks_members(LARGE)


def test_blocks_before_the_first_member_that_is_wanted_are_not_read(
    services: Services, lease: Lease
) -> None:
    store_blocks(services, lease)
    key = keys.ensemble_block(LARGE.trajectory.digest, LARGE.steps, 0)
    services.client.hset(key, "members", b"damaged")
    assert [first for first, _ in services.ensembles.members(LARGE, first_member=150)] == [150, 300]
    with pytest.raises(NotFound):
        list(services.ensembles.table(LARGE, first_member=149))


def test_whether_there_are_members_is_known_without_reading_them(
    services: Services, lease: Lease
) -> None:
    assert services.ensembles.has_members(SMALL), "they are computed when they are wanted"
    assert not services.ensembles.has_members(LARGE)
    store_blocks(services, lease, keep=False)
    assert not services.ensembles.has_members(LARGE)
    store_blocks(services, lease)
    assert services.ensembles.has_members(LARGE)


def test_members_that_there_was_no_room_for_are_said_to_be_too_many(
    services: Services, lease: Lease
) -> None:
    store_blocks(services, lease, keep=False)
    assert not services.ensembles.lacks_members(LARGE), "they would not be kept the next time"
    with pytest.raises(NotFound, match="PORTA_SLICE_BUDGET") as refused:
        services.ensembles.table(LARGE)
    assert not refused.value.retry_after_s


def test_a_partial_result_is_read_until_the_ensemble_is_deleted(
    services: Services, lease: Lease
) -> None:
    assert services.ensembles.partial(LARGE) is None
    services.ensemble_store.put_partial(lease, LARGE, {SUMMARY: packed([1]), "density/0": b"d"})
    assert services.ensembles.partial(LARGE) == b"[1]"
    assert services.ensembles.partial(LARGE, "density/0") == b"d"
    assert 0 < services.client.ttl(keys.ensemble_partial(LARGE.id)) <= 600
    publish(services, lease)
    services.propagations.remove(LARGE)
    assert services.ensembles.partial(LARGE) is None


def test_an_estimate_is_what_it_takes_and_more_workers_help_a_large_one() -> None:
    huge = replace(LARGE, steps=100_000, members=100_000)
    small, large = estimated(SMALL, 4), estimated(huge, 4)
    at_once = estimated(SMALL, 4, workers=0)
    assert (at_once.workers, at_once.more_workers_help) == (0, False)
    assert small.seconds > 1 > at_once.seconds >= at_once.core_seconds > 0
    assert small.workers == 1
    assert not small.more_workers_help
    assert (large.workers, large.more_workers_help) == (4, True)
    assert large.core_seconds > large.seconds > small.seconds > 0

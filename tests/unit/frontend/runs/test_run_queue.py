"""Claims about the run protocol, one transition at a time, against a real server."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from frontend.domain.resource import Status
from frontend.domain.run import Charge, Lease
from frontend.domain.waiting import STORAGE_FULL
from frontend.errors import ChainBroken, LeaseLost, QueueFull, QuotaExceeded, ValueTooLarge
from frontend.results.trajectory_store import TrajectoryStore
from frontend.runs.run_queue import RunQueue
from frontend.storage import keys
from frontend.storage.connection import command, connect
from sim.scenario import Failure, FailureReason, PropagationRequest, Trajectory
from tests.run_protocol import (
    LONG_AGO,
    MANIFEST,
    digest_of,
    entries,
    events,
    head_before,
    lapse,
    let_retry,
    owned,
    put,
    request,
    stretch,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import redis


DIGEST = digest_of()


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with connect(redis_url) as client:
        yield client


@pytest.fixture
def runs(client: redis.Redis) -> RunQueue:
    return RunQueue(client, max_runs=2, max_waiting=3)


def ensemble(steps: int) -> PropagationRequest:
    return PropagationRequest(steps, Trajectory(seed=1), 10)


def dump(client: redis.Redis) -> dict[bytes, object]:
    """Everything in Redis but when leases end, which every renewal moves."""
    found: dict[bytes, object] = {}
    for key in command(client, "KEYS", "*"):
        if client.type(key) == b"hash":
            record = command(client, "HGETALL", key)
            found[key] = {name: value for name, value in record.items() if name != b"lease"}
        elif key != keys.ACTIVE.encode():
            found[key] = client.dump(key)
    return found


# Asking.


def test_the_first_to_ask_lines_a_run_up(runs: RunQueue) -> None:
    run = runs.enqueue(request(500)).run
    assert run is not None
    assert (run.state, run.position, run.waiting) == ("queued", 1, {request(500).id: 500})
    assert run.status is Status.QUEUED


def test_fifty_who_ask_for_the_same_share_one_run(runs: RunQueue, client: redis.Redis) -> None:
    threads = [threading.Thread(target=runs.enqueue, args=[request(500)]) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert runs.candidates() == [DIGEST]
    assert events(client, DIGEST) == [("status", "queued", "")]


def test_asking_again_changes_nothing(runs: RunQueue, client: redis.Redis) -> None:
    runs.enqueue(request(500))
    before = dump(client)
    runs.enqueue(request(500))
    assert dump(client) == before


def test_what_was_asked_for_can_be_looked_up_by_its_digest(
    runs: RunQueue, client: redis.Redis
) -> None:
    runs.enqueue(request(500))
    assert b'"seed":1' in (client.get(keys.request(DIGEST)) or b"")


def test_who_asks_for_something_published_is_told_so(runs: RunQueue) -> None:
    runs.publish_derived(request(500), MANIFEST)
    assert runs.enqueue(request(500)).run is None
    assert runs.candidates() == []


def test_a_manifest_that_somebody_removed_by_hand_is_asked_for_again(
    runs: RunQueue, client: redis.Redis
) -> None:
    runs.publish_derived(request(500), MANIFEST)
    client.delete(keys.manifest(request(500).id))
    assert runs.enqueue(request(500)).run is not None


def test_the_line_is_bounded_and_says_when_to_come_back(runs: RunQueue) -> None:
    for seed in range(3):
        runs.enqueue(request(500, seed))
    with pytest.raises(QueueFull) as caught:
        runs.enqueue(request(500, seed=9))
    assert caught.value.waiting == 3
    assert caught.value.retry_after_s > 0
    assert runs.state(digest_of(9)) is None


def test_whoever_joins_a_run_in_a_full_line_takes_no_place_of_their_own(runs: RunQueue) -> None:
    for seed in range(3):
        runs.enqueue(request(500, seed))
    assert runs.enqueue(request(900, seed=0)).run is not None
    assert len(runs.under_way()) == 3


def test_only_so_many_ids_are_kept_of_those_that_wait_for_one_run(runs: RunQueue) -> None:
    """However many lengths of one trajectory are asked for, nobody is kept from asking for more."""
    for steps in range(1, 1_000):
        runs.enqueue(request(steps))
    run = runs.enqueue(request(2_000)).run
    assert run is not None
    assert run.waiting is not None
    assert len(run.waiting) == 256
    for steps in (1, 700, 999, 1_500, 2_000):
        assert run.status_of(request(steps).id, steps) is Status.QUEUED
    assert run.status_of(request(2_001).id, 2_001) is None
    lease = runs.acquire(DIGEST, "token", "owner").lease
    assert lease is not None
    put(runs, lease, 0)
    joined = runs.enqueue(request(1_200))
    assert joined.run is not None
    assert (joined.verdict, joined.adds_work) == ("joined", False)
    for steps in run.waiting.values():
        runs.publish(lease, request(steps), MANIFEST, entries(1))
    assert runs.finish(lease) == "done"
    over = runs.state(DIGEST)
    assert over is not None
    assert over.status_of(request(3).id, 3) is Status.COMPLETE
    runs.enqueue(request(3_000))
    anew = runs.state(DIGEST)
    assert anew is not None
    assert anew.status_of(request(3).id, 3) is None


CHARGE = Charge(
    what="starts", rate="2 per 1 hour", key=f"{keys.LIMITS}:a", cost=1, limit=2, window_s=60
)


def test_new_work_is_charged_and_what_is_too_much_is_refused_without_a_trace(
    runs: RunQueue, client: redis.Redis
) -> None:
    for seed in (1, 2):
        runs.enqueue(request(500, seed), charges=[CHARGE])
        runs.enqueue(request(400, seed), charges=[CHARGE])  # joins
    assert command(client, "GET", CHARGE.key) == b"2"
    assert 0 < client.ttl(CHARGE.key) <= 60
    free = replace(CHARGE, what="work", key=f"{keys.LIMITS}:b", limit=100)
    for new in (request(500, seed=3), request(600)):  # a run, and a longer one
        with pytest.raises(QuotaExceeded) as caught:
            runs.enqueue(new, charges=[free, CHARGE])
        assert 0 < caught.value.retry_after_s <= 60
    assert runs.state(digest_of(3)) is None
    run = runs.state(DIGEST)
    assert run is not None
    assert run.waiting == {request(400).id: 400, request(500).id: 500}
    assert client.exists(free.key) == 0
    assert runs.enqueue(request(500), charges=[CHARGE]).verdict == "joined"


def test_each_step_count_of_an_ensemble_is_new_work_and_is_charged(
    runs: RunQueue, client: redis.Redis
) -> None:
    charge = replace(CHARGE, limit=3)
    verdicts = [runs.enqueue(ensemble(steps), charges=[charge]) for steps in (500, 400, 400)]
    assert [one.verdict for one in verdicts] == ["queued", "extended", "joined"]
    assert [one.adds_work for one in verdicts] == [True, True, False]
    assert runs.acquire(ensemble(500).digest, "token", "owner").kind == "run"
    assert runs.enqueue(ensemble(300), charges=[charge]).adds_work  # below the owner's target
    assert command(client, "GET", charge.key) == b"3"
    with pytest.raises(QuotaExceeded):
        runs.enqueue(ensemble(200), charges=[charge])
    run = runs.state(ensemble(500).digest)
    assert run is not None
    assert run.waiting == {ensemble(steps).id: steps for steps in (300, 400, 500)}


def test_beyond_so_many_step_counts_an_ensemble_is_refused_and_none_is_dropped(
    runs: RunQueue, client: redis.Redis
) -> None:
    for steps in range(1, 257):
        runs.enqueue(ensemble(steps))
    for steps in (257, 1_000):
        with pytest.raises(QueueFull) as caught:
            runs.enqueue(ensemble(steps), charges=[CHARGE])
        assert caught.value.waiting == 256
    assert client.exists(CHARGE.key) == 0
    assert runs.enqueue(ensemble(1)).verdict == "joined"
    run = runs.state(ensemble(1).digest)
    assert run is not None
    assert run.waiting == {ensemble(steps).id: steps for steps in range(1, 257)}
    assert not run.crowded
    assert run.status_of(ensemble(257).id, 257) is None


def test_the_line_keeps_the_order_of_asking(runs: RunQueue) -> None:
    digests = [digest_of(seed) for seed in (5, 3, 4)]
    for seed in (5, 3, 4):
        runs.enqueue(request(500, seed))
    assert runs.candidates() == digests
    records = [runs.state(digest) for digest in digests]
    assert [run.position for run in records if run is not None] == [1, 2, 3]


# Acquiring.


def test_acquiring_gives_a_lease_and_where_to_begin(runs: RunQueue) -> None:
    runs.enqueue(request(500))
    runs.enqueue(request(900))
    got = runs.acquire(DIGEST, "t", "me")
    assert (got.kind, got.lease) == ("run", Lease(DIGEST, "t", 1))
    assert (got.next, got.head, got.intervals, got.target, got.attempts) == (0, "", 0, 900, 1)
    assert got.waiting == {request(500).id: 500, request(900).id: 900}
    run = runs.state(DIGEST)
    assert run is not None
    assert (run.state, run.status, run.position) == ("running", Status.STARTING, None)
    assert runs.living() == {DIGEST: "t"}


def test_acquiring_again_with_the_same_token_changes_nothing(
    runs: RunQueue, client: redis.Redis
) -> None:
    lease = owned(runs)
    before = dump(client)
    again = runs.acquire(DIGEST, lease.fencing_token, "me")
    assert (again.kind, again.lease) == ("mine", lease)
    assert dump(client) == before


def test_of_many_who_acquire_at_once_one_owns(runs: RunQueue) -> None:
    runs.enqueue(request(500))
    kinds: list[str] = []
    threads = [
        threading.Thread(
            target=lambda token=token: kinds.append(runs.acquire(DIGEST, token, "me").kind)
        )
        for token in map(str, range(20))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(kinds) == ["busy"] * 19 + ["run"]


def test_nothing_to_do_is_said_of_what_nobody_asked_for(
    runs: RunQueue, client: redis.Redis
) -> None:
    assert runs.acquire(DIGEST, "t", "me").kind == "done"
    assert client.keys() == []


def test_what_only_the_line_remembers_leaves_it(runs: RunQueue, client: redis.Redis) -> None:
    client.zadd(keys.QUEUE, {DIGEST: 1})
    client.zadd(keys.ACTIVE, {DIGEST: 1})
    assert runs.candidates() == [DIGEST, DIGEST]
    assert runs.acquire(DIGEST, "t", "me").kind == "done"
    assert runs.candidates() == []


def test_no_more_than_so_many_runs_have_an_owner(runs: RunQueue) -> None:
    for seed in (1, 2, 3):
        runs.enqueue(request(500, seed))
    kinds = [runs.acquire(digest_of(seed), "t", "me").kind for seed in (1, 2, 3)]
    assert kinds == ["run", "run", "full"]


def test_a_lease_that_ran_out_holds_no_slot(runs: RunQueue, client: redis.Redis) -> None:
    for seed in (1, 2, 3):
        runs.enqueue(request(500, seed))
    for seed in (1, 2):
        runs.acquire(digest_of(seed), "t", "me")
    lapse(client, digest_of(1))
    assert runs.acquire(digest_of(3), "t", "me").kind == "run"
    assert runs.acquire(digest_of(1), "u", "me").kind == "full"


def test_the_free_slots_belong_to_the_first_of_the_line(runs: RunQueue) -> None:
    owned(runs, seed=9)
    for seed in (1, 2):
        runs.enqueue(request(500, seed))
    assert runs.acquire(digest_of(2), "t", "me").kind == "full"
    assert runs.acquire(digest_of(1), "t", "me").kind == "run"


def test_abandoned_runs_come_before_the_line(runs: RunQueue, client: redis.Redis) -> None:
    owned(runs, seed=1)
    for seed in (2, 3):
        runs.enqueue(request(500, seed))
    lapse(client, digest_of(1))
    assert runs.candidates() == [digest_of(1), digest_of(2), digest_of(3)]
    assert runs.candidates(limit=1) == [digest_of(1)]


def test_who_takes_over_goes_on_from_the_same_stretch_in_the_next_epoch(
    runs: RunQueue, client: redis.Redis
) -> None:
    put(runs, owned(runs), 0)
    lapse(client, DIGEST)
    got = runs.acquire(DIGEST, "other", "them")
    assert (got.kind, got.lease) == ("run", Lease(DIGEST, "other", 2))
    assert (got.next, got.head, got.intervals) == (1, head_before(1), 4)


def test_a_run_that_loses_its_runners_without_a_stretch_fails_for_good(
    runs: RunQueue, client: redis.Redis
) -> None:
    runs.enqueue(request(500))
    for token in "abcd":
        assert runs.acquire(DIGEST, token, "me").kind == "run"
        lapse(client, DIGEST)
    assert runs.acquire(DIGEST, "e", "me").kind == "done"
    run = runs.state(DIGEST)
    assert run is not None
    assert (run.state, run.ended) == ("failed", {request(500).id: Status.FAILED})
    assert run.error == "The runner was lost 4 times in a row."
    assert runs.candidates() == []


# Owning.


def test_renewing_keeps_the_lease_and_tells_who_waits(runs: RunQueue, client: redis.Redis) -> None:
    lease = owned(runs, 500)
    client.hincrby(keys.run(DIGEST), "lease", -5_000)
    renewal = runs.renew(lease)
    assert (renewal.cancelled, renewal.target) == (False, 500)
    assert renewal.waiting == {request(500).id: 500}
    seconds, _ = client.time()
    end = int(client.hget(keys.run(DIGEST), "lease") or 0)
    assert end > (seconds + runs.lease_ms / 1000 - 2) * 1000
    assert client.zscore(keys.ACTIVE, DIGEST) == end


OWNER_CALLS = [
    pytest.param(lambda runs, lease: runs.renew(lease), id="renew"),
    pytest.param(lambda runs, lease: runs.progress(lease, done=7), id="progress"),
    pytest.param(lambda runs, lease: put(runs, lease, 0), id="put"),
    pytest.param(
        lambda runs, lease: runs.publish(lease, request(1_000), MANIFEST, []), id="publish"
    ),
]
LAST_CALLS = [
    pytest.param(lambda runs, lease: runs.finish(lease), id="finish"),
    pytest.param(lambda runs, lease: runs.release(lease, "requeue"), id="requeue"),
    pytest.param(lambda runs, lease: runs.release(lease, "failed", "It broke."), id="failed"),
    pytest.param(lambda runs, lease: runs.release(lease, "cancelled"), id="cancelled"),
    pytest.param(
        lambda runs, lease: runs.end(lease, Failure(1, ("Planet",), FailureReason.DIVERGENCE)),
        id="end",
    ),
]


@pytest.mark.parametrize("call", OWNER_CALLS)
def test_a_lease_that_ran_out_is_lost_though_nobody_took_it(
    runs: RunQueue, client: redis.Redis, call: Callable[[RunQueue, Lease], object]
) -> None:
    lease = owned(runs)
    lapse(client, DIGEST)
    before = dump(client)
    with pytest.raises(LeaseLost):
        call(runs, lease)
    assert dump(client) == before


@pytest.mark.parametrize("call", OWNER_CALLS + LAST_CALLS)
def test_an_owner_from_an_earlier_epoch_can_do_nothing(
    runs: RunQueue, client: redis.Redis, call: Callable[[RunQueue, Lease], object]
) -> None:
    lease = owned(runs)
    lapse(client, DIGEST)
    runs.acquire(DIGEST, "other", "them")
    before = dump(client)
    with pytest.raises(LeaseLost):
        call(runs, lease)
    assert dump(client) == before


@pytest.mark.parametrize("call", OWNER_CALLS + LAST_CALLS)
def test_an_owner_under_whom_redis_was_emptied_loses_the_run_and_writes_nothing(
    runs: RunQueue, client: redis.Redis, call: Callable[[RunQueue, Lease], object]
) -> None:
    lease = owned(runs)
    client.flushall()
    with pytest.raises(LeaseLost):
        call(runs, lease)
    assert client.keys() == []


@pytest.mark.parametrize("call", [*OWNER_CALLS, *LAST_CALLS])
def test_every_call_of_an_owner_may_be_repeated(
    runs: RunQueue, client: redis.Redis, call: Callable[[RunQueue, Lease], object]
) -> None:
    lease = owned(runs)
    if call is LAST_CALLS[0].values[0]:  # to finish, everything must have been published
        runs.publish(lease, request(1_000), MANIFEST, [])
    call(runs, lease)
    before = dump(client)
    call(runs, lease)
    assert dump(client) == before


def test_progress_is_one_event_each_time_it_says_something_new(
    runs: RunQueue, client: redis.Redis
) -> None:
    lease = owned(runs)
    runs.progress(lease, stage="propagating", workers=1, wanted=2, cluster={"name": "c"})
    runs.progress(lease, done=10, rate=2.5)
    runs.progress(lease, done=10, rate=2.5)
    assert [name for name, _, _ in events(client, DIGEST)] == [
        "status",
        "status",
        "status",
        "progress",
    ]
    run = runs.state(DIGEST)
    assert run is not None
    assert (run.status, run.done, run.rate, run.workers, run.wanted, run.cluster) == (
        *(Status.RUNNING, 10, 2.5, 1, 2),
        {"name": "c"},
    )


def test_events_are_bounded(runs: RunQueue, client: redis.Redis) -> None:
    lease = owned(runs)
    for done in range(600):
        runs.progress(lease, done=done + 1)
    assert client.xlen(keys.events(DIGEST)) == 512


# Stretches.


def test_stretches_are_appended_in_order(runs: RunQueue, client: redis.Redis) -> None:
    lease = owned(runs)
    for position in range(3):
        put(runs, lease, position)
    assert [client.get(keys.stretch(DIGEST, p)) for p in range(3)] == [
        stretch(p)[1] for p in range(3)
    ]
    assert client.lrange(keys.chain(DIGEST), 0, -1) == [e.to_bytes() for e in entries(3)]
    record = client.hmget(keys.run(DIGEST), "next", "head", "intervals", "attempts")
    assert record == [b"3", head_before(3).encode(), b"12", b"0"]


@pytest.mark.parametrize("position", [0, 2])
def test_a_stretch_out_of_order_is_refused(runs: RunQueue, position: int) -> None:
    lease = owned(runs)
    put(runs, lease, 0)
    put(runs, lease, 1)
    entry, data = stretch(9)
    with pytest.raises(LeaseLost):
        runs.put(lease, position=position, previous=head_before(1), entry=entry, data=data)


def test_a_stretch_that_does_not_go_on_from_the_head_is_refused(
    runs: RunQueue, client: redis.Redis
) -> None:
    lease = owned(runs)
    put(runs, lease, 0)
    entry, data = stretch(1)
    with pytest.raises(LeaseLost):
        runs.put(lease, position=1, previous="another", entry=entry, data=data)
    assert client.llen(keys.chain(DIGEST)) == 1


def test_a_stretch_put_again_by_who_took_over_is_accepted_as_it_is(
    runs: RunQueue, client: redis.Redis
) -> None:
    put(runs, owned(runs), 0)
    lapse(client, DIGEST)
    lease = runs.acquire(DIGEST, "other", "them").lease
    assert lease is not None
    put(runs, lease, 0)
    assert client.llen(keys.chain(DIGEST)) == 1


def test_a_chain_that_was_lost_under_its_owner_is_not_gone_on_with(
    runs: RunQueue, client: redis.Redis
) -> None:
    lease = owned(runs)
    put(runs, lease, 0)
    client.delete(keys.chain(DIGEST))
    with pytest.raises(LeaseLost):
        put(runs, lease, 1)
    lapse(client, DIGEST)
    assert runs.acquire(DIGEST, "other", "them").next == 0


def test_a_damaged_end_of_the_chain_is_made_again(runs: RunQueue, client: redis.Redis) -> None:
    lease = owned(runs)
    put(runs, lease, 0)
    client.rpush(keys.chain(DIGEST), b"{", b"[1]", b'{"first":1}')
    lapse(client, DIGEST)
    got = runs.acquire(DIGEST, "other", "them")
    assert (got.next, got.head) == (1, head_before(1))


def test_a_value_beyond_what_redis_holds_is_refused_before_it_is_sent(runs: RunQueue) -> None:
    too_large = bytes(512 * 2**20 + 1)  # zeros that are never touched take no memory
    with pytest.raises(ValueTooLarge) as caught:
        runs.put(owned(runs), position=0, previous="", entry=stretch(0)[0], data=too_large)
    assert caught.value.size_bytes == len(too_large)


# Publishing.


def test_publishing_writes_the_manifest_and_tells_who_waits(
    runs: RunQueue, client: redis.Redis
) -> None:
    lease = owned(runs)
    put(runs, lease, 0)
    assert runs.publish(lease, request(1_000), MANIFEST, entries(1))
    assert client.get(keys.manifest(request(1_000).id)) == MANIFEST
    assert events(client, DIGEST)[-1] == ("done", "publishing", request(1_000).id)
    assert runs.finish(lease) == "done"
    run = runs.state(DIGEST)
    assert run is not None
    assert (run.state, run.waiting, run.is_under_way) == ("done", {}, False)
    assert runs.living() == {}


def test_less_is_published_while_more_is_made(runs: RunQueue) -> None:
    lease = owned(runs, 1_000)
    runs.enqueue(request(200))
    assert runs.renew(lease).waiting == {request(200).id: 200, request(1_000).id: 1_000}
    put(runs, lease, 0)
    assert runs.publish(lease, request(200), MANIFEST, entries(1))
    run = runs.state(DIGEST)
    assert run is not None
    assert (run.state, run.waiting) == ("running", {request(1_000).id: 1_000})
    assert runs.enqueue(request(200)).run is None


def test_a_result_that_is_soon_remade_ends_the_wait_for_it_without_a_manifest(
    runs: RunQueue, client: redis.Redis
) -> None:
    lease = owned(runs, 1_000)
    runs.enqueue(request(500))
    put(runs, lease, 0)
    assert runs.publish(lease, request(500), b"", entries(1))
    assert client.exists(keys.manifest(request(500).id)) == 0
    run = runs.state(DIGEST)
    assert run is not None
    assert (run.state, run.waiting) == ("running", {request(1_000).id: 1_000})
    assert ("done", "running", request(500).id) in events(client, DIGEST)


@pytest.mark.parametrize("is_told_first", [True, False])
def test_a_run_s_longest_result_and_its_stretches_are_kept_where_a_longer_one_was_cancelled(
    runs: RunQueue, client: redis.Redis, *, is_told_first: bool
) -> None:
    lease = owned(runs, 1_000)
    runs.enqueue(request(500))
    put(runs, lease, 0)
    if is_told_first:
        runs.cancel(request(1_000))
        assert runs.publish(lease, request(500), b"", entries(1)) == "needed"
        assert runs.publish(lease, request(500), MANIFEST, entries(1)) == "published"
        assert runs.finish(lease) == "done"
    else:
        assert runs.publish(lease, request(500), b"", entries(1)) == "published"
        runs.cancel(request(1_000))
        runs.release(lease, "cancelled")
    assert client.exists(keys.manifest(request(500).id)) == is_told_first
    TrajectoryStore(client, inline_storage=0).trim()
    for _ in range(2):  # the events, then the record
        client.zadd(keys.OVER, {DIGEST: 1})
        assert runs.sweep() == 1
    assert client.exists(keys.chain(DIGEST), keys.request(DIGEST), keys.stretch(DIGEST, 0)) == 3
    TrajectoryStore(client).remember(request(500), for_a_day=True)
    assert client.zcard(keys.EXPIRING) == 0
    assert TrajectoryStore(client).delete(request(500))
    assert client.exists(keys.chain(DIGEST), keys.request(DIGEST), keys.stretch(DIGEST, 0)) == 0


def test_only_what_a_run_was_for_is_kept_whatever_the_share_of_answers_at_once(
    runs: RunQueue, client: redis.Redis
) -> None:
    lease = owned(runs, 1_000)
    runs.enqueue(request(500))
    put(runs, lease, 0)
    runs.publish(lease, request(500), MANIFEST, entries(1))
    runs.publish(lease, request(1_000), MANIFEST, entries(1))
    assert client.zrange(keys.ANSWERS, 0, -1) == [f"{request(500).id} {DIGEST}".encode()]
    assert TrajectoryStore(client, inline_storage=0).trim() == 1
    assert client.exists(keys.manifest(request(500).id)) == 0
    assert client.exists(keys.manifest(request(1_000).id)) == 1


@pytest.mark.parametrize(
    "publish",
    [
        pytest.param(lambda runs, lease, *what: runs.publish(lease, *what), id="owner"),
        pytest.param(lambda runs, _, *what: runs.publish_derived(*what), id="derived"),
    ],
)
def test_nothing_is_published_that_rests_on_a_missing_stretch(
    runs: RunQueue, client: redis.Redis, publish: Callable[..., object]
) -> None:
    lease = owned(runs)
    put(runs, lease, 0)
    put(runs, lease, 1)
    client.delete(keys.stretch(DIGEST, 1))
    with pytest.raises(ChainBroken) as caught:
        publish(runs, lease, request(1_000), MANIFEST, entries(2))
    assert caught.value.position == 1
    assert client.exists(keys.manifest(request(1_000).id)) == 0


def test_nothing_is_published_that_rests_on_another_chain(runs: RunQueue) -> None:
    lease = owned(runs)
    put(runs, lease, 0)
    with pytest.raises(ChainBroken):
        runs.publish(lease, request(1_000), MANIFEST, [stretch(7)[0]])


def test_what_was_cancelled_meanwhile_is_not_published(runs: RunQueue, client: redis.Redis) -> None:
    lease = owned(runs, 1_000)
    runs.enqueue(request(200))
    runs.cancel(request(200))
    assert runs.publish(lease, request(200), MANIFEST, []) == "unwanted"
    assert client.exists(keys.manifest(request(200).id)) == 0


def test_the_first_to_publish_wins(runs: RunQueue, client: redis.Redis) -> None:
    runs.publish_derived(request(500), b'{"model":"1","by":"first"}')
    runs.publish_derived(request(500), b'{"model":"1","by":"second"}')
    assert client.get(keys.manifest(request(500).id)) == b'{"model":"1","by":"first"}'


def test_a_manifest_of_another_model_version_is_replaced(
    runs: RunQueue, client: redis.Redis
) -> None:
    client.set(keys.manifest(request(500).id), b'{"model":"0"}')
    runs.publish_derived(request(500), MANIFEST)
    assert client.get(keys.manifest(request(500).id)) == MANIFEST


def test_a_derived_result_ends_the_wait_for_it(runs: RunQueue) -> None:
    runs.enqueue(request(500))
    runs.publish_derived(request(500), MANIFEST)
    run = runs.state(DIGEST)
    assert run is not None
    assert (run.state, run.waiting) == ("done", {})
    assert runs.candidates() == []


def test_only_slices_carry_a_ttl(client: redis.Redis) -> None:
    runs = RunQueue(client, result_ttl_s=60)
    lease = owned(runs)
    runs.progress(lease, done=1)
    put(runs, lease, 0)
    runs.publish(lease, request(1_000), MANIFEST, entries(1))
    runs.enqueue(request(2_000))
    runs.cancel(request(2_000))
    assert [key for key in dump(client) if client.ttl(key) != -1] == []
    assert client.zcard(keys.EXPIRING) == 1


# More, less, and nothing any more.


def test_a_request_for_more_waits_behind_and_goes_on_in_its_own_turn(runs: RunQueue) -> None:
    lease = owned(runs, 1_000)
    runs.enqueue(request(5_000))
    runs.enqueue(request(500, seed=2))
    assert runs.renew(lease).target == 1_000
    put(runs, lease, 0)
    runs.publish(lease, request(1_000), MANIFEST, entries(1))
    assert runs.finish(lease) == "queued"
    assert runs.candidates() == [DIGEST, digest_of(2)]  # it was asked for first
    got = runs.acquire(DIGEST, "next", "me")
    assert (got.kind, got.next, got.target) == ("run", 1, 5_000)


def test_each_id_waits_since_it_was_asked_for_itself(runs: RunQueue, client: redis.Redis) -> None:
    lease = owned(runs, 1_000)
    client.hset(keys.run(DIGEST), "asked", LONG_AGO)
    runs.enqueue(request(5_000))
    put(runs, lease, 0)
    runs.publish(lease, request(1_000), MANIFEST, entries(1))
    runs.finish(lease)
    runs.acquire(DIGEST, "next", "me")
    run = runs.state(DIGEST)
    assert run is not None
    assert run.asked_ms == LONG_AGO
    assert run.started_ms is not None
    asked_ms = run.asked_at_ms(request(5_000).id)
    assert asked_ms is not None
    assert 0 <= run.started_ms - asked_ms < 60_000
    assert set(run.asked) == {request(5_000).id}


def test_the_stages_of_an_owner_have_times_that_the_next_owner_does_not_inherit(
    runs: RunQueue,
) -> None:
    lease = owned(runs)
    runs.progress(lease, stage="propagating")
    runs.progress(lease, stage="writing")
    run = runs.state(DIGEST)
    assert run is not None
    assert run.started_ms is not None
    assert run.propagating_ms is not None
    assert run.writing_ms is not None
    assert run.started_ms <= run.propagating_ms <= run.writing_ms
    runs.release(lease, "requeue")
    runs.acquire(DIGEST, "next", "me")
    run = runs.state(DIGEST)
    assert run is not None
    assert (run.propagating_ms, run.writing_ms) == (None, None)


def test_who_joins_at_the_last_moment_is_published_before_the_end(runs: RunQueue) -> None:
    lease = owned(runs, 1_000)
    runs.publish(lease, request(1_000), MANIFEST, [])
    runs.enqueue(request(300))
    assert runs.finish(lease) == "covered"
    runs.publish(lease, request(300), MANIFEST, [])
    assert runs.finish(lease) == "done"


def test_cancelling_what_waits_takes_it_out_of_the_line(
    runs: RunQueue, client: redis.Redis
) -> None:
    runs.enqueue(request(500))
    assert runs.cancel(request(500))
    assert not runs.cancel(request(500))
    run = runs.state(DIGEST)
    assert run is not None
    assert run.status_of(request(500).id, 500) is Status.CANCELLED
    assert runs.candidates() == []
    assert ("done", "queued", request(500).id) in events(client, DIGEST)


def test_cancelling_one_of_several_leaves_the_others(runs: RunQueue) -> None:
    lease = owned(runs, 1_000)
    runs.enqueue(request(400))
    runs.cancel(request(1_000))
    renewal = runs.renew(lease)
    assert (renewal.cancelled, renewal.target) == (False, 400)
    assert renewal.waiting == {request(400).id: 400}


def test_cancelling_the_last_tells_the_owner_and_the_stretches_stay(
    runs: RunQueue, client: redis.Redis
) -> None:
    lease = owned(runs)
    put(runs, lease, 0)
    runs.cancel(request(1_000))
    assert runs.renew(lease).cancelled
    run = runs.release(lease, "cancelled")
    assert run is not None
    assert run.state == "cancelled"
    assert client.llen(keys.chain(DIGEST)) == 1


def test_asking_again_before_the_owner_has_looked_goes_on(runs: RunQueue) -> None:
    lease = owned(runs, 1_000)
    runs.cancel(request(1_000))
    runs.enqueue(request(700))
    renewal = runs.renew(lease)
    assert (renewal.cancelled, renewal.target) == (False, 700)


def test_asking_again_after_the_owner_has_looked_lines_up_again(runs: RunQueue) -> None:
    lease = owned(runs)
    runs.cancel(request(1_000))
    assert runs.renew(lease).cancelled
    runs.enqueue(request(1_000))
    run = runs.release(lease, "cancelled")
    assert run is not None
    assert (run.state, run.position) == ("queued", 1)


def test_what_waits_behind_a_cancelled_run_lines_up(runs: RunQueue) -> None:
    lease = owned(runs, 1_000)
    runs.enqueue(request(9_000))
    runs.cancel(request(1_000))
    assert runs.renew(lease).cancelled
    run = runs.release(lease, "cancelled")
    assert run is not None
    assert (run.state, run.waiting) == ("queued", {request(9_000).id: 9_000})


def test_cancelling_a_run_whose_owner_is_gone_ends_it(runs: RunQueue, client: redis.Redis) -> None:
    owned(runs)
    lapse(client, DIGEST)
    runs.cancel(request(1_000))
    run = runs.state(DIGEST)
    assert run is not None
    assert run.state == "cancelled"
    assert runs.candidates() == []


# Failing.


def test_a_run_given_back_is_the_first_to_go_on(runs: RunQueue) -> None:
    lease = owned(runs)
    runs.enqueue(request(500, seed=2))
    run = runs.release(lease, "requeue")
    assert run is not None
    assert (run.state, run.position, run.attempts) == ("queued", 1, 0)


def test_what_failed_is_tried_again_later_and_later(runs: RunQueue, client: redis.Redis) -> None:
    runs.enqueue(request(500))
    pauses = []
    for token in "abc":
        got = runs.acquire(DIGEST, token, "me")
        assert got.lease is not None
        run = runs.release(got.lease, "failed", "The Gateway is gone.")
        assert run is not None
        assert run.retry_at_ms is not None
        assert (run.state, run.status, run.error) == (
            "failed",
            Status.QUEUED,
            "The Gateway is gone.",
        )
        assert runs.acquire(DIGEST, "early", "me").kind == "busy"
        seconds, micros = client.time()
        pauses.append(round((run.retry_at_ms - seconds * 1000 - micros / 1000) / 1000))
        let_retry(client, DIGEST)
        assert runs.candidates() == [DIGEST]
    assert pauses == [2, 4, 8]


def fail(runs: RunQueue, client: redis.Redis, attempt: int) -> None:
    if attempt:
        let_retry(client, DIGEST)
    lease = runs.acquire(DIGEST, str(attempt), "me").lease
    assert lease is not None
    runs.release(lease, "failed", "The Gateway is gone.")


def test_what_fails_too_often_fails_for_good_and_everybody_is_told(
    runs: RunQueue, client: redis.Redis
) -> None:
    runs.enqueue(request(500))
    runs.enqueue(request(800))
    for attempt in range(4):
        fail(runs, client, attempt)
    run = runs.state(DIGEST)
    assert run is not None
    assert (run.state, run.status, run.is_under_way) == ("failed", Status.FAILED, False)
    assert run.status_of(request(800).id, 800) is Status.FAILED
    over = {propagation_id for name, _, propagation_id in events(client, DIGEST) if name == "done"}
    assert over == {request(500).id, request(800).id}


def test_a_run_that_waits_holds_no_slot_and_no_attempt_and_pauses_longer_each_time(
    runs: RunQueue, client: redis.Redis
) -> None:
    lease = owned(runs)
    pauses = []
    for _ in range(6):
        run = runs.wait(lease, STORAGE_FULL)
        assert run is not None
        assert (run.status, run.attempts, run.error) == (Status.QUEUED, 0, STORAGE_FULL.sentence)
        assert (runs.living(), run.cluster, run.retry_at_ms is not None) == ({}, None, True)
        seconds, micros = client.time()
        assert run.retry_at_ms is not None
        pauses.append(round((run.retry_at_ms - seconds * 1000 - micros / 1000) / 1000))
        assert runs.candidates() == []
        let_retry(client, DIGEST)
        acquired = runs.acquire(DIGEST, f"again {len(pauses)}", "owner").lease
        assert acquired is not None
        lease = acquired
    assert pauses == [1, 2, 4, 8, 15, 15]
    put(runs, lease, 0)
    run = runs.wait(lease, STORAGE_FULL)
    assert run is not None
    assert run.retry_at_ms is not None
    assert run.retry_at_ms - client.time()[0] * 1000 < 3_000  # a stretch: the pauses begin anew


def test_with_an_obstacle_no_run_gets_an_owner_and_each_says_why_it_waits(runs: RunQueue) -> None:
    runs.enqueue(request(500))
    assert runs.acquire(DIGEST, "token", "owner", obstacle=STORAGE_FULL).kind == "busy"
    run = runs.state(DIGEST)
    assert run is not None
    assert (run.status, run.error, run.epoch) == (Status.QUEUED, STORAGE_FULL.sentence, 0)
    assert runs.cancel(request(500))
    run = runs.state(DIGEST)
    assert run is not None
    assert run.status is Status.CANCELLED


def test_a_run_that_has_waited_for_too_long_fails_and_says_what_for(
    runs: RunQueue, client: redis.Redis
) -> None:
    lease = owned(runs)
    runs.wait(lease, STORAGE_FULL)
    client.hset(keys.run(DIGEST), "waits_since", 1)
    let_retry(client, DIGEST)
    runs.acquire(DIGEST, "again", "owner", obstacle=STORAGE_FULL)
    run = runs.state(DIGEST)
    assert run is not None
    assert (run.status, run.waiting) == (Status.FAILED, {})
    assert run.error == STORAGE_FULL.given_up(86_400)
    run = runs.enqueue(request(1_000), retry=True).run
    assert run is not None
    assert (run.status, run.error) == (Status.QUEUED, None)


def test_a_new_stretch_makes_the_attempts_count_anew(runs: RunQueue, client: redis.Redis) -> None:
    runs.enqueue(request(500))
    for attempt in range(6):
        got = runs.acquire(DIGEST, str(attempt), "me")
        assert got.lease is not None
        put(runs, got.lease, attempt)
        runs.release(got.lease, "failed", "The Gateway is gone.")
        let_retry(client, DIGEST)
    assert runs.acquire(DIGEST, "last", "me").kind == "run"


def fail_for_good(runs: RunQueue, client: redis.Redis) -> None:
    runs.enqueue(request(500))
    for attempt in range(4):
        fail(runs, client, attempt)


def test_what_failed_for_good_starts_again_only_when_told_to(
    runs: RunQueue, client: redis.Redis
) -> None:
    fail_for_good(runs, client)
    run = runs.enqueue(request(500)).run
    assert run is not None
    assert run.state == "failed"
    run = runs.enqueue(request(500), retry=True).run
    assert run is not None
    assert (run.state, run.attempts, run.error, run.ended) == ("queued", 0, None, {})


def test_another_length_of_what_failed_is_another_attempt(
    runs: RunQueue, client: redis.Redis
) -> None:
    fail_for_good(runs, client)
    run = runs.enqueue(request(501)).run
    assert run is not None
    assert (run.state, run.waiting) == ("queued", {request(501).id: 501})


FAILURE = Failure(700, ("Planet", "Satellite"), FailureReason.COLLISION)


def test_a_trajectory_that_ends_fails_for_all_who_want_more_now_and_later(runs: RunQueue) -> None:
    lease = owned(runs, 1_000)
    run = runs.end(lease, FAILURE)
    assert run is not None
    assert (run.state, run.failure) == ("failed", FAILURE)
    assert run.status_of(request(701).id, 701) is Status.FAILED
    assert run.status_of(request(700).id, 700) is None
    run = runs.enqueue(request(2_000), retry=True).run
    assert run is not None
    assert (run.state, run.waiting) == ("failed", {})


def test_what_comes_before_a_failure_can_still_be_had(runs: RunQueue) -> None:
    runs.end(owned(runs, 1_000), FAILURE)
    run = runs.enqueue(request(700)).run
    assert run is not None
    assert run.state == "queued"
    lease = runs.acquire(DIGEST, "t2", "me").lease
    assert lease is not None
    assert runs.publish(lease, request(700), MANIFEST, [])
    assert runs.finish(lease) == "done"


def test_who_waits_for_less_than_a_failure_goes_on_waiting(runs: RunQueue) -> None:
    lease = owned(runs, 1_000)
    runs.enqueue(request(600))
    run = runs.end(lease, FAILURE)
    assert run is not None
    assert (run.state, run.waiting) == ("queued", {request(600).id: 600})
    assert run.ended == {request(1_000).id: Status.FAILED}


# Looking.


def test_runs_under_way_are_listed_with_owners_first(runs: RunQueue) -> None:
    owned(runs, seed=1)
    failing = owned(runs, seed=2)
    runs.release(failing, "failed", "No cluster.")
    runs.enqueue(request(500, seed=3))
    assert [run.digest for run in runs.under_way()] == [digest_of(s) for s in (1, 2, 3)]
    assert [run.state for run in runs.under_way()] == ["running", "failed", "queued"]
    assert len(runs.under_way(limit=2)) == 2


def test_a_record_without_a_state_is_no_run(runs: RunQueue, client: redis.Redis) -> None:
    client.hset(keys.run(DIGEST), "cluster", "{}")
    assert runs.state(DIGEST) is None


# Sweeping.


def due(client: redis.Redis) -> None:
    for digest in command(client, "ZRANGE", keys.OVER, 0, -1):
        client.zadd(keys.OVER, {digest: 1})


def test_sweeping_leaves_alone_what_was_over_a_moment_ago(
    runs: RunQueue, client: redis.Redis
) -> None:
    runs.enqueue(request(500))
    runs.cancel(request(500))
    before = dump(client)
    assert runs.sweep() == 0
    assert dump(client) == before


def test_sweeping_takes_the_events_first_and_the_record_later(
    runs: RunQueue, client: redis.Redis
) -> None:
    lease = owned(runs)
    put(runs, lease, 0)
    runs.publish(lease, request(1_000), MANIFEST, entries(1))
    runs.finish(lease)
    due(client)
    assert runs.sweep() == 1
    assert client.exists(keys.events(DIGEST)) == 0
    assert runs.state(DIGEST) is not None
    due(client)
    assert runs.sweep() == 1
    assert runs.state(DIGEST) is None
    assert client.llen(keys.chain(DIGEST)) == 1  # the result stays
    assert runs.sweep() == 0


def test_sweeping_frees_the_stretches_from_which_nothing_was_published(
    runs: RunQueue, client: redis.Redis
) -> None:
    lease = owned(runs)
    put(runs, lease, 0)
    runs.cancel(request(1_000))
    runs.release(lease, "cancelled")
    for _ in range(2):
        due(client)
        runs.sweep()
    assert set(client.keys()) == {keys.SEQUENCE.encode(), keys.COUNTERS.encode()}


def test_sweeping_spares_a_run_that_was_asked_for_again(
    runs: RunQueue, client: redis.Redis
) -> None:
    runs.enqueue(request(500))
    runs.cancel(request(500))
    runs.enqueue(request(500))
    client.zadd(keys.OVER, {DIGEST: 1})
    assert runs.sweep() == 0
    run = runs.state(DIGEST)
    assert run is not None
    assert run.position == 1

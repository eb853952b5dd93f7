"""Claims about what is counted of the whole installation, and that the scripts agree."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from frontend.errors import QueueFull
from frontend.results.trajectory_store import TrajectoryStore
from frontend.runs.run_queue import RunQueue
from frontend.storage import counters, keys, scripts
from frontend.storage.connection import connect
from frontend.storage.counters import COUNTED, TIMED, Counters
from tests.run_protocol import (
    MANIFEST,
    digest_of,
    entries,
    lapse,
    owned,
    put,
    request,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import redis

COUNTS = re.compile(r"count\('([^']+)'( \.\.)?")
OBSERVES = re.compile(r"observe\('([^']+)'")


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with connect(redis_url) as connected:
        yield connected


@pytest.fixture
def runs(client: redis.Redis) -> RunQueue:
    return RunQueue(client, back_off_ms=1)


def counts(client: redis.Redis) -> dict[str, int]:
    """What was counted, without times."""
    timed = {field for one in TIMED for field in one.fields}
    return {field: n for field, n in Counters(client).read().items() if field not in timed}


def everything_in_lua() -> str:
    return "\n".join(scripts.source(name) for name in scripts.NAMES)


def test_the_scripts_count_nothing_that_is_not_declared() -> None:
    declared = {field for one in COUNTED for field in one.fields}
    for field, goes_on in COUNTS.findall(everything_in_lua()):
        prefix = f"{field}" if goes_on else f"{field}$"
        assert any(re.match(prefix, one) for one in declared), field
    timed = {one.field for one in TIMED}
    assert set(OBSERVES.findall(everything_in_lua())) == timed


def test_everything_declared_is_counted_somewhere() -> None:
    counted = {field.split("/")[0] for field, _ in COUNTS.findall(everything_in_lua())}
    assert {one.field for one in COUNTED} == counted | {counters.ORPHANS_STOPPED}


def test_the_bounds_of_times_are_those_of_the_scripts() -> None:
    (told,) = set(re.findall(r"BOUNDS_MS = (\{.*\})", everything_in_lua()))
    declared = dict(re.findall(r"(\w+) = \{ ([0-9, ]+) \}", told))
    assert declared == {one.field: ", ".join(map(str, one.bounds_ms)) for one in TIMED}


@pytest.mark.parametrize("place", range(10))
def test_a_time_counts_in_the_bucket_that_python_reads(
    client: redis.Redis, runs: RunQueue, place: int
) -> None:
    queue = next(one for one in TIMED if one.field == "run_queue")
    slack_ms = 400
    waited_ms = (*queue.bounds_ms, 2 * queue.bounds_ms[-1])[place] - slack_ms
    runs.enqueue(request(500))
    seconds, micros = client.time()
    asked_ms = seconds * 1_000 + micros // 1_000 - waited_ms
    client.hset(keys.run(digest_of()), "asked", asked_ms)
    assert runs.acquire(digest_of(), "t", "me").kind == "run"
    counted = Counters(client).read()
    (bucket,) = (field for field in queue.fields[:-1] if field in counted)
    assert bucket == queue.fields[place]
    assert waited_ms <= counted[queue.fields[-1]] <= waited_ms + slack_ms


def test_a_run_counts_its_lease_its_iterations_its_result_and_its_end(
    client: redis.Redis, runs: RunQueue
) -> None:
    lease = owned(runs)
    runs.progress(lease, stage="propagating", done=0)
    for position in range(2):
        put(runs, lease, position)
        runs.progress(lease, done=500 * (position + 1))
    runs.publish(lease, request(1_000), MANIFEST, entries(2))
    runs.finish(lease)
    assert counts(client) == {
        "leases": 1,
        "iterations": 1_000,
        "results_published/run": 1,
        "runs_ended/done": 1,
    }


def test_a_call_that_is_repeated_is_not_counted_again(client: redis.Redis, runs: RunQueue) -> None:
    lease = owned(runs)
    runs.acquire(digest_of(), "token", "owner")
    for _ in range(2):
        runs.progress(lease, stage="propagating", done=0)
    for _ in range(2):
        runs.progress(lease, done=700)
    assert counts(client) == {"leases": 1, "iterations": 700}


def test_iterations_that_were_there_already_are_not_counted(
    client: redis.Redis, runs: RunQueue
) -> None:
    lease = owned(runs)
    runs.progress(lease, stage="propagating", done=600)
    runs.progress(lease, done=1_000)
    assert counts(client)["iterations"] == 400


def test_a_lease_that_ran_out_is_counted_when_the_run_is_taken_over(
    client: redis.Redis, runs: RunQueue
) -> None:
    owned(runs)
    lapse(client, digest_of())
    assert runs.acquire(digest_of(), "another", "me").kind == "run"
    assert counts(client) == {"leases": 2, "leases_lost": 1}


def test_a_run_that_is_given_back_is_no_lost_lease(client: redis.Redis, runs: RunQueue) -> None:
    runs.release(owned(runs), "requeue")
    runs.acquire(digest_of(), "another", "me")
    assert counts(client) == {"leases": 2}


def test_a_failed_attempt_and_a_refusal_are_counted(client: redis.Redis) -> None:
    runs = RunQueue(client, max_waiting=1)
    runs.release(owned(runs), "failed", "It broke.")
    with pytest.raises(QueueFull):
        runs.enqueue(request(1_000, seed=2))
    assert counts(client) == {"leases": 1, "attempts_failed": 1, "line_full": 1}


def test_a_repair_is_counted_once(client: redis.Redis, runs: RunQueue) -> None:
    put(runs, owned(runs), 0)
    store = TrajectoryStore(client)
    for _ in range(2):
        assert store.stretches(request(1_000).trajectory) == []  # its bytes are no stretch's
    assert counts(client)["repairs/stretch"] == 1
    runs.publish_derived(request(5), MANIFEST)
    for _ in range(2):
        store.withdraw(request(5))
    assert counts(client)["repairs/manifest"] == 1


def test_the_first_wait_and_the_start_of_a_cluster_are_timed(
    client: redis.Redis, runs: RunQueue
) -> None:
    lease = owned(runs)
    client.hset(keys.run(digest_of()), "started", int(client.time()[0]) * 1_000 - 7_000)
    runs.progress(lease, stage="propagating")
    told = {
        (sample.name, sample.labels.get("le")): sample.value
        for family in counters.families(Counters(client).read())
        for sample in family.samples
    }
    assert told["porta_run_queue_seconds_bucket", "0.5"] == 1
    assert told["porta_run_start_seconds_bucket", "5.0"] == 0
    assert told["porta_run_start_seconds_bucket", "10.0"] == 1
    assert told["porta_run_start_seconds_bucket", "+Inf"] == 1
    assert told["porta_run_start_seconds_count", None] == 1
    assert 7 <= told["porta_run_start_seconds_sum", None] < 9


def test_what_never_happened_is_told_as_zero() -> None:
    told = {s.name: s.value for family in counters.families({}) for s in family.samples}
    assert told["porta_iterations_total"] == 0
    assert told["porta_run_start_seconds_count"] == 0


def test_without_redis_nothing_is_counted_and_nobody_disturbed() -> None:
    with connect("redis://127.0.0.1:1") as nowhere:
        Counters(nowhere).add(counters.ORPHANS_STOPPED)

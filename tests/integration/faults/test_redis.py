"""Faults of Redis: killed, emptied, standing still, and full."""

from __future__ import annotations

import contextlib
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import httpx
import psutil
import pytest

from frontend.domain.waiting import STORAGE_FULL
from frontend.storage import keys
from frontend.storage.connection import command
from tests import invariants
from tests.asked import ask_for
from tests.deadlines import LEASE_S, under_load, within
from tests.installation import Installation, installed
from tests.processes import eventually
from tests.redis_servers import without_its_primary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.redis_servers import RedisServer

PAUSE_S: Final = LEASE_S + 2.0
ANSWER_S: Final = 2.0  # with Redis away
HEALTH_S: Final = 0.1
READERS: Final = 40
THREADS_ALLOWED: Final = 128  # of the 256: those that wait for Redis, and for a connection
SHORT: Final = 300_000


@pytest.fixture(scope="module")
def shared(
    redis_of_its_own: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("redis")
    with installed(redis_of_its_own.url, folder, PORTA_LEASE=f"{LEASE_S}s") as running:
        yield running


def test_a_run_goes_on_where_it_was_after_redis_was_killed(
    installation: Installation, redis_of_its_own: RedisServer
) -> None:
    asked = ask_for(installation)
    asked.has_begun()
    stored = asked.stretches
    redis_of_its_own.kill()
    with installation.client() as client:
        assert client.get(asked.path).status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert client.get("/healthz").status_code == httpx.codes.OK
    redis_of_its_own.start()
    assert asked.stretches >= stored, "an acknowledged stretch is lost"
    asked.is_completed()


def test_a_redis_that_was_emptied_takes_nothing_from_the_past_and_all_is_computed_again(
    installation: Installation,
) -> None:
    asked = ask_for(installation)
    asked.has_begun()
    log = installation.logs / "runner.log"
    before = log.read_text(encoding="utf-8").count("run lost")
    with contextlib.closing(installation.redis) as stored:
        stored.flushall()
    eventually(lambda: log.read_text(encoding="utf-8").count("run lost") > before)
    assert asked.get().status_code == httpx.codes.NOT_FOUND
    assert asked.again().status_code == httpx.codes.ACCEPTED
    complete = asked.is_completed()
    assert complete["timings"]["reused_steps"] == 0
    assert asked.epoch == 1


def test_a_cluster_whose_owner_died_as_redis_was_emptied_is_stopped_by_another_runner(
    installation: Installation,
) -> None:
    asked = ask_for(installation)
    asked.has_begun()
    installation.start_runner("second")
    try:
        with contextlib.closing(installation.redis) as stored:
            eventually(lambda: command(stored, "HLEN", keys.RUNNERS) == 2)
            installation.kill("runner")
            stored.flushall()
        assert installation.clusters(invariants.ALIVE)
        eventually(
            lambda: not installation.clusters(invariants.ALIVE), within_s=within(invariants.GONE_S)
        )
    finally:
        installation.start_runner()
        installation.stop("second")


def test_with_a_redis_that_stands_still_all_are_told_so_soon_and_the_run_goes_on_afterwards(
    installation: Installation, redis_of_its_own: RedisServer
) -> None:
    asked = ask_for(installation)
    asked.has_begun()
    web = psutil.Process(installation.processes["web"].pid)
    redis_of_its_own.pause()
    try:
        begun = time.monotonic()
        while time.monotonic() - begun < PAUSE_S:
            with ThreadPoolExecutor(READERS) as readers:
                asking = [readers.submit(told_after, installation, asked.path) for _ in range(120)]
                health = [told_after(installation, "/healthz") for _ in range(9)]
                assert web.num_threads() < THREADS_ALLOWED
            assert {status for status, _ in health} == {httpx.codes.OK}
            assert statistics.median(seconds for _, seconds in health) < under_load(HEALTH_S)
            answers = [one.result() for one in asking]
            assert {status for status, _ in answers} == {httpx.codes.SERVICE_UNAVAILABLE}
            assert max(seconds for _, seconds in answers) < within(ANSWER_S)
            assert statistics.median(seconds for _, seconds in answers) < under_load(ANSWER_S)
    finally:
        redis_of_its_own.resume()
    asked.is_completed()


def test_a_run_outlives_a_replica_without_its_primary_and_keeps_its_cluster(
    installation: Installation, redis_of_its_own: RedisServer
) -> None:
    asked = ask_for(installation)
    asked.has_begun()
    clusters = installation.clusters(invariants.ALIVE).keys()
    with without_its_primary(redis_of_its_own.url):
        answer = asked.get()
        assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert "MASTERDOWN" in answer.json()["detail"]
    assert installation.clusters(invariants.ALIVE).keys() == clusters
    asked.is_completed()
    assert asked.epoch == 1


def told_after(installation: Installation, path: str) -> tuple[int, float]:
    """What is answered, and after how long."""
    with installation.client() as client:
        begun = time.monotonic()
        return client.get(path).status_code, time.monotonic() - begun


@contextlib.contextmanager
def full(installation: Installation) -> Iterator[None]:
    """Let Redis have no memory for anything more."""
    with contextlib.closing(installation.redis) as stored:
        stored.config_set("maxmemory", 1)
        try:
            yield
        finally:
            stored.config_set("maxmemory", 0)


def test_with_a_full_redis_new_runs_are_refused_and_old_results_served(
    installation: Installation,
) -> None:
    old = ask_for(installation, seed=2, steps=SHORT)
    old.is_completed()
    records = old.get("/records").raise_for_status().content
    installation.stop("web")
    installation.start_web()  # so that it has nothing in its own memory
    with full(installation):
        with installation.client() as client:
            refused = client.post("/api/v1/propagations", json={"steps": SHORT, "seed": 3})
        assert refused.status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert "full" in refused.json()["detail"]
        assert refused.headers["Retry-After"]
        assert old.resource["status"] == "complete"
        assert old.get("/records").content == records
        assert old.get("/overview").status_code == httpx.codes.OK


def test_a_run_that_finds_redis_full_says_so_and_goes_on_when_there_is_room(
    installation: Installation,
) -> None:
    asked = ask_for(installation)
    asked.has_begun()
    with full(installation):
        refused = eventually(lambda: asked.resource["error"])
        assert refused["detail"] == STORAGE_FULL.sentence
        for _ in range(20):  # beyond the pauses after which it once was tried again, and failed
            waits = asked.resource
            assert (waits["status"], waits["cluster"]) == ("queued", None)
            assert waits["error"]["detail"] == STORAGE_FULL.sentence
            with contextlib.closing(installation.redis) as stored:
                assert stored.zcard("run/active") == 0
                assert stored.hget(f"run/{asked.digest}", "attempts") == b"0"
            time.sleep(0.5)
    complete = asked.is_completed()
    assert complete["timings"]["reused_steps"] > 0

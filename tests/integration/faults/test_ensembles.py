"""Faults of ensembles: runners, workers and a Redis that die half-way, and a Redis that is full."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Final

import pytest

from frontend.domain.waiting import STORAGE_FULL
from sim.scenario import Trajectory
from tests.asked_ensemble import AskedEnsemble, ask_for_ensemble
from tests.deadlines import LEASE_S, within
from tests.installation import Installation, installed
from tests.processes import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.redis_servers import RedisServer

STEPS: Final = 50_000
MEMBERS: Final = 20_000  # seconds on a cluster, after those that the runner has begun with
BEGUN: Final = 500


@pytest.fixture(scope="module")
def shared(
    redis_of_its_own: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("ensembles")
    with installed(redis_of_its_own.url, folder, PORTA_LEASE=f"{LEASE_S}s") as running:
        yield running


@pytest.fixture
def asked(installation: Installation) -> AskedEnsemble:
    return begun_on(installation)


def begun_on(installation: Installation) -> AskedEnsemble:
    """Ask for a run, and wait until it has its cluster, and some members are there."""
    begun = ask_for_ensemble(installation, Trajectory(seed=1), steps=STEPS, members=MEMBERS)
    eventually(lambda: (begun.resource["cluster"] or {}).get("arrived"))
    begun.has_begun(members=BEGUN)
    return begun


def reused(asked: AskedEnsemble) -> int:
    complete = asked.is_completed()
    members: int = complete["timings"]["reused_members"]
    return members


def test_a_run_whose_runner_is_killed_is_taken_over_and_only_the_missing_members_computed(
    installation: Installation,
) -> None:
    installation.start_runner("other")
    try:
        asked = begun_on(installation)
        before = asked.epoch
        installation.kill(asked.owner)
        there = asked.resource["progress"]["done"]
        assert asked.manifest is None, "over too soon to be disturbed"
        eventually(lambda: asked.epoch > before, within_s=within(LEASE_S + 1))
        assert BEGUN <= there <= reused(asked) < MEMBERS
    finally:
        if "runner" not in installation.processes:
            installation.start_runner()
        if "other" in installation.processes:
            installation.stop("other")


def test_killed_workers_are_replaced_and_change_no_bit(asked: AskedEnsemble) -> None:
    for worker in asked.installation.of_gateway("distributed.cli.dask_worker"):
        worker.kill()
    assert reused(asked) == 0, "the run itself was not disturbed"
    assert asked.epoch == 1


def test_a_killed_scheduler_costs_a_cluster_and_none_of_the_members_that_are_stored(
    asked: AskedEnsemble,
) -> None:
    (scheduler,) = asked.installation.of_gateway("distributed.cli.dask_scheduler")
    scheduler.kill()
    assert BEGUN <= reused(asked) < MEMBERS


def test_a_redis_that_is_killed_keeps_all_blocks_and_the_run_goes_on(
    asked: AskedEnsemble, redis_of_its_own: RedisServer
) -> None:
    before = set(asked.blocks())
    redis_of_its_own.kill()
    redis_of_its_own.start()
    assert before <= set(asked.blocks())
    asked.is_completed()


def test_a_run_that_finds_redis_full_waits_and_goes_on_when_there_is_room(
    asked: AskedEnsemble,
) -> None:
    with contextlib.closing(asked.installation.redis) as stored:
        stored.config_set("maxmemory", 1)
        try:
            refused = eventually(lambda: asked.resource["error"])
            assert refused["detail"] == STORAGE_FULL.sentence
            time.sleep(2)  # it is tried again meanwhile
            waits = asked.resource
            assert (waits["status"], waits["cluster"]) == ("queued", None)
        finally:
            stored.config_set("maxmemory", 0)
    assert BEGUN <= reused(asked) < MEMBERS

"""Faults of runners: killed, frozen, stopped, and killed at the worst moments."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING, Final

import pytest
import redis

from sim.presets import preset
from tests import invariants, redis_servers
from tests.asked import LONG, ask_for
from tests.deadlines import LEASE_S, within
from tests.installation import Installation, installed
from tests.processes import eventually, frozen
from tests.tcp_proxy import Fate, proxy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.asked import Asked
    from tests.redis_servers import RedisServer

IN_SPACE: Final = 4_000_000  # seconds on a cluster
BOTH: Final = ("runner", "other")


@pytest.fixture(scope="module")
def two_runners(
    redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    redis_servers.empty(redis_server.url)
    with installed(
        redis_server.url,
        tmp_path_factory.mktemp("runners"),
        PORTA_LEASE=f"{LEASE_S}s",
    ) as running:
        running.start_runner("other")
        yield running


@pytest.fixture
def installation(two_runners: Installation) -> Iterator[Installation]:
    """An installation with two runners, and nothing wrong with it before and after."""
    for name in BOTH:
        if name not in two_runners.processes:
            two_runners.start_runner(name)
    yield two_runners
    invariants.hold(two_runners)


def owner(asked: Asked) -> str:
    """Which of the two processes owns a run."""
    pid = int(asked.record["owner"].split("-")[-2])
    return next(n for n in BOTH if asked.installation.processes[n].pid == pid)


def epoch_after(asked: Asked, before: int, within_s: float) -> float:
    """Wait until another has acquired the run; return how long that took."""
    begun = time.monotonic()
    eventually(lambda: asked.epoch > before, within_s=within_s)
    return time.monotonic() - begun


@pytest.mark.parametrize(("name", "steps"), [("nano", LONG), ("outer-solar-system", IN_SPACE)])
def test_a_run_whose_runner_is_killed_is_taken_over_and_goes_on_from_the_next_stretch(
    installation: Installation, name: str, steps: int
) -> None:
    asked = ask_for(installation, steps=steps, scenario=preset(name).scenario)
    asked.has_begun()
    installation.kill(owner(asked))
    stored = asked.stretches
    epoch_after(asked, 1, within(LEASE_S + 1))
    assert asked.stretches == stored
    complete = asked.is_completed()
    assert asked.epoch == 2
    assert complete["timings"]["reused_steps"] > 0


def test_the_writes_of_a_runner_that_was_frozen_beyond_its_lease_are_refused(
    installation: Installation,
) -> None:
    asked = ask_for(installation)
    asked.has_begun()
    frozen_one = owner(asked)
    log = installation.logs / f"{frozen_one}.log"
    before = log.read_text(encoding="utf-8").count("run lost")
    with installation.paused(frozen_one):
        epoch_after(asked, 1, within(LEASE_S + 1))
        assert owner(asked) != frozen_one
    asked.is_completed()
    assert asked.epoch == 2
    eventually(lambda: log.read_text(encoding="utf-8").count("run lost") > before)
    assert installation.processes[frozen_one].poll() is None


def test_a_runner_that_is_stopped_gives_its_run_to_another_at_once(
    installation: Installation,
) -> None:
    asked = ask_for(installation)
    asked.has_begun()
    stopped = owner(asked)
    process = installation.processes[stopped]
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=within(10))
    assert process.returncode == 0
    installation.processes.pop(stopped)
    # Given back, not run out: the other has it well within a lease of the owner's end.
    epoch_after(asked, 1, within(1))
    asked.is_completed()
    assert (asked.epoch, asked.record["attempts"]) == (2, "0")


def test_a_cluster_whose_asking_was_cut_off_is_found_by_its_tag_and_stopped(
    installation: Installation,
) -> None:
    asked = ask_for(installation)
    orphan = eventually(lambda: next(iter(installation.clusters("pending,running")), None))
    assert "cluster" not in asked.record, "its name is noted already"
    installation.kill(owner(asked))
    eventually(
        lambda: orphan not in installation.clusters(invariants.ALIVE),
        within_s=within(invariants.GONE_S),
    )
    asked.is_completed()


def test_a_result_whose_runner_is_killed_just_before_its_manifest_is_published_by_another(
    installation: Installation, redis_server: RedisServer
) -> None:
    with redis.Redis.from_url(redis_server.url) as known:
        where = known.connection_pool.connection_kwargs
    with proxy((where["host"], where["port"])) as between:
        held: list[bytes] = []

        def hold_the_manifest(call: bytes) -> Fate:
            if b"propagation/" in call and b'"checkpoints_checksum"' in call:
                held.append(call)
                return Fate.HOLD
            return Fate.GO_ON

        between.judge = hold_the_manifest
        for name in BOTH:
            installation.stop(name)
        installation.start_runner("runner", REDIS_URL=f"redis://127.0.0.1:{between.port}/0")
        asked = ask_for(installation)
        eventually(lambda: held)
        assert asked.resource["status"] == "running"
        installation.kill("runner")
        assert asked.manifest is None
        stored = asked.stretches
        installation.start_runner("other")
        complete = asked.is_completed()
    assert asked.stretches == stored, "nothing was computed again"
    assert complete["timings"]["reused_steps"] == asked.steps


def test_a_runner_that_is_frozen_while_it_asks_for_a_cluster_leaves_none(
    installation: Installation,
) -> None:
    asked = ask_for(installation)
    eventually(lambda: asked.record.get("stage") == "starting")
    with frozen(installation.processes[owner(asked)].pid):
        epoch_after(asked, 1, within(LEASE_S + 1))
    asked.is_completed()

"""Faults of clusters: workers, nannies and schedulers that die or stand still, and poison."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Final

import psutil
import pytest

from frontend.domain.waiting import NO_ROOM, seems_to_lack_room
from tests import redis_servers
from tests.asked import ask_for
from tests.dask_servers import dask
from tests.deadlines import LEASE_S, within
from tests.installation import Installation, ask, at_work, installed
from tests.processes import eventually, frozen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.asked import Asked
    from tests.redis_servers import RedisServer

DEADLINE_S: Final = 15  # of a stretch, here: by default a minute
RERUN_WITHOUT_NANNY_S: Final = 10
NEW_CLUSTER_S: Final = 5
ATTEMPTS: Final = 4
NO_WORKER_S: Final = 30
POISON: Final[dict[str, Any]] = {  # an interval of it is 5e8 pulls: more than a second's work
    "agents": [
        {
            "name": f"Agent {number}",
            "mu": 1e-6,
            "time": 0,
            "timeStep": 0.01,
            "x": float(number),
            "y": 0.0,
            "vx": 0.0,
            "vy": 0.0,
        }
        for number in range(1_000)
    ],
    "dt_min": 0.01,
    "dt_span": 0.0,  # all step in every iteration
    "epsilon": 0.001,
}


@pytest.fixture(scope="module")
def shared(
    redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    redis_servers.empty(redis_server.url)
    with installed(
        redis_server.url,
        tmp_path_factory.mktemp("clusters"),
        PORTA_LEASE=f"{LEASE_S}s",
    ) as running:
        yield running


@contextlib.contextmanager
def runner_with_deadline(installation: Installation, seconds: int) -> Iterator[None]:
    """A runner that waits no longer than this for a stretch."""
    installation.stop("runner")
    installation.start_runner(PORTA_STRETCH_DEADLINE=f"{seconds}s")
    try:
        yield
    finally:
        installation.stop("runner")
        installation.start_runner()


def workers(installation: Installation) -> list[psutil.Process]:
    return installation.of_gateway("distributed.cli.dask_worker")


def scheduler(installation: Installation) -> psutil.Process:
    (found,) = installation.of_gateway("distributed.cli.dask_scheduler")
    return found


def test_a_killed_worker_is_replaced_by_the_gateway_and_its_stretch_computed_again(
    installation: Installation,
) -> None:
    asked = ask_for(installation)
    asked.has_begun()
    stored = asked.stretches
    for worker in workers(installation):
        worker.kill()
    eventually(lambda: asked.stretches > stored + 1, within_s=within(RERUN_WITHOUT_NANNY_S))
    asked.is_completed()
    assert asked.epoch == 1, "the run itself was not disturbed"


def test_a_killed_scheduler_costs_its_cluster_and_a_new_one_is_asked_for(
    installation: Installation,
) -> None:
    asked = ask_for(installation)
    asked.has_begun()
    (lost,) = installation.clusters("running")
    scheduler(installation).kill()
    eventually(
        lambda: set(installation.clusters("pending,running")) - {lost},
        within_s=within(NEW_CLUSTER_S),
    )
    complete = asked.is_completed()
    assert complete["timings"]["reused_steps"] > 0


def test_a_scheduler_that_stands_still_is_given_up_at_the_stretchs_deadline(
    installation: Installation,
) -> None:
    with runner_with_deadline(installation, DEADLINE_S):
        asked = ask_for(installation)
        asked.has_begun()
        (lost,) = installation.clusters("running")
        with frozen(scheduler(installation).pid):
            eventually(
                lambda: set(installation.clusters("pending,running")) - {lost},
                within_s=within(DEADLINE_S + NEW_CLUSTER_S),
            )
        assert f"{DEADLINE_S}" in log_of(installation)
        asked.is_completed()


def log_of(installation: Installation) -> str:
    return (installation.logs / "runner.log").read_text(encoding="utf-8")


def test_a_stretch_that_always_fails_is_given_up_with_its_reason_after_a_few_attempts(
    installation: Installation,
) -> None:
    with runner_with_deadline(installation, 1):
        with installation.client() as client:
            failed = ask(client, steps=2_000, scenario=POISON)
            assert failed["status"] == "failed"
            assert "within 1 s" in failed["error"]["detail"], failed["error"]
            assert failed["error"]["detail"] in client.get(failed["links"]["page"]).text
        with installation.redis as stored:
            digests = [name.decode() for name in stored.zrange("run/over", 0, -1)]
            epochs = [int(stored.hget(f"run/{one}", "epoch") or 0) for one in digests]
        assert max(epochs) == ATTEMPTS


@pytest.mark.parametrize(("whom", "seconds"), [("worker", 1), ("nanny", 10)])
def test_a_killed_workers_stretch_is_computed_again_by_another_with_the_same_bits(
    own_redis: RedisServer, tmp_path: Path, whom: str, seconds: int
) -> None:
    with dask(workers=0) as servers, contextlib.ExitStack() as started:
        nannies = [started.enter_context(nanny(servers.address)) for _ in range(2)]
        environ = {"REDIS_URL": own_redis.url, "DASK_SCHEDULER": servers.address}
        installation = started.enter_context(at_work(environ, tmp_path))
        installation.start_web()
        installation.start_runner()
        asked = ask_for(installation)
        asked.has_begun()
        stored = asked.stretches
        busiest = max(nannies, key=busy_s)
        busy_worker(busiest).kill() if whom == "worker" else busiest.kill()
        # One stretch may have been done already, and about to be stored.
        eventually(lambda: asked.stretches > stored + 1, within_s=within(seconds + 1))
        asked.is_completed()
        assert asked.epoch == 1, "the run itself was not disturbed"


def test_a_run_that_finds_no_room_says_so_waits_without_losing_an_attempt_and_goes_on(
    own_redis: RedisServer, tmp_path: Path
) -> None:
    with dask(workers=0) as servers, contextlib.ExitStack() as started:
        environ = {"REDIS_URL": own_redis.url, "DASK_SCHEDULER": servers.address}
        environ["PORTA_CLUSTER_TIMEOUT"] = f"{NO_WORKER_S}s"
        installation = started.enter_context(at_work(environ, tmp_path))
        installation.start_web()
        installation.start_runner()
        asked = ask_for(installation, steps=1_000_000)
        starting = eventually(lambda: told(asked, "starting"), within_s=within(NO_WORKER_S))
        assert starting["error"]["detail"] == seems_to_lack_room(NO_WORKER_S)
        assert seems_to_lack_room(NO_WORKER_S) in asked.page
        command = started.enter_context(joined(installation, asked))
        waiting = eventually(lambda: told(asked, "queued"), within_s=within(NO_WORKER_S))
        assert (waiting["error"]["detail"], waiting["cluster"]) == (NO_ROOM.sentence, None)
        assert asked.attempts == 0
        servers.add_worker()
        assert asked.is_completed()["error"] is None
        _, words = command.communicate(timeout=within(RERUN_WITHOUT_NANNY_S))
        assert NO_ROOM.sentence in words


def told(asked: Asked, status: str) -> dict[str, Any] | None:
    """The resource, once it has this status and says what it lacks."""
    resource = asked.resource
    return resource if resource["status"] == status and resource["error"] is not None else None


@contextlib.contextmanager
def joined(installation: Installation, asked: Asked) -> Iterator[subprocess.Popen[str]]:
    """A command that asks for the same run."""
    words = (str(asked.steps), "--seed", str(asked.seed))
    with subprocess.Popen(  # noqa: S603 - our own command
        (sys.executable, "-m", "frontend.cli", "propagate", *words),
        env=dict(installation.environ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@contextlib.contextmanager
def nanny(address: str) -> Iterator[psutil.Popen]:
    """A nanny, and the worker that it looks after."""
    process = psutil.Popen(
        (
            *(sys.executable, "-m", "distributed.cli.dask_worker", address),
            *("--nthreads", "1", "--no-dashboard", "--death-timeout", "10"),
        ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
        process.wait(30)


def busy_worker(of: psutil.Popen) -> psutil.Process:
    """The process beside the one that tracks resources."""
    return max(of.children(), key=lambda one: sum(one.cpu_times()[:2]))


def busy_s(of: psutil.Popen) -> float:
    """How long the children of a process have computed."""
    return sum(sum(one.cpu_times()[:2]) for one in of.children(recursive=True))

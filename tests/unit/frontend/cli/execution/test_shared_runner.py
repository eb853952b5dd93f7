"""A thread stands for the runner: it does to the real Redis what a runner does."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

import pytest

from frontend.bootstrap import build_services
from frontend.cli.execution import shared_runner
from frontend.cli.execution.shared_runner import _follow as follow
from frontend.domain import manifest
from frontend.domain.run import ChainEntry
from frontend.errors import FrontendError
from frontend.settings import Settings
from sim.engine import Propagation, checksum, initial_checkpoint, pass_over
from sim.scenario import PropagationRequest, Trajectory
from tests.deadlines import EVENTUALLY_S
from tests.processes import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from frontend.bootstrap import Services
    from frontend.domain.run import Lease

TRAJECTORY = Trajectory(seed=6)
REQUEST = PropagationRequest(120_000, TRAJECTORY)


@pytest.fixture
def settings(redis_url: str) -> Settings:
    return Settings(redis_url=redis_url, scheduler="tcp://127.0.0.1:1", inline_work=10_000)


@contextlib.contextmanager
def runner(settings: Settings, work: Callable[[Services, Lease], None]) -> Iterator[None]:
    """Be a runner that is alive, acquires the run, and does this to it."""

    def live() -> None:
        with contextlib.closing(build_services(settings)) as services:
            eventually(services.runs.candidates, within_s=EVENTUALLY_S)
            lease = services.runs.acquire(TRAJECTORY.digest, "fencing token", "runner").lease
            assert lease is not None
            work(services, lease)

    with contextlib.closing(build_services(settings)) as services:
        services.runners.heartbeat("runner", {"gateway": "ok"})
        living = threading.Thread(target=live)
        living.start()
        try:
            yield
        finally:
            living.join()


def store_stretch(services: Services, lease: Lease) -> None:
    stretch = pass_over(TRAJECTORY, initial_checkpoint(TRAJECTORY.scenario), 2)
    data = stretch.to_bytes()
    entry = ChainEntry(0, stretch.count, checksum(data), sum(stretch.records))
    services.runs.put(lease, position=0, previous="", entry=entry, data=data)
    propagation = Propagation.open(TRAJECTORY, REQUEST.steps, [stretch])
    document = manifest.compose(REQUEST, propagation, manifest.Computed(by="runner"))
    services.runs.publish(lease, REQUEST, document, [entry])
    services.runs.finish(lease)


def fail(services: Services, lease: Lease) -> None:
    """Fail for the last of the attempts."""
    for attempt in range(4):
        services.runs.release(lease, "failed", "No worker came.")
        services.client.hset(f"run/{lease.digest}", "retry_at", 1)
        services.client.zadd("run/retry", {lease.digest: 1}, xx=True)
        again = services.runs.acquire(lease.digest, f"fencing token {attempt}", "runner").lease
        if again is None:
            return
        lease = again


def test_it_waits_for_the_run_and_opens_what_the_runner_stored(settings: Settings) -> None:
    with runner(settings, store_stretch):
        opened = shared_runner.propagation(settings, REQUEST)
    alone = Propagation.open(TRAJECTORY, REQUEST.steps)
    assert opened.summary() == alone.summary()


def test_a_run_that_fails_for_good_is_an_error_with_the_runners_sentence(
    settings: Settings,
) -> None:
    with runner(settings, fail), pytest.raises(FrontendError, match="No worker came"):
        shared_runner.propagation(settings, REQUEST)


def test_a_run_that_was_over_before_it_is_followed_is_not_waited_for(settings: Settings) -> None:
    with contextlib.closing(build_services(settings)) as services:
        services.runners.heartbeat("runner", {"gateway": "ok"})
        services.propagations.start(REQUEST)
        lease = services.runs.acquire(TRAJECTORY.digest, "fencing token", "runner").lease
        assert lease is not None
        fail(services, lease)
        follow(services, REQUEST)
        found = services.propagations.find(REQUEST)
    assert found is not None
    assert (found.status, found.error and found.error.detail) == ("failed", "No worker came.")


def test_without_a_runner_it_does_not_wait(settings: Settings) -> None:
    with pytest.raises(FrontendError, match=r"No runner is alive.*--workers inline"):
        shared_runner.propagation(settings, REQUEST)


def test_a_little_request_needs_no_runner(settings: Settings) -> None:
    assert shared_runner.propagation(settings, PropagationRequest(500, TRAJECTORY)).steps == 500


def test_the_rows_of_an_ensemble_are_read_while_they_are_written(settings: Settings) -> None:
    request = PropagationRequest(100, TRAJECTORY, members=40)
    document, rows = shared_runner.ensemble(settings, request, keep_members=True)
    assert document["finished"] == 40
    first = next(rows)
    assert first.num_rows + sum(batch.num_rows for batch in rows) == 80
    _, rows = shared_runner.ensemble(settings, request, keep_members=False)
    assert list(rows) == []

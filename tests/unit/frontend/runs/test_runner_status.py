"""Claims about what stands in the way of runs that wait."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest

from frontend.domain.waiting import NO_RUNNER
from frontend.runs.runner_registry import RunnerRegistry
from frontend.runs.runner_status import OK, RunnerStatus, gateway_says
from frontend.storage.connection import connect
from tests.redis_servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

AWAY = "The Dask Gateway does not answer."


@pytest.fixture
def runners(redis_url: str) -> Iterator[RunnerRegistry]:
    with contextlib.closing(connect(redis_url)) as client:
        yield RunnerRegistry(client)


def test_without_a_runner_nothing_is_computed(runners: RunnerRegistry) -> None:
    assert RunnerStatus(runners).obstacle() == NO_RUNNER.sentence


def test_with_a_runner_and_its_gateway_there_is_no_obstacle(runners: RunnerRegistry) -> None:
    runners.heartbeat("one", {"gateway": OK})
    assert RunnerStatus(runners).obstacle() is None


def test_a_gateway_that_no_runner_reaches_is_the_obstacle(runners: RunnerRegistry) -> None:
    runners.heartbeat("one", {"gateway": AWAY})
    assert RunnerStatus(runners).obstacle() == AWAY
    runners.heartbeat("other", {"gateway": OK})
    assert RunnerStatus(runners).obstacle() is None


def test_the_runners_are_looked_at_once_a_second_at_most(runners: RunnerRegistry) -> None:
    looking = RunnerStatus(runners)
    assert looking.obstacle() == NO_RUNNER.sentence
    runners.heartbeat("one", {"gateway": OK})
    assert looking.obstacle() == NO_RUNNER.sentence


def test_nothing_is_said_where_redis_is_away() -> None:
    with contextlib.closing(connect(f"redis://127.0.0.1:{free_port()}/0")) as client:
        assert RunnerStatus(RunnerRegistry(client)).obstacle() is None


def test_nobody_says_nothing_of_the_gateway() -> None:
    assert gateway_says({}) == ""

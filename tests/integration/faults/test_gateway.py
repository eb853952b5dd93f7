"""Faults of the Dask Gateway: killed, standing still for many leases, failing at once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import httpx
import pytest

from frontend.domain.waiting import NO_CLUSTER
from tests import redis_servers
from tests.asked import ask_for
from tests.deadlines import LEASE_S
from tests.foreign_gateway import foreign_gateway
from tests.installation import Installation, at_work, installed
from tests.processes import eventually, frozen, lives

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import psutil

    from tests.redis_servers import RedisServer

PAUSE_S: Final = 2.5 * LEASE_S  # and ten looks at its health
SHORT: Final = 2_000_000


@pytest.fixture(scope="module")
def shared(
    redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Installation]:
    redis_servers.empty(redis_server.url)
    folder = tmp_path_factory.mktemp("gateway")
    with installed(redis_server.url, folder, PORTA_LEASE=f"{LEASE_S}s") as running:
        yield running


def gateway(installation: Installation) -> psutil.Process:
    (found,) = installation.of_gateway("dask_gateway_server", "-f")
    return found


def test_a_run_goes_on_while_its_gateway_is_killed_and_started_again(
    installation: Installation,
) -> None:
    asked = ask_for(installation)
    asked.has_begun()
    killed = gateway(installation)
    killed.kill()
    eventually(lambda: not lives(killed.pid))
    asked.is_completed()
    assert asked.epoch == 1, "the run itself was not disturbed"
    eventually(lambda: installation.answers("/readyz"))


def test_with_a_gateway_that_stands_still_a_run_goes_on_results_are_served_and_new_runs_wait(
    installation: Installation,
) -> None:
    asked = ask_for(installation)
    eventually(lambda: (asked.resource["cluster"] or {}).get("arrived"))
    asked.has_begun()
    with frozen(gateway(installation).pid):
        begun = time.monotonic()
        asked.is_completed()
        assert asked.epoch == 1, "the run itself was not disturbed"
        assert asked.get("/overview").status_code == httpx.codes.OK
        eventually(lambda: not installation.answers("/readyz"))
        new = ask_for(installation, seed=2, steps=SHORT)
        waits = new.resource
        assert waits["status"] == "queued"
        assert waits["error"]["detail"] == "The Dask Gateway does not answer."
        assert not waits["error"]["final"]
        with installation.client() as client:
            assert waits["error"]["detail"] in client.get(waits["links"]["page"]).text
        time.sleep(max(0.0, begun + PAUSE_S - time.monotonic()))
        assert new.resource["status"] == "queued"
    complete = new.is_completed()
    assert complete["error"] is None


def test_a_run_that_has_just_begun_when_its_gateway_is_killed_is_no_attempt_lost(
    installation: Installation,
) -> None:
    asked = ask_for(installation)
    eventually(lambda: asked.record.get("stage") == "starting")
    gateway(installation).kill()
    asked.is_completed()
    assert asked.record["attempts"] == "0"


def test_a_run_backs_off_from_a_gateway_whose_clusters_fail_at_once_and_loses_no_attempt(
    own_redis: RedisServer, tmp_path: Path
) -> None:
    with (
        foreign_gateway(tmp_path, scheduler=("/is-not-there",)) as address,
        at_work({"REDIS_URL": own_redis.url, "DASK_GATEWAY_ADDRESS": address}, tmp_path) as running,
    ):
        running.start_web()
        running.start_runner()
        asked = ask_for(running)
        pauses_ms = []
        for owner in range(1, 4):
            eventually(lambda: asked.epoch == owner and asked.record.get("retry_at"))  # noqa: B023
            record = asked.record
            pauses_ms.append(int(record["retry_at"]) - int(record["started"]))
            assert record["attempts"] == "0"
        assert all(pause_ms >= 2_000 * 2**k for k, pause_ms in enumerate(pauses_ms)), pauses_ms
        waits = asked.resource
        assert waits["status"] == "queued"
        assert "failed to start" in waits["error"]["detail"]
        assert waits["error"]["detail"].endswith(NO_CLUSTER.sentence)
        assert waits["error"]["detail"] in asked.page
        assert waits["cluster"] is None

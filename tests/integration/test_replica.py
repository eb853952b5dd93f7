"""A replica of Redis that has lost its primary, with a real web and a real runner before it."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import httpx
import pytest
import redis

from tests.installation import at_work
from tests.processes import eventually
from tests.redis_servers import embedded_server, free_port, replicate

if TYPE_CHECKING:
    from pathlib import Path

LIVES_S: Final = 4.0  # a runner that met a reply that it could not take died within two
PATHS: Final = (
    "/",
    "/propagate/500",
    "/api/v1/propagations/500",
    "/api/v1/propagations/500/events",
)


@pytest.mark.parametrize("protocol", [2, 3])
def test_a_replica_without_its_primary_is_a_503_and_the_runner_lives(
    tmp_path: Path, protocol: int
) -> None:
    with embedded_server() as primary, embedded_server() as replica:
        with contextlib.closing(redis.Redis.from_url(replica.url)) as client:
            replicate(client, urlsplit(primary.url).port or 0)
            eventually(lambda: client.info("replication")["master_link_status"] == "up")
        environ = {
            "REDIS_URL": f"{replica.url}?protocol={protocol}",
            "DASK_SCHEDULER": f"127.0.0.1:{free_port()}",
        }
        log = tmp_path / "runner.log"
        with at_work(environ, tmp_path) as installation:
            installation.start_web()
            runner = installation.start("runner")
            eventually(lambda: "READONLY" in log.read_text(encoding="utf-8"))
            primary.kill()
            eventually(lambda: "MASTERDOWN" in log.read_text(encoding="utf-8"))
            with installation.client() as reader:
                for path in PATHS:
                    answer = reader.get(path)
                    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE, path
                    assert "MASTERDOWN" in answer.text
            time.sleep(LIVES_S)
            assert runner.poll() is None
            assert "Traceback" not in log.read_text(encoding="utf-8")

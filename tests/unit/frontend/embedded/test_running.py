from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Final

import pytest

from frontend.embedded import dask_client
from frontend.embedded.data_dir import DataDir
from frontend.embedded.running import find_running
from frontend.embedded.stack import DASK_CONFIG
from frontend.embedded.valkey import SOCKET, redis_url

if TYPE_CHECKING:
    from pathlib import Path

URL: Final = "http://127.0.0.1:8080/"
GATEWAY: Final = {
    "DASK_GATEWAY_ADDRESS": "http://127.0.0.1:8000",
    "DASK_GATEWAY_PROXY_ADDRESS": "tls://127.0.0.1:8000",
    "DASK_GATEWAY_PASSWORD": "a{b}",
}


def test_where_none_runs_there_is_none(tmp_path: Path) -> None:
    assert find_running(str(tmp_path / "nothing")) is None
    with DataDir(tmp_path).locked(URL):  # it starts
        assert find_running(str(tmp_path)) is None


def test_its_redis_and_its_gateway_are_found_while_it_runs(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path)
    with (
        data_dir.locked(URL) as lock,
        data_dir.prepared(lock) as sockets,
        socket.socket(socket.AF_UNIX) as listening,
    ):
        assert find_running(str(tmp_path)) is None  # the Redis is another one
        listening.bind(str(sockets / SOCKET))
        found = find_running(str(tmp_path))
        assert found is not None
        assert (found.url, found.redis_url, found.gateway) == (URL, redis_url(sockets), {})
        dask_client.write(dask_client.configuration(*GATEWAY.values()), data_dir.run / DASK_CONFIG)
        found = find_running(str(tmp_path))
        assert found is not None
        assert found.gateway == GATEWAY
        assert GATEWAY["DASK_GATEWAY_PASSWORD"] not in repr(found)
    assert find_running(str(tmp_path)) is None


@pytest.mark.parametrize("changed", [{"pid": 2**30}, {"pid": None}, {"home": "1:1"}])
def test_what_is_left_of_one_that_ended_or_is_copied_is_none(
    tmp_path: Path, changed: dict[str, object]
) -> None:
    data_dir = DataDir(tmp_path)
    with data_dir.locked(URL) as lock, data_dir.prepared(lock) as sockets:
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(sockets / SOCKET))
        noted = data_dir.noted()
        assert find_running(str(tmp_path)) is not None
        (tmp_path / "lock").write_text(json.dumps(noted | changed))
        assert find_running(str(tmp_path)) is None
        (tmp_path / "lock").write_text(json.dumps(noted))

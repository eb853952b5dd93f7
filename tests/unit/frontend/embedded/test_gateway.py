from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from frontend.embedded.data_dir import DataDir
from frontend.embedded.gateway import (
    EmbeddedGateway,
    GatewayOptions,
    gateway_process,
    proxy_process,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from frontend.embedded.managed_process import ManagedProcess

ENVIRON: Final = {
    "PATH": "/bin",
    "HOME": "/home/ada",
    "NUMBA_CACHE_DIR": "/cache",
    "REDIS_URL": "redis://:secret@redis",
    "PORTA_MAX_STEPS": "10",
}


@pytest.fixture
def gateway() -> Iterator[EmbeddedGateway]:
    made = EmbeddedGateway()
    yield made
    made.server.release()
    made.proxy.release()


@pytest.fixture
def server(gateway: EmbeddedGateway, tmp_path: Path) -> ManagedProcess:
    return gateway_process(gateway, DataDir(tmp_path), ENVIRON, max_workers=2)


@pytest.fixture
def proxy(gateway: EmbeddedGateway, tmp_path: Path) -> ManagedProcess:
    return proxy_process(gateway, DataDir(tmp_path), ENVIRON)


def test_no_two_starts_share_a_secret_or_a_port(gateway: EmbeddedGateway) -> None:
    other = EmbeddedGateway()
    try:
        assert other.password != gateway.password
        assert other.proxy_token != gateway.proxy_token
        assert other.encryption_key != gateway.encryption_key
        assert other.proxy.number != gateway.proxy.number
    finally:
        other.server.release()
        other.proxy.release()


def test_secrets_stay_out_of_what_is_printed_and_of_commands(
    gateway: EmbeddedGateway, server: ManagedProcess, proxy: ManagedProcess
) -> None:
    secrets = (gateway.password, gateway.proxy_token, gateway.encryption_key)
    shown = " ".join([repr(gateway), *server.command, *proxy.command])
    assert not [secret for secret in secrets if secret in shown]


def test_the_proxy_is_a_process_of_its_own_that_knows_the_gateways_token(
    gateway: EmbeddedGateway, server: ManagedProcess, proxy: ManagedProcess
) -> None:
    assert os.access(proxy.command[0], os.X_OK)
    assert server.environ["DASK_GATEWAY_PROXY_TOKEN"] == gateway.proxy_token
    assert proxy.environ["DASK_GATEWAY_PROXY_TOKEN"] == gateway.proxy_token
    assert gateway.password not in proxy.environ.values()


def test_the_proxy_starts_after_the_gateway_for_it_asks_it_for_routes(
    gateway: EmbeddedGateway, server: ManagedProcess, proxy: ManagedProcess
) -> None:
    assert proxy.after == (server.name,)
    assert f"http://{gateway.server.address}/api/v1/routes" in proxy.command


def test_servers_are_told_nothing_of_redis_or_of_portas_settings(
    server: ManagedProcess, proxy: ManagedProcess
) -> None:
    for process in (server, proxy):
        assert ENVIRON["REDIS_URL"] not in process.environ.values()
        assert "PORTA_MAX_STEPS" not in process.environ


def test_clusters_share_the_cache_of_compiled_code(server: ManagedProcess) -> None:
    options = GatewayOptions.from_environ(server.environ)
    assert options.cluster_environ["NUMBA_CACHE_DIR"] == "/cache"
    assert options.max_workers == 2


def test_the_configuration_is_a_file_that_is_there(server: ManagedProcess) -> None:
    assert Path(server.command[-1]).is_file()


def test_clusters_carry_the_mark_of_the_data_directory(
    server: ManagedProcess, tmp_path: Path
) -> None:
    options = GatewayOptions.from_environ(server.environ)
    assert options.cluster_environ.items() >= DataDir(tmp_path).mark.items()

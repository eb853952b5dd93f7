from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from frontend.embedded.data_dir import DataFolder
from frontend.embedded.gateway import EmbeddedGateway, GatewayOptions, gateway_parts

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
def parts(gateway: EmbeddedGateway, tmp_path: Path) -> tuple[ManagedProcess, ManagedProcess]:
    return gateway_parts(gateway, DataFolder(tmp_path), ENVIRON, max_workers=2)


def test_no_two_starts_share_a_secret_or_a_port(gateway: EmbeddedGateway) -> None:
    other = EmbeddedGateway()
    try:
        assert other.password != gateway.password
        assert other.token != gateway.token
        assert other.key != gateway.key
        assert other.proxy.number != gateway.proxy.number
    finally:
        other.server.release()
        other.proxy.release()


def test_secrets_stay_out_of_what_is_printed_and_of_commands(
    gateway: EmbeddedGateway, parts: tuple[ManagedProcess, ManagedProcess]
) -> None:
    secrets = (gateway.password, gateway.token, gateway.key)
    shown = repr(gateway) + " ".join(word for part in parts for word in part.command)
    assert not [secret for secret in secrets if secret in shown]


def test_the_proxy_is_a_process_of_its_own_that_knows_the_gateways_token(
    gateway: EmbeddedGateway, parts: tuple[ManagedProcess, ManagedProcess]
) -> None:
    server, proxy = parts
    assert os.access(proxy.command[0], os.X_OK)
    assert server.environ["DASK_GATEWAY_PROXY_TOKEN"] == gateway.token
    assert proxy.environ["DASK_GATEWAY_PROXY_TOKEN"] == gateway.token
    assert gateway.password not in proxy.environ.values()


def test_servers_are_told_nothing_of_redis_or_of_portas_settings(
    parts: tuple[ManagedProcess, ManagedProcess],
) -> None:
    for part in parts:
        assert ENVIRON["REDIS_URL"] not in part.environ.values()
        assert "PORTA_MAX_STEPS" not in part.environ


def test_clusters_share_the_cache_of_compiled_code(
    parts: tuple[ManagedProcess, ManagedProcess],
) -> None:
    options = GatewayOptions.from_environ(parts[0].environ)
    assert options.cluster_environ["NUMBA_CACHE_DIR"] == "/cache"
    assert options.max_workers == 2


def test_the_configuration_is_a_file_that_is_there(
    parts: tuple[ManagedProcess, ManagedProcess],
) -> None:
    assert Path(parts[0].command[-1]).is_file()
